"""Sections that are drawn from exhibits: changes, fairness, oddities, calibration.

Each takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, Counts, cells, figure, rows_of, word
from mlgate.render.groups import primary
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.plots import Bin, Flip, Rate, calibration_panel, flip_squares, rate_panel, rows_per_square
from mlgate.render.prose import findings_of, lead, reasons, section_of, tallied
from mlgate.render.tables import Column, check_table, fold, gap_tables, outcome, table
from mlgate.render.words import (
    clip,
    confidence_text,
    count,
    metric_title,
    model_name,
    number,
    percent,
    plural,
    times,
    unit_of,
)

__all__ = ["calibration", "changes", "fairness", "oddities"]

_MODELS = ("champion", "challenger")
#: Groups that one panel of rates can show.
_MOST_GROUPS = 24


def changes(decision: Decision, limit: int) -> Markup | None:
    """What changed for whom: decisions that flipped, and both confusion matrices."""
    main = primary(decision)
    every = cells(decision, main.dataset) if main else ()
    whole = next((part for part in every if part.slice == OVERALL), None)
    if whole is None:
        return None
    noun, up, down = clip(decision.noun, 40), clip(decision.positive, 40), clip(decision.negative, 40)
    flips = (
        Flip(label=f"{down} → {up}, {count(whole.n001 + whole.n101)}", right=whole.n101, wrong=whole.n001),
        Flip(label=f"{up} → {down}, {count(whole.n010 + whole.n110)}", right=whole.n010, wrong=whole.n110),
    )
    each = rows_per_square(flips)
    old = whole.n010 + whole.n011 + whole.n110 + whole.n111
    new = whole.n001 + whole.n011 + whole.n101 + whole.n111
    changed = whole.wrong + whole.right
    said = f"{count(changed)} of {count(whole.rows)} decisions changed. "
    said += f"The challenger says {up} {times(new)}, the champion {times(old)}."
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
            f"All {count(whole.rows)} {noun}, and both confusion matrices",
            _joint(whole, noun, up, down),
            _matrices(whole, up, down),
        ),
        fold("Changes by slice", _slice_changes(slices[:limit], len(slices))) if slices else None,
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
    return table(f"All {count(whole.rows)} {noun}, by label and both decisions", columns, rows, classes="plain")


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


def _slice_changes(slices: Sequence[Counts], total: int) -> Markup:
    columns = [Column(title="Slice")] + [
        Column(title=title, figures=True) for title in ("Rows", "Changed", "Newly wrong", "Newly right")
    ]
    rows: list[list[Child]] = [
        [clip(part.title, 120), count(part.rows), count(part.wrong + part.right), count(part.wrong), count(part.right)]
        for part in slices
    ]
    caption_ = "Decisions that changed, the worst balance first" + (
        f"; {count(total - len(slices))} more in decision.json" if total > len(slices) else ""
    )
    return table(caption_, columns, rows)


def fairness(decision: Decision, limit: int) -> Markup | None:
    """Rates of every group under both models, and the findings about gaps."""
    findings = findings_of(decision, Section.FAIRNESS)
    rates = [
        _rate(row)
        for row in rows_of(decision, "rates", ("attribute", "group", "metric", "model", "value", "low", "high"))
    ]
    if not findings and not rates:
        return None
    metrics = list(dict.fromkeys(metric for metric, _ in rates))[:6]
    panels = []
    for place, metric in enumerate(metrics):
        inside = [rate for name, rate in rates if name == metric]
        kept = list(dict.fromkeys(rate.group for rate in inside))[:_MOST_GROUPS]
        title = f"{metric_title(clip(metric, 60))}, %"
        panels.append(rate_panel(f"rates-{place}", title, [rate for rate in inside if rate.group in kept]))
    said = (
        f"{plural(len(findings), 'gap')} between groups: {tallied(findings)}"
        if findings
        else "No gap between groups is required to stay within a bound."
    )
    return section_of(
        "fairness",
        "Fairness",
        lead(said),
        _model_key(decision, "lines: intervals") if panels else None,
        tag("div", {"class": "panels"}, *panels) if panels else None,
        fold("The numbers behind the picture", _rate_table(rates[: 4 * limit])) if rates else None,
        reasons(findings),
        *gap_tables(findings[:limit], confidence_text(decision.confidence)),
    )


def _model_key(decision: Decision, more: str) -> Markup:
    """Open is the champion, filled the challenger."""
    dots = []
    for role, classes in zip(_MODELS, ("mark open dim", "mark")):
        name = model_name(decision, role)
        if name:
            dot = tag(
                "svg",
                {"class": "icon", "aria-hidden": "true"},
                tag("circle", {"class": classes, "cx": 7.0, "cy": 7.0, "r": 4.0}),
            )
            dots.append(tag("span", {}, dot, f" {role} {name}"))
    return tag("p", {"class": "legend"}, *dots, tag("span", {}, more))


def _rate(row: Mapping[str, Cell]) -> tuple[str, Rate]:
    rows = figure(row, "rows")
    return word(row, "metric"), Rate(
        group=clip(word(row, "group_title") or f"{word(row, 'attribute')}={word(row, 'group')}", 80),
        model=word(row, "model"),
        rows=int(rows) if math.isfinite(rows) else 0,
        value=figure(row, "value"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _rate_table(rates: Sequence[tuple[str, Rate]]) -> Markup:
    unit = unit_of("accuracy")
    columns = [Column(title="Group"), Column(title="Metric"), Column(title="Model")]
    columns += [Column(title=title, figures=True) for title in ("Rows", "Rate", "Interval")]
    rows: list[list[Child]] = [
        [
            rate.group,
            clip(metric, 60),
            clip(rate.model, 40),
            count(rate.rows),
            number(rate.value, unit),
            f"{number(rate.low, unit)} to {number(rate.high, unit)}" if math.isfinite(rate.low) else "–",
        ]
        for metric, rate in rates
    ]
    return table("Rates in percent, with intervals", columns, rows, classes="tight")


def oddities(decision: Decision, limit: int) -> Markup | None:
    """The base case again with one abnormality at a time: what each model did."""
    findings = findings_of(decision, Section.ODDITIES)
    rows = rows_of(decision, "oddities", ("name", "model", "answered", "value"))
    if not findings and not rows:
        return None
    names = list(dict.fromkeys(word(row, "name") for row in rows))[:limit]
    metric = next((word(row, "metric") for row in rows if word(row, "metric")), "")
    grid = [_odd_row(name, [row for row in rows if word(row, "name") == name], findings) for name in names]
    known = {id(finding) for name in names for finding in findings if _about(finding, name)}
    rest = [finding for finding in findings if id(finding) not in known]
    said = f"The base case again, with one abnormality at a time. {tallied(findings) if findings else ''}"
    columns = [
        Column(title="One abnormality each"),
        *(Column(title=role.capitalize()) for role in _MODELS),
        Column(title="Finding"),
    ]
    unit = unit_of(metric)
    in_unit = f" in {unit.name.replace('percentage points', 'percent')}" if unit.name else ""
    caption = f"{metric_title(clip(metric, 60))}{in_unit} under each oddity" if metric else "Answers under each oddity"
    return section_of(
        "oddities",
        "Oddities",
        lead(said),
        table(caption, columns, [_clean_row(rows), *grid]) if grid else None,
        check_table("Findings on oddities", rest, limit) if rest else None,
    )


def _about(finding: Finding, name: str) -> bool:
    return name in finding.id.split("/") or finding.dataset in (name, f"oddity {name}")


def _clean_row(rows: Sequence[Mapping[str, Cell]]) -> list[Child]:
    said: list[Child] = ["Clean base case"]
    for role in _MODELS:
        row = next(
            (row for row in rows if word(row, "model") == role and math.isfinite(figure(row, "base_value"))), None
        )
        said.append(number(figure(row, "base_value"), unit_of(word(row, "metric"))) if row else "–")
    return [*said, "reference"]


def _odd_row(name: str, rows: Sequence[Mapping[str, Cell]], findings: Sequence[Finding]) -> list[Child]:
    title = next((word(row, "title") for row in rows if word(row, "title")), name)
    cells_: list[Child] = [clip(title, 160)]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role), None)
        cells_.append("–" if row is None else _odd_cell(row))
    about = [finding for finding in findings if _about(finding, name)]
    return [
        *cells_,
        join([tag("div", {}, outcome(finding), f" ({finding.level})") for finding in about]) if about else "–",
    ]


def _odd_cell(row: Mapping[str, Cell]) -> Markup:
    reason = clip(word(row, "reason"), 200)
    if not figure(row, "answered") > 0:
        return join([icon("fail"), f" no answer{f': {reason}' if reason else ''}"])
    said = number(figure(row, "value"), unit_of(word(row, "metric")))
    return join([said, f", {reason}" if reason else None])


def calibration(decision: Decision, limit: int) -> Markup | None:
    """Predicted against observed shares: shown, never decides."""
    rows = rows_of(decision, "calibration", ("model", "rows", "mean_score", "observed"))
    bins = {
        role: [_bin(row) for row in rows if word(row, "model") == role and figure(row, "rows") > 0][:limit]
        for role in _MODELS
    }
    drawn = {role: parts for role, parts in bins.items() if parts}
    if not drawn:
        return None
    seen = [
        value
        for parts in drawn.values()
        for part in parts
        for value in (part.mean_score, part.observed, part.high)
        if math.isfinite(value)
    ]
    highest = min(1.0, max(seen, default=1.0) * 1.05) or 1.0
    panels = [
        calibration_panel(
            f"calibration-{role}", role, f"{role.capitalize()} {model_name(decision, role)}".strip(), parts, highest
        )
        for role, parts in drawn.items()
    ]
    said = f"Predicted against observed shares of {clip(decision.positive, 40)}, in bins. Shown, never decides."
    key = "Across: mean score, %. Up: share observed, %. Bars: intervals; the dashed line is perfect calibration."
    return section_of(
        "calibration",
        "Calibration",
        lead(said),
        tag("div", {"class": "panels"}, *panels),
        tag("p", {"class": "note"}, key),
        fold("The numbers behind the picture", _bin_table(drawn)),
    )


def _bin(row: Mapping[str, Cell]) -> Bin:
    rows = figure(row, "rows")
    return Bin(
        rows=int(rows) if math.isfinite(rows) else 0,
        mean_score=figure(row, "mean_score"),
        observed=figure(row, "observed"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _bin_table(drawn: Mapping[str, Sequence[Bin]]) -> Markup:
    columns = [Column(title="Model and bin")] + [
        Column(title=title, figures=True) for title in ("Rows", "Mean score", "Observed", "Interval")
    ]
    rows: list[list[Child]] = [
        [
            f"{role}, {place}",
            count(part.rows),
            percent(part.mean_score),
            percent(part.observed),
            f"{percent(part.low)} to {percent(part.high)}",
        ]
        for role, parts in drawn.items()
        for place, part in enumerate(parts, start=1)
    ]
    return table("Scores and shares in percent", columns, rows, classes="plain")
