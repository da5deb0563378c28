"""Findings and exhibits of which nobody can tell anything about a few rows: small cells and small counts are withheld.

A *cell* is what a figure is about: the rows of a slice, of a group, of a class, of a bin. One of fewer rows than
``minimum_cell`` is withheld, and with it the next smallest of the same question where the two could be got by
subtraction. A count below ``minimum_cell`` is withheld too, whatever it counts; none (0) is told.

Separate from ``stages/disclose.py``, which says who may read what: this is what ``disclosure: aggregates`` means.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from mlgate.frozen import dataclass
from mlgate.records.decision import DataFacts, Exhibit, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Section, Verdict

__all__ = ["aggregated_exhibits", "aggregated_facts", "aggregated_findings"]

#: Expectations whose observed value is one row's.
_EXTREMES = ("/max_between", "/min_between")
#: A count in a sentence: 3 of 900, 3 rows, 3 newly wrong, 1 category.
_COUNT = re.compile(
    r"(?<![\w.,%])(\d[\d,]*) (?:of (?:the )?\d[\d,]*\b(?! columns)|newly\b|categor|above\b|below\b|of them\b"
    r"|(?:\w+ )?(?:rows?|values?|units?|pairs?|ids?|keys?|scores?)\b)"
)
_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) ?%")
#: A single row by its place or id, as checks of behaviour name the one that moved most; and the ends of a range.
_ONE_ROW = re.compile(r"\(row [^)]*\)|\bdown to -?[\d.]|\bup to -?[\d.]|\boutside -?[\d.,]+ to\b")
#: Columns of a condition such as ``age <= 25 and sex=F``.
_COLUMN = re.compile(r"(?:^| and )(?:[^ ]+ < )?(.+?)(?= ?(?:=|!=|<=?|>=?)| is missing)")
_CELLS = ("n000", "n001", "n010", "n011", "n100", "n101", "n110", "n111")
#: By exhibit: what a row of it is a part of, so that parts of one whole can be told by subtraction.
_WHOLE = {
    "rates": ("attribute", "metric", "model"),
    "classes": ("metric", "model"),
    "calibration": ("model",),
    "predictions": ("model",),
    "money": ("model",),
    "group_reliability": ("attribute", "group", "model"),
}
#: Exhibits whose rows say how many rows they are about, or that are about none; any other is left out of aggregates.
_ABOUT_NO_ROWS = ("config", "uses")
#: By exhibit: columns that hold one row's value.
_EDGES = {"calibration": ("bin_low", "bin_high"), "predictions": ("low", "high"), "partial_dependence": ("at",)}

Value = str | float | int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    """Something that is shown or not, as a whole."""

    key: Hashable
    #: what it is a part of; parts of one whole are withheld together.
    whole: Hashable
    #: fewest rows, or units, behind its figures.
    size: float
    small: bool


def aggregated_findings(
    findings: Sequence[Finding], least: int, *, quoting: Callable[[Finding], bool]
) -> tuple[Finding, ...]:
    """Findings without figures about fewer than ``least`` rows, and without anything that tells such figures.

    Parameters
    ----------
    findings
        All of a decision, since parts of one whole tell each other.
    least
        Rows of the smallest cell that may be shown.
    quoting
        Whether the words of a finding are those of models and tests, which may quote rows.
    """
    cells = [
        _Cell(
            key=place,
            whole=(one.dataset, one.metric, one.rule, one.bound, one.than, _columns_of(one.slice)),
            size=_size(one),
            small=0 < _size(one) < least,
        )
        for place, one in enumerate(findings)
        if one.rule is not None and one.rows is not None
    ]
    held = _withheld(cells, least)
    small = {one.slice for place, one in enumerate(findings) if place in held}
    found = []
    for place, one in enumerate(findings):
        if place in held or (one.section is Section.FAIRNESS and set(one.slice.split(" less ")) & small):
            found.append(_without_figures(one, least))
        elif one.rule is not None:
            found.append(_without_counts(one, least))
        else:
            found.append(_without_rows(one, least, quotes=quoting(one)))
    return tuple(found)


def _size(finding: Finding) -> float:
    known = [float(one) for one in (finding.rows, finding.units) if one is not None]
    return min(known) if known else 0.0


def _columns_of(name: str) -> Hashable:
    """What a slice is a part of: slices by the same columns add up to all rows.

    >>> _columns_of("25 < age <= 60 and sex=F") == _columns_of("age is missing and sex=M")
    True
    """
    return name if name == OVERALL else tuple(sorted(_COLUMN.findall(name))) or name


def _withheld(cells: Iterable[_Cell], least: int) -> set[Hashable]:
    """Keys of the small cells, and of the next smallest where subtraction from the whole would tell one."""
    parts: dict[Hashable, list[_Cell]] = {}
    for cell in cells:
        parts.setdefault(cell.whole, []).append(cell)
    held: set[Hashable] = set()
    for inside in parts.values():
        small = [cell for cell in inside if cell.small]
        held |= {cell.key for cell in small}
        # A cell without rows hides nothing beside itself.
        rest = sorted((cell for cell in inside if cell.size and not cell.small), key=lambda cell: cell.size)
        if small and rest and (len(small) == 1 or sum(cell.size for cell in small) < least):
            held.add(rest[0].key)
    return held


def _without_figures(finding: Finding, least: int) -> Finding:
    """Verdict and question stay, every figure goes."""
    reason = f"its figures are withheld: they are about fewer than {least} rows, or would tell of such"
    return dataclasses.replace(
        finding,
        champion=None,
        challenger=None,
        improvement=None,
        rows=None,
        units=None,
        effective_units=None,
        differing=None,
        gained=None,
        lost=None,
        adjusted_p=None,
        smallest_detectable=None,
        rows_to_decide=None,
        reason=f"{reason} (disclosure: aggregates)",
        examples="",
    )


def _without_counts(finding: Finding, least: int) -> Finding:
    """Estimates over enough rows stay, counts of a few rows go."""
    reason = finding.reason
    if _tells_few(reason, finding.rows, least):
        reason = f"its counts are withheld: they are below {least} rows (disclosure: aggregates)"
    return dataclasses.replace(
        finding,
        differing=_enough(finding.differing, least),
        gained=_enough(finding.gained, least),
        lost=_enough(finding.lost, least),
        reason=reason,
        examples="",
    )


def _without_rows(finding: Finding, least: int, *, quotes: bool) -> Finding:
    """What a check saw: its words go where they name a row, count few, or are the words of models and tests."""
    reason = finding.reason
    if quotes and finding.verdict is not Verdict.PASS:
        reason = "what was said is withheld, since words of models and tests may quote rows (disclosure: aggregates)"
    elif finding.id.endswith(_EXTREMES) or _tells_few(reason, finding.rows, least):
        reason = f"what was seen is withheld: it tells of fewer than {least} rows (disclosure: aggregates)"
    return dataclasses.replace(finding, reason=reason, examples="", rows=_enough(finding.rows, least))


def _tells_few(reason: str, rows: int | None, least: int) -> bool:
    """Whether a sentence counts a few rows, gives a share that comes to a few, or tells of a single one.

    >>> _tells_few("3 of 900 rows do not meet it", 900, 10), _tells_few("90 of 900 rows do not meet it", 900, 10)
    (True, False)
    >>> _tells_few("0.5 % missing", 900, 10), _tells_few("12 % missing", 900, 10)
    (True, False)
    """
    counts = [int(said.replace(",", "")) for said in _COUNT.findall(reason) if said.strip(",")]
    counts += [round(float(said) / 100 * rows) for said in _PERCENT.findall(_seen_only(reason)) if rows]
    return any(0 < count < least for count in counts) or bool(_ONE_ROW.search(reason))


def _seen_only(reason: str) -> str:
    """The sentence without the shares that are allowed, which say nothing about rows."""
    return re.sub(r"(?:at most|allowed are|all but|more than) \d+(?:\.\d+)? ?%", "", reason)


def _enough(count: int | None, least: int) -> int | None:
    return None if count is not None and 0 < count < least else count


def aggregated_facts(facts: DataFacts, least: int) -> DataFacts:
    """What is told of a data set: how many rows are positive only where neither class is small."""
    positives = _enough(facts.positives, least)
    if positives is not None and _enough(facts.rows - positives, least) is None:
        positives = None
    return dataclasses.replace(facts, positives=positives)


def aggregated_exhibits(exhibits: Sequence[Exhibit], least: int) -> tuple[Exhibit, ...]:
    """Exhibits without small cells, and without anything about a group whose rates are withheld."""
    rates = next((exhibit for exhibit in exhibits if exhibit.name == "rates"), None)
    groups = set() if rates is None else _groups(rates) - _groups(_aggregated_exhibit(rates, least))
    found = []
    for exhibit in exhibits:
        kept = _aggregated_exhibit(exhibit, least)
        named = [place for place, name in enumerate(kept.columns) if name in ("group", "first", "second")]
        rows = tuple(row for row in kept.rows if not {row[place] for place in named} & groups)
        found.append(dataclasses.replace(kept, rows=rows))
    return tuple(found)


def _groups(rates: Exhibit) -> set[Value]:
    return {row[rates.columns.index("group")] for row in rates.rows}


def _aggregated_exhibit(exhibit: Exhibit, least: int) -> Exhibit:
    """The exhibit without rows about small cells; what is one row's value is rounded."""
    rows = [dict(zip(exhibit.columns, row, strict=True)) for row in exhibit.rows]
    if set(_CELLS) <= set(exhibit.columns):
        cells = [_counted(place, row, least) for place, row in enumerate(rows)]
    elif "rows" in exhibit.columns:
        cells = [_of_rows(place, row, _WHOLE.get(exhibit.name), least) for place, row in enumerate(rows)]
    elif exhibit.name in _ABOUT_NO_ROWS or {"first", "second"} <= set(exhibit.columns):
        cells = []
    else:
        return dataclasses.replace(exhibit, rows=())
    held = _withheld(cells, least)
    kept = [row for place, row in enumerate(rows) if place not in held]
    for row in kept:
        for name in _EDGES.get(exhibit.name, ()):
            edge = row[name]
            row[name] = float(f"{edge:.2g}") if isinstance(edge, float) else edge
        for name, said in row.items():
            if isinstance(said, str) and said and (name == "reason" or _tells_few(said, None, least)):
                row[name] = "withheld"
        for name in ("hits", "left_out"):
            count = row.get(name)
            row[name] = None if isinstance(count, int) and 0 < count < least else count
    return dataclasses.replace(exhibit, rows=tuple(tuple(row[name] for name in exhibit.columns) for row in kept))


def _counted(place: int, row: Mapping[str, Value], least: int) -> _Cell:
    """A row of eight counts: one of few rows is enough to withhold it."""
    counts = [int(value) for name in _CELLS if isinstance(value := row[name], (int, float))]
    whole = (row.get("dataset"), _columns_of(str(row.get("slice", ""))))
    return _Cell(key=place, whole=whole, size=sum(counts), small=any(0 < count < least for count in counts))


def _of_rows(place: int, row: Mapping[str, Value], parts: Sequence[str] | None, least: int) -> _Cell:
    value = row["rows"]
    size = float(value) if isinstance(value, (int, float)) else 0.0
    whole: Hashable = ("row", place) if parts is None else tuple(row.get(name) for name in parts)
    if parts and "slice" in row:
        whole = (whole, _columns_of(str(row["slice"])))
    return _Cell(key=place, whole=whole, size=size, small=0 < size < least)
