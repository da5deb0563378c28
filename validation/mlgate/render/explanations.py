"""The section about what the models lean on: importances side by side, and curves of the columns that matter most.

Takes the decision and the most rows that a table may have, and returns markup, or None without anything to show. The
champion's curve is drawn open and grey, the challenger's filled and dark, in one panel for each column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import plural
from mlgate.render.markup import Child, Markup, join, line, short, tag, text
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.scale import Scale, fit, ticks
from mlgate.render.tables import Column, check_table, outcome, remaining, table

__all__ = ["ABOUT_RELIANCE", "dependence_panel", "explanations"]

#: How the ids of these findings begin.
ABOUT_RELIANCE = "behaviour/reliance/"
_NEEDED = ("column", "note", "loss", "champion", "challenger", "share", "share_low", "share_high", "rows", "repeats")
_CURVES = ("column", "output", "place", "at", "text", "champion", "challenger", "rows")
#: Where the axes of a panel stand.
_LEFT, _WIDE, _TOP, _BOTTOM = 48.0, 240.0, 24.0, 204.0


def explanations(decision: Decision, limit: int) -> Markup | None:
    """What happens to each model's loss when a column is permuted, and what it answers along a column."""
    findings = tuple(one for one in findings_of(decision, Section.BEHAVIOUR) if one.id.startswith(ABOUT_RELIANCE))
    rows = rows_of(decision, "reliance", _NEEDED)
    values = rows_of(decision, "shap", (*_NEEDED, "background"))
    if not findings and not rows and not values:
        return None
    deciding = values or rows
    shown = {word(row, "column") for row in deciding[:limit]}
    rest = [one for one in findings if _column(one) not in shown]
    said = _said(rows, values, judged=bool(findings))
    return section_of(
        "explanations",
        "What the models lean on",
        lead(said + (tallied(findings) if findings else "There is no champion to compare with.")),
        _values(values, rows, findings, limit) if values else None,
        remaining(len(values), limit, "column"),
        # Where SHAP values were had they decide, and a column has one finding.
        _importances(rows, () if values else findings, limit) if rows else None,
        remaining(len(rows), limit, "column"),
        check_table("Other findings about reliance", rest, limit) if rest else None,
        _panels(decision),
    )


def _column(finding: Finding) -> str:
    return finding.id.removeprefix(ABOUT_RELIANCE)


def _said(rows: Sequence[Mapping[str, Cell]], values: Sequence[Mapping[str, Cell]], *, judged: bool) -> str:
    """What was measured, and which of two kinds of figures decides."""
    permuted = "how much the loss rises when the values of one column are dealt to other rows, the same for both models"
    if not values:
        return f"{permuted[:1].upper()}{permuted[1:]}. "
    said = "How far a column moves an answer (SHAP values), in the same rows and against the same background rows for "
    said += f"both models; beside it, {permuted}. " if rows else "both models. "
    return said + ("SHAP values decide: " if judged else "")


def _importances(rows: Sequence[Mapping[str, Cell]], findings: Sequence[Finding], limit: int) -> Markup:
    """What permutation says of each column; where SHAP values decide there are no findings to it."""
    title = f"Rise of the {clip(word(rows[0], 'loss'), 60)} over {plural(figure(rows[0], 'rows'), 'row')}, "
    title += f"{plural(figure(rows[0], 'repeats'), 'permutation')}"
    return _figures(title, rows[:limit], findings or None)


def _values(
    rows: Sequence[Mapping[str, Cell]],
    permuted: Sequence[Mapping[str, Cell]],
    findings: Sequence[Finding],
    limit: int,
) -> Markup:
    """What SHAP values say of each column, and beside it what permutation says."""
    name = clip(word(rows[0], "loss"), 60)
    title = f"{name[:1].upper()}{name[1:]} over {plural(figure(rows[0], 'rows'), 'row')}, "
    title += f"{plural(figure(rows[0], 'background'), 'background row')}"
    beside = {word(row, "column"): row for row in permuted}
    return _figures(title, rows[:limit], findings, beside=beside)


