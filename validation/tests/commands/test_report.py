"""``mlgate report``: from ``decision.json`` alone, to the same bytes every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlgate.__main__ import main
from mlgate.commands.common.writing import write_run
from mlgate.promotion.statement import read_run, verify_run
from tests.render.decisions import failing

RENDERED = ("report.html", "summary.md", "junit.xml", "decision.json")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_run(tmp_path / "r1", failing(), b"tally")
    return tmp_path / "r1"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_written_again_is_the_same_to_the_byte(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(run)
    assert main(["report", str(run)]) == 0
    assert contents(run) == before
    assert capsys.readouterr().out == f"wrote report.html, summary.md, junit.xml and decision.json in {run}\n"


def test_a_lost_report_comes_back_from_the_decision(run: Path) -> None:
    before = contents(run)
    for name in ("report.html", "summary.md", "junit.xml"):
        (run / name).unlink()
    assert main(["report", str(run), "--quiet"]) == 0
    assert contents(run) == before


def test_writing_it_elsewhere_leaves_the_run_alone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(run)
    elsewhere = run.parent / "deep" / "copy"
    assert main(["report", str(run), "--out", str(elsewhere), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(elsewhere), "verdict": "fail"}
    assert contents(run) == before
    assert contents(elsewhere) == {name: before[name] for name in RENDERED}


def test_the_statement_still_vouches_for_a_run_whose_report_was_written_again(run: Path) -> None:
    before = verify_run(read_run(run))
    assert main(["report", str(run), "--quiet"]) == 0
    assert verify_run(read_run(run)) == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("gone", "there is no such folder"),
        ("no decision", "holds no decision.json"),
        ("cut off", "decision.json: is not JSON"),
        ("other schema", "its schema is 'mlgate/decision/v9'"),
        ("unknown key", "unknown key 'verdikt'"),
    ],
)
def test_a_run_that_cannot_be_read_is_exit_2_and_nothing_is_written(
    run: Path, capsys: pytest.CaptureFixture[str], spoil: str, message: str
) -> None:
    path = run / "decision.json"
    value = json.loads(path.read_text())
    if spoil == "gone":
        shutil.rmtree(run)
    elif spoil == "no decision":
        path.unlink()
    elif spoil == "cut off":
        path.write_text(path.read_text()[:-20])
    else:
        value |= {"schema": "mlgate/decision/v9"} if spoil == "other schema" else {"verdikt": "pass"}
        path.write_text(json.dumps(value))
    out = run.parent / "out"
    assert main(["report", str(run), "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
