"""Do 95 % intervals hold the truth in about 95 % of samples? Small seeded simulations with generous bounds.

They catch a wrong formula, not a percent; ``make bench`` measures the percents.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.special import ndtr

from mlgate.inference.means import hall_interval, student_interval
from mlgate.inference.proportions import tango_interval
from mlgate.inference.spread import interval
from mlgate.inference.weighing import weigh
from mlgate.records.evidence import Spread
from mlgate.records.rows import Batch
from mlgate.records.words import Task, Verdict
from mlgate.stages.compare import compare
from tests.making import asked, run_of, settled


def test_tangos_interval_covers_a_paired_difference_of_few_rows() -> None:
    rng = np.random.default_rng(1)
    for n, up, down in ((30, 0.10, 0.05), (60, 0.02, 0.08), (400, 0.05, 0.05)):
        drawn = rng.multinomial(n, [up, down, 1 - up - down], size=2000)
        low, high = tango_interval(drawn[:, 0].astype(float), drawn[:, 1].astype(float), float(n), 0.95)
        assert 0.93 <= np.mean((low <= up - down) & (up - down <= high)) <= 0.99


def test_halls_interval_covers_the_mean_of_skewed_losses_better_than_students() -> None:
    rng = np.random.default_rng(2)
    n = 60
    d = rng.exponential(size=(3000, n)) ** 1.5
    truth = 1.329340388  # Γ(2.5)
    mean, deviation = d.mean(axis=1), d.std(axis=1, ddof=1)
    skewness = ((d - mean[:, None]) ** 3).mean(axis=1) / deviation**3
    error, freedom = deviation / n**0.5, n - 1.0
    plain_low, plain_high = student_interval(mean, error, freedom, 0.95)
    low, high = hall_interval(mean, error, freedom, skewness, float(n), 0.95)
    plain = np.mean((plain_low <= truth) & (truth <= plain_high))
    corrected = np.mean((low <= truth) & (truth <= high))
    assert plain < corrected
    assert 0.925 <= corrected <= 0.985


def test_delongs_interval_covers_a_difference_of_auc() -> None:
    rng = np.random.default_rng(3)
    labels, run = np.repeat([0, 1], 60).astype(np.int8), run_of(asked("roc_auc"))
    covered = 0
    for _ in range(400):
        common = rng.standard_normal(120)
        # Any monotone transform leaves the ranking alone; scores have to be probabilities.
        old, new = (ndtr(common + rng.standard_normal(120) + 1.5 * labels) for _ in range(2))
        tally = settled(run, Batch(labels=labels, champion=old, challenger=new, columns={}))
        [found] = compare(run, tally, dataset="d", metrics=["roc_auc"])
        assert found.improvement is not None
        covered += found.improvement.low <= 0 <= found.improvement.high
    assert 0.915 <= covered / 400 <= 0.985


def test_newcombes_interval_covers_a_gap_between_two_groups() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for first, second in zip(rng.binomial(40, 0.1, 600), rng.binomial(90, 0.25, 600), strict=True):
        parts = tuple(
            Spread(method="wilson", value=hits / n, rows=n, counts=(float(hits),))
            for hits, n in ((first, 40.0), (second, 90.0))
        )
        low, high = interval(Spread(method="mover", value=parts[0].value - parts[1].value, parts=parts), 0.95)
        covered += low <= -0.15 <= high
    assert 0.925 <= covered / 600 <= 0.985


def test_the_change_of_a_gap_is_covered_by_squaring_and_adding_two_tango_intervals() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    groups = ((80, 0.06, 0.02), (200, 0.03, 0.05))
    for _ in range(100):
        drawn = [(n, *rng.multinomial(n, [up, down, 1 - up - down])[:2]) for n, up, down in groups]
        parts = tuple(
            Spread(method="tango", value=(up - down) / n, rows=n, counts=(float(up), float(down)))
            for n, up, down in drawn
        )
        low, high = interval(Spread(method="mover", value=parts[0].value - parts[1].value, parts=parts), 0.95)
        covered += low <= 0.04 + 0.02 <= high
    assert covered / 100 >= 0.9


def clustered(rng: np.random.Generator, units: int, size: int, up: float, down: float) -> Batch:
    """Rows of units that mostly go one way together: with chance ``up`` a unit's rows tend to be gained, or lost."""
    chances = rng.dirichlet(np.array([up, down, 1 - up - down]) * 4, units)
    drawn = np.concatenate([rng.choice(3, size, p=chance) for chance in chances])
    labels = np.ones(units * size, dtype=np.int8)
    champion, challenger = (np.where(drawn == side, 0.1, 0.9) for side in (0, 1))
    dealt = np.repeat(np.arange(units), size).astype(np.uint64)
    return Batch(labels=labels, champion=champion, challenger=challenger, columns={}, units=dealt)


def test_intervals_of_few_units_cover_where_intervals_of_their_rows_do_not() -> None:
    rng = np.random.default_rng(6)
    run = run_of(asked("accuracy"), asked("log_loss"))
    truth = {"accuracy": 0.05, "log_loss": 0.05 * np.log(0.9 / 0.1)}
    covered = {(name, kind): 0 for name in truth for kind in ("units", "rows")}
    for _ in range(300):
        batch = clustered(rng, 15, 30, 0.15, 0.10)
        for kind, rows in (("units", batch), ("rows", dataclasses.replace(batch, units=None))):
            for found in compare(run, settled(run, rows), dataset="d", metrics=tuple(truth)):
                assert found.improvement is not None
                covered[found.metric, kind] += found.improvement.low <= truth[found.metric] <= found.improvement.high
    for name in truth:
        assert 0.91 <= covered[name, "units"] / 300 <= 0.99
        assert covered[name, "rows"] / 300 < 0.8


def test_a_challenger_that_is_worse_by_just_the_relative_margin_passes_as_seldom_as_it_should() -> None:
    rng = np.random.default_rng(7)
    asked_ = asked("mae", margin=0.1, relative=True)
    run = dataclasses.replace(run_of(asked_), task=Task.REGRESSION)
    passed = failed = 0
    for _ in range(400):
        labels = np.zeros(400)
        champion = rng.gamma(2.0, size=400)
        # Errors of the challenger are a tenth larger on average, and mostly larger where the champion's are.
        challenger = 1.1 * champion * rng.gamma(20.0, 1 / 20, size=400)
        batch = Batch(labels=labels, champion=champion, challenger=challenger, columns={})
        [found] = compare(run, settled(run, batch), dataset="d", metrics=["mae"])
        verdict = weigh(asked_, found).verdict
        passed, failed = passed + (verdict is Verdict.PASS), failed + (verdict is Verdict.FAIL)
    # Each side is 2.5 % of 400, give or take four standard deviations; without the correlation it would be none.
    assert 1 <= passed <= 22 and 1 <= failed <= 22
