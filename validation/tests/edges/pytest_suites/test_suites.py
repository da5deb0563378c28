"""Suites in processes of their own: whatever a folder of tests does, it is an observation, and never a quiet pass."""

from __future__ import annotations

import json
import math
import os
import socket
import textwrap
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from mlgate.edges.models.model_answers import Expected
from mlgate.edges.pytest_suites import suites as module
from mlgate.edges.pytest_suites.suite_report import SuiteRun, read_run
from mlgate.edges.pytest_suites.suites import run_suites, suite_name
from mlgate.errors import ConfigError
from mlgate.records.codec import dumps
from mlgate.records.data_settings import SourceSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section, Task, Verdict
from mlgate.stages.judge import judge_observations

#: Folders of tests by name; every one ends in another way.
FOLDERS = {
    "data_tests": {
        "test_split.py": """
            import pytest

            def test_rows_are_apart(): pass
            def test_labels_are_legal(): assert 2 < 1, "a label is 2"
            @pytest.mark.mlgate(level="advisory")
            def test_groups_are_large(): pytest.skip("not today")
            @pytest.mark.parametrize("town", ["Boston", "Lynn"])
            def test_towns(town): pass
        """,
    },
    "more/api_tests": {
        "deep/test_service.py": "def test_broken(): raise KeyError('x')",
    },
    "first_run": {"test_champion.py": "def test_same(champion): pass"},
    "empty_tests": {"helpers.py": ""},
    "unimportable": {"test_import.py": "import nothing_of_that_name"},
    "exits": {"test_exit.py": "import os\ndef test_exit():\n    print('last words', flush=True)\n    os._exit(0)"},
    "lies": {
        "conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 1",
        "test_fine.py": "def test_fine(): pass",
    },
    "crashes_late": {
        "conftest.py": "import atexit, os\natexit.register(os._exit, 77)",
        "test_fine.py": "def test_fine(): pass",
    },
    "wants_options": {"conftest.py": "raise SystemExit(4)", "test_fine.py": "def test_fine(): pass"},
    "interrupted": {
        "test_stop.py": """
            def test_first(): pass
            def test_second(): raise KeyboardInterrupt
            def test_third(): pass
        """,
    },
}


