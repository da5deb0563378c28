"""The whole road on real data, in a throw-away copy of the reference project with a registry of its own.

What is asserted is the road: who is let through to the next step by which command with which exit code. Whether the
gradient boosting of the reference project is better is for the gate to say, not for a test; a challenger that learned
shuffled labels is another matter. Separate from the tests of the commands because it takes minutes, and because only
here everything is real at once. The same road for people is ``make run``.

What takes long runs in processes of its own, as for people: data, training, runs. Their model processes come from one
fork server, and the short commands run here, since all that another process would add is to import MLflow once more.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlgate.__main__ import main
from mlgate.edges.models.fork_server import prepare

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ("mlgate.yaml", "pyproject.toml", "model", "data_tests", "model_tests", "api_tests")
PERSON = ("--by", "a tester", "--reason", "the road is tested")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """One command that has run."""

    code: int
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Road:
    """The project after the road was taken, and how each step of it ended."""

    folder: Path
    steps: Mapping[str, Done]

    def decision(self, run: str) -> dict[str, Any]:
        """decision.json of a run."""
        content: dict[str, Any] = json.loads((self.folder / run / "decision.json").read_text(encoding="utf-8"))
        return content


def take(folder: Path, *commands: Sequence[str]) -> list[Done]:
    """Run commands side by side in the project."""

    def one(command: Sequence[str]) -> Done:
        # Only what mlgate.yaml says: the registry in this folder. Lines are not counted here: other tests reach them,
        # and counting makes the heavy imports of these processes twice as slow.
        apart = ("MLFLOW_", "COVERAGE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
        asked = [sys.executable, "-m", *command]
        done = subprocess.run(asked, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        return Done(code=done.returncode, output=done.stdout + done.stderr)

    with ThreadPoolExecutor() as threads:
        return list(threads.map(one, commands))


def do(folder: Path, *command: str) -> Done:
    """Run one short command in this process, in the project."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        for name in [one for one in os.environ if one.startswith("MLFLOW_")]:
            patch.delenv(name)
        patch.chdir(folder)
        code = main(list(command))
    return Done(code=code, output=told.getvalue())


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    """Data, first champion, challenger, a challenger of shuffled labels, each as far as the gate lets it; and back."""
    folder = tmp_path_factory.mktemp("road")
    for name in PROJECT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    config = folder / "mlgate.yaml"
    text = config.read_text(encoding="utf-8").replace("sets: all", "sets: [missing, extreme, unseen_category, one_row]")
    # The step `data` checks the data, and so does every run; three trainings need not do so again.
    text = text.replace("train:\n", "train:\n  check_data: false\n", 1)
    # All kinds of questions take part, none of them at length: how well each is answered is tested elsewhere.
    text = f"{text}cost: {{seconds: 1}}\nexplanations: {{seconds: 0.5}}\n"
    config.write_text(text, encoding="utf-8")
    # Expectations are put to the files by the step `data`, and by the run of the second model beside all else.
    once = ("--config", "once.yaml")
    text, found = re.subn(r"(, |\n +)suite: data_tests/\w+\.json(\n +level: \w+)?", "", text)
    assert found == 3, "mlgate.yaml names its suites of expectations in another way"
    (folder / once[1]).write_text(text, encoding="utf-8")
    # Two models are asked by all the suites; the one of shuffled labels is to be refused for how it ranks.
    fewer = ("--config", "fewer.yaml")
    text = text.replace("suites: [data_tests, model_tests, api_tests]", "suites: [data_tests]")
    text = text.replace("cost: {seconds: 1}\nexplanations: {seconds: 0.5}\n", "cost: false\nexplanations: false\n")
    (folder / fewer[1]).write_text(text, encoding="utf-8")
    steps: dict[str, Done] = {}

    def step(**commands: Sequence[str]) -> None:
        steps.update(zip(commands, take(folder, *commands.values()), strict=True))

    def train(recipe: str) -> Sequence[str]:
        return ("mlgate", "train", "--with", f"recipe={recipe}", "--out", f"training/{recipe}")

    def run(version: int, out: str, *options: str) -> Sequence[str]:
        return ("mlgate", "run", "--challenger", f"models:/loanapp/{version}", "--out", out, *options)

    prepare()
    step(write=("model.data",))
    step(data=("mlgate", "data"), train_first=train("champion"))
    step(first=run(1, "first", *once), train_second=train("challenger"))
    steps["promote_unapproved"] = do(folder, "promote", "first", *once)
    steps["approve_first"] = do(folder, "approve", "first", *once, *PERSON)
    steps["promote_first"] = do(folder, "promote", "first", *once)
    step(second=run(2, "second"), train_shuffled=train("shuffled"))
    override = () if steps["second"].code != 1 else ("--override", "--expires", "2999-12-31")
    steps["approve_second"] = do(folder, "approve", "second", *PERSON, *override)
    step(shuffled=run(3, "shuffled", *fewer))
    steps["approve_shuffled"] = do(folder, "approve", "shuffled", *fewer, *PERSON)
    steps["promote_shuffled"] = do(folder, "promote", "shuffled", *fewer)
    steps["promote_second"] = do(folder, "promote", "second")
    steps["rollback"] = do(folder, "rollback", *PERSON)
    steps["history"] = do(folder, "history", "--json")
    steps["report"] = do(folder, "report", "second")
    return Road(folder=folder, steps=steps)


