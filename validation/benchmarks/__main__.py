"""Run the benchmarks: ``python -m benchmarks [PART] [--quick]``, of which ``PARTS`` says what there is.

Each part writes its tables into docs/*.md. ``--quick`` takes fewer replicates and writes nothing.
"""

from __future__ import annotations

import argparse
import sys

PARTS = ("speed", "calibration", "planning", "drift", "slices", "fairness", "oddities")


def main() -> int:
    """Run the parts that are asked for; the first that does not end well ends the run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        default="all",
        choices=(*PARTS, "all"),
    )
    parser.add_argument("--quick", action="store_true", help="fewer replicates, and nothing is written")
    parser.add_argument("--divide", type=int, default=1, metavar="N", help="calibration: one N-th of the samples")
    asked = parser.parse_args()
    parts = PARTS if asked.part == "all" else (asked.part,)
    for part in parts:
        print(f"{part}\n", flush=True)
        code = _run(part, quick=asked.quick, divide=asked.divide)
        if code:
            return code
        print(flush=True)
    return 0


def _run(part: str, *, quick: bool, divide: int) -> int:
    # Imported here, so that one part runs where another's libraries are missing.
    if part == "speed":
        from benchmarks import speed

        return speed.main(quick=quick)
    if part == "calibration":
        from benchmarks.calibration_page import main as calibrate

        return calibrate(quick=quick, divide=divide)
    if part == "planning":
        from benchmarks import planning

        return planning.main(quick=quick)
    if part == "slices":
        from benchmarks import slices

        return slices.main(quick=quick)
    if part == "fairness":
        from benchmarks import fairness

        return fairness.main(quick=quick)
    if part == "oddities":
        from benchmarks import oddities

        return oddities.main(quick=quick)
    from benchmarks import drift

    return drift.main(quick=quick)


if __name__ == "__main__":
    sys.exit(main())