def _figures(
    title: str,
    rows: Sequence[Mapping[str, Cell]],
    findings: Sequence[Finding] | None,
    *,
    beside: Mapping[str, Mapping[str, Cell]] | None = None,
) -> Markup:
    """Reliance of both models, its change, the change by another measure, and findings; all but the first if any."""
    paired = any(math.isfinite(figure(row, "champion")) for row in rows)
    columns = [Column(title="Column")] + [Column(title="Champion", figures=True)] * paired
    columns += [Column(title="Challenger", figures=True)]
    if paired:
        title += "; change: challenger less champion, as a share of the champion's reliance on all columns"
        columns += [Column(title="Change", figures=True)]
        columns += [Column(title="Change by permutation", figures=True)] * bool(beside)
        columns += [Column(title="Finding")] * (findings is not None)
    about = {_column(one): one for one in findings or ()}
    cells = [_row(row, paired, brief=beside is not None) for row in rows]
    if paired and beside:
        for row, said in zip(rows, cells, strict=True):
            said.append(_told(figure(beside.get(word(row, "column"), {}), "share"), signed=True))
    if paired and findings is not None:
        for row, said in zip(rows, cells, strict=True):
            finding = about.get(word(row, "column"))
            said.append(join([outcome(finding), f" ({finding.level})"]) if finding else "–")
    return table(title, columns, cells)


def _row(row: Mapping[str, Cell], paired: bool, *, brief: bool) -> list[Child]:
    """Name and figures; ``brief`` leaves out the intervals of single models, so that the changes fit beside them."""
    name, note = word(row, "column"), word(row, "note")
    cells: list[Child] = [clip(name, 80) + (f" ({clip(note, 80)})" if note else "")]
    if not paired:
        return [*cells, _interval(row, "challenger")]
    for role in ("champion", "challenger"):
        cells.append(_told(figure(row, role)) if brief else _interval(row, role))
    return [*cells, _interval(row, "share", signed=True)]


def _interval(row: Mapping[str, Cell], name: str, *, signed: bool = False) -> str:
    value, low, high = (figure(row, column) for column in (name, f"{name}_low", f"{name}_high"))
    if not math.isfinite(value):
        return "–"
    return f"{_told(value, signed=signed)} ({_told(low, signed=signed)} to {_told(high, signed=signed)})"


def _told(number: float, *, signed: bool = False) -> str:
    if not math.isfinite(number):
        return "–"
    said = f"{number:+.2f}" if signed else f"{number:.3g}"
    return said.replace("-", "−")


def _panels(decision: Decision) -> Markup | None:
    curves: dict[str, list[Mapping[str, Cell]]] = {}
    for row in rows_of(decision, "partial_dependence", _CURVES):
        if math.isfinite(figure(row, "challenger")):
            curves.setdefault(word(row, "column"), []).append(row)
    if not curves:
        return None
    ends = _ends([row for rows in curves.values() for row in rows])
    drawn = [dependence_panel(f"dependence-{place + 1}", rows, ends) for place, rows in enumerate(curves.values())]
    farthest = [said for name, rows in curves.items() if (said := _farthest(name, rows))]
    words = tag(
        "figcaption",
        {},
        tag("b", {}, "What is answered on average when a column has one value in all rows."),
        " Champion open and grey, challenger filled and dark. ",
        f"The curves lie apart by at most: {'; '.join(farthest)}." if farthest else None,
    )
    return tag("figure", {}, words, tag("div", {"class": "panels"}, *drawn))


def _farthest(name: str, rows: Sequence[Mapping[str, Cell]]) -> str:
    """The largest vertical distance, and where."""
    apart = [(abs(figure(row, "challenger") - figure(row, "champion")), _place(row)) for row in rows]
    known = [one for one in apart if math.isfinite(one[0])]
    if not known:
        return ""
    most, at = max(known, key=lambda one: one[0])
    return f"{clip(name, 60)} {most:.3g}" + (f" (at {clip(at, 40)})" if at else "")


