"""``mlgate report``: write the reports of a decision again, from ``decision.json`` alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlgate.commands.common.output import say, show_json
from mlgate.commands.common.writing import write_reports
from mlgate.promotion.statement import decision_of, read_run

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Render again; with ``--out`` into another folder."""
    source = Path(options.run_dir)
    decision = decision_of(read_run(source))
    folder = Path(options.out) if options.out else source
    write_reports(folder, decision)
    say(options, f"wrote report.html, summary.md, junit.xml and decision.json in {folder}")
    show_json(options, {"folder": str(folder), "verdict": decision.verdict})
    return 0
