"""How well "all gaps within a bound" holds: false passes at the bound, and false fails of an equal world.

``PYTHONPATH=validation python -m benchmarks.fairness_holds`` writes the table of docs/fairness.md. Groups of 30 to
3,000 rows; in one world the gap of one group is exactly the bound of 10 points, in the other all groups are alike. The
rule is that of ``stages/judge_gaps.py``, over many replicates at once.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pages import table, write
from mlgate.inference.group_table import distances, p_beyond
from mlgate.inference.power import ALPHA
from mlgate.inference.spread import joined
from mlgate.records.evidence import Spread

__all__ = ["main"]

BOUND = 0.1
RATES = (0.05, 0.2, 0.45)
WORLDS = {
    "2 × 3,000": (3000, 3000),
    "2 × 1,000": (1000, 1000),
    "2 × 300": (300, 300),
    "2 × 30": (30, 30),
    "30, 300 and 3,000": (30, 300, 3000),
    "5 × 1,000": (1000,) * 5,
    "8 × 200": (200,) * 8,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """How often a requirement passed and failed, in percent."""

    passed: float
    failed: float


def outcome(
    rng: np.random.Generator, replicates: int, sizes: Sequence[int], rates: NDArray[np.float64], bound: float
) -> Shares:
    """Many replicates of one world under one bound on the largest gap in selection rates."""
    groups = len(sizes)
    hits = rng.binomial(np.array(sizes), rates, size=(replicates, groups))
    spreads = [
        Spread(method="wilson", value=hit / n, rows=float(n), counts=(float(hit),))
        for row in hits.tolist()
        for hit, n in zip(row, sizes, strict=True)
    ]
    down, up = (part.reshape(replicates, groups) for part in distances([spreads], 0.95))
    values = hits / np.array(sizes)
    within, beyond, smallest = np.ones(replicates, bool), np.zeros(replicates, bool), np.ones(replicates)
    for first, second in itertools.combinations(range(groups), 2):
        gap = values[:, first] - values[:, second]
        low = gap - joined(down[:, first], up[:, second], 0.0)
        high = gap + joined(up[:, first], down[:, second], 0.0)
        within &= (-bound <= low) & (high <= bound)
        there = np.flatnonzero((high < -bound) | (low > bound))
        beyond[there] = True
        pairs = [
            Spread(
                method="mover",
                value=float(gap[place]),
                parts=(spreads[place * groups + first], spreads[place * groups + second]),
            )
            for place in there
        ]
        smallest[there] = np.minimum(smallest[there], p_beyond(pairs, bound))
    # Holm's smallest p is the number of pairs times the smallest.
    failed = beyond & (smallest * (groups * (groups - 1) // 2) <= ALPHA)
    return Shares(passed=100 * float(within.mean()), failed=100 * float(failed.mean()))


def main() -> int:
    """Simulate all worlds, print them and, with enough replicates, write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness_holds")
    parser.add_argument("--replicates", type=int, default=2000)
    replicates = parser.parse_args().replicates
    rows = []
    for name, sizes in WORLDS.items():
        worst = [0.0, 0.0, 0.0]
        power = 100.0
        for rate in RATES:
            rng = np.random.default_rng(1)
            equal = np.full(len(sizes), rate)
            apart = equal.copy()
            apart[0] += BOUND
            edge, alike = (outcome(rng, replicates, sizes, rates, BOUND) for rates in (apart, equal))
            tight = outcome(rng, replicates, sizes, equal, 0.0)
            worst = [max(pair) for pair in zip(worst, (edge.passed, alike.failed, tight.failed), strict=True)]
            power = min(power, alike.passed)
        rows.append((name, *(f"{one:.1f} %" for one in worst), f"{power:.0f} %"))
        print(*rows[-1], sep=" | ", flush=True)
    if replicates >= 1000:
        said = f"{replicates:,} replicates each, rates of 5, 20 and 45 %, of which the worst is shown; bound 10 points."
        head = ("groups", "passes at the bound", "an equal world fails", "the same, bound 0", "an equal world passes")
        write("fairness.md", "fairness-holds", [said, "", *table(head, rows)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
