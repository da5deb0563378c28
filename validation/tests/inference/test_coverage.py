"""Do 95 % intervals hold the truth in about 95 % of samples? Small seeded simulations with generous bounds.

They catch a wrong formula, not a percent; ``make bench`` measures the percents.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from mlgate.inference.means import hall_interval, student_interval
from mlgate.inference.proportions import tango_interval
from mlgate.inference.spread import interval
from mlgate.records.evidence import Spread
from mlgate.records.rows import Batch
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
