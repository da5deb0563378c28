"""approve, reject, promote, rollback and history from the command line, on a real registry and real files."""

from __future__ import annotations

import dataclasses
import getpass
import json
import re
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlgate.__main__ import main
from mlgate.commands import promote
from mlgate.commands.common.settings import load_settings
from mlgate.commands.common.writing import write_run
from mlgate.edges.mlflow_registry import Registry
from mlgate.errors import ConfigError
from mlgate.promotion.statement import decision_of, read_run, verify_run
from mlgate.records.decision import Decision, ModelFacts
from mlgate.records.words import ApprovalState, Verdict
from tests.promotion.runs import TALLY_CONTENT, challenger, champion, decide, save_version, shared_registry

CONFIG = """
model: {model}
label: default
data: {{base_case: base.parquet}}
registry: {uri}
owner: credit-risk
on_inconclusive: approve
ledger: {ledger}
{more}
"""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with an mlgate.yaml, a model of its own in the registry, and runs."""

    folder: Path
    model: str
    registry: Registry
    capture: pytest.CaptureFixture[str]

    def configure(self, *, ledger: str = "registry", more: str = "") -> None:
        text = CONFIG.format(model=self.model, uri=self.registry.uri, ledger=ledger, more=more)
        (self.folder / "mlgate.yaml").write_text(textwrap.dedent(text))

    def facts(self, version: str, role: str) -> ModelFacts:
        make = champion if role == "champion" else challenger
        digest = self.registry.artifact_digest(self.model, version)
        return dataclasses.replace(make(version, model=self.model), digest=digest)

    def train(self, version: str) -> None:
        assert save_version(self.registry, self.model, self.folder / "models" / version) == version

    def judge(self, version: str, against: str | None, verdict: Verdict = Verdict.PASS, **changes: str) -> str:
        """A finished run; its folder, as the user types it."""
        models = [self.facts(version, "challenger")]
        if against is not None:
            models.insert(0, self.facts(against, "champion"))
        digest = load_settings(str(self.folder / "mlgate.yaml")).digest
        decision = decide(verdict, models=tuple(models), model=self.model, config_digest=digest, **changes)
        place = self.folder / "reports" / f"v{version}"
        named = dataclasses.replace(decision.provenance, run=f"reports/v{version}")
        decision = dataclasses.replace(decision, provenance=named)
        place.mkdir(parents=True)
        write_run(place, decision, TALLY_CONTENT)
        return str(place)

    def call(self, *arguments: str) -> tuple[int, str]:
        """Exit code and everything that was printed."""
        self.capture.readouterr()
        code = main([*arguments, "--config", str(self.folder / "mlgate.yaml")])
        printed = self.capture.readouterr()
        return code, printed.out + printed.err

    def champion(self) -> str | None:
        return self.registry.champion(self.model)

    def decision(self, run: str) -> Decision:
        files = read_run(Path(run))
        assert verify_run(files) == []
        return decision_of(files)

    def kinds(self) -> list[str]:
        code, printed = self.call("history", "--json")
        assert code == 0
        return [entry["kind"] for entry in json.loads(printed)]


@pytest.fixture(scope="session")
def registry(empty_registry: Path) -> Registry:
    return shared_registry(empty_registry)


@pytest.fixture()
def project(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    made = Project(folder=tmp_path, model=f"credit-{uuid.uuid4().hex[:8]}", registry=registry, capture=capsys)
    made.configure()
    made.train("1")
    return made


def signed(project: Project, run: str, *more: str) -> tuple[int, str]:
    return project.call("approve", run, "--by", "anna", "--reason", "looks good", *more)


@pytest.fixture()
def live(project: Project) -> Project:
    """A project whose version 1 went through the gate and is champion; versions 2 and 3 are trained."""
    run = project.judge("1", None)
    assert signed(project, run)[0] == 0
    assert project.call("promote", run)[0] == 0
    for version in ("2", "3"):
        project.train(version)
    return project


@pytest.mark.parametrize("ledger", ["registry", "audit/ledger.jsonl"])
def test_the_whole_road_from_the_first_champion_and_back(project: Project, ledger: str) -> None:
    project.configure(ledger=ledger)
    first = project.judge("1", None)
    code, printed = project.call("promote", first)
    assert code == 3 and printed.startswith("Waiting: ") and f"Next: mlgate approve {first} --by NAME" in printed
    code, printed = signed(project, first)
    assert (code, printed.splitlines()[-1]) == (
        0,
        f"Next: mlgate promote {first} --config {project.folder / 'mlgate.yaml'}",
    )
    assert project.decision(first).approval.by == "anna"
    code, printed = project.call("promote", first)
    assert code == 0 and "is version 1, the first one (by anna, entry 3 of the ledger)" in printed
    project.train("2")
    second = project.judge("2", "1")
    signed(project, second)
    code, printed = project.call("promote", second, "--by", "bert")
    assert code == 0 and "is version 2, after version 1 (by bert, entry 6 of the ledger)" in printed
    assert project.call("promote", second)[0] == 0 and project.champion() == "2"
    code, printed = project.call("rollback", "--by", "cleo", "--reason", "complaints\x1b[2J")
    assert code == 0 and "is version 1, after version 2 (by cleo, entry 8 of the ledger)" in printed
    assert project.champion() == "1"
    code, printed = project.call("history")
    assert code == 0 and printed.splitlines()[-1].endswith("version 2 -> 1  by cleo: complaints [2J")
    assert project.kinds() == [
        *("approved", "promoting", "promoted") * 2,
        "rolling_back",
        "rolled_back",
    ]
    assert (project.folder / "audit" / "ledger.jsonl").exists() == (ledger != "registry")


def test_an_approval_is_shown_by_every_file_of_the_run(live: Project) -> None:
    run = live.judge("2", "1", Verdict.INCONCLUSIVE, on_inconclusive="approve")
    before = (Path(run) / "report.html").read_text()
    code, printed = live.call("approve", run, "--by", "Anna Ångström", "--reason", "few rows", "--json")
    answer = json.loads(printed)
    assert code == 0 and answer["approval"]["state"] == "approved"
    assert live.decision(run).approval.reason == "few rows"
    after = (Path(run) / "report.html").read_text()
    assert "Anna Ångström" in after and "Anna Ångström" not in before
    assert "Anna Ångström" in (Path(run) / "summary.md").read_text()


def test_a_fail_is_overridden_with_reason_and_end_or_not_at_all(live: Project) -> None:
    run = live.judge("2", "1", Verdict.FAIL)
    code, printed = signed(live, run)
    assert code == 1 and printed.startswith("Refused: the verdict of ")
    code, printed = signed(live, run, "--override")
    assert code == 2 and "--override needs --expires DATE" in printed
    code, printed = live.call("promote", run)
    assert code == 1 and "Refused: the verdict is fail" in printed
    code, printed = signed(live, run, "--override", "--expires", "2999-01-31")
    assert code == 0 and printed.startswith("Overridden until 2999-01-31 by anna")
    code, printed = live.call("promote", run)
    assert code == 0 and live.champion() == "2"
    assert "until 2999-01-31" in live.call("history")[1]


def test_a_rejection_ends_a_run(live: Project) -> None:
    run = live.judge("2", "1")
    code, printed = live.call("reject", run, "--by", "bert", "--reason", "not on a Friday")
    assert code == 0 and printed.startswith("Rejected by bert")
    assert live.decision(run).approval.state is ApprovalState.REJECTED
    assert signed(live, run)[0] == 1
    code, printed = live.call("promote", run)
    assert code == 1 and "not on a Friday" in printed and live.champion() == "1"


def test_a_demonstration_needs_a_policy_that_allows_it(live: Project) -> None:
    run = live.judge("2", "1")
    code, printed = signed(live, run, "--demo")
    assert code == 0 and "which this mlgate.yaml does not let through" in printed
    code, printed = live.call("promote", run)
    assert code == 1 and "is a demonstration" in printed
    live.configure(more="approval: {allow_demo: true}")
    other = live.judge("3", "1")
    code, printed = signed(live, other, "--demo")
    assert code == 0 and "This is a demonstration approval." in printed
    assert live.call("promote", other)[0] == 0 and "demonstration" in live.call("history")[1]


def test_only_named_approvers_are_let_through(live: Project) -> None:
    live.configure(more="approval: {by: [bert]}")
    run = live.judge("2", "1")
    code, printed = signed(live, run)
    assert code == 1 and "anna may not approve or reject" in printed
    assert live.call("approve", run, "--by", "bert", "--reason", "fine")[0] == 0


def edit_decision(run: Path) -> None:
    text = (run / "decision.json").read_text()
    (run / "decision.json").write_text(re.sub(r'"verdict": ?"fail"', '"verdict":"pass"', text))


def swap_tally(run: Path) -> None:
    (run / "tally.npz").write_bytes(b"better counts")


def type_approval(run: Path) -> None:
    content = json.loads((run / "decision.json").read_text())
    content["approval"] |= {"state": "approved", "by": "anna", "at": "2026-11-24T13:05:09Z"}
    (run / "decision.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (edit_decision, "decision.json is not what"),
        (swap_tally, "tally.npz is not what"),
        (type_approval, "the ledger holds no such entry"),
    ],
)
def test_an_edited_run_is_neither_approved_nor_promoted(
    live: Project, tamper: Callable[[Path], None], told: str
) -> None:
    run = live.judge("2", "1", Verdict.FAIL)
    tamper(Path(run))
    for code, printed in (signed(live, run), live.call("promote", run)):
        assert code == 1 and told in printed
    assert live.champion() == "1" and live.kinds() == ["approved", "promoting", "promoted"]


def test_a_swapped_model_is_not_promoted_even_with_its_tag_edited(live: Project) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    (live.folder / "models" / "2" / "weights.txt").write_text("evil")
    code, printed = live.call("promote", run)
    assert code == 1 and "the files of version 2" in printed
    live.registry.client.set_model_version_tag(live.model, "2", "mlgate.digest", "sha256:evil")
    code, printed = live.call("promote", run)
    assert code == 1 and "carries another digest in the registry" in printed and live.champion() == "1"


def test_a_decision_gets_stale_with_its_champion_and_with_its_policy(live: Project) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    live.registry.set_champion(live.model, "3")
    code, printed = live.call("promote", run)
    assert code == 1 and "compared with version 1, but version 3" in printed
    live.registry.set_champion(live.model, "1")
    live.configure(more="threshold: 0.4")
    code, printed = live.call("promote", run)
    assert code == 1 and "mlgate.yaml was changed since this decision" in printed


def test_an_edited_ledger_stops_everything_that_reads_it(live: Project) -> None:
    live.configure(ledger="ledger.jsonl")
    run = live.judge("2", "1")
    signed(live, run)
    ledger = live.folder / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace("looks good", "looks fine"))
    for command in (["history"], ["promote", run], ["rollback", "--by", "a", "--reason", "b"]):
        code, printed = live.call(*command)
        assert code == 2 and "ledger.jsonl: entry 1 was edited or is damaged" in printed


def test_an_approval_that_reached_only_the_ledger_is_brought_into_the_files(live: Project) -> None:
    run = live.judge("2", "1")
    waiting = (Path(run) / "decision.json").read_bytes()
    signed(live, run)
    (Path(run) / "decision.json").write_bytes(waiting)
    code, printed = live.call("promote", run)
    assert code == 3 and "the ledger holds the approval by anna" in printed
    code, printed = signed(live, run)
    assert code == 0 and "is already approved by anna" in printed
    assert live.decision(run).approval.by == "anna"
    assert live.call("promote", run)[0] == 0


def test_a_process_killed_before_the_alias_moved_is_finished_by_the_next(live: Project) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    program = """
        import os, sys
        from mlgate.__main__ import main
        from mlgate.edges.mlflow_registry import Registry
        Registry.set_champion = lambda *arguments: os._exit(9)
        main(sys.argv[1:])
    """
    command = ["promote", run, "--config", str(live.folder / "mlgate.yaml")]
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(program), *command], timeout=120, check=False)
    assert killed.returncode == 9
    assert live.champion() == "1" and live.kinds()[-1] == "promoting"
    assert live.call("promote", run)[0] == 0
    assert live.champion() == "2" and live.kinds()[-2:] == ["promoting", "promoted"]


def test_a_promotion_that_was_begun_and_never_finished_is_closed_by_rollback(
    live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = live.judge("2", "1")
    signed(live, run)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "set_champion", interrupt)
        assert live.call("promote", run)[0] == 130
    code, printed = live.call("rollback", "--by", "cleo", "--reason", "tidy up")
    assert code == 0 and printed.startswith("Closed: promoting to version 2, begun by anna on ")
    assert "as before (entry 6 of the ledger)" in printed and live.champion() == "1"


def test_rolling_back_to_a_version_that_was_never_champion_is_refused(live: Project) -> None:
    code, printed = live.call("rollback", "--to", "3", "--by", "cleo", "--reason", "hope")
    assert code == 1 and "version 3 of" in printed and "was never champion" in printed


def test_observing_promotes_without_an_approval_and_says_who_did(
    live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.configure(more="mode: observe")
    run = live.judge("2", "1", Verdict.FAIL, mode="observe")
    monkeypatch.setattr(getpass, "getuser", lambda: "robot")
    code, printed = live.call("promote", run)
    assert code == 0 and "(by robot," in printed


def test_without_a_name_anywhere_promotion_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    with pytest.raises(ConfigError, match="--by is missing"):
        promote.current_user()


def test_a_run_of_another_model_is_bad_usage(live: Project, tmp_path: Path) -> None:
    run = live.judge("2", "1")
    (live.folder / "mlgate.yaml").write_text(
        (live.folder / "mlgate.yaml").read_text().replace(f"model: {live.model}", "model: other")
    )
    code, printed = signed(live, run)
    assert code == 2 and f"is about {live.model}, but" in printed


def test_a_registry_that_is_not_there_is_bad_input_and_is_not_made(live: Project) -> None:
    run = live.judge("2", "1")
    text = (live.folder / "mlgate.yaml").read_text()
    (live.folder / "mlgate.yaml").write_text(text.replace(live.registry.uri, "sqlite:///none/mlflow.db"))
    for command in (["history"], ["promote", run], ["approve", run, "--by", "a", "--reason", "b"]):
        code, printed = live.call(*command)
        assert code == 2 and "there is no registry yet" in printed
    assert not (live.folder / "none").exists()


def test_a_history_without_events_says_where_it_looked(project: Project) -> None:
    project.configure(ledger="ledger.jsonl")
    code, printed = project.call("history")
    assert code == 0 and printed.endswith(f"ledger.jsonl: nothing has happened to {project.model} yet.\n")
    assert project.call("history", "--quiet") == (0, "")


def reports(run: str) -> str:
    return "".join((Path(run) / name).read_text() for name in ("report.html", "summary.md"))


def test_reports_follow_a_challenger_into_production_and_out_of_it(live: Project) -> None:
    runs = {"1": str(live.folder / "reports" / "v1"), "2": live.judge("2", "1")}
    signed(live, runs["2"])
    decided = {version: (Path(run) / "decision.json").read_bytes() for version, run in runs.items()}
    assert reports(runs["2"]).count("mlgate promote reports/v2") == 2
    assert live.call("promote", runs["2"], "--by", "bert")[0] == 0
    assert reports(runs["2"]).count(f"bert promoted version 2 of {live.model} on ") == 2
    assert "mlgate promote" not in reports(runs["2"]) and reports(runs["2"]).count("mlgate rollback") == 2
    assert reports(runs["1"]).count("bert promoted version 2 in its place on ") == 2
    assert live.call("rollback", "--by", "cleo", "--reason", "complaints")[0] == 0
    assert reports(runs["2"]).count("cleo rolled it back to version 1 on ") == 2
    assert "complaints" in reports(runs["2"]) and "mlgate rollback" not in reports(runs["2"])
    assert reports(runs["1"]).count("cleo brought it back on ") == 2
    told = reports(runs["2"])
    code, printed = live.call("report", runs["2"])
    assert (code, reports(runs["2"])) == (0, told) and "not said" not in printed
    assert decided == {version: (Path(run) / "decision.json").read_bytes() for version, run in runs.items()}
    assert verify_run(read_run(Path(runs["2"]))) == []


def test_a_promotion_that_did_not_reach_the_reports_is_told_by_the_same_command(live: Project) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    before = reports(run)
    assert live.call("promote", run)[0] == 0
    (Path(run) / "report.html").write_text(before)
    (Path(run) / "summary.md").unlink()
    code, printed = live.call("promote", run)
    assert code == 0 and "is the champion since" in printed and "What became of it" in reports(run)


def test_a_rollback_touches_no_other_run_and_needs_none(live: Project) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    assert live.call("promote", run)[0] == 0
    other = live.judge("3", "2")
    moved = Path(run).rename(live.folder / "elsewhere")
    Path(other).rename(run)  # another decision lies where the promoted one lay
    before = reports(run)
    code, printed = live.call("rollback", "--by", "cleo", "--reason", "complaints")
    assert code == 0 and "not written again" not in printed and reports(run) == before
    assert live.call("report", str(moved))[0] == 0 and "cleo rolled it back" in reports(str(moved))


def test_a_report_that_cannot_be_written_again_does_not_undo_a_promotion(
    live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = live.judge("2", "1")
    signed(live, run)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlgate.commands.common.standing.rewrite_reports", full)
    code, printed = live.call("promote", run)
    assert code == 0 and printed.startswith("Promoted: ") and live.champion() == "2"
    assert f"The reports in {run} were not written again: " in printed and "No space left" in printed


def test_a_report_without_its_ledger_says_that_it_does_not_tell_of_promotion(live: Project, tmp_path: Path) -> None:
    run = live.judge("2", "1")
    signed(live, run)
    capture = live.capture
    assert main(["report", run, "--config", str(tmp_path / "gone.yaml")]) == 0
    assert "not said in them is whether it was promoted: " in capture.readouterr().out
    (tmp_path / "other.yaml").write_text("model: other\nlabel: y\ndata: {base_case: base.parquet}\n")
    assert main(["report", run, "--config", str(tmp_path / "other.yaml")]) == 0
    assert f"is about other, and not about {live.model}" in capture.readouterr().out
