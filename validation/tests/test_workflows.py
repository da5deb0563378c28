"""Promises of the workflows that neither schema nor zizmor checks: thin steps, one gate, nothing skipped as green."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    """A workflow as plain values."""
    content: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return content


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """All steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_the_four_workflows_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == ["ci", "promote", "rollback", "validate"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_taken_away_first_and_given_per_job(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, f"{path.name}: job {name} does not say which rights it needs"
        assert "write" not in str(job["permissions"]), f"{path.name}: job {name} may write"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_end_by_themselves_and_runs_do_not_overtake_each_other(path: Path) -> None:
    workflow = read(path)
    assert workflow["concurrency"]["group"]
    assert [name for name, job in workflow["jobs"].items() if "uses" not in job and "timeout-minutes" not in job] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_step_runs_one_command_without_values_from_outside_in_its_text(path: Path) -> None:
    for step in steps(read(path)):
        if "run" in step:
            assert (
                "\n" not in step["run"].strip()
            ), f"{path.name}: {step['name']} is a script; put it where a laptop can run it"
            assert (
                "${{" not in step["run"]
            ), f"{path.name}: {step['name']} takes values into its text; pass them through env"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_and_leave_no_credentials_behind(path: Path) -> None:
    for step in steps(read(path)):
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", ["ci", "validate"])
def test_the_gate_needs_every_other_job_and_takes_nothing_but_success(name: str) -> None:
    jobs = read(ROOT / ".github" / "workflows" / f"{name}.yml")["jobs"]
    gate = jobs.pop("gate")
    assert gate["if"] == "always()"
    assert sorted(gate["needs"]) == sorted(jobs)
    (step,) = gate["steps"]
    assert step["run"] == f'test "$RESULTS" = "{" ".join(["success"] * len(jobs))}"'


@pytest.mark.parametrize(("name", "job"), [("promote", "promote"), ("rollback", "rollback")])
def test_nothing_moves_the_champion_outside_the_protected_environment(name: str, job: str) -> None:
    assert read(ROOT / ".github" / "workflows" / f"{name}.yml")["jobs"][job]["environment"] == "production"
    others = [path for path in WORKFLOWS if path.stem not in ("promote", "rollback")]
    for path in others:
        for step in steps(read(path)):
            if re.search(r"mlgate (promote|rollback|approve)", step.get("run", "")):
                assert (
                    step["if"] == "env.MLFLOW_TRACKING_URI == ''"
                ), f"{path.name} touches a real registry: {step['name']}"


def test_a_fork_gets_no_address_of_a_registry() -> None:
    address = read(ROOT / ".github" / "workflows" / "validate.yml")["env"]["MLFLOW_TRACKING_URI"]
    assert address.startswith("${{ !github.event.pull_request.head.repo.fork && ")
