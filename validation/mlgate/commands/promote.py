"""``mlgate promote``: verify an approved decision, then make its challenger the champion."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path

from mlgate.commands.common.answers import command, now, tell
from mlgate.commands.common.settings import load_settings
from mlgate.commands.common.standing import told_in_reports
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.errors import ConfigError
from mlgate.promotion.contract import DONE, WAITING, Answer
from mlgate.promotion.ledger import read
from mlgate.promotion.promote import carry_out, judge
from mlgate.promotion.statement import decision_of, model_of, read_run

__all__ = ["current_user", "main"]


def main(options: argparse.Namespace) -> int:
    """Promote the challenger of ``options.run_dir``."""
    settings = load_settings(options.config)
    folder = Path(options.run_dir)
    files = read_run(folder)
    registry = connect(address(settings), create=False)
    store = open_store(settings.ledger, root=settings.root, model=settings.model, board=lambda: registry)
    history = read(store)
    plan = judge(files, settings=settings, history=history, registry=registry, now=now())
    if isinstance(plan, Answer):
        if plan.code == WAITING:
            following = command(options, f"mlgate approve {options.run_dir} --by NAME --reason TEXT")
            plan = Answer(code=WAITING, sentence=f"{plan.sentence}\nNext: {following}")
        elif plan.code == DONE:
            # It was promoted before; a crash may have come between that and the reports.
            challenger = model_of(decision_of(files), "challenger")
            told_in_reports(settings, store, [challenger.version if challenger else ""], folder)
        return tell(options, plan)
    by = options.by or plan.facts.get("approved_by") or current_user()
    entry = carry_out(plan, store=store, history=history, registry=registry, by=by, now=now())
    change = (
        f"version {plan.target}, after version {plan.origin}"
        if plan.origin
        else f"version {plan.target}, the first one"
    )
    sentence = f"Promoted: the champion of {plan.model} is {change} (by {by}, entry {entry.number} of the ledger)."
    if plan.origin:
        sentence += "\nBack again: " + command(options, "mlgate rollback --by NAME --reason TEXT")
    sentence = "\n".join([sentence, *told_in_reports(settings, store, [plan.origin, plan.target], folder)])
    return tell(options, Answer(code=DONE, sentence=sentence), {"entry": entry.plain()})


def current_user() -> str:
    """Who is logged in; only asked where nobody had to approve (``mode: observe``)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("--by is missing, and this machine does not say who you are; give --by NAME.") from None
