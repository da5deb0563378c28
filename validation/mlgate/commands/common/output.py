"""What a command says: a short human answer, or JSON with ``--json``; nothing of either with ``--quiet``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from mlgate.records.codec import encode
from mlgate.records.decision import Decision
from mlgate.records.words import Level, Verdict

__all__ = ["EXIT_CODES", "answer", "progress", "say", "show_json"]

#: What the verdict of ``run`` and ``check`` is to the shell.
EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
#: Signs of figures, where a terminal does not have them.
_PLAIN = str.maketrans({"−": "-", "→": "->", "×": "x", "–": "-", "…": "...", "\u00a0": " "})


def say(options: argparse.Namespace, text: str) -> None:
    """Print for a person, unless ``--quiet`` or ``--json`` was given."""
    if not (options.quiet or options.json):
        encoding = sys.stdout.encoding or "utf-8"
        if not _encodable(text, encoding):
            text = text.translate(_PLAIN)
        # A name that this terminal cannot show must not end a command that is done.
        _write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _encodable(text: str, encoding: str) -> bool:
    """Whether a terminal of this encoding can show a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def show_json(options: argparse.Namespace, value: object) -> None:
    """Print a record or plain JSON values, when ``--json`` was given."""
    if options.json:
        plain = encode(value)
        text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)
        if not _encodable(text, sys.stdout.encoding or "utf-8"):
            text = json.dumps(plain, indent=2, allow_nan=False)
        _write(text + "\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output went away (mlgate history | head). The exit code still counts: under pipefail, a
        # refusal must not become a pass because nobody read its words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def progress(options: argparse.Namespace, text: str) -> None:
    """Tell a person at a terminal what is going on; elsewhere it would only be noise."""
    if sys.stderr.isatty() and not (options.quiet or options.json):
        sys.stderr.write(f"… {text}\n")
        sys.stderr.flush()


def answer(options: argparse.Namespace, decision: Decision, folder: Path) -> int:
    """Say what was decided and return the exit code.

    Returns
    -------
    int
        0 pass, 1 fail, 3 inconclusive; always 0 in mode ``observe``, which blocks nothing.
    """
    from mlgate.render.lines import lines  # small commands that decide nothing do without it

    show_json(options, decision)
    required = [one for one in decision.findings if one.level is Level.REQUIRED and one.metric and not one.blocking]
    blocking = [one for one in decision.findings if one.blocking]
    told = [f"{decision.verdict}: {decision.reason}"]
    told += [f"  {line}" for line in lines(decision, [*required, *blocking])]
    waiting = [one for one in decision.findings if one.verdict is Verdict.INCONCLUSIVE and not one.blocking]
    if waiting:
        one = len(waiting) == 1
        others = "1 other finding" if one else f"{len(waiting):,} other findings"
        told.append(f"  {others} cannot be told; {'it does not block' if one else 'none of them blocks'}")
    if decision.mode == "observe":
        told.append("mode observe: nothing is blocked")
    say(options, "\n".join([*told, f"report: {folder / 'report.html'}"]))
    return 0 if decision.mode == "observe" else EXIT_CODES[decision.verdict]
