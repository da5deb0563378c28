"""What commands say: to people, as JSON, or nothing; and which exit code a decision is."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from argparse import Namespace
from pathlib import Path

import pytest

from mlgate.commands.common.output import answer, progress, say, show_json
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Verdict
from tests.making import finding
from tests.render.decisions import passing


def options(*, quiet: bool = False, json: bool = False) -> Namespace:
    return Namespace(quiet=quiet, json=json)


def test_people_get_text_programs_get_json_and_quiet_gets_neither(capsys: pytest.CaptureFixture[str]) -> None:
    record = Estimate(value=0.5, low=math.nan, high=math.inf)
    expected = {(False, False): "hello\n", (True, False): "", (True, True): None, (False, True): None}
    for (quiet, as_json), text in expected.items():
        given = options(quiet=quiet, json=as_json)
        say(given, "hello")
        show_json(given, record)
        told = capsys.readouterr().out
        if text is None:
            assert json.loads(told) == {"value": 0.5, "low": None, "high": None}
        else:
            assert told == text


def test_json_keeps_other_alphabets(capsys: pytest.CaptureFixture[str]) -> None:
    show_json(options(json=True), {"name": "größe 😀"})
    assert "größe 😀" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_name_that_the_terminal_cannot_show_ends_no_command(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    name = "größe 😀 \udcff"
    for as_json in (False, True):
        shown = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr("sys.stdout", shown)
        say(options(json=as_json), name)
        show_json(options(json=as_json), {"name": name})
        shown.seek(0)
        told = shown.read()
        if as_json:
            assert json.loads(told) == {"name": name}
        else:
            assert told == name.encode(encoding, "backslashreplace").decode(encoding) + "\n"


@pytest.mark.parametrize(
    ("verdict", "mode", "code"),
    [
        (Verdict.PASS, "gate", 0),
        (Verdict.FAIL, "gate", 1),
        (Verdict.INCONCLUSIVE, "gate", 3),
        (Verdict.FAIL, "observe", 0),
        (Verdict.INCONCLUSIVE, "observe", 0),
    ],
)
def test_a_verdict_is_an_exit_code_and_observing_blocks_nothing(
    verdict: Verdict, mode: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = dataclasses.replace(passing(), verdict=verdict, mode=mode)
    assert answer(options(), decision, Path("reports/x")) == code
    told = capsys.readouterr().out
    assert told.startswith(f"{verdict}: ") and told.endswith("report: reports/x/report.html\n")
    assert ("nothing is blocked" in told) == (mode == "observe")


def test_what_blocks_is_said_and_what_does_not_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    findings = (
        dataclasses.replace(finding("fine"), metric="accuracy"),
        finding("broken", Verdict.FAIL, Level.GUARDED, blocking=True),
        finding("open", Verdict.INCONCLUSIVE, Level.GUARDED),
        finding("open too", Verdict.INCONCLUSIVE, Level.ADVISORY),
    )
    answer(options(), dataclasses.replace(passing(), findings=findings), Path("x"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:-1] == [
        "  pass  title fine: because",
        "  fail  title broken [guarded]: because",
        "  2 other findings cannot be told; none of them blocks",
    ]
    answer(options(), dataclasses.replace(passing(), findings=findings[2:3]), Path("x"))
    assert capsys.readouterr().out.splitlines()[1:-1] == ["  1 other finding cannot be told; it does not block"]


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_people_at_a_terminal(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stderr", stream)
    for given in (options(quiet=True), options(json=True)):
        progress(given, "working")
    assert stream.getvalue() == ""
    progress(options(), "working")
    assert stream.getvalue() == ("… working\n" if terminal else "")
