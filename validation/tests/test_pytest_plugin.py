"""The pytest plugin from inside: without a run it is not noticed, with one it records every way a test can end."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# pytester takes back what an inner session imports, and extension modules load only once: so they are loaded out here.
for name in (
    "pandas",
    "mlgate.edges.pytest_suites.suite_report",
    "mlgate.edges.pytest_suites.service",
    "mlgate.edges.models.worker",
    "mlgate.stages.decide",
):
    importlib.import_module(name)

RUN: dict[str, Any] = {
    "root": "",
    "config": "mlgate.yaml",
    "challenger": "models:/m/2",
    "champion": None,
    "tracking_uri": "sqlite:///m.db",
    "base_case": "base.csv",
    "label": "denied",
    "id": None,
    "sensitive": ["black"],
    "timeout": 60,
    "written_by_a_later_version": True,
}

FINDINGS = [
    {
        "id": "compare/accuracy",
        "section": "compare",
        "title": "accuracy",
        "verdict": "fail",
        "level": "required",
        "blocking": True,
        "reason": "low",
    }
]


@pytest.fixture(autouse=True)
def _quick(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inner sessions without Hypothesis, which would be imported anew for each of them."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")


@pytest.fixture
def run_dir(pytester: pytest.Pytester) -> Path:
    """A run folder as the gate leaves it for suites."""
    folder = pytester.mkdir("run")
    (pytester.path / "base.csv").write_text("x,denied,black\n1.5,0,1\n2.5,1,\n")
    (folder / "run.json").write_text(json.dumps({**RUN, "root": str(pytester.path), "data": {"train": "base.csv"}}))
    (folder / "findings.json").write_text(json.dumps(FINDINGS))
    return folder


def record(pytester: pytest.Pytester, run_dir: Path, *arguments: str) -> dict[str, Any]:
    """The report that the gate would read."""
    pytester.runpytest("--mlgate-run", str(run_dir), "--mlgate-suite", "tests", *arguments)
    report: dict[str, Any] = json.loads((run_dir / "suite-tests.json").read_text())
    return report


def cases(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {case["id"].partition("::")[2] or case["id"]: case for case in report["cases"]}


def test_without_a_run_tests_that_need_one_skip_and_say_what_to_run_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_plain():
            pass

        def test_model(challenger):
            pass

        def test_data(base_case, evidence, decision_so_far, service, champion, dataset):
            pass
        """)
    result = pytester.runpytest("-rs")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["*this test needs a run: `mlgate run` first, then `pytest * --mlgate-run reports/<run>`*"]
    )