def _ends(rows: Sequence[Mapping[str, Cell]]) -> tuple[float, float]:
    """Ends of the vertical axis that all panels share, so that a column which moves little looks like it."""
    ups = [value for row in rows for role in ("champion", "challenger") if math.isfinite(value := figure(row, role))]
    low, high = min(ups), max(ups)
    room = (high - low) * 0.08 or max(abs(high), 1.0) * 0.05
    return low - room, high + room


def dependence_panel(name: str, rows: Sequence[Mapping[str, Cell]], ends: tuple[float, float]) -> Markup:
    """Both models' mean answers along one column.

    Parameters
    ----------
    name
        Prefix of ids, unique in the page.
    rows
        Of the exhibit ``partial_dependence``, all of one column, at least one.
    ends
        Of the vertical axis.
    """
    title = word(rows[0], "column")
    output = word(rows[0], "output")
    up = Scale(low=ends[0], high=ends[1], left=_BOTTOM, right=_TOP)
    numbers = [figure(row, "at") for row in rows]
    measured = all(map(math.isfinite, numbers)) and len(set(numbers)) > 1
    at = numbers if measured else [float(place) for place in range(len(rows))]
    room = 0.0 if measured else 0.5
    across = Scale(low=min(at) - room, high=max(at) + room, left=_LEFT, right=_LEFT + _WIDE)
    body: list[Markup] = [text(_LEFT, 14, fit(title + (f": {output}" if output else ""), _WIDE, bold=True), "strong")]
    for tick in ticks(up.low, up.high, 4):
        body.append(line(f"M{short(_LEFT)} {short(up.at(tick))}h{short(_WIDE)}", "grid"))
        body.append(text(_LEFT - 6, up.at(tick) + 4, f"{tick:.4g}".replace("-", "−"), "axis", end=True))
    if measured:
        for tick in ticks(across.low, across.high, 4):
            body.append(text(across.at(tick), _BOTTOM + 17, f"{tick:.4g}".replace("-", "−"), "axis", middle=True))
    else:
        each = _WIDE / len(rows)
        for place, row in zip(at, rows, strict=True):
            body.append(text(across.at(place), _BOTTOM + 17, fit(_place(row), each), "axis", middle=True))
    for role in ("champion", "challenger"):
        body += _curve(rows, role, at, across, up, joined=measured)
    said = "; ".join(_spoken(row) for row in rows[:20])
    heads = (
        tag("title", {"id": f"{name}-t"}, f"Mean answers along {clip(title, 80)}"),
        tag("desc", {"id": f"{name}-d"}, said),
    )
    attributes: dict[str, str | float | None] = {
        "class": "panel square",
        "viewBox": f"0 0 {short(_LEFT + _WIDE + 12)} {short(_BOTTOM + 26)}",
        "role": "img",
        "aria-labelledby": f"{name}-t {name}-d",
    }
    return tag("svg", attributes, *heads, *body)


def _curve(
    rows: Sequence[Mapping[str, Cell]], role: str, at: Sequence[float], across: Scale, up: Scale, *, joined: bool
) -> list[Markup]:
    tone = "" if role == "challenger" else " dim"
    spots = [
        (across.at(place), up.at(value))
        for place, row in zip(at, rows, strict=True)
        if math.isfinite(value := figure(row, role))
    ]
    drawn = []
    if joined and len(spots) > 1:
        drawn.append(line("M" + "L".join(f"{short(x)} {short(y)}" for x, y in spots), f"curve{tone}"))
    marks = f"mark{' open' if tone else ''}{tone}"
    return drawn + [tag("circle", {"class": marks, "cx": x, "cy": y, "r": 3.4}) for x, y in spots]


def _spoken(row: Mapping[str, Cell]) -> str:
    champion, challenger = figure(row, "champion"), figure(row, "challenger")
    said = f"at {clip(_place(row), 40)} "
    if math.isfinite(champion):
        said += f"champion {champion:.3g}, "
    return f"{said}challenger {challenger:.3g}"


def _place(row: Mapping[str, Cell]) -> str:
    """The value that the column was given."""
    at = figure(row, "at")
    return f"{at:.4g}".replace("-", "−") if math.isfinite(at) else word(row, "text")
