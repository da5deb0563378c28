"""A person's word on a decision: judged, put on record, written into the files of the run. Approvals and rejections.

Everything is judged before the ledger is written, and the ledger before the files: a crash in between is mended by the
same command.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from mlgate.commands.common.answers import command, tell
from mlgate.commands.common.settings import load_settings
from mlgate.commands.common.writing import write_reports
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.errors import ConfigError
from mlgate.promotion.approve import Wish, put_on_record, standing
from mlgate.promotion.contract import DONE, REFUSED, Answer
from mlgate.promotion.ledger import Entry, read
from mlgate.promotion.statement import decision_of, read_run, verify_run
from mlgate.records.decision import Approval, Decision
from mlgate.records.settings import Settings
from mlgate.records.words import ApprovalState

__all__ = ["sign"]


class Judgement(Protocol):
    """``judge_approval`` or ``judge_rejection``."""

    def __call__(
        self, decision: Decision, wish: Wish, *, approvers: Collection[str], history: Sequence[Entry]
    ) -> Approval | Answer:
        """What may be put on record, or why nothing may."""
        ...


def sign(options: argparse.Namespace, wish: Wish, judge: Judgement) -> int:
    """Judge a wish, put it on record, and write the files of the run again."""
    settings = load_settings(options.config)
    folder = Path(options.run_dir)
    files = read_run(folder)
    problems = verify_run(files)
    if problems:
        return tell(options, Answer(code=REFUSED, sentence="\n".join(problems)))
    decision = decision_of(files)
    if decision.model != settings.model:
        raise ConfigError(
            f"{folder}: is about {decision.model}, but {options.config} is about {settings.model}; give --config."
        )
    store = open_store(
        settings.ledger,
        root=settings.root,
        model=settings.model,
        board=lambda: connect(address(settings), create=False),
    )
    history = read(store)
    stands = standing(decision, history)
    if isinstance(stands, Answer):
        return tell(options, stands)
    if stands != decision.approval:
        # The ledger was written and the files were not: a crash. The files follow before anything new is judged.
        decision = dataclasses.replace(decision, approval=stands)
        write_reports(folder, decision)
    approval = judge(decision, wish, approvers=settings.approvers, history=history)
    if isinstance(approval, Answer):
        return tell(options, approval, {"approval": decision.approval})
    decision = dataclasses.replace(decision, approval=approval)
    put_on_record(store, history, files=files, decision=decision, approval=approval, at=wish.at)
    write_reports(folder, decision)
    return tell(options, Answer(code=DONE, sentence=_sentence(decision, settings, options)), {"approval": approval})


def _sentence(decision: Decision, settings: Settings, options: argparse.Namespace) -> str:
    approval, run = decision.approval, decision.provenance.run
    if approval.state is ApprovalState.REJECTED:
        return f"Rejected by {approval.by}: {run} will not be promoted."
    done = "Approved" if approval.state is ApprovalState.APPROVED else f"Overridden until {approval.expires}"
    demo = ""
    if approval.demo:
        demo = " This is a demonstration approval" + (
            "." if settings.allow_demo else ", which this mlgate.yaml does not let through."
        )
    following = command(options, f"mlgate promote {options.run_dir}")
    return f"{done} by {approval.by}: {run}, verdict {decision.verdict}.{demo}\nNext: {following}"
