"""The statement binds what the gate wrote: every edit is seen, and an approval is no edit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.promotion.statement import (
    DECISION,
    STATEMENT,
    TALLY,
    build,
    decision_digest,
    decision_of,
    digest_bytes,
    model_of,
    read_run,
    verify_run,
)
from mlgate.records.codec import dumps
from mlgate.records.decision import Approval
from mlgate.records.words import ApprovalState, Verdict
from tests.promotion.runs import TALLY_CONTENT, challenger, decide, files_of


def test_what_the_gate_wrote_verifies() -> None:
    assert verify_run(files_of(decide())) == []


def test_it_has_the_shape_of_an_in_toto_statement() -> None:
    statement = json.loads(build(decide(), text=dumps(decide()), tally=TALLY_CONTENT))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"].startswith("https://")
    assert [subject["name"] for subject in statement["subject"]] == [DECISION, TALLY, "challenger"]
    assert statement["subject"][1]["digest"] == {"sha256": digest_bytes(TALLY_CONTENT).removeprefix("sha256:")}
    assert statement["predicate"]["verdict"] == "pass"
    assert statement["predicate"]["data"] == [{"name": "base_case", "digest": "sha256:da7a", "rows": 797}]


@given(state=st.sampled_from(ApprovalState), by=st.text(max_size=20), reason=st.text(max_size=20), demo=st.booleans())
def test_an_approval_changes_neither_digest_nor_statement(
    state: ApprovalState, by: str, reason: str, demo: bool
) -> None:
    decision = decide()
    approved = dataclasses.replace(decision, approval=Approval(state=state, by=by, reason=reason, demo=demo))
    assert decision_digest(approved) == decision_digest(decision)
    texts = [build(one, text=dumps(one), tally=TALLY_CONTENT) for one in (approved, decision)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("key", ["verdict", "reason", "model", "mode", "on_inconclusive"])
def test_an_edited_decision_is_seen(key: str) -> None:
    files = files_of(decide(Verdict.FAIL))
    content = json.loads(files[DECISION])
    content[key] = "pass" if key == "verdict" else "edited"
    problems = verify_run({**files, DECISION: json.dumps(content).encode()})
    assert any(problem.startswith("decision.json is not what decision.intoto.json vouches for") for problem in problems)


def test_an_edited_finding_is_seen() -> None:
    files = files_of(decide(Verdict.FAIL))
    content = json.loads(files[DECISION])
    content["findings"][0]["blocking"] = False
    assert verify_run({**files, DECISION: json.dumps(content).encode()})


def test_another_way_to_write_the_same_json_is_no_edit() -> None:
    files = files_of(decide())
    again = json.dumps(json.loads(files[DECISION]), indent=None).encode()
    assert verify_run({**files, DECISION: again}) == []


def test_an_exchanged_tally_is_seen() -> None:
    assert verify_run({**files_of(decide()), TALLY: b"other counts"}) == [
        "tally.npz is not what decision.intoto.json vouches for: it was changed after the gate wrote it."
    ]


def test_a_tally_exchanged_together_with_its_statement_is_seen() -> None:
    decision = decide()
    files = {
        **files_of(decision),
        TALLY: b"other",
        STATEMENT: build(decision, text=dumps(decision), tally=b"other").encode(),
    }
    assert verify_run(files) == [
        "tally.npz is not the one that decision.json names; it was exchanged after the gate wrote it."
    ]


def test_the_statement_of_another_run_is_seen() -> None:
    other = decide(models=(challenger("3"),))
    files = {**files_of(decide()), STATEMENT: files_of(other)[STATEMENT]}
    problems = verify_run(files)
    assert len(problems) == 2 and "the challenger's digest in decision.json" in problems[1]


def test_an_edited_predicate_is_seen() -> None:
    files = files_of(decide(Verdict.FAIL))
    edited = files[STATEMENT].replace(b'"verdict": "fail"', b'"verdict": "pass"')
    assert verify_run({**files, STATEMENT: edited}) == [
        "decision.intoto.json does not fit decision.json: it was changed after the gate wrote it, or belongs to another"
        " run."
    ]


@pytest.mark.parametrize("subject", ["[]", '"none"', "[1]"])
def test_a_statement_that_speaks_of_nothing_is_seen(subject: str) -> None:
    files = files_of(decide())
    statement = {**json.loads(files[STATEMENT]), "subject": json.loads(subject)}
    problems = verify_run({**files, STATEMENT: json.dumps(statement).encode()})
    assert problems[0] == "decision.intoto.json does not speak of decision.json; run the gate again."


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"schema": NaN}', b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("name", [DECISION, STATEMENT])
def test_a_file_that_is_no_json_object_is_one_sentence(name: str, content: bytes) -> None:
    problems = verify_run({**files_of(decide()), name: content})
    assert len(problems) == 1 and problems[0].startswith(f"{name}: is not ")


@pytest.mark.parametrize("name", [DECISION, STATEMENT])
@pytest.mark.parametrize("more", ['"number": 1e400', '"text": "\\ud800"', '"twice": 1, "twice": 2'])
def test_what_has_no_one_meaning_or_no_canonical_text_is_refused_in_one_sentence(name: str, more: str) -> None:
    files = files_of(decide())
    edited = files[name].replace(b"{", b'{"approval": {' + more.encode() + b"}, ", 1)
    (problem,) = verify_run(files | {name: edited})
    assert problem == f"{name}: is not JSON as the gate writes it; it was cut off or edited, so run the gate again."


def test_a_verdict_that_is_told_twice_is_seen() -> None:
    files = files_of(decide())
    edited = files[DECISION].replace(b'\n  "verdict":', b'\n  "verdict":"fail",\n  "verdict":', 1)
    assert edited != files[DECISION] and verify_run(files | {DECISION: edited})


def test_a_decision_of_another_schema_is_not_read() -> None:
    files = {**files_of(decide()), DECISION: b'{"schema": "mlgate/decision/v9"}'}
    with pytest.raises(DataError, match="its schema is 'mlgate/decision/v9'"):
        decision_of(files)


def test_a_decision_without_a_challenger_digest_has_no_such_subject() -> None:
    column = dataclasses.replace(challenger(), digest="")
    decision = decide(models=(column,))
    assert "challenger" not in build(decision, text=dumps(decision), tally=b"").split('"predicate"')[0].replace(
        "uri", ""
    )
    assert model_of(decide(models=()), "champion") is None


def test_reading_gives_the_files_as_they_are(tmp_path: Path) -> None:
    files = files_of(decide())
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert read_run(tmp_path) == files
    assert dumps(decision_of(files)).encode() == files[DECISION]


def test_a_folder_that_is_no_finished_run_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        read_run(tmp_path / "none")
    with pytest.raises(DataError, match="holds no decision.json, so it is no finished run"):
        read_run(tmp_path)
    (tmp_path / DECISION).mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        read_run(tmp_path)