@pytest.mark.parametrize(
    ("step", "codes"),
    [
        ("write", (0,)),
        ("data", (0,)),
        ("train_first", (0,)),
        ("train_second", (0,)),
        ("train_shuffled", (0,)),
        ("first", (0, 3)),
        ("promote_unapproved", (3,)),
        ("approve_first", (0,)),
        ("promote_first", (0,)),
        ("second", (0, 1, 3)),
        ("approve_second", (0,)),
        ("promote_second", (0,)),
        ("shuffled", (1,)),
        ("approve_shuffled", (1,)),
        ("promote_shuffled", (1,)),
        ("rollback", (0,)),
        ("history", (0,)),
        ("report", (0,)),
    ],
)
def test_each_step_of_the_road_ends_as_agreed(road: Road, step: str, codes: tuple[int, ...]) -> None:
    done = road.steps[step]
    assert done.code in codes, done.output


@pytest.mark.parametrize("run", ["first", "second", "shuffled"])
def test_a_run_leaves_all_its_files_and_the_exit_code_is_the_verdict(road: Road, run: str) -> None:
    files = {path.name for path in (road.folder / run).iterdir()}
    assert files >= {
        "decision.json",
        "report.html",
        "summary.md",
        "junit.xml",
        "tally.npz",
        "decision.intoto.json",
    }
    verdict = road.decision(run)["verdict"]
    assert road.steps[run].code == {"pass": 0, "fail": 1, "inconclusive": 3}[verdict]


def test_the_challenger_is_compared_with_the_champion_that_was_promoted(road: Road) -> None:
    models = {facts["role"]: facts["source"] for facts in road.decision("second")["provenance"]["models"]}
    assert models == {"champion": "models:/loanapp/1", "challenger": "models:/loanapp/2"}
    first = [facts["role"] for facts in road.decision("first")["provenance"]["models"]]
    assert first == ["challenger"]


def test_every_kind_of_check_took_part(road: Road) -> None:
    sections = {finding["section"] for finding in road.decision("second")["findings"]}
    assert sections == {"data", "compare", "slices", "fairness", "oddities", "behaviour", "service"}


def test_no_check_broke_down(road: Road) -> None:
    """The challenger may lose, but for reasons that are measured, not because a check or a suite crashed."""
    findings = road.decision("second")["findings"]
    assert [
        f"{finding['id']}: {finding['reason']}" for finding in findings if "crash" in finding["reason"].lower()
    ] == []
    assert [
        finding["id"] for finding in findings if finding["section"] == "service" and finding["verdict"] != "pass"
    ] == []


def test_a_refused_challenger_gets_neither_approval_nor_promotion_and_hears_why(road: Road) -> None:
    for step in ("approve_shuffled", "promote_shuffled"):
        assert "fail" in road.steps[step].output
    assert "waits for" in road.steps["promote_unapproved"].output


def test_shuffled_labels_are_refused_and_the_first_screen_says_why(road: Road) -> None:
    page = (road.folder / "shuffled" / "report.html").read_text(encoding="utf-8")
    first_screen = page[page.index('<section class="first"') : page.index('<figure id="forest"')]
    assert '<h1 id="verdict">Fail</h1>' in first_screen
    assert "What blocks" in first_screen and "roc_auc" in first_screen
    blocking = {finding["id"] for finding in road.decision("shuffled")["findings"] if finding["blocking"]}
    assert any("roc_auc" in name for name in blocking)


def test_the_ledger_tells_the_road_and_the_former_champion_is_back(road: Road) -> None:
    entries = json.loads(road.steps["history"].output)
    facts = [(entry["kind"], entry["facts"]) for entry in entries]
    moves = [(kind, fact.get("from", ""), fact["to"]) for kind, fact in facts if kind in ("promoted", "rolled_back")]
    assert moves == [("promoted", "", "1"), ("promoted", "1", "2"), ("rolled_back", "2", "1")]
