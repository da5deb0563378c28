"""Group tables to exhibits: rates of every group, disparities, and groups that are too small.

They are kept in the decision; docs/fairness.md says what each column holds. Separate from ``exhibit`` because these are
about attributes of people, which have sections and settings of their own. Curves of groups are in ``group_curves``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.group_disparity import changed, worst_of
from mlgate.inference.group_table import CHALLENGER, CHAMPION, MODELS, GroupTable
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Evidence, Observation
from mlgate.records.fairness import WORST, Disparity, disparities_of
from mlgate.records.run import OVERALL, Run
from mlgate.records.words import Level, Section, Task
from mlgate.tables import Tally

__all__ = ["disparities", "notes", "rates", "small_groups"]

Cell = str | float | int | None


def rates(
    run: Run,
    tables: Sequence[GroupTable],
    overall: Sequence[Evidence],
    exact: Mapping[str, NDArray[np.float64]],
    tally: Tally,
    titles: Mapping[str, str],
) -> Exhibit:
    """Every rate of every group and of all rows, under both models and for the change from champion to challenger."""
    rows: list[tuple[Cell, ...]] = []
    place = tally.slices.index(OVERALL)
    known = {table.metric for table in tables}
    for one in overall:
        if one.metric not in known or one.slice != OVERALL:
            continue
        for model, side in ((0, one.challenger), (1, one.champion)):
            if side is not None:
                value = float(exact[one.metric][model, place]) if one.metric in exact else side.value
                cells = _known(value, side.low, side.high)
                rows.append((OVERALL, OVERALL, "Overall", one.metric, MODELS[model], one.rows, *cells))
    for table in tables:
        for model in range(len(table.spreads)):
            for at, name in enumerate(table.groups):
                value = float(table.values[model, at])
                cells = _known(value, value - float(table.down[model, at]), value + float(table.up[model, at]))
                title, counted = titles.get(name, name), int(table.counted[model, at])
                rows.append((table.attribute, name, title, table.metric, MODELS[model], counted, *cells))
    columns = ("attribute", "group", "group_title", "metric", "model", "rows", "value", "low", "high")
    return Exhibit(name="rates", columns=columns, rows=tuple(rows))


def _known(*numbers: float) -> tuple[float | None, ...]:
    return tuple(number if math.isfinite(number) else None for number in numbers)


def disparities(run: Run, tables: Sequence[GroupTable], overall: Sequence[Evidence]) -> Exhibit:
    """All disparities of every attribute, under both models and for the change, and the groups that are worst off."""
    rows: list[tuple[Cell, ...]] = []
    whole = {one.metric: one for one in overall if one.slice == OVERALL}
    for attribute in dict.fromkeys(table.attribute for table in tables):
        own = {table.metric: table for table in tables if table.attribute == attribute}
        for asked in disparities_of(run.task, scores=run.scores):
            used = [own[rate] for rate in asked.rates]
            rows += _disparity(run, attribute, asked, used)
            rows += _variants(attribute, asked, used, whole)
        rows += _worst_groups(attribute, own)
    columns = ("attribute", "metric", "method", "agg", "model", "value", "low", "high", "rate", "first", "second")
    return Exhibit(name="disparities", columns=columns, rows=tuple(rows))


def _disparity(run: Run, attribute: str, asked: Disparity, tables: Sequence[GroupTable]) -> list[tuple[Cell, ...]]:
    """The largest gap (smallest ratio) between two groups, with the interval of the pair that it is of."""
    found = {}
    rows: list[tuple[Cell, ...]] = []

    def add(model: str, estimate: Estimate, rate: str, first: str, second: str) -> None:
        cells = _known(estimate.value, estimate.low, estimate.high)
        rows.append((attribute, asked.name, "between_groups", "worst_case", model, *cells, rate, first, second))

    for model in (CHALLENGER, CHAMPION)[: 2 if tables[0].paired else 1]:
        worst = worst_of(tables, asked, model, run.confidence)
        if worst is not None:
            found[model] = worst
            add(MODELS[model], worst.estimate, worst.rate, worst.first, worst.second)
    if len(found) == 2 and not asked.ratio:
        one = found[CHALLENGER]
        add("change", changed(one, found[CHAMPION], tables), one.rate, one.first, one.second)
    return rows


def _variants(
    attribute: str, asked: Disparity, tables: Sequence[GroupTable], whole: Mapping[str, Evidence]
) -> list[tuple[Cell, ...]]:
    """fairlearn's other forms, values only: against all rows, and the mean of several rates instead of the worst."""
    rows: list[tuple[Cell, ...]] = []
    for model in (CHALLENGER, CHAMPION)[: 2 if tables[0].paired else 1]:
        sides = [
            whole[table.metric].challenger if model == CHALLENGER else whole[table.metric].champion for table in tables
        ]
        among = [_between(table.values[model], asked.ratio) for table in tables]
        against = [
            math.nan if side is None else _to_overall(table.values[model], side.value, asked.ratio)
            for table, side in zip(tables, sides, strict=True)
        ]
        forms = [("to_overall", "worst_case", min(against) if asked.ratio else max(against))]
        if len(tables) > 1:
            forms.append(("between_groups", "mean", sum(among) / len(among)))
            forms.append(("to_overall", "mean", sum(against) / len(against)))
        for method, agg, value in forms:
            rows.append((attribute, asked.name, method, agg, MODELS[model], *_known(value), None, None, "", "", ""))
    return rows


