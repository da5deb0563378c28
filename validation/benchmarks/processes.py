"""Populations that calibration is measured on: pairs of models whose true difference is known because it is counted.

Each population is 200,000 invented rows, scored by two models; what is true of it is computed over all its rows, and
replicates are drawn from it with replacement. The challenger is somewhat worse throughout, so that passing would be
wrong; an equal challenger comes from exchanging the models' scores row by row with chance one half, which leaves no
difference at all in any metric. Populations of real scores are in ``real_scores.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mlgate.records.words import Task

__all__ = ["INVENTED", "ROWS", "Population", "clustered"]

Floats = NDArray[np.float64]
Random = np.random.Generator

ROWS = 200_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Population:
    """Rows that two models have scored, of which samples are drawn."""

    name: str
    title: str
    task: Task
    labels: NDArray[Any]
    champion: NDArray[Any]
    challenger: NDArray[Any]
    threshold: float = 0.5
    classes: tuple[str, ...] = ()
    money: Floats | None = None
    #: (n,) number of each row's unit, ascending from 0; None: rows are drawn one by one.
    units: NDArray[np.intp] | None = None


def _scores(
    random: Random, truth: Floats, *, noise: tuple[float, float], shared: float, sharpness: float, heavy: bool
) -> list[Floats]:
    """Scores of two models that see the true log odds through noise, part of which they have in common.

    With ``sharpness`` 1 a score is about the chance given what the model sees; above, it is over-confident.
    """

    def draw() -> Floats:
        return random.standard_t(3, len(truth)) / np.sqrt(3) if heavy else random.normal(size=len(truth))

    common, centre, spread = draw(), float(truth.mean()), float(truth.var())
    scores = []
    for size in noise:
        seen = truth + size * (np.sqrt(shared) * common + np.sqrt(1 - shared) * draw())
        kept = spread / (spread + size**2)
        # The mean of a logistic of a normal (MacKay 1992).
        posterior = (centre + kept * (seen - centre)) / np.sqrt(1 + np.pi * kept * size**2 / 8)
        scores.append(expit(sharpness * posterior))
    return scores


def _binary(
    name: str,
    title: str,
    *,
    seed: int,
    centre: float,
    noise: tuple[float, float],
    shared: float,
    sharpness: float = 1.0,
    heavy: bool = False,
    threshold: float = 0.5,
) -> Population:
    random = np.random.default_rng(seed)
    truth = random.normal(centre, 1.6, ROWS)
    labels = (random.random(ROWS) < expit(truth)).astype(np.int8)
    champion, challenger = _scores(random, truth, noise=noise, shared=shared, sharpness=sharpness, heavy=heavy)
    # A false alarm costs 1; a miss costs the row's own amount, which is heavy-tailed where the scores are.
    miss = random.lognormal(1.0, 1.0 if heavy else 0.5, ROWS)
    zero = np.zeros(ROWS)
    return Population(
        name=name,
        title=title,
        task=Task.BINARY,
        labels=labels,
        champion=champion,
        challenger=challenger,
        threshold=threshold,
        money=np.column_stack([zero, zero + 1, miss, zero]),
    )


def even() -> Population:
    """Half of the rows positive."""
    title = "50 % positive, calibrated, models nearly alike"
    return _binary("even", title, seed=11, centre=0.0, noise=(0.6, 0.68), shared=0.98)


def usual() -> Population:
    """An eighth of the rows positive."""
    title = "12 % positive, over-confident, models apart"
    return _binary("usual", title, seed=12, centre=-2.75, noise=(0.8, 0.9), shared=0.3, sharpness=2.0, threshold=0.3)


def rare() -> Population:
    """One row in fifty positive."""
    title = "2 % positive, calibrated, models nearly alike"
    return _binary("rare", title, seed=13, centre=-4.9, noise=(0.6, 0.68), shared=0.98, threshold=0.1)


def wild() -> Population:
    """One row in fifty positive, and models that err wildly."""
    title = "2 % positive, over-confident, models apart, heavy-tailed log odds and money"
    return _binary(
        "wild", title, seed=14, centre=-4.9, noise=(0.8, 0.9), shared=0.3, sharpness=1.6, heavy=True, threshold=0.1
    )


def slipping() -> Population:
    """A champion, and the same model but for a few positive rows that it loses and none that it gains."""
    title = "12 % positive; the challenger is the champion but for one positive row in fifty that it finds, and loses"
    same = usual()
    found = (same.labels == 1) & (same.champion >= same.threshold)
    lost = found & (np.random.default_rng(16).random(ROWS) < 0.02)
    challenger = np.where(lost, same.champion * 0.5 * same.threshold, same.champion)
    return dataclasses.replace(same, name="slipping", title=title, challenger=challenger)


def clustered() -> Population:
    """A fifth of the rows positive, in units of 1 to some 40 rows that resemble each other."""
    random = np.random.default_rng(15)
    sizes = np.minimum(1 + random.poisson(random.lognormal(1.8, 0.6, ROWS // 8)), 40)
    units = np.repeat(np.arange(len(sizes)), sizes)[:ROWS]

    def both(of_unit: float, of_row: float) -> Floats:
        return np.asarray(random.normal(0, of_unit, len(sizes))[units] + random.normal(0, of_row, len(units)))

    truth = both(1.0, 1.0) - 1.9
    seen = [truth + both(0.5, 0.5) for _ in range(2)]
    seen[1] += both(0.2, 0.2)
    return Population(
        name="clustered",
        title="20 % positive, 1 to 40 rows of a unit, which resemble each other",
        task=Task.BINARY,
        labels=(random.random(len(units)) < expit(truth)).astype(np.int8),
        champion=expit(seen[0]),
        challenger=expit(seen[1]),
        threshold=0.4,
        units=units,
    )


def _multiclass(
    name: str, title: str, *, seed: int, shares: tuple[float, ...], noise: tuple[float, float], sharpness: float
) -> Population:
    """Classes with a signal in the place of their own; both models see it through noise."""
    random = np.random.default_rng(seed)
    chances = np.array(shares) / np.sum(shares)
    labels = random.choice(len(shares), size=ROWS, p=chances).astype(np.int32)
    shape = (ROWS, len(shares))
    signal = random.normal(size=shape, scale=0.5)
    signal[np.arange(ROWS), labels] += 1.2
    scores = []
    for size in noise:
        odds = sharpness * ((signal + random.normal(size=shape, scale=size)) * 1.6 + np.log(chances))
        odds -= odds.max(axis=1, keepdims=True)
        weights = np.exp(odds)
        scores.append(weights / weights.sum(axis=1, keepdims=True))
    return Population(
        name=name,
        title=title,
        task=Task.MULTICLASS,
        labels=labels,
        champion=scores[0],
        challenger=scores[1],
        classes=tuple("abcdefgh"[: len(shares)]),
    )


def three() -> Population:
    """Three classes of the same size."""
    title = "3 even classes, models nearly alike"
    return _multiclass("three", title, seed=21, shares=(1, 1, 1), noise=(0.10, 0.18), sharpness=1.0)


def skewed() -> Population:
    """Four classes, one of them rare."""
    title = "4 classes of 60, 26, 12 and 2 %, models apart"
    return _multiclass("skewed", title, seed=22, shares=(60, 26, 12, 2), noise=(0.4, 0.45), sharpness=1.0)


def boasting() -> Population:
    """Five classes and models that are too sure."""
    title = "5 classes of 50, 20, 12, 12 and 6 %, over-confident, models apart"
    return _multiclass("boasting", title, seed=23, shares=(50, 20, 12, 12, 6), noise=(0.5, 0.58), sharpness=2.0)


def _regression(
    name: str, title: str, *, seed: int, tail: Callable[[Random], Floats], noise: tuple[float, float], level: bool
) -> Population:
    """A label of signal and noise; both models see the signal with noise of their own.

    With ``level`` label and predictions are exponentials, so that errors grow with the label.
    """
    random = np.random.default_rng(seed)
    signal = random.normal(size=ROWS)
    label = signal + tail(random)
    predictions = [signal + random.normal(0.02 * place, size, ROWS) for place, size in enumerate(noise)]
    columns = [np.exp(column) if level else 100 + column for column in (label, *predictions)]
    return Population(
        name=name,
        title=title,
        task=Task.REGRESSION,
        labels=columns[0],
        champion=columns[1],
        challenger=columns[2],
    )


def normal() -> Population:
    """Errors without tails to speak of."""
    title = "normal errors, models nearly alike"

    def tail(random: Random) -> Floats:
        return random.normal(0, 1, ROWS)

    return _regression("normal", title, seed=31, tail=tail, noise=(0.15, 0.25), level=False)


def tailed() -> Population:
    """Errors of three degrees of freedom."""
    title = "errors of Student's t with 3 degrees of freedom, models apart"

    def tail(random: Random) -> Floats:
        return random.standard_t(3, ROWS)

    return _regression("t3", title, seed=32, tail=tail, noise=(0.5, 0.6), level=False)


def multiplied() -> Population:
    """Errors that grow with the label."""
    title = "lognormal labels, errors that grow with them, models apart"

    def tail(random: Random) -> Floats:
        return random.normal(0, 0.5, ROWS)

    return _regression("lognormal", title, seed=33, tail=tail, noise=(0.30, 0.36), level=True)


def uneven() -> Population:
    """Errors whose size differs from row to row, lopsided."""
    title = "lopsided errors (exponential less its mean), models nearly alike"

    def tail(random: Random) -> Floats:
        return np.asarray(random.exponential(1.0, ROWS) - 1)

    return _regression("lopsided", title, seed=34, tail=tail, noise=(0.15, 0.25), level=False)


INVENTED: tuple[Callable[[], Population], ...] = (
    even,
    usual,
    rare,
    wild,
    slipping,
    three,
    skewed,
    boasting,
    normal,
    tailed,
    multiplied,
    uneven,
)
