"""How often a base case has decided: counted from the ledger, shown always, warned about past the budget."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlgate.commands.common.recording import uses_of
from mlgate.config.defaults import BLANK
from mlgate.edges.ledger_stores import FileStore
from mlgate.promotion.ledger import Kind, append, read
from mlgate.records.decision import ModelFacts
from mlgate.records.settings import Settings

ROWS, OTHER_ROWS = "sha256:" + "1" * 64, "sha256:" + "2" * 64


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(BLANK, root=tmp_path, model="credit", ledger="ledger.jsonl", uses=3)


def challenger(digest: str, *, name: str = "credit", version: str = "7") -> tuple[ModelFacts, ...]:
    return (ModelFacts(role="challenger", source="models:/credit/7", name=name, version=version, digest=digest),)


def decide(
    settings: Settings, *digests: str, rows: str = ROWS, model: str = "credit", kind: Kind = Kind.DECIDED
) -> None:
    store = FileStore(path=settings.root / settings.ledger)
    for digest in digests:
        facts = {"rows": rows, "challenger": digest}
        append(store, read(store), kind=kind, actor="a", model=model, at=datetime(2026, 1, 1, tzinfo=UTC), facts=facts)


def uses(settings: Settings, digest: str = "new") -> object:
    (exhibit,) = uses_of(settings, rows=ROWS, models=challenger(digest)).exhibits
    assert (exhibit.name, exhibit.columns) == ("uses", ("dataset", "uses", "budget"))
    return exhibit.rows[0]


def test_the_first_challenger_is_the_first_use(settings: Settings) -> None:
    assert uses(settings) == ("base_case", 1, 3)


def test_each_challenger_counts_once_however_often_it_was_judged(settings: Settings) -> None:
    decide(settings, "a", "a", "b", "a")
    assert uses(settings) == ("base_case", 3, 3)
    assert uses(settings, "b") == ("base_case", 2, 3)


def test_other_rows_other_models_and_other_entries_do_not_count(settings: Settings) -> None:
    decide(settings, "a", rows=OTHER_ROWS)
    decide(settings, "b", model="fraud")
    decide(settings, "c", kind=Kind.APPROVED)
    assert uses(settings) == ("base_case", 1, 3)


def test_past_the_budget_the_reason_is_told_and_nothing_blocks(settings: Settings) -> None:
    decide(settings, "a", "b", "c")
    (seen,) = uses_of(settings, rows=ROWS, models=challenger("new")).observations
    assert seen.level == "advisory" and (seen.value, seen.at_most) == (4.0, 3.0)
    assert "4 challengers were judged on these rows, 3 are budgeted" in seen.reason
    assert "adaptive overfitting" in seen.reason
    assert uses_of(settings, rows=ROWS, models=challenger("c")).observations == ()


def test_a_challenger_that_is_on_no_record_is_not_counted(settings: Settings) -> None:
    for models in (challenger("new", name="other"), challenger("new", version=""), ()):
        assert uses_of(settings, rows=ROWS, models=models).exhibits == ()
