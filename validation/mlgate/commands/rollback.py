"""``mlgate rollback``: bring a former champion back, in one command."""

from __future__ import annotations

import argparse

from mlgate.commands.common.answers import now, tell
from mlgate.commands.common.settings import load_settings
from mlgate.commands.common.standing import told_in_reports
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.promotion.contract import DONE, Answer
from mlgate.promotion.ledger import Entry, read
from mlgate.promotion.rollback import Plan, carry_out, judge

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Roll the model of ``options.config`` back."""
    settings = load_settings(options.config)
    registry = connect(address(settings), create=False)
    store = open_store(settings.ledger, root=settings.root, model=settings.model, board=lambda: registry)
    history = read(store)
    plan = judge(
        settings.model, to=options.to, by=options.by, reason=options.reason, history=history, registry=registry
    )
    if isinstance(plan, Answer):
        return tell(options, plan)
    entry = carry_out(plan, store=store, history=history, registry=registry, by=options.by, now=now())
    closed = [plan.closing[0].facts["to"]] if plan.closing is not None else []
    unwritten = told_in_reports(settings, store, [plan.origin, plan.target, *closed])
    sentence = "\n".join([_sentence(plan, entry, options.by), *unwritten])
    return tell(options, Answer(code=DONE, sentence=sentence), {"entry": entry.plain()})


def _sentence(plan: Plan, entry: Entry, by: str) -> str:
    closed = ""
    if plan.closing is not None:
        intent, kind = plan.closing
        closed = (
            f"Closed: {intent.kind} to version {intent.facts['to']}, begun by {intent.actor} on {intent.at}, is now"
            f" {kind}.\n"
        )
    if plan.target == plan.origin:
        return (
            f"{closed}The champion of {plan.model} is version {plan.target or '(none)'}, as before (entry"
            f" {entry.number} of the ledger)."
        )
    after = f", after version {plan.origin}" if plan.origin else ""
    return (
        f"{closed}Rolled back: the champion of {plan.model} is version {plan.target}{after} (by {by}, entry"
        f" {entry.number} of the ledger)."
    )
