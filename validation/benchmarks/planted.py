"""Rows in which a regression is planted, or none, for measuring how often the search finds it, and cries wolf.

Two models of the same quality decide about 20,000 rows of mixed columns; on the rows of a random conjunction of two or
three conditions, which holds 2 to 10 % of them, the challenger's decision is turned round for 40 %. Thresholds lie
anywhere, not only where the search cuts.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlgate.config import parse_conditions
from mlgate.discovery import Discovered, discover
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.search.levels import SearchColumn, categories, numbers

__all__ = ["ROWS", "RUN", "Planted", "best_match", "judge_trial", "plant"]

ROWS = 20_000
FLIPPED = 0.4
SHARE = (0.02, 0.10)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_OPERATORS = {"=": operator.eq, "<": operator.lt, ">=": operator.ge}
RUN = Run(
    requirements=(Requirement(metric="accuracy", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01),), scores=False
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Planted:
    """The rows of one trial."""

    #: numbers with NaN, or codes of categories.
    columns: dict[str, Floats | Coded]
    labels: NDArray[np.int8]
    champion: NDArray[np.int8]
    challenger: NDArray[np.int8]
    #: rows of the planted conjunction; none when nothing is planted.
    inside: Mask


def plant(seed: int, *, planted: bool, churn: float, rows: int = ROWS) -> Planted:
    """One trial.

    Parameters
    ----------
    seed
        Of the trial.
    planted
        Whether a regression is planted.
    churn
        Share of the decisions in which the two models differ anyway, neither being better.
    rows
        Their number.
    """
    random = np.random.default_rng([seed, int(planted), int(1000 * churn)])
    columns = _columns(random, rows)
    signal = sum(
        np.nan_to_num(one) if isinstance(one, np.ndarray) else (one.codes % 3 - 1.0) for one in columns.values()
    )
    chance = 1 / (1 + np.exp(-(np.asarray(signal) - np.mean(signal))))
    labels = (random.random(rows) < chance).astype(np.int8)
    champion = np.where(random.random(rows) < 0.05, random.integers(0, 2, rows), chance > 0.5).astype(np.int8)
    other = np.where(random.random(rows) < 2 * churn, random.integers(0, 2, rows), champion).astype(np.int8)
    # Which of the two a model gets is a coin: then neither is better, anywhere.
    swapped = random.random(rows) < 0.5
    first, second = np.where(swapped, other, champion), np.where(swapped, champion, other)
    inside = _conjunction(random, columns, rows) if planted else np.zeros(rows, dtype=np.bool_)
    turned = inside & (random.random(rows) < FLIPPED)
    return Planted(
        columns=columns,
        labels=labels,
        champion=first,
        challenger=np.where(turned, 1 - second, second).astype(np.int8),
        inside=inside,
    )


def _columns(random: np.random.Generator, rows: int) -> dict[str, Floats | Coded]:
    """Five columns of numbers of different kinds, two of them with missing values, and five of categories."""
    found: dict[str, Floats | Coded] = {
        "age": np.floor(random.gamma(9, 4.5, rows) + 18),
        "income": random.lognormal(0, 0.6, rows),
        "debt": random.normal(size=rows),
        "gain": np.where(random.random(rows) < 0.8, 0.0, random.exponential(1.0, rows)),
        "ratio": random.random(rows),
    }
    for name in ("income", "debt"):
        values = found[name]
        assert isinstance(values, np.ndarray)
        values[random.random(rows) < 0.08] = np.nan
    for place, size in enumerate((2, 3, 5, 8, 15)):
        shares = random.dirichlet(np.full(size, 4.0))
        codes = random.choice(size, size=rows, p=shares).astype(np.int32)
        found[f"kind{place}"] = Coded(codes=codes, values=tuple(f"v{value}" for value in range(size)))
    return found


def _conjunction(random: np.random.Generator, columns: dict[str, Floats | Coded], rows: int) -> Mask:
    """Rows of a random conjunction of two or three conditions that is neither too small nor too large."""
    while True:
        chosen = random.choice(list(columns), size=int(random.integers(2, 4)), replace=False)
        inside = np.ones(rows, dtype=np.bool_)
        for name in chosen:
            inside &= _condition(random, columns[name])
        if SHARE[0] <= inside.mean() <= SHARE[1]:
            return inside


def _condition(random: np.random.Generator, column: Floats | Coded) -> Mask:
    if isinstance(column, Coded):
        return np.asarray(column.codes == random.integers(0, len(column.values)))
    missing = np.isnan(column)
    kind = int(random.integers(0, 7))
    if kind == 0 and missing.any():
        return missing
    low, high = np.quantile(column[~missing], sorted(random.random(2)))
    with np.errstate(invalid="ignore"):
        if kind <= 2:
            return np.asarray(column < high)
        if kind <= 4:
            return np.asarray(column >= low)
        return np.asarray((column >= low) & (column < high))


def _searched(trial: Planted) -> list[SearchColumn]:
    """The columns as the command line makes them."""
    return [
        categories(name, one) if isinstance(one, Coded) else numbers(name, one, DiscoverySettings().bins)
        for name, one in trial.columns.items()
    ]


def judge_trial(trial: Planted) -> Discovered:
    """What the search says of a trial with its default settings."""
    random = np.random.default_rng(0)
    batch = Batch(
        labels=trial.labels,
        champion=trial.champion.astype(np.float64),
        challenger=trial.challenger.astype(np.float64),
        columns={},
        identity=random.integers(0, 2**63, len(trial.labels)).astype(np.uint64),
    )
    return discover(RUN, batch, _searched(trial), DiscoverySettings())


def best_match(trial: Planted, found: Discovered) -> float:
    """How much the best confirmed slice is the planted one: rows in both over rows in either; 0 when there is none."""
    return max((_share(_rows_in(trial, one.slice), trial.inside) for one in found.findings), default=0.0)


def _rows_in(trial: Planted, name: str) -> Mask:
    """Rows of a slice, read off its name; here names are conditions as mlgate.yaml has them."""
    inside = np.ones(len(trial.labels), dtype=np.bool_)
    for condition in parse_conditions(name):
        column, value = trial.columns[condition.column], condition.value
        if isinstance(column, Coded):
            inside &= column.codes == column.values.index(value)
        elif condition.operator == "missing":
            inside &= np.isnan(column)
        else:
            with np.errstate(invalid="ignore"):
                inside &= _OPERATORS[condition.operator](column, value)
    return inside


def _share(first: Mask, second: Mask) -> float:
    either = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / either) if either else 0.0
