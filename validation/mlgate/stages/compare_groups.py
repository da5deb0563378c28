"""A tally to evidence about gaps: how far a rate is apart between two groups, for both models, and how that changed.

Separate from ``compare`` because a gap is between slices, not on one. Groups are disjoint, so their estimates are
independent; the two models' gaps are not, so the change is built from each group's paired difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlgate.errors import ConfigError
from mlgate.inference.pair import Pair
from mlgate.inference.pairs import confusions, pair_of_proportions, pair_of_summary
from mlgate.inference.spread import estimate, estimates, mirrored
from mlgate.metrics import Confusion, find
from mlgate.metrics.metric import LEAST_UNITS
from mlgate.records.evidence import Estimate, Evidence, Spread
from mlgate.records.run import GROUP_RATES, GapRequirement, Run
from mlgate.slices import value_text
from mlgate.tables import Tally

__all__ = ["compare_groups", "group_rates"]


def compare_groups(run: Run, tally: Tally, *, dataset: str) -> tuple[tuple[GapRequirement, Evidence], ...]:
    """Evidence for each fairness requirement and each group against the reference.

    In the evidence, ``champion`` and ``challenger`` are signed gaps (group less reference) and ``improvement`` is the
    champion's absolute gap less the challenger's: positive when the gap narrowed.

    Raises
    ------
    ConfigError
        An attribute is not among the declared slices, or its reference group has no rows.
    """
    found = []
    for requirement in run.gaps:
        places = _groups(run, tally, requirement.attribute)
        reference = _reference(requirement, tally, places)
        pairs = _pairs(requirement.metric, tally, [reference, *places])
        for place, pair in zip(places, pairs[1:], strict=True):
            if place != reference:
                found.append(
                    (requirement, _gap(run, tally, requirement, dataset, (place, pair), (reference, pairs[0])))
                )
    return tuple(found)


def group_rates(run: Run, tally: Tally) -> list[tuple[str, str, str, str, int, Estimate]]:
    """(attribute, group, metric, model, rows of the rate, estimate) for attributes with a fairness requirement."""
    rows = []
    for attribute in dict.fromkeys(requirement.attribute for requirement in run.gaps):
        places = _groups(run, tally, attribute)
        for metric in GROUP_RATES:
            pairs = _pairs(metric, tally, places)
            for model in ("champion", "challenger") if tally.paired else ("challenger",):
                spreads = [pair.champion if model == "champion" else pair.challenger for pair in pairs]
                for place, value in zip(places, estimates(spreads, run.confidence), strict=True):
                    rows.append((attribute, tally.slices[place], metric, model, _counted(metric, tally, place), value))
    return rows


def _groups(run: Run, tally: Tally, attribute: str) -> list[int]:
    grouping = [
        place for place, one in enumerate(run.groupings, start=1) if one.columns == (attribute,) and not one.conditions
    ]
    if not grouping:
        raise ConfigError(
            f'fairness reads the attribute "{attribute}", which is not among the slices; add "- by: {attribute}" there.'
        )
    return [place for place, group in enumerate(tally.groupings) if group == grouping[0]]


def _reference(requirement: GapRequirement, tally: Tally, places: Sequence[int]) -> int:
    if requirement.reference is None:
        return max(places, key=lambda place: (int(tally.cells[place].sum()), tally.slices[place]))
    wanted = {requirement.reference, f"{requirement.attribute}={value_text(requirement.reference)}"}
    for place in places:
        if tally.slices[place] in wanted:
            return place
    names = ", ".join(tally.slices[place] for place in places)
    raise ConfigError(
        f'fairness: the reference "{requirement.reference}" of {requirement.attribute} has no rows; groups are {names}.'
    )


def _pairs(metric: str, tally: Tally, places: Sequence[int]) -> list[Pair]:
    record = find(metric)
    if not isinstance(record, Confusion) or not record.paired or record.hit is None or record.among is None:
        raise ConfigError(f'fairness: "{metric}" is not a share of rows; gaps are of {", ".join(GROUP_RATES)}.')
    # The sign is always challenger - champion here: which direction is good depends on the sign of the gap.
    if metric in tally.summaries:
        pairs = pair_of_summary(tally.summaries[metric], sign=1)
        return [pairs[place] for place in places]
    return pair_of_proportions(tally.cells[list(places)], record.hit, record.among, sign=1)


def _gap(
    run: Run,
    tally: Tally,
    requirement: GapRequirement,
    dataset: str,
    group: tuple[int, Pair],
    reference: tuple[int, Pair],
) -> Evidence:
    (place, ours), (other, theirs) = group, reference
    champion = _less(ours.champion, theirs.champion)
    challenger = _less(ours.challenger, theirs.challenger)
    improvement = _narrowing(champion, challenger, _less(ours.improvement, theirs.improvement))
    metric = find(requirement.metric)
    need = max(metric.minimum.rows, metric.minimum.positives, metric.minimum.negatives)
    shortages = [_shortage(need, _counted(requirement.metric, tally, at), tally, at) for at in (place, other)]
    rows = int(tally.cells[[place, other]].sum())
    # Groups are taken to be independent, as are their units; a unit in both makes the interval of the gap too wide.
    units = None if tally.units is None else tally.units[[place, other]].sum(axis=0)
    return Evidence(
        metric=f"{requirement.metric}_gap",
        dataset=dataset,
        slice=f"{tally.slices[place]} less {tally.slices[other]}",
        challenger=estimate(challenger, run.confidence),
        challenger_spread=challenger,
        champion=estimate(champion, run.confidence) if tally.paired else None,
        champion_spread=champion if tally.paired else None,
        improvement=estimate(improvement, run.confidence) if tally.paired else None,
        improvement_spread=improvement if tally.paired else None,
        rows=rows,
        units=rows if units is None else int(units[0]),
        effective_units=None if units is None else float(units[1]),
        differing=int(tally.cells[[place, other]][:, [1, 2, 5, 6]].sum()) if tally.paired else None,
        shortage=next((shortage for shortage in shortages if shortage), ""),
    )


def _less(first: Spread, second: Spread) -> Spread:
    if "undefined" in (first.method, second.method):
        return Spread(method="undefined", value=math.nan)
    return Spread(
        method="mover", value=first.value - second.value, rows=first.rows + second.rows, parts=(first, second)
    )


def _narrowing(champion: Spread, challenger: Spread, change: Spread) -> Spread:
    """|champion's gap| - |challenger's gap| as a spread.

    With gaps of one sign that is the change itself, turned. With gaps of opposite signs it is not a function of the
    change; the two gaps' own intervals are then added, which holds whatever their dependence.
    """
    if "undefined" in (champion.method, challenger.method, change.method):
        return Spread(method="undefined", value=math.nan)
    if champion.value * challenger.value >= 0:
        turned = mirrored(change) if champion.value + challenger.value > 0 else change
        assert turned is not None  # only a single proportion cannot be mirrored
        return turned
    before, after = (champion, mirrored(challenger)) if champion.value > 0 else (mirrored(champion), challenger)
    assert before is not None and after is not None
    return Spread(method="added", value=before.value - after.value, rows=change.rows, parts=(before, after))


def _counted(metric: str, tally: Tally, place: int) -> int:
    """Rows that a rate is over; known from labels alone, whatever the models answer and whatever units make of it."""
    record = find(metric)
    assert isinstance(record, Confusion) and record.among is not None  # checked where the pairs are formed
    return int(confusions(tally.cells[place])[1] @ np.array(record.among))


def _shortage(need: int, counted: int, tally: Tally, place: int) -> str:
    name = tally.slices[place]
    if counted < need:
        return f"{counted} rows of {name} count for it, at least {need} needed"
    if tally.units is not None and not tally.units[place, 1] >= LEAST_UNITS:
        worth = tally.units[place, 1]
        return f"rows of {name} are worth {worth:.3g} independent units, at least {LEAST_UNITS} needed"
    return ""
