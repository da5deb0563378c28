"""How the commands of promotion answer: one sentence and an exit code, whatever the outcome."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime, timezone

from mlgate.commands.common.output import say, show_json
from mlgate.promotion.contract import REFUSED, WAITING, Answer

__all__ = ["now", "tell"]

_BEGINNINGS = {REFUSED: "Refused: ", WAITING: "Waiting: "}


def tell(options: argparse.Namespace, answer: Answer, facts: Mapping[str, object] | None = None) -> int:
    """Print an answer, for people or as JSON together with ``facts``, and return its exit code."""
    say(options, _BEGINNINGS.get(answer.code, "") + answer.sentence)
    show_json(options, {"code": answer.code, "answer": answer.sentence, **(facts or {})})
    return answer.code


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(timezone.utc)
