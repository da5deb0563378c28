"""The demonstration's road: which commands it takes for which exit codes. The road itself is taken by ``make run``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model import demo

#: Stands in for mlgate and python: notes its arguments, leaves a decision where a run would, exits as it was told.
PROGRAM = """
import json, os, sys
from pathlib import Path
codes, arguments = json.loads(sys.argv[1]), sys.argv[2:]
with open("calls.txt", "a") as file:
    file.write(" ".join(arguments) + "\\n")
print("said", arguments[1], os.environ["MLFLOW_TRACKING_URI"])
if arguments[1] == "run":
    folder = Path(arguments[-1])
    folder.mkdir(parents=True)
    (folder / "decision.json").write_text('{"verdict": "pass", "reason": "All is well."}')
sys.exit(next((code for part, code in codes.items() if part in " ".join(arguments)), 0))
"""

Take = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Take:
    """Take the road with some exit codes; its own code, the commands it ran, and what it printed."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "reports" / "demo").mkdir(parents=True)
    (tmp_path / "reports" / "demo" / "old").write_text("of another day")

    def go(codes: dict[str, int]) -> tuple[int, list[str], str]:
        def program(command: list[str]) -> list[str]:
            return [sys.executable, str(tmp_path / "program.py"), json.dumps(codes), *command]

        monkeypatch.setattr(demo, "ROOT", tmp_path)
        monkeypatch.setattr(demo, "_program", program)
        code = demo.main()
        return code, (tmp_path / "calls.txt").read_text().splitlines(), capsys.readouterr().out

    return go


def words(calls: list[str]) -> list[str]:
    return [call.split()[1] for call in calls]


def test_the_whole_road_ends_with_a_promotion_and_the_history(take: Take, tmp_path: Path) -> None:
    code, calls, said = take({})
    assert code == 0
    assert words(calls)[:1] == ["-m"] and sorted(words(calls)[1:3]) == ["data", "train"]
    assert words(calls)[3] == "run" and sorted(words(calls)[4:6]) == ["approve", "train"]
    assert words(calls)[6:] == ["promote", "run", "approve", "promote", "history"]
    assert "The challenger was promoted.\nVerdict: pass. All is well." in said
    assert all(f"$ {call}" in said.replace("'", "") for call in calls)
    assert f"sqlite:///{tmp_path}/reports/demo/mlflow.db" in said
    assert not (tmp_path / "reports" / "demo" / "old").exists()


@pytest.mark.parametrize(
    ("codes", "last", "ending"),
    [
        ({"models:/loanapp/2": 1}, "history", "The challenger was refused."),
        ({"models:/loanapp/2": 3}, "history", "The challenger was promoted."),
        ({"approve reports/demo/challenger": 1}, "history", "The challenger was held: its approval was not accepted."),
        ({"promote reports/demo/challenger": 3}, "history", "The challenger was held: its promotion was not accepted."),
        ({"models:/loanapp/1": 1}, "run", "The first champion was refused, so there is nothing to compare"),
    ],
)
def test_a_no_of_the_gate_is_the_end_of_a_road_that_was_completed(
    take: Take, codes: dict[str, int], last: str, ending: str
) -> None:
    code, calls, said = take(codes)
    assert code == 0
    assert last in words(calls)[-2:]
    assert ending in said


@pytest.mark.parametrize("codes", [{"model.data": 1}, {"recipe=champion": 1}, {"mlgate data": 2}, {"/loanapp/2": 70}])
def test_a_command_that_cannot_do_its_work_fails_the_road(take: Take, codes: dict[str, int]) -> None:
    code, calls, said = take(codes)
    assert code == 1
    assert f"ended with exit code {next(iter(codes.values()))}" in said
    assert "history" not in words(calls)


def test_programs_are_those_of_this_environment() -> None:
    assert demo._program(["python", "-m", "model.data"]) == [sys.executable, "-m", "model.data"]
    assert demo._program(["mlgate", "data"]) == [str(Path(sys.executable).parent / "mlgate"), "data"]
