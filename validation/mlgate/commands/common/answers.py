"""How the commands of promotion answer: one sentence and an exit code, whatever the outcome."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from datetime import datetime, timezone

from mlgate.commands.common.output import say, show_json
from mlgate.promotion.contract import REFUSED, WAITING, Answer
from mlgate.records.settings import CONFIG

__all__ = ["command", "now", "tell"]

_BEGINNINGS = {REFUSED: "Refused: ", WAITING: "Waiting: "}


def tell(options: argparse.Namespace, answer: Answer, facts: Mapping[str, object] | None = None) -> int:
    """Print an answer, for people or as JSON together with ``facts``, and return its exit code."""
    say(options, _BEGINNINGS.get(answer.code, "") + answer.sentence)
    show_json(options, {"code": answer.code, "answer": answer.sentence, **(facts or {})})
    return answer.code


def command(options: argparse.Namespace, said: str) -> str:
    """A command to be typed next, for the same configuration as this one."""
    return said if options.config == CONFIG else f"{said} --config {shlex.quote(options.config)}"


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(timezone.utc)
