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
from mlgate.render import html, markdown
from tests.making import finding
from tests.render.decisions import failing, inconclusive, passing, regression


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


def test_a_figure_reads_the_same_in_the_terminal_the_comment_and_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    decision = passing()
    answer(options(), decision, Path("x"))
    told = capsys.readouterr().out
    line = next(line for line in told.splitlines() if "log_loss:" in line)
    assert line == "  pass  log_loss: 28.1 → 24.8; it may lose 1, it gains 3.3 (+1.5 to +5.1)."
    comment = next(line for line in markdown.render(decision).splitlines() if line.startswith("| log_loss "))
    for figure in ("28.1", "24.8", "+3.3 (+1.5 to +5.1)"):
        assert figure in comment
    assert "+1.5 to +5.1" in html.render(decision)
    assert "  figures × 100: percentage points for rates, hundredths for log_loss" in told


def test_figures_in_the_units_of_the_label_are_not_said_to_be_times_a_hundred(
    capsys: pytest.CaptureFixture[str],
) -> None:
    decision = regression()
    own = tuple(one for one in decision.findings if one.metric in ("mae", "rmse"))
    answer(options(), dataclasses.replace(decision, findings=own), Path("x"))
    told = capsys.readouterr().out
    assert "mae: 5.007 → 4.884; it may lose 0.100 (2 % of the champion's value), it gains 0.123 (" in told
    assert "figures" not in told


def test_where_a_finding_was_made_and_how_stands_before_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    one = next(one for one in failing().findings if one.blocking)
    how = "found on one half of the rows and confirmed on the other: improvement -0.1130 (-0.1800 to -0.0610), margin"
    found = dataclasses.replace(one, dataset="recent", reason=how)
    answer(options(), dataclasses.replace(failing(), findings=(found,)), Path("x"))
    assert (
        "  fail  Loan above 90 % of price in recent [guarded]: found on one half of the rows and confirmed on the"
        " other: accuracy 88.7 → 77.4; it may lose 5, it loses 11.3 (−18.0 to −6.1)."
    ) in capsys.readouterr().out


def test_a_terminal_without_the_signs_of_figures_gets_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", shown)
    say(options(), "30.3 → 30.4 (−1.2), × 100, größe")
    shown.seek(0)
    assert shown.read() == "30.3 -> 30.4 (-1.2), x 100, gr\\xf6\\xdfe\n"


def test_why_a_finding_is_undecided_is_said_where_only_its_reason_knows(capsys: pytest.CaptureFixture[str]) -> None:
    one = next(one for one in inconclusive().findings if one.blocking)
    reason = "improvement -0.0040 (-0.0302 to +0.0220), margin 0.03; no number of rows would decide"
    none = dataclasses.replace(one, rows_to_decide=None, reason=reason)
    answer(options(), dataclasses.replace(inconclusive(), findings=(none,)), Path("x"))
    assert "it loses 0.40 (−3.02 to +2.20). No number of rows would decide.\n" in capsys.readouterr().out