def _between(values: NDArray[np.float64], ratio: bool) -> float:
    known = values[np.isfinite(values)]
    if not len(known) or (ratio and not known.max() > 0):
        return math.nan
    return float(known.min() / known.max()) if ratio else float(known.max() - known.min())


def _to_overall(values: NDArray[np.float64], overall: float, ratio: bool) -> float:
    known = values[np.isfinite(values)]
    if not len(known) or not math.isfinite(overall):
        return math.nan
    if not ratio:
        return float(np.abs(known - overall).max())
    if not overall > 0:
        return math.nan
    shares = known / overall
    return float(np.where(shares > 1, 1 / np.where(shares > 0, shares, 1.0), shares).min())


def _worst_groups(attribute: str, tables: Mapping[str, GroupTable]) -> list[tuple[Cell, ...]]:
    """Worst-group performance: the value of the group that is worst off, with its own interval."""
    rows: list[tuple[Cell, ...]] = []
    for metric, (name, low_is_bad) in WORST.items():
        table = tables.get(metric)
        for model in () if table is None else (CHALLENGER, CHAMPION)[: 2 if table.paired else 1]:
            assert table is not None
            values = table.values[model]
            if not np.isfinite(values).any():
                continue
            place = int(np.nanargmin(values) if low_is_bad else np.nanargmax(values))
            value, group = float(values[place]), table.groups[place]
            ends = (value - float(table.down[model, place]), value + float(table.up[model, place]))
            cells = _known(value, *ends)
            rows.append((attribute, name, "worst_group", "", MODELS[model], *cells, metric, group, ""))
    return rows


def small_groups(tables: Sequence[GroupTable], titles: Mapping[str, str]) -> Exhibit:
    """Groups that cannot be told, per rate: why, and the rows that would tell."""
    rows = tuple(
        (
            table.attribute,
            name,
            titles.get(name, name),
            table.metric,
            int(table.rows[place]),
            table.shortages[place],
            table.rows_to_tell[place],
        )
        for table in tables
        for place, name in enumerate(table.groups)
        if table.shortages[place]
    )
    columns = ("attribute", "group", "group_title", "metric", "rows", "shortage", "rows_to_tell")
    return Exhibit(name="small_groups", columns=columns, rows=rows)


def notes(run: Run, tables: Sequence[GroupTable], tally: Tally, dataset: str) -> list[Observation]:
    """What is odd about the attributes themselves: one group only, an identifier, a group without a positive row."""
    found = []
    total = int(tally.rows[tally.slices.index(OVERALL)])
    seen: set[str] = set()
    for table in tables:
        if table.attribute in seen:
            continue
        seen.add(table.attribute)
        reasons = []
        if len(table.groups) == 1:
            reasons.append(f"all rows are in one group, {table.groups[0]}: there is nothing to compare")
        if len(table.groups) > max(10, total / 2):
            reasons.append(
                f"{len(table.groups):,} values in {total:,} rows, as names and identifiers have: nearly every row is a "
                "group of its own; name a column whose values people share"
            )
        reasons += _one_class(run, table, tally)
        for number, reason in enumerate(reasons):
            found.append(
                Observation(
                    id=f"{Section.FAIRNESS}/{dataset}/{table.attribute}/groups{f'/{number + 1}' if number else ''}",
                    section=Section.FAIRNESS,
                    title=f"the groups of {table.attribute} can be compared",
                    level=Level.ADVISORY,
                    reason=reason,
                    dataset=dataset,
                    rows=total,
                )
            )
    return found


def _one_class(run: Run, table: GroupTable, tally: Tally) -> list[str]:
    """Groups without a positive, or without a negative row: some of their rates do not exist."""
    if run.task is not Task.BINARY:
        return []
    said = []
    cells = tally.cells[[tally.slices.index(name) for name in table.groups]]
    sides = (
        (cells[:, 4:].sum(axis=1), "positive", "its true positive rate and false negative rate"),
        (cells[:, :4].sum(axis=1), "negative", "its false positive rate"),
    )
    for counts, kind, what in sides:
        without = [name for name, count in zip(table.groups, counts.tolist(), strict=True) if not count]
        if without:
            more = f" and {len(without) - 3:,} more groups" if len(without) > 3 else ""
            verb = "has" if len(without) == 1 else "have"
            said.append(
                f"{', '.join(without[:3])}{more} {verb} no {kind} row, so that {what}, and gaps of them, are undefined"
            )
    return said