def write_root(root: Path, folders: dict[str, dict[str, str]], *, champion: str | None = None) -> Path:
    """A project with suites, and the folder of a run in it; returns the latter."""
    for folder, files in folders.items():
        for name, code in files.items():
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(code))
    (root / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers --import-mode=importlib\n")
    (root / "base.csv").write_text("id,x,y,denied,black\n1,0.5,1.0,0,1\n2,-1.5,1.0,1,0\n3,2.0,,0,0\n")
    run_dir = root / "reports" / "run"
    run_dir.mkdir(parents=True)
    run: dict[str, Any] = {
        "root": str(root),
        "config": "mlgate.yaml",
        "challenger": str(root / "model"),
        "champion": champion,
        "tracking_uri": f"sqlite:///{root}/m.db",
        "base_case": "base.csv",
        "label": "denied",
        "id": "id",
        "sensitive": ["black"],
        "timeout": 120,
        "data": {},
    }
    (run_dir / "run.json").write_text(json.dumps(run))
    (run_dir / "findings.json").write_text("[]")
    return run_dir


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Observation]]:
    """Observations of all folders, by folder; made in one call, under options that must not matter."""
    root = tmp_path_factory.mktemp("project")
    run_dir = write_root(root, FOLDERS)
    (run_dir / "suite-exits.json").write_text('{"exit_code": 0, "cases": [], "problems": []}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", "-k nothing_at_all")
        observations = run_suites(run_dir, [Path(folder) for folder in FOLDERS], root=root)
    by_folder: dict[str, list[Observation]] = {folder: [] for folder in FOLDERS}
    for observation in observations:
        by_folder[observation.id.split("/")[1].replace("more-", "more/")].append(observation)
    return by_folder


def judged(observations: list[Observation]) -> list[tuple[str, Verdict, bool]]:
    return [(found.id, found.verdict, found.blocking) for found in judge_observations(observations)]


def test_outcomes_of_tests_become_findings_with_readable_ids(seen: dict[str, list[Observation]]) -> None:
    assert judged(seen["data_tests"]) == [
        ("data/data_tests/split/rows_are_apart", Verdict.PASS, False),
        ("data/data_tests/split/labels_are_legal", Verdict.FAIL, True),
        ("data/data_tests/split/groups_are_large", Verdict.INCONCLUSIVE, False),
        ("data/data_tests/split/towns[Boston]", Verdict.PASS, False),
        ("data/data_tests/split/towns[Lynn]", Verdict.PASS, False),
    ]
    failed, skipped = seen["data_tests"][1:3]
    assert failed.title == "labels are legal" and failed.reason == "a label is 2 (test_split.py:5)"
    assert math.isnan(skipped.value) and skipped.reason == "skipped: not today" and skipped.level is Level.ADVISORY


def test_the_folder_says_where_findings_belong(seen: dict[str, list[Observation]]) -> None:
    assert seen["data_tests"][0].section is Section.DATA
    assert seen["more/api_tests"][0].section is Section.SERVICE
    assert seen["first_run"][0].section is Section.SUITE


def test_a_test_that_breaks_down_blocks(seen: dict[str, list[Observation]]) -> None:
    assert judged(seen["more/api_tests"]) == [("service/more-api_tests/deep/service/broken", Verdict.FAIL, True)]
    assert seen["more/api_tests"][0].crashed


def test_a_test_that_needs_a_champion_does_not_block_the_first_run(seen: dict[str, list[Observation]]) -> None:
    assert judged(seen["first_run"]) == [("suite/first_run/champion/same", Verdict.INCONCLUSIVE, False)]
    assert seen["first_run"][0].reason == "no champion"


@pytest.mark.parametrize(
    ("folder", "id", "reason"),
    [
        ("empty_tests", "suite/empty_tests/suite", "it holds no test; see suite-empty_tests.log"),
        ("unimportable", "suite/unimportable/import", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("exits", "suite/exits/suite", "it left no report (exit code 0): "),
        ("lies", "suite/lies/suite", "pytest ended with exit code 1 although no test failed"),
        ("crashes_late", "suite/crashes_late/suite", "pytest ended with exit code 77"),
        ("wants_options", "suite/wants_options/suite", "it left no report (exit code 4): "),
        ("interrupted", "suite/interrupted/suite", "it was interrupted"),
    ],
)
def test_a_suite_that_cannot_be_trusted_blocks(
    seen: dict[str, list[Observation]], folder: str, id: str, reason: str
) -> None:
    first = seen[folder][0]
    assert first.id == id and first.crashed and first.reason.startswith(reason)
    assert judge_observations([first])[0].blocking


def test_tests_that_an_interrupt_kept_from_running_are_not_forgotten(seen: dict[str, list[Observation]]) -> None:
    verdicts = [verdict for _, verdict, _ in judged(seen["interrupted"])[1:]]
    assert verdicts == [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE]


def test_a_suite_that_hangs_is_stopped_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One ends on an interrupt and reports what it can, the other has to be killed."""
    monkeypatch.setattr(module, "GRACE", 2.0)
    stubborn = (
        "import signal, time\ndef test_deaf():\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    time.sleep(99)"
    )
    polite = "import time\ndef test_quick(): pass\ndef test_slow(): time.sleep(99)"
    run_dir = write_root(tmp_path, {"polite": {"test_p.py": polite}, "stubborn": {"test_s.py": stubborn}})
    # Long enough for pytest to start on a busy machine: what is stopped before has nothing to report.
    seen = run_suites(run_dir, [Path("polite"), Path("stubborn")], root=tmp_path, timeout=20.0)
    first, *rest, last = seen
    assert first.crashed and first.reason == "it was stopped after 20 seconds; see suite-polite.log"
    assert [(one.id, one.value) for one in rest][0] == ("suite/polite/p/quick", 1.0)
    assert math.isnan(rest[1].value)
    assert last.crashed and last.id == "suite/stubborn/suite"


def test_running_suites_are_stopped_when_the_gate_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[module._Suite] = []

    def interrupt(suite: module._Suite) -> None:
        started.append(suite)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_look", interrupt)
    run_dir = write_root(tmp_path, {"tests": {"test_slow.py": "import time\ndef test_slow(): time.sleep(99)"}})
    with pytest.raises(KeyboardInterrupt):
        run_suites(run_dir, [Path("tests")], root=tmp_path)
    assert started[0].process.poll() is not None


def test_stopping_a_suite_whose_processes_are_gone_is_harmless(tmp_path: Path) -> None:
    run_dir = write_root(tmp_path, {"tests": {"test_x.py": "def test_x(): pass"}})
    suite = module._start(run_dir, Path("tests"), root=tmp_path, timeout=60.0)
    suite.process.wait()
    assert module._stop(suite.process) == 0


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder model_test; correct mlgate.yaml"):
        run_suites(tmp_path, [Path("model_test")], root=tmp_path)


def test_folders_of_one_name_in_different_places_have_different_names() -> None:
    assert suite_name(Path("/repo/a/tests"), Path("/repo")) == "a-tests"
    assert suite_name(Path("b/tests"), Path("/repo")) == "b-tests"
    assert suite_name(Path("/elsewhere/tests"), Path("/repo")) == "tests"


def _needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def test_all_that_a_run_says_reaches_its_suites(tmp_path: Path) -> None:
    """Every field has another value than it would have by itself, so that none can be left out."""
    run = SuiteRun(
        root="r",
        config="c",
        challenger="new",
        champion="old",
        tracking_uri="sqlite:///m.db",
        base_case="b.csv",
        label="y",
        id="i",
        sensitive=("sex",),
        timeout=9.0,
        data={"train": "t.csv"},
        sources={"train": SourceSettings(path="t.csv")},
        service="http://127.0.0.1:5001",
        expected=Expected(task=Task.MULTICLASS, classes=("a", "b", "c")),
        spare=("weight",),
        private=("name",),
        expectations={"train": "s.json"},
        memory=1 << 30,
        build=True,
        place="reports/m-v2",
        broken="challenger new: has half a file.",
    )
    plain = SuiteRun(**{one.name: getattr(run, one.name) for one in fields(run) if _needed(one)})
    assert not [
        one.name for one in fields(run) if not _needed(one) and getattr(run, one.name) == getattr(plain, one.name)
    ]
    (tmp_path / "run.json").write_text(dumps(run))
    assert read_run(tmp_path) == run


def test_models_and_service_of_a_run_can_be_asked(tmp_path: Path, tiny_model: Path) -> None:
    """The real thing: worker processes and MLflow's scoring server, with a tiny model."""
    code = """
        from pathlib import Path
        import numpy as np
        import pyarrow as pa
        from mlgate.edges.pytest_suites.service import payload

        def rows(base_case):
            return base_case.dropna()

        def test_both_models_answer(champion, challenger, base_case):
            assert challenger.columns == ("x", "y")
            assert challenger.facts.description == "a tiny model"
            np.testing.assert_array_equal(champion(rows(base_case)), challenger(rows(base_case)))

        def test_tables_are_taken_too(challenger, base_case):
            table = pa.Table.from_pandas(rows(base_case), preserve_index=False)
            np.testing.assert_array_equal(challenger(table), challenger(rows(base_case)))

        def test_the_service_answers_alike(service, challenger, base_case):
            table = pa.Table.from_pandas(rows(base_case)[["x", "y"]], preserve_index=False)
            np.testing.assert_allclose(service.ask(payload(table)).scores(), challenger(rows(base_case)), atol=1e-12)
            assert service.ask({"dataframe_records": [{"x": 1.0}]}).status == 400

        def test_where_the_server_is(service, mlgate_run):
            host, port = service.url.removeprefix("http://").split(":")
            (Path(mlgate_run.root) / "port").write_text(port)
            assert host == "127.0.0.1"
    """
    os.symlink(tiny_model, tmp_path / "model")
    run_dir = write_root(tmp_path, {"api_tests": {"test_all.py": code}}, champion=str(tiny_model))
    seen = run_suites(run_dir, [tmp_path / "api_tests"], root=tmp_path)
    assert [(one.id, one.value, one.reason) for one in seen] == [
        ("service/api_tests/all/both_models_answer", 1.0, "passed"),
        ("service/api_tests/all/tables_are_taken_too", 1.0, "passed"),
        ("service/api_tests/all/the_service_answers_alike", 1.0, "passed"),
        ("service/api_tests/all/where_the_server_is", 1.0, "passed"),
    ]
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", int((tmp_path / "port").read_text()))) != 0, "the server is still there"
