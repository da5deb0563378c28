"""Evidence on slices to evidence about groups: rates side by side, and gaps of every group to one reference group.

Separate from ``compare`` because a gap is between slices, not on one. Two models' gaps are not independent, so the
change is built from each group's paired difference; two groups are, unless units belong to both of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import ConfigError
from mlgate.inference.group_table import CHALLENGER, CHAMPION, CHANGE, GroupTable, as_part, distances, gap, narrowing
from mlgate.inference.pairs import confusions
from mlgate.inference.spread import estimate, mirrored
from mlgate.metrics import Confusion, Metric, find
from mlgate.metrics.group_influence import correlations
from mlgate.metrics.metric import LEAST_UNITS
from mlgate.records.evidence import Evidence, Spread
from mlgate.records.fairness import disparity, group_rates
from mlgate.records.run import GapRequirement, Grouping, Run
from mlgate.slices import in_order, value_text
from mlgate.tables import Tally

__all__ = ["compare_groups", "group_tables"]

Exact = Mapping[str, NDArray[np.float64]]


def group_tables(run: Run, tally: Tally, evidence: Sequence[Evidence], exact: Exact | None = None) -> list[GroupTable]:
    """One table per attribute and rate, in the order of the attributes.

    Parameters
    ----------
    run
        Its groupings are the attributes.
    tally
        Of all rows, settled.
    evidence
        Of every rate on every group, as ``compare`` gives it.
    exact
        Per metric, (models, slices) values that fixed point only comes near to.
    """
    found = {(one.metric, one.slice): one for one in evidence}
    tables = []
    for number, grouping in enumerate(run.groupings, start=1):
        names = [name for name, origin in zip(tally.slices, tally.groupings, strict=True) if origin == number]
        places = [tally.slices.index(name) for name in in_order(names, grouping)]
        for metric in group_rates(run.task, run.classes, scores=run.scores):
            seen = [found[metric, tally.slices[place]] for place in places]
            known = None if exact is None or metric not in exact else exact[metric][:, places]
            tables.append(_table(run, tally, grouping, number, places, find(metric, run), seen, known))
    return tables


def _table(
    run: Run,
    tally: Tally,
    grouping: Grouping,
    number: int,
    places: list[int],
    metric: Metric,
    seen: Sequence[Evidence],
    exact: NDArray[np.float64] | None,
) -> GroupTable:
    spreads = [tuple(as_part(one.challenger_spread) for one in seen)]
    if tally.paired:
        spreads.append(tuple(as_part(one.champion_spread or one.challenger_spread) for one in seen))
        spreads.append(tuple(_change(metric, one) for one in seen))
    values = np.array([[one.value for one in side] for side in spreads]).reshape(len(spreads), len(seen))
    if exact is not None:
        values[: len(exact)] = exact
    if tally.paired:
        values[CHANGE] = values[CHALLENGER] - values[CHAMPION]
    down, up = distances(spreads, run.confidence)
    return GroupTable(
        metric=metric.name,
        attribute=grouping.attribute,
        groups=tuple(one.slice for one in seen),
        rows=tally.rows[places],
        counted=_counted(metric, tally, places, len(spreads)),
        shortages=tuple(one.shortage for one in seen),
        rows_to_tell=tuple(
            _rows_to_tell(metric, tally, place) if one.shortage else None
            for place, one in zip(places, seen, strict=True)
        ),
        spreads=tuple(spreads),
        values=values,
        down=down,
        up=up,
        correlation=correlations(run, metric, tally, number, places),
    )


def _change(metric: Metric, found: Evidence) -> Spread:
    """Challenger - champion, whichever direction is good."""
    change = found.improvement_spread or found.challenger_spread
    if metric.greater_is_better is not False or change.method == "undefined":
        return change
    turned = mirrored(change)
    assert turned is not None  # only a single proportion cannot be mirrored, and this is a difference
    return turned


def _counted(metric: Metric, tally: Tally, places: list[int], models: int) -> NDArray[np.int64]:
    """(models, groups) rows that a rate is over; where models differ in them, the change has the challenger's."""
    if isinstance(metric, Confusion) and metric.among is not None and metric.of_class is None:
        old, new = (part @ np.array(metric.among) for part in confusions(tally.cells[places]))
        return np.array([new, old, new][:models], dtype=np.int64)
    return np.tile(tally.rows[places], (models, 1))


