"""``mlgate history``: the ledger, readable or as JSON, once its chain was verified."""

from __future__ import annotations

import argparse

from mlgate.commands.common.output import say, show_json
from mlgate.commands.common.settings import load_settings
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.promotion.contract import DONE
from mlgate.promotion.ledger import Entry, Kind, read

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Show what the ledger holds about the model of ``options.config``, oldest first."""
    settings = load_settings(options.config)
    store = open_store(
        settings.ledger,
        root=settings.root,
        model=settings.model,
        board=lambda: connect(address(settings), create=False),
    )
    entries = [entry for entry in read(store) if entry.model == settings.model]
    say(options, "\n".join(map(_line, entries)) or f"{store.place}: nothing has happened to {settings.model} yet.")
    show_json(options, [entry.plain() for entry in entries])
    return DONE


def _line(entry: Entry) -> str:
    """One entry on one line; names and reasons were typed by people, so what could move the cursor is taken out."""
    when = entry.at.replace("T", " ").removesuffix("Z")
    text = f"{entry.number:>4}  {when} UTC  {entry.kind:<12}  {_what(entry)}  by {entry.actor}"
    reason = entry.facts.get("reason")
    text += f": {reason}" if reason else ""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _what(entry: Entry) -> str:
    facts = entry.facts
    run = f", {facts['run']}" if facts.get("run") else ""
    if "to" in facts:
        demo = ", demonstration" if facts.get("demo") else ""
        return f"version {facts.get('from', '(none)')} -> {facts['to']}{run}{demo}"
    until = f", until {facts['expires']}" if entry.kind is Kind.OVERRIDDEN else ""
    demo = ", demonstration" if facts.get("demo") else ""
    return f"version {facts.get('version', '?')}{run}, verdict {facts.get('verdict', '?')}{until}{demo}"
