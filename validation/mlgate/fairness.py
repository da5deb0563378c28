"""The stages of fairness on one screen: scored rows in, findings and exhibits about groups of people out.

    batches ─> add_up ─> settle ─> Tally of groups ─> compare ─> Evidence ─> group_tables ─┬─> compare_groups ─> judge
            └> add_scores (bins, exact sums)                                                ├─> judge_gaps
                                                                                            └─> exhibits
Groups go the way of slices, in a tally of their own: whether they are slices too is for the requirements to say. The
attributes need not be features of the models. Beside ``gate``, which calls it, so that each fits on a screen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.metrics import MeanLoss, find
from mlgate.metrics.answering import check_batch
from mlgate.metrics.scales import scales_of
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.fairness import MOST_GROUPS, group_rates
from mlgate.records.rows import Batch
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages import group_curves, group_exhibits
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.compare_groups import compare_groups, group_tables
from mlgate.stages.group_scores import add_scores, check_attributes, exact_values
from mlgate.stages.judge import judge, judge_observations
from mlgate.stages.judge_gaps import judge_gaps
from mlgate.stages.settle import settle
from mlgate.tables import Tally

__all__ = ["Fairness", "judge_fairness"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fairness:
    """What was found about groups of people."""

    findings: tuple[Finding, ...]
    exhibits: tuple[Exhibit, ...]
    tally: Tally


def judge_fairness(run: Run, batches: Sequence[Batch], *, dataset: str, titles: Mapping[str, str]) -> Fairness | None:
    """Groups of every sensitive attribute compared under both models; None when no attribute is declared.

    Parameters
    ----------
    run
        Its attributes and gaps say what is asked.
    batches
        All rows, scored by both models.
    dataset
        What they are called.
    titles
        What people read for a slice name.

    Raises
    ------
    DataError
        An attribute is not there or has too many values, or rows are not legal.
    ConfigError
        The reference group of a requirement has no rows.
    """
    attributes = run.all_attributes()
    if not attributes:
        return None
    titles = {**titles, **{name: title for one in attributes for name, title in one.titles}}
    rows = sum(len(batch.labels) for batch in batches)
    for batch in batches:
        check_attributes(attributes, batch.columns, rows)
    plain = _measured(run, batches)
    tally = settle(plain, add_up(plain, batches))
    for number, attribute in enumerate(attributes, start=1):
        count = tally.groupings.count(number)
        if count > MOST_GROUPS:
            raise DataError(
                f'the sensitive attribute "{attribute.attribute}" makes {count:,} groups of {rows:,} rows; all pairs '
                f"are compared, of at most {MOST_GROUPS}: leave one column out, or cut numbers into wider ranges."
            )
    evidence = compare(plain, tally, dataset=dataset, metrics=plain.metrics())
    scores = None if run.weight else add_scores(plain, batches)
    exact = {} if scores is None else exact_values(plain, scores, tally)
    tables = group_tables(plain, tally, evidence, exact)
    gaps = compare_groups(run, tables, tally, dataset=dataset)
    notes = group_exhibits.notes(run, tables, tally, dataset)
    shown = (
        group_exhibits.rates(run, tables, evidence, exact, tally, titles),
        group_exhibits.disparities(run, tables, evidence),
        group_exhibits.small_groups(tables, titles),
        *(() if scores is None else group_curves.curves(run, scores, tables, titles)),
    )
    return Fairness(
        findings=(
            *judge(dataclasses.replace(run, requirements=()), (), gaps, titles=titles),
            *judge_gaps(run, tables, dataset=dataset, titles=titles),
            *judge_observations(notes),
        ),
        exhibits=tuple(one for one in shown if one.rows),
        tally=tally,
    )


def _measured(run: Run, batches: Sequence[Batch]) -> Run:
    """The run that measures every rate on every group, its scales fixed; nothing is required of it."""
    rates = group_rates(run.task, run.classes, scores=run.scores)
    plain = dataclasses.replace(
        run,
        requirements=tuple(
            Requirement(metric=rate, rule=Rule.UNCHANGED, level=Level.ADVISORY, on="slices", margin=0.0)
            for rate in rates
        ),
        groupings=run.all_attributes(),
        attributes=(),
        gaps=(),
        oddity=None,
        baseline="",
        training=(),
    )
    metrics = tuple(find(rate, plain) for rate in rates)
    if not any(isinstance(metric, MeanLoss) and metric.scale is None for metric in metrics):
        return plain
    for batch in batches:
        check_batch(run, batch)
    return dataclasses.replace(plain, scales=scales_of(plain, metrics, *batches))