def _rows_to_tell(metric: Metric, tally: Tally, place: int) -> int | None:
    """Rows at which a group of the same make-up has the least size; None where nobody can say."""
    rows = int(tally.rows[place])
    pairs: list[tuple[float, int]] = [(rows, metric.minimum.rows)]
    if tally.classes == 2:
        positives = int(tally.cells[place, 4:].sum())
        pairs += [(positives, metric.minimum.positives), (rows - positives, metric.minimum.negatives)]
        decided = min(int(table[1] + table[3]) for table in confusions(tally.cells[place]))
        pairs.append((decided, metric.minimum.decided))
    elif isinstance(metric, Confusion) or metric.minimum.carrying:
        return None
    if tally.units is not None:
        every, negative, positive = tally.units[place, 1:].tolist()
        pairs.append((every, LEAST_UNITS))
        pairs.append((negative, LEAST_UNITS if tally.classes == 2 and metric.minimum.negatives else 0))
        pairs.append((positive, LEAST_UNITS if tally.classes == 2 and metric.minimum.positives else 0))
    if any(need and not have > 0 for have, need in pairs):
        return None
    return math.ceil(rows * max(need / have for have, need in pairs if have > 0))


def compare_groups(
    run: Run, tables: Sequence[GroupTable], tally: Tally, *, dataset: str
) -> tuple[tuple[GapRequirement, Evidence], ...]:
    """Evidence for each requirement on a rate and each group against the reference.

    In the evidence, ``champion`` and ``challenger`` are signed gaps (group less reference) and ``improvement`` is the
    champion's absolute gap less the challenger's: positive when the gap narrowed. Requirements on disparities, which
    are over all pairs of groups, are left to ``judge_gaps``.

    Raises
    ------
    ConfigError
        The reference group of an attribute has no rows.
    """
    found = []
    for requirement in run.gaps:
        if disparity(requirement.metric) is not None:
            continue
        table = next(
            one for one in tables if (one.attribute, one.metric) == (requirement.attribute, requirement.metric)
        )
        reference = _reference(requirement, table)
        for place in range(len(table.groups)):
            if place != reference:
                found.append((requirement, _gap(run, table, tally, requirement, dataset, place, reference)))
    return tuple(found)


def _reference(requirement: GapRequirement, table: GroupTable) -> int:
    if requirement.reference is None:
        return max(range(len(table.groups)), key=lambda place: (int(table.rows[place]), table.groups[place]))
    wanted = {requirement.reference, f"{requirement.attribute}={value_text(requirement.reference)}"}
    for place, name in enumerate(table.groups):
        if name in wanted:
            return place
    raise ConfigError(
        f'fairness: the reference "{requirement.reference}" of {requirement.attribute} has no rows; groups are '
        f"{', '.join(table.groups[:20])}."
    )


def _gap(
    run: Run,
    table: GroupTable,
    tally: Tally,
    requirement: GapRequirement,
    dataset: str,
    place: int,
    other: int,
) -> Evidence:
    both = [tally.slices.index(table.groups[at]) for at in (place, other)]
    challenger = gap(table, CHALLENGER, place, other)
    champion = gap(table, CHAMPION, place, other) if table.paired else None
    improvement = narrowing(table, place, other) if table.paired else None
    shortages = (f"{table.groups[at]}: {table.shortages[at]}" for at in (place, other) if table.shortages[at])
    rows = int(tally.rows[both].sum())
    units = None if tally.units is None else tally.units[both].sum(axis=0)
    return Evidence(
        metric=f"{requirement.metric}_gap",
        dataset=dataset,
        slice=f"{table.groups[place]} less {table.groups[other]}",
        challenger=estimate(challenger, run.confidence),
        challenger_spread=challenger,
        champion=None if champion is None else estimate(champion, run.confidence),
        champion_spread=champion,
        improvement=None if improvement is None else estimate(improvement, run.confidence),
        improvement_spread=improvement,
        rows=rows,
        units=rows if units is None else int(units[0]),
        effective_units=None if units is None else float(units[1]),
        differing=int(tally.cells[both][:, [1, 2, 5, 6]].sum()) if tally.paired else None,
        shortage=next(shortages, ""),
    )
