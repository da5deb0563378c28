"""``mlgate reject``: a person says no to a decision, for good; the next try is a new run."""

from __future__ import annotations

import argparse

from mlgate.commands.common.answers import now
from mlgate.commands.common.signing import sign
from mlgate.promotion.approve import Wish, judge_rejection

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Reject the decision in ``options.run_dir``."""
    return sign(options, Wish(by=options.by, reason=options.reason, at=now()), judge_rejection)
