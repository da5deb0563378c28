"""Whether models answer strange input at all: what blocks, and what is only told."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.checks.oddity import SEEN, Trial, observe, vanished
from mlgate.records.rows import Batch
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations

OLD, NEW = "the champion died", "the challenger died"


@pytest.mark.parametrize(
    ("champion", "old", "new", "breakdown", "verdict", "blocking", "reason"),
    [
        (True, "", "", "", Verdict.PASS, False, "a legal answer to each of 1,234 rows"),
        (False, "", "", "", Verdict.PASS, False, "a legal answer to each of 1,234 rows"),
        (True, "", NEW, "", Verdict.FAIL, True, f"gives no legal answer where the champion does: {NEW}"),
        (False, "", NEW, "", Verdict.FAIL, False, f"gives no legal answer: {NEW}"),
        (True, OLD, NEW, "", Verdict.FAIL, False, f"neither model answers; the challenger: {NEW}"),
        (True, OLD, "", "", Verdict.PASS, False, f"answers where the champion does not: {OLD}"),
        (True, "", "", "no column", Verdict.FAIL, True, "the check broke down: no column"),
        (True, OLD, NEW, "no column", Verdict.FAIL, True, "the check broke down: no column"),
    ],
)
def test_only_the_challenger_alone_refusing_or_the_check_itself_breaking_blocks(
    champion: bool, old: str, new: str, breakdown: str, verdict: Verdict, blocking: bool, reason: str
) -> None:
    trial = Trial(
        name="missing",
        title="values are missing",
        rows=1234,
        champion=champion,
        champion_problem=old,
        challenger_problem=new,
        breakdown=breakdown,
    )
    found = judge_observations([observe(trial)])[0]
    assert (found.verdict, found.blocking) == (verdict, blocking)
    assert found.reason.endswith(reason)
    assert (found.id, found.title) == ("oddities/missing/answers", "a legal answer where values are missing")


def test_both_refusing_is_advisory() -> None:
    trial = Trial(name="x", title="x", rows=1, champion=True, champion_problem=OLD, challenger_problem=NEW)
    assert observe(trial).level is Level.ADVISORY


@pytest.mark.parametrize(
    ("clean", "old", "new", "gone"),
    [
        (SEEN, SEEN, 0, True),
        (SEEN, SEEN, 1, False),
        (SEEN, SEEN - 1, 0, False),  # the champion hardly answers it either
        (SEEN - 1, SEEN, 0, False),  # the challenger hardly answers it anyway
    ],
)
@pytest.mark.parametrize("scores", [False, True])
def test_a_class_vanishes_only_where_the_champion_still_answers_it_and_the_challenger_once_did(
    clean: int, old: int, new: int, gone: bool, scores: bool
) -> None:
    def answers(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64 | np.int32]]:
        places = (np.arange(50) < count).astype(np.int32)
        return np.eye(2)[places] if scores else places

    base = Batch(labels=np.zeros(50, dtype=np.int32), champion=answers(30), challenger=answers(clean), columns={})
    trial = Trial(
        name="x",
        title="it is odd",
        rows=50,
        champion=True,
        base=base,
        odd_champion=answers(old),
        odd_challenger=answers(new),
    )
    found = vanished(trial, ("low", "high"))
    assert (found is not None) is gone
    if found is not None:
        assert found.reason == f"the challenger never answers high, which the champion answers in {old} rows"
        assert (found.title, found.level) == ("no class vanishes where it is odd", Level.ADVISORY)
