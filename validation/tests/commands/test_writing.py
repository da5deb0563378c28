"""A run's folder appears whole or not at all, and says what code and data it came from."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest

from mlgate import __version__, gate
from mlgate.commands.common.writing import now, put_together, run_folder, shown, write_run
from mlgate.edges.rows.files import digest_bytes
from mlgate.errors import DataError
from mlgate.promotion.statement import decision_of, read_run, verify_run
from mlgate.records.decision import Decision, ModelFacts
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import ApprovalState, Level, Rule, Verdict
from mlgate.render import html, markdown
from tests.making import finding


def settings_at(root: Path) -> Settings:
    return Settings(
        root=root,
        model="m",
        title="",
        label=LabelSettings(column="y", positive_name="bad"),
        data=(),
        run=Run(requirements=(), seed=7, on_inconclusive="approve"),
        digest="sha256:config",
        mode="observe",
        owner="team",
        noun="people",
        limits=("one",),
    )


def put(
    root: Path,
    *,
    command: str = "run",
    champion: bool = True,
    config: str = "mlgate.yaml",
    disclosure: str = "internal",
) -> tuple[Decision, bytes]:
    outcome = gate.Outcome(findings=(finding("a", rule=Rule.AT_LEAST),), exhibits=(), tallies={})
    models = [ModelFacts(role="challenger", source="c", digest="sha256:" + "0" * 64)]
    models += [ModelFacts(role="champion", source="d")] if champion else []
    return put_together(
        dataclasses.replace(settings_at(root), config=config, disclosure=disclosure),
        name="r1",
        command=command,
        outcome=outcome,
        findings=(*outcome.findings, finding("b", Verdict.FAIL, Level.GUARDED, blocking=True)),
        models=models,
        data=(),
        started=now(),
    )


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


# ---- the folder


def test_a_run_takes_its_place_only_when_all_of_it_is_there(tmp_path: Path) -> None:
    place = tmp_path / "reports" / "r1"
    with run_folder(place) as folder:
        (folder / "decision.json").write_text("{}")
        assert not place.exists()
    assert [path.name for path in place.parent.iterdir()] == ["r1"]
    assert [path.name for path in place.iterdir()] == ["decision.json"]


def test_what_a_process_that_was_killed_left_half_written_is_no_part_of_a_run(tmp_path: Path) -> None:
    with run_folder(tmp_path / "r1") as folder:
        (folder / "decision.json").write_text("{}")
        (folder / ".report.html.x1").write_text("<html")
    assert [path.name for path in (tmp_path / "r1").iterdir()] == ["decision.json"]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_run_that_breaks_off_leaves_nothing_or_the_earlier_one(tmp_path: Path, problem: type[BaseException]) -> None:
    place = tmp_path / "r1"
    for former in (None, "former"):
        if former is not None:
            place.mkdir()
            (place / "decision.json").write_text(former)
        with pytest.raises(problem), run_folder(place) as folder:
            (folder / "decision.json").write_text("half")
            raise problem
        assert [path.name for path in tmp_path.iterdir()] == ([] if former is None else ["r1"])
    assert (place / "decision.json").read_text() == "former"


def test_a_break_between_the_two_moves_brings_the_earlier_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "r1"
    with run_folder(place) as folder:
        (folder / "decision.json").write_text("former")
    move = Path.rename

    def breaking(self: Path, target: Path) -> Path:
        if self.name == ".r1.partial":
            raise KeyboardInterrupt
        return move(self, target)

    monkeypatch.setattr(Path, "rename", breaking)
    with pytest.raises(KeyboardInterrupt), run_folder(place) as folder:
        (folder / "decision.json").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["r1"]
    assert (place / "decision.json").read_text() == "former"


def test_what_an_earlier_crash_left_behind_is_cleared_away(tmp_path: Path) -> None:
    for name in (".r1.partial", ".r1.former"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").touch()
    with run_folder(tmp_path / "r1") as folder:
        assert list(folder.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["r1"]


def test_other_peoples_folders_and_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").touch()
    for place in (tmp_path / "mine", tmp_path / "mine" / "x"):
        with pytest.raises(DataError, match="exists and is not the folder of a run"), run_folder(place):
            pytest.fail("it was opened")
    with pytest.raises(DataError, match="cannot be written"), run_folder(tmp_path / "mine" / "x" / "y"):
        pytest.fail("it was opened")
    assert os.listdir(tmp_path / "mine") == ["x"]


@pytest.mark.parametrize("place", [".", "../here", ".."])
def test_the_folder_one_is_in_is_not_moved_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(DataError, match="choose another --out"), run_folder(Path(place)):
        pytest.fail("it was opened")


def test_places_are_shown_as_people_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "reports" / "r1") == "reports/r1"
    assert shown(Path("reports/../reports/r1")) == "reports/r1"
    assert shown(Path("/")) == "/"


# ---- the decision


def test_a_decision_says_what_it_is_about(tmp_path: Path) -> None:
    decision, tally = put(tmp_path)
    assert (decision.verdict, decision.title, decision.positive) == (Verdict.FAIL, "m", "bad")
    assert (decision.mode, decision.owner, decision.noun, decision.limits) == ("observe", "team", "people", ("one",))
    provenance = decision.provenance
    assert (provenance.run, provenance.command, provenance.seed) == ("r1", "run", 7)
    assert provenance.tally_digest == digest_bytes(tally)
    assert dict(provenance.versions)["mlgate"] == __version__
    assert {"python", "numpy", "scipy", "pyarrow"} <= set(dict(provenance.versions))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", provenance.finished)


def test_only_a_run_waits_for_approval_and_a_missing_champion_is_noticed(tmp_path: Path) -> None:
    assert put(tmp_path)[0].approval.state is ApprovalState.WAITING
    assert put(tmp_path, command="check")[0].approval.state is ApprovalState.NOT_NEEDED


def test_a_written_run_is_vouched_for_by_its_statement(tmp_path: Path) -> None:
    decision, tally = put(tmp_path)
    write_run(tmp_path / "r1", decision, tally)
    files = read_run(tmp_path / "r1")
    assert decision_of(files) == decision
    assert verify_run(files) == []


def test_packages_that_are_not_there_have_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlgate.commands.common.writing._PACKAGES", ("numpy", "no-such-package"))
    assert [name for name, _ in put(tmp_path)[0].provenance.versions] == ["python", "mlgate", "numpy"]


def test_the_commit_of_the_code_is_known_and_whether_it_was_changed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "f").write_text("x")
    git(tmp_path, "add", "f")
    git(tmp_path, "commit", "-qm", "first")
    provenance = put(tmp_path)[0].provenance
    assert (provenance.code_commit, provenance.code_modified) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "untracked").touch()
    assert not put(tmp_path)[0].provenance.code_modified
    (tmp_path / "f").write_text("y")
    assert put(tmp_path)[0].provenance.code_modified


def test_a_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    provenance = put(tmp_path)[0].provenance
    assert (provenance.code_commit, provenance.code_modified) == ("", False)


@pytest.mark.parametrize("path", [None, ""])
def test_without_git_or_a_repository_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    if path is not None:
        monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    provenance = put(tmp_path)[0].provenance
    assert (provenance.code_commit, provenance.code_modified) == ("", False)


def test_a_folder_whose_name_no_decision_could_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"gr\xf6\xdfe") / "r"
    with pytest.raises(DataError, match="is not UTF-8 text, as a decision has to be; choose another --out"):
        with run_folder(place):
            pytest.fail("nothing is to be built")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("disclosure", ["internal", "aggregates"])
def test_a_run_says_which_file_it_was_configured_by_and_its_next_command_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disclosure: str
) -> None:
    monkeypatch.chdir(tmp_path)
    decision, _ = put(tmp_path, config=str(tmp_path / "teams" / "a & b.yaml"), disclosure=disclosure)
    page, comment = html.render(decision), markdown.render(decision)
    assert "<dd>teams/a &amp; b.yaml <code" in page and "<dd>mlgate.yaml <code" not in page
    assert "mlgate promote r1 --config 'teams/a & b.yaml'" in comment
    assert "withheld (in 0 places)" in " ".join(decision.limits) or disclosure == "internal"


@pytest.mark.parametrize("config", ["mlgate.yaml", "./mlgate.yaml"])
def test_the_usual_file_is_named_without_more_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.chdir(tmp_path)
    decision, _ = put(tmp_path, config=config)
    assert decision.exhibits == () and "<dd>mlgate.yaml <code" in html.render(decision)
    assert "--config" not in markdown.render(decision)


def test_a_check_was_configured_by_its_command_line(tmp_path: Path) -> None:
    decision, _ = put(tmp_path, command="check", config="other.yaml")
    assert decision.exhibits == () and "<dd>command line <code" in html.render(decision)
