"""What became of a decision, told from the ledger: in production, rolled back, replaced, or brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlgate.promotion.ledger import Entry, Kind, append, read
from mlgate.promotion.production import production, promotions_of
from mlgate.promotion.statement import decision_digest
from tests.promotion.runs import NOW, decide, store_at

P, R = Kind.PROMOTED, Kind.ROLLED_BACK


def history(folder: Path, *moves: tuple[Kind, str, str]) -> tuple[Entry, ...]:
    """A ledger of these moves; the promotion to version 2 is by the decision of ``decide``."""
    store = store_at(folder)
    for place, (kind, origin, target) in enumerate(moves):
        facts = {"from": origin, "to": target, "reason": "calls" if kind is R else ""}
        if kind is P:
            facts["decision"] = decision_digest(decide()) if target == "2" else f"sha256:of {target}"
        append(store, read(store), kind=kind, actor=f"actor {place}", model="credit", at=NOW, facts=facts)
    return read(store)


@pytest.mark.parametrize(
    ("moves", "out", "back"),
    [
        ([(P, "1", "2")], None, None),
        ([(P, "1", "2"), (R, "2", "1")], "actor 1", None),
        ([(P, "1", "2"), (P, "2", "3")], "actor 1", None),
        ([(P, "1", "2"), (P, "2", "3"), (R, "3", "2")], None, "actor 2"),
        ([(P, "1", "2"), (R, "2", "1"), (P, "1", "3")], "actor 1", None),
        ([(P, "1", "2"), (P, "2", "3"), (R, "3", "2"), (R, "2", "1")], "actor 3", None),
        ([(P, "1", "2"), (Kind.ROLLING_BACK, "2", "1"), (Kind.ABANDONED, "2", "1")], None, None),
    ],
)
def test_the_last_move_that_concerns_a_decision_is_told(
    tmp_path: Path, moves: list[tuple[Kind, str, str]], out: str | None, back: str | None
) -> None:
    found = production(decide(), history(tmp_path, *moves))
    assert found is not None and found.promoted.by == "actor 0" and found.promoted.target == "2"
    assert (found.out.by if found.out else None, found.back.by if found.back else None) == (out, back)
    assert (found.out or found.back or found.promoted).reason in ("", "calls")


def test_a_decision_that_was_not_carried_out_has_no_production(tmp_path: Path) -> None:
    entries = history(tmp_path, (P, "", "1"), (R, "1", "2"))
    assert production(decide(), entries) is None
    assert production(decide(), ()) is None


def test_the_same_decision_of_another_model_is_not_mixed_up(tmp_path: Path) -> None:
    entries = history(tmp_path, (P, "1", "2"))
    assert production(decide(model="other"), entries) is None
    assert promotions_of(["2"], "other", entries) == ()


def test_the_last_promotion_of_a_version_counts(tmp_path: Path) -> None:
    entries = history(tmp_path, (P, "1", "2"), (R, "2", "1"), (P, "1", "2"), (P, "2", "3"))
    assert [entry.actor for entry in promotions_of(["1", "2"], "credit", entries)] == ["actor 2"]
