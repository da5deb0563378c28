"""Sections about what changes when the challenger takes over: decisions that flip, for whom, and what that is worth.

Each takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision
from mlgate.records.run import OVERALL
from mlgate.render.exhibits import Cell, Counts, cells, figure, money_rows
from mlgate.render.figures import count, number, significant_decimals, times
from mlgate.render.groups import primary
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip, quoted
from mlgate.render.plots import Flip, flip_squares, rows_per_square
from mlgate.render.prose import lead, section_of
from mlgate.render.tables import Column, fold, remaining, table
from mlgate.render.telling import changed, money_kind, money_said, whole_change
from mlgate.render.terms import counted, terms_of

__all__ = ["changes", "money"]

_MODELS = ("champion", "challenger")


def changes(decision: Decision, limit: int) -> Markup | None:
    """What changed for whom: decisions that flipped, and in binary tasks both confusion matrices."""
    if decision.task == "multiclass":
        return _changes_of_classes(decision)
    return _changes_of_two(decision, limit) if decision.task == "binary" else None


def _changes_of_classes(decision: Decision) -> Markup | None:
    said, whole = changed(decision), whole_change(decision)
    if not said or whole is None:
        return None
    flips = (
        Flip(
            label=f"right ↔ wrong: {count((whole.gained or 0) + (whole.lost or 0))}",
            right=whole.gained or 0,
            wrong=whole.lost or 0,
        ),
    )
    each = rows_per_square(flips)
    drawn = bool(whole.gained or whole.lost)
    noun = clip(decision.noun, 40)
    square = f"One square stands for {count(each)} {noun}" if each > 1 else f"Each square is one of the {noun}"
    said += f" {square}; a filled one is newly wrong." if drawn else ""
    return section_of("changes", "What changed", lead(said), flip_squares(flips) if drawn else None)


def _changes_of_two(decision: Decision, limit: int) -> Markup | None:
    main = primary(decision)
    every = cells(decision, main.dataset) if main else ()
    whole = next((part for part in every if part.slice == OVERALL), None)
    if whole is None:
        return None
    noun, up, down = clip(decision.noun, 40), clip(decision.positive, 40), clip(decision.negative, 40)
    flips = (
        Flip(label=f"{down} → {up}: {count(whole.n001 + whole.n101)}", right=whole.n101, wrong=whole.n001),
        Flip(label=f"{up} → {down}: {count(whole.n010 + whole.n110)}", right=whole.n010, wrong=whole.n110),
    )
    each = rows_per_square(flips)
    old = whole.n010 + whole.n011 + whole.n110 + whole.n111
    new = whole.n001 + whole.n011 + whole.n101 + whole.n111
    changed = whole.wrong + whole.right
    said = f"{count(changed)} of {count(whole.rows)} decisions changed. "
    said += f"The challenger says {quoted(up)} {times(new)}, the champion {times(old)}."
    if changed:
        square = f"One square stands for {count(each)} {noun}" if each > 1 else f"Each square is one of the {noun}"
        said += f" {square}; a filled one is newly wrong."
    slices = sorted(
        (part for part in every if part.slice != OVERALL), key=lambda part: (part.right - part.wrong, part.title)
    )
    return section_of(
        "changes",
        "What changed for whom",
        lead(said),
        flip_squares(flips) if changed else None,
        fold(
            f"All {counted(whole.rows, noun)}, and both confusion matrices",
            _joint(whole, noun, up, down),
            _matrices(whole, up, down),
        ),
        fold("Changes by slice", *_slice_changes(slices, limit)) if slices else None,
    )


def _joint(whole: Counts, noun: str, up: str, down: str) -> Markup:
    columns = [
        Column(title="Label"),
        Column(title="Champion"),
        Column(title="Challenger"),
        Column(title="Rows", figures=True),
        Column(title="Reading"),
    ]
    rows: list[list[Child]] = []
    for label in (0, 1):
        for champion in (0, 1):
            for challenger in (0, 1):
                names = [(down, up)[value] for value in (label, champion, challenger)]
                lost = champion == label != challenger
                reading = (
                    "newly wrong"
                    if lost
                    else (
                        "newly right"
                        if champion != label == challenger
                        else "both right" if label == champion else "both wrong"
                    )
                )
                value = getattr(whole, f"n{label}{champion}{challenger}")
                mark = join([icon("fail"), f" {reading}"]) if lost and value else reading
                rows.append([*names, count(value), mark])
    return table(f"All {counted(whole.rows, noun)}, by label and both decisions", columns, rows, classes="plain")


def _matrices(whole: Counts, up: str, down: str) -> Markup:
    champion = ((whole.n000 + whole.n001, whole.n010 + whole.n011), (whole.n100 + whole.n101, whole.n110 + whole.n111))
    challenger = (
        (whole.n000 + whole.n010, whole.n001 + whole.n011),
        (whole.n100 + whole.n110, whole.n101 + whole.n111),
    )
    drawn = []
    for title, matrix in (("Champion", champion), ("Challenger", challenger)):
        columns = [
            Column(title=title),
            Column(title=f"says {down}", figures=True),
            Column(title=f"says {up}", figures=True),
        ]
        rows: list[list[Child]] = [[f"label {name}", *map(count, values)] for name, values in zip((down, up), matrix)]
        drawn.append(table(f"{title}, confusion matrix", columns, rows, classes="plain"))
    return tag("div", {"class": "panels"}, *drawn)


def _slice_changes(slices: Sequence[Counts], limit: int) -> list[Markup | None]:
    columns = [Column(title="Slice")] + [
        Column(title=title, figures=True) for title in ("Rows", "Changed", "Newly wrong", "Newly right")
    ]
    rows: list[list[Child]] = [
        [clip(part.title, 120), count(part.rows), count(part.wrong + part.right), count(part.wrong), count(part.right)]
        for part in slices[:limit]
    ]
    return [
        table("Decisions that changed, the worst balance first", columns, rows),
        remaining(len(slices), limit, "slice"),
    ]


def money(decision: Decision, limit: int) -> Markup | None:
    """What the decisions cost or are worth under both models, per row and in total."""
    found = money_rows(decision)
    if not found:
        return None
    kind = money_kind(decision)
    ordered = sorted(found.items(), key=lambda part: (part[0].casefold() != OVERALL, _gain(part[1])))
    title = "What the decisions are worth" if kind == "value" else "What the decisions cost"
    terms = terms_of(decision)
    currency = f", {terms.currency}" if terms.currency else ""
    columns = [Column(title="Slice")] + [
        Column(title=one, figures=True)
        for one in (
            "Rows",
            "Champion, per row",
            "Challenger, per row",
            "Better by, per row",
            "In total",
            "Interval of the total",
        )
    ]
    rows = [_money_row(name, models) for name, models in ordered[:limit]]
    caption = f"{kind.capitalize()} of the decisions{currency}; positive is better for the challenger"
    return section_of(
        "money",
        title,
        lead(money_said(decision)),
        fold("By slice", table(caption, columns, rows, classes="tight"), remaining(len(ordered), limit, "slice")),
    )


def _gain(models: Mapping[str, Mapping[str, Cell]]) -> float:
    value = figure(models.get("improvement", {}), "total")
    return value if math.isfinite(value) else math.inf


def _money_row(name: str, models: Mapping[str, Mapping[str, Cell]]) -> list[Child]:
    own = unit_of("cost")
    gain = models.get("improvement", {})
    rows = next((figure(row, "rows") for row in models.values()), math.nan)
    span = figure(gain, "high") - figure(gain, "low")
    total, each = significant_decimals(span), significant_decimals(span / rows if rows else math.nan)
    figures = [figure(models.get(role, {}), "mean") for role in _MODELS]
    title = "Overall" if name.casefold() == OVERALL else clip(name, 120)
    cells_: list[Child] = [title, count(rows)]
    cells_ += [number(value, own, decimals=each) if math.isfinite(value) else "–" for value in figures]
    if not gain:
        return [*cells_, "–", "–", "–"]
    ends = [number(figure(gain, end), own, signed=True, decimals=total) for end in ("low", "high")]
    return [
        *cells_,
        number(figure(gain, "mean"), own, signed=True, decimals=each),
        number(figure(gain, "total"), own, signed=True, decimals=total),
        f"{ends[0]} to {ends[1]}",
    ]