def test_the_plugin_costs_nothing_without_a_run(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing():\n"
        "    heavy = {'numpy', 'pandas', 'pyarrow', 'mlflow', 'great_expectations', 'mlgate.edges'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "mlgate",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run([*command, "test_nothing.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_marker_is_known_and_explained(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.mlgate(level='advisory')\ndef test_marked(): pass")
    pytester.runpytest("--strict-markers").assert_outcomes(passed=1)
    pytester.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.mlgate(level=*"])


def test_options_that_make_no_sense_are_refused(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--mlgate-suite", "tests")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--mlgate-suite needs --mlgate-run*"])
    result = pytester.runpytest("--mlgate-run", "nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--mlgate-run nowhere: there is no such folder; make a run first with: mlgate run*"])


def test_tests_run_by_hand_leave_the_run_as_it_is(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile("def test_something(mlgate_run): assert mlgate_run.sensitive == ('black',)")
    pytester.runpytest("--mlgate-run", str(run_dir)).assert_outcomes(passed=1)
    assert sorted(path.name for path in run_dir.iterdir()) == ["findings.json", "run.json"]


#: A test for every way in which one can end.
EVERY_END = """
import pytest
from mlgate.errors import ModelError

def test_scores_are_legal():
    assert True

def test_scores_are_many():
    '''Scores differ.

    More is not told.
    '''
    scores = 1
    assert scores == 2, "only one score"

def test_bare():
    assert 1 == 2

def test_told():
    pytest.fail("told so")

def test_model():
    raise ModelError("the challenger hangs.", role="challenger")

def test_broken():
    {}["key"]

@pytest.fixture
def bad():
    raise ValueError("no fixture")

def test_setup(bad):
    pass

@pytest.fixture
def late():
    yield
    raise ValueError("left open")

def test_teardown(late):
    pass

def test_skipped():
    pytest.skip("not today")

@pytest.mark.skip(reason="by mark")
def test_marked():
    pass

@pytest.mark.xfail(reason="known", strict=False)
def test_expected():
    assert False

@pytest.mark.xfail
def test_unexplained():
    assert False

@pytest.mark.xfail(strict=False)
def test_surprise():
    pass

@pytest.mark.xfail(strict=True)
def test_strict():
    pass

def test_champion(champion):
    pass

@pytest.mark.mlgate(level="guarded")
@pytest.mark.parametrize("value", ["a", "b"])
def test_many(value):
    pass

@pytest.mark.mlgate(level="advisory")
class TestGroup:
    def test_inside(self):
        pass
"""
#: By test, the outcome and the reason that are recorded.
HOW_THEY_END = {
    "test_scores_are_legal": ("passed", "passed"),
    "test_scores_are_many": ("failed", "only one score"),
    "test_bare": ("failed", "assert 1 == 2"),
    "test_told": ("failed", "told so"),
    "test_model": ("failed", "the challenger hangs."),
    "test_broken": ("error", "KeyError: 'key'"),
    "test_setup": ("error", "ValueError: no fixture"),
    "test_teardown": ("error", "ValueError: left open"),
    "test_skipped": ("skipped", "skipped: not today"),
    "test_marked": ("skipped", "skipped: by mark"),
    "test_expected": ("skipped", "failed as expected: known"),
    "test_unexplained": ("skipped", "failed as expected: no reason given"),
    "test_surprise": ("passed", "passed"),
    "test_strict": ("failed", "[XPASS(strict)]"),
    "test_champion": ("no_champion", "no champion"),
    "test_many[a]": ("passed", "passed"),
    "test_many[b]": ("passed", "passed"),
    "TestGroup::test_inside": ("passed", "passed"),
}


def test_every_way_a_test_can_end_is_recorded(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile(EVERY_END)
    report = record(pytester, run_dir)
    seen = {name: (case["outcome"], case["reason"].partition(" (test_")[0]) for name, case in cases(report).items()}
    assert seen == HOW_THEY_END
    told = cases(report)
    assert told["test_scores_are_legal"]["title"] == "scores are legal"
    assert told["test_scores_are_many"]["title"] == "Scores differ"
    assert told["test_many[b]"]["title"] == "many [b]"
    assert told["test_scores_are_many"]["reason"] == "only one score (test_every_way_a_test_can_end_is_recorded.py:13)"
    levels = {told[name]["level"] for name in ("test_many[a]", "TestGroup::test_inside", "test_bare")}
    assert levels == {"guarded", "advisory", "required"}
    assert (report["exit_code"], report["problems"]) == (1, [])


def test_a_module_that_cannot_be_imported_is_a_problem_and_its_neighbours_did_not_run(
    pytester: pytest.Pytester, run_dir: Path
) -> None:
    pytester.makepyfile(test_bad="import nothing_of_that_name", test_good="def test_good(): pass")
    report = record(pytester, run_dir)
    (problem,) = report["problems"]
    assert problem["where"] == "test_bad.py"
    assert problem["reason"] == "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert cases(report)["test_good"]["outcome"] == "skipped"
    assert cases(report)["test_good"]["reason"] == "did not run"


def test_tests_that_are_kept_from_running_do_not_vanish(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile(
        test_left="import pytest\npytest.importorskip('nothing_of_that_name')\ndef test_left(): pass",
        test_chosen="def test_chosen(): pass\ndef test_other(): pass",
    )
    told = cases(record(pytester, run_dir, "-k", "chosen and not other"))
    assert told["test_other"]["outcome"] == "skipped"
    assert told["test_other"]["reason"] == "was deselected by an option of pytest"
    assert told["test_left.py"]["outcome"] == "skipped"
    assert "could not import 'nothing_of_that_name'" in told["test_left.py"]["reason"]


def test_tests_after_an_early_stop_did_not_run(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile("def test_first(): assert 0\ndef test_second(): pass")
    assert cases(record(pytester, run_dir, "-x"))["test_second"]["reason"] == "did not run"


@pytest.mark.parametrize("marker", ["level='strict'", "'advisory'", "level='advisory', because='x'", ""])
def test_a_level_that_does_not_exist_is_a_problem(pytester: pytest.Pytester, run_dir: Path, marker: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.mlgate({marker})\ndef test_marked(): pass")
    (problem,) = record(pytester, run_dir)["problems"]
    assert problem["reason"] == (
        'the marker mlgate takes level=… and nothing else, one of "required", "guarded", "advisory"'
    )


def test_a_breakdown_of_pytest_itself_is_a_problem(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makeconftest(
        "def pytest_runtest_setup(item): pass\ndef pytest_runtestloop(): raise MemoryError('all gone')"
    )
    pytester.makepyfile("def test_something(): pass")
    report = record(pytester, run_dir)
    assert report["exit_code"] == pytest.ExitCode.INTERNAL_ERROR
    assert "all gone" in report["problems"][0]["reason"]


def test_a_long_message_is_cut(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile("def test_long(): assert False, 'x' * 1000")
    reason = cases(record(pytester, run_dir))["test_long"]["reason"]
    assert reason.startswith("xxx") and "… (test_a_long_message" in reason and len(reason) < 400


def test_data_and_findings_of_the_run_are_at_hand(pytester: pytest.Pytester, run_dir: Path) -> None:
    pytester.makepyfile("""
        import pytest

        def test_base_case_is_fresh_every_time(base_case, dataset):
            base_case["x"] = 0
            assert dataset("base_case")["x"].tolist() == [1.5, 2.5]

        def test_other_data_sets_by_name(dataset, base_case):
            assert dataset("train").equals(base_case)

        def test_no_such_data_set(dataset):
            dataset("recent")

        def test_findings_by_id(evidence, decision_so_far):
            assert evidence["compare/accuracy"].reason == "low"
            assert decision_so_far == "fail"
        """)
    told = cases(record(pytester, run_dir))
    assert {name: case["outcome"] for name, case in told.items() if case["outcome"] != "passed"} == {
        "test_no_such_data_set": "failed"
    }
    assert "the run has no data set 'recent'; it has base_case, train" in told["test_no_such_data_set"]["reason"]


def test_nothing_waits_for_a_challenger_that_is_known_to_be_broken(
    pytester: pytest.Pytester, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("mlgate.edges.models.worker.open_model", started)
    monkeypatch.setattr("mlgate.edges.pytest_suites.service.start_service", started)
    content = json.loads((run_dir / "run.json").read_text())
    # Nothing listens on this port; the log is nobody's.
    known = {"service": "http://127.0.0.1:9", "timeout": 3600, "broken": "challenger m: has half a file."}
    (run_dir / "run.json").write_text(json.dumps({**content, **known}))
    pytester.makepyfile("def test_model(challenger): pass\ndef test_service(service): pass")
    for case in cases(record(pytester, run_dir)).values():
        assert case["outcome"] == "error" and "challenger m: has half a file." in case["reason"]


def test_a_service_that_ended_is_told_with_its_log_where_it_will_be(pytester: pytest.Pytester, run_dir: Path) -> None:
    (run_dir / "service.log").write_text("OSError: half a file\n")
    content = json.loads((run_dir / "run.json").read_text())
    known = {"service": "http://127.0.0.1:9", "timeout": 3600, "place": "reports/m-v2"}
    (run_dir / "run.json").write_text(json.dumps({**content, **known}))
    pytester.makepyfile("def test_service(service): pass")
    [case] = cases(record(pytester, run_dir)).values()
    assert case["outcome"] == "error"
    assert "ended while starting: OSError: half a file; see reports/m-v2/service.log." in case["reason"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "run.json: there is no such file"),
        ("{", "run.json: is not valid JSON"),
        ('{"root": "."}', "run.json: is not the description of a run ('config')"),
        ("[]", "run.json: is not the description of a run"),
    ],
)
def test_a_folder_that_is_not_a_run_is_an_error_and_not_a_skip(
    pytester: pytest.Pytester, content: str | None, message: str
) -> None:
    folder = pytester.mkdir("run")
    if content is not None:
        (folder / "run.json").write_text(content)
    pytester.makepyfile("def test_something(mlgate_run): pass")
    case = cases(record(pytester, folder))["test_something"]
    assert case["outcome"] == "error" and message in case["reason"]
