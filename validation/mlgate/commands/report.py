"""``mlgate report``: write the reports of a decision again, from ``decision.json`` and what the ledger adds to it."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlgate.commands.common.output import say, show_json
from mlgate.commands.common.settings import load_settings
from mlgate.commands.common.standing import may_be_promoted, production_of
from mlgate.commands.common.writing import write_reports
from mlgate.errors import MlgateError
from mlgate.promotion.statement import decision_of, read_run
from mlgate.records.decision import Decision
from mlgate.records.production import Production

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Render again; with ``--out`` into another folder."""
    source = Path(options.run_dir)
    decision = decision_of(read_run(source))
    production, note = _production(decision, options.config)
    folder = Path(options.out) if options.out else source
    write_reports(folder, decision, production)
    say(options, f"wrote report.html, summary.md, junit.xml and decision.json in {folder}")
    if note:
        say(options, f"not said in them is whether it was promoted: {note}")
    show_json(options, {"folder": str(folder), "verdict": decision.verdict})
    return 0


def _production(decision: Decision, config: str) -> tuple[Production | None, str]:
    """What became of a decision, or why that is not known: a report can be had without the ledger."""
    if not may_be_promoted(decision):
        return None, ""
    try:
        settings = load_settings(config)
        if settings.model == decision.model:
            return production_of(decision, settings), ""
    except MlgateError as problem:
        return None, str(problem)
    return None, f"{config} is about {settings.model}, and not about {decision.model}; give --config."
