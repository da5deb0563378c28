"""``mlgate approve``: a person puts their name to a decision, or overrides it until a day that they name."""

from __future__ import annotations

import argparse

from mlgate.commands.common.answers import now
from mlgate.commands.common.signing import sign
from mlgate.promotion.approve import Wish, judge_approval

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Approve the decision in ``options.run_dir``."""
    wish = Wish(
        by=options.by,
        reason=options.reason,
        at=now(),
        override=options.override,
        expires=options.expires,
        demo=options.demo,
    )
    return sign(options, wish, judge_approval)
