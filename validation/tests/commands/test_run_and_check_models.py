"""``mlgate run`` and ``mlgate check MODEL`` with real model processes: good, broken and absent models, and bad input.

The models are folders written by hand, so that no registry is needed; the road with a registry is ``test_road.py``.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.edges import own_oddities
from mlgate.edges.mlflow_registry import connect
from mlgate.oddities import Asked, Oddity

MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
"""

#: Scores by x; what else it does is put in.
CODE = """
import numpy as np

class Scorer:
    def predict(self, frame, params=None):
        x = frame["x"].to_numpy(dtype=float)
        {body}
        return 1 / (1 + np.exp(-np.nan_to_num(x)))

def _load_pyfunc(path):
    {load}
    return Scorer()
"""

CONFIG = """
model: credit
label: y
data:
  base_case: base.parquet
  recent: recent.parquet
champion: {champion}
challenger: {challenger}
slices: [{{by: g}}]
requirements:
  - {{metric: accuracy, margin: 0.03}}
  - {{metric: log_loss, margin: 0.03}}
  - {{metric: accuracy, margin: 0.05, level: advisory, dataset: recent}}
oddities: {{sets: [missing, extreme]}}
"""


def save(folder: Path, *, body: str = "pass", load: str = "pass") -> Path:
    """A model folder; the module's name is its own, since both models may meet in one place."""
    (folder / "code").mkdir(parents=True)
    loader = f"scorer_{folder.name}"
    code = textwrap.dedent(CODE).format(body=body, load=load)
    (folder / "code" / f"{loader}.py").write_text(code)
    (folder / "MLmodel").write_text(MLMODEL.format(loader=loader))
    return folder


def table(seed: int, n: int, labels: list[Any] | None = None) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    return pa.table({"x": x, "g": rng.choice(["a", "b"], n), "y": y if labels is None else labels})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    pa.parquet.write_table(table(1, 900), tmp_path / "base.parquet")
    pa.parquet.write_table(table(2, 200), tmp_path / "recent.parquet")
    save(tmp_path / "old")
    configure(tmp_path)
    return tmp_path


def configure(project: Path, *, champion: str = "old", challenger: str = "old", more: str = "") -> None:
    (project / "mlgate.yaml").write_text(CONFIG.format(champion=champion, challenger=challenger) + more)


def decision(project: Path, place: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project / place / "decision.json").read_text())
    return content


def finding(content: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [one for one in content["findings"] if one["id"] == name]
    return dict(found)


def test_the_champion_against_itself_passes_with_every_file_of_a_run(project: Path) -> None:
    assert main(["run", "--quiet"]) == 0
    made = project / "reports" / "credit-old"
    assert {path.name for path in made.iterdir()} == {
        "decision.json",
        "decision.intoto.json",
        "report.html",
        "summary.md",
        "junit.xml",
        "tally.npz",
    }
    content = decision(project, "reports/credit-old")
    assert content["provenance"]["run"] == "reports/credit-old"
    assert [facts["name"] for facts in content["provenance"]["data"]] == ["base_case", "recent"]
    assert finding(content, "compare/recent/accuracy/not_worse/overall")["rows"] == 200
    assert finding(content, "oddities/missing/answers")["verdict"] == "pass"


def test_a_challenger_that_dies_on_a_row_is_refused_with_a_written_decision(project: Path) -> None:
    save(project / "new", body="raise ValueError('no such thing')")
    configure(project, challenger="new")
    assert main(["run", "--quiet", "--out", "out"]) == 1
    content = decision(project, "out")
    found = finding(content, "compare/base_case/answers")
    assert found["blocking"] and "no such thing" in found["reason"]
    assert "the challenger scores the base case" in (project / "out" / "report.html").read_text()


def test_a_challenger_that_does_not_load_is_refused_and_a_champion_that_does_not_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(project / "new", load="raise RuntimeError('half a file')")
    configure(project, challenger="new")
    assert main(["run", "--quiet", "--out", "out"]) == 1
    assert "half a file" in finding(decision(project, "out"), "compare/base_case/answers")["reason"]
    configure(project, champion="new")
    assert main(["run", "--quiet", "--out", "none"]) == 2
    assert not (project / "none").exists() and not list(project.glob(".none*"))
    assert "half a file" in capsys.readouterr().err


def test_a_challenger_that_fails_an_oddity_where_the_champion_answers_blocks(project: Path) -> None:
    save(project / "new", body="assert not np.isnan(x).any(), 'a value is missing'")
    configure(project, challenger="new")
    assert main(["run", "--quiet", "--out", "out"]) == 1
    found = finding(decision(project, "out"), "oddities/missing/answers")
    assert found["blocking"] and "where the champion does" in found["reason"]


def test_an_oddity_that_neither_model_answers_is_shown_and_does_not_block(project: Path) -> None:
    for name in ("one", "two"):
        save(project / name, body="assert not np.isnan(x).any(), 'a value is missing'")
    configure(project, champion="one", challenger="two")
    assert main(["run", "--quiet", "--out", "out"]) == 0
    found = finding(decision(project, "out"), "oddities/missing/answers")
    assert (found["verdict"], found["level"], found["blocking"]) == ("fail", "advisory", False)


def test_a_check_that_breaks_down_blocks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(table: pa.Table, asked: Asked) -> pa.Table:
        raise ZeroDivisionError("a bug in the check")

    odd = Oddity(name="missing", family="missing", title="there are gaps", make=broken, needs="gap")
    monkeypatch.setattr(own_oddities, "ODDITIES", (odd,))
    assert main(["run", "--quiet", "--out", "out"]) == 1
    found = finding(decision(project, "out"), "oddities/missing/answers")
    assert found["blocking"] and "ZeroDivisionError: a bug in the check" in found["reason"]


def test_an_oddity_that_no_column_can_have_is_an_error_when_it_was_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project / "mlgate.yaml").read_text().replace("[missing, extreme]", "[unseen_category], leave: [g]")
    (project / "mlgate.yaml").write_text(text)
    assert main(["run", "--quiet", "--out", "out"]) == 2
    assert not (project / "out").exists()
    assert capsys.readouterr().err.startswith("mlgate run: ")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda at: (at / "recent.parquet").unlink(), "recent.parquet: there is no such file"),
        (lambda at: pa.parquet.write_table(table(1, 40).drop(["y"]), at / "base.parquet"), "label column 'y'"),
        (lambda at: pa.parquet.write_table(table(1, 3, [0, 1, 7]), at / "base.parquet"), "holds '7' in row 3"),
        (lambda at: pa.parquet.write_table(table(1, 3, [0, None, 1]), at / "base.parquet"), "no label in row 2"),
        (
            lambda at: pa.parquet.write_table(table(1, 40).drop(["g"]), at / "base.parquet"),
            "the slice column 'g' is not in the data",
        ),
        (lambda at: (at / "mlgate.yaml").write_text("titel: x\n"), 'mlgate.yaml:1: unknown key "titel"; did you mean'),
        (lambda at: configure(at, more="suites: [nowhere]\n"), "suite folder nowhere"),
        (lambda at: configure(at, challenger="''"), "challenger"),
        (lambda at: configure(at, challenger="gone"), "challenger gone: there is no such folder; check the path"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(
    project: Path, spoil: Any, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(project)
    assert main(["run", "--out", "out"]) == 2
    printed = capsys.readouterr()
    assert told in printed.err and "Traceback" not in printed.err
    assert not (project / "out").exists() and not list(project.glob(".out*"))


@pytest.fixture
def registered(project: Path, empty_registry: Path) -> Path:
    """A registry in the project with two versions of ``old``, the second of which holds half a model."""
    (project / "registry").mkdir()
    address = f"sqlite:///{shutil.copy(empty_registry, project / 'registry')}"
    registry = connect(address)
    registry.ensure_model("credit")
    for folder in (project / "old", save(project / "half", load="raise RuntimeError('half a file')")):
        registry.client.create_model_version("credit", str(folder))
    configure(project, more="registry: sqlite:///registry/mlflow.db\nsuites: [api_tests]\n")
    (project / "api_tests").mkdir()
    (project / "api_tests" / "test_api.py").write_text("def test_ready(service): service.ask({})")
    return project


@pytest.mark.parametrize(
    ("challenger", "told"),
    [
        ("models:/credit/99", "credit has no version 99 in the registry sqlite:///{at}/registry/mlflow.db; there are"),
        (
            "models:/credit@chalenger",
            "credit has no alias chalenger in the registry sqlite:///{at}/registry/mlflow.db;",
        ),
        ("models:/credits/1", "there is no model credits in the registry sqlite:///{at}/registry/mlflow.db; did you"),
        ("models:/credit", "says no version of credit; write models:/credit/7, /latest or @ALIAS: in the registry"),
        (
            "models:/credit/Staging",
            "credit has no version in the stage Staging in the registry sqlite:///{at}/registry",
        ),
        ("runs:/0123/model", "there is no run 0123 in sqlite:///{at}/registry/mlflow.db; check its id."),
        ("model:/credit/1", "there is no such kind of name; write models:/NAME/7, runs:/RUN/NAME or the path of a"),
        ("file:///gone/model", "there is no such folder; check the path, or name a registered model"),
    ],
)
def test_a_version_or_alias_that_is_not_there_is_told_before_anything_starts(
    registered: Path, challenger: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a model was started")

    monkeypatch.setattr("mlgate.commands.model_steps.models.open_model", started)
    before = sorted(registered.iterdir())
    expected = f"challenger {challenger}: {told.format(at=registered)}"
    assert main(["run", "--challenger", challenger]) == 2
    assert expected in capsys.readouterr().err
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///registry/mlflow.db")
    assert main(["check", challenger, "--champion", "old", "--data", "base.parquet", "--label", "y"]) == 2
    assert expected in capsys.readouterr().err
    assert main(["power", "--champion", "old", "--challenger", challenger]) == 2
    assert expected in capsys.readouterr().err
    assert sorted(registered.iterdir()) == before


@pytest.mark.parametrize("champion", ["models:/credit/99", "runs:/0123/model", "gone"])
def test_a_named_champion_that_is_not_there_is_told_before_anything_is_trained_or_started(
    registered: Path, champion: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a model was started")

    monkeypatch.setattr("mlgate.commands.model_steps.models.open_model", started)
    assert main(["run", "--challenger", "old", "--champion", champion]) == 2
    assert capsys.readouterr().err.startswith(f"mlgate run: champion {champion}: ")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///registry/mlflow.db")
    assert main(["check", "old", "--champion", champion, "--data", "base.parquet", "--label", "y"]) == 2
    assert capsys.readouterr().err.startswith(f"mlgate check: champion {champion}: ")
    assert not (registered / "reports").exists()


def test_check_finds_the_registry_of_the_folder_it_is_called_in(
    registered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["check", "models:/credit/1", "--data", "base.parquet", "--label", "y", "--quiet"]
    assert main(asked) == 2
    assert f"{registered}/mlflow.db: there is no registry yet" in capsys.readouterr().err
    (registered / "registry" / "mlflow.db").rename(registered / "mlflow.db")
    main([*asked, "--out", "out"])
    found = [one["id"] for one in decision(registered, "out")["findings"] if one["verdict"] == "fail"]
    assert "compare/base_case/answers" not in found


def test_a_version_that_is_there_and_cannot_be_loaded_blocks_and_its_service_is_not_waited_for(
    registered: Path,
) -> None:
    config = registered / "mlgate.yaml"
    config.write_text(config.read_text() + "model_timeout: 3600\n")
    assert main(["run", "--quiet", "--challenger", "models:/credit/2", "--out", "out"]) == 1
    content = decision(registered, "out")
    assert "half a file" in finding(content, "compare/base_case/answers")["reason"]
    assert "half a file" in finding(content, "service/api_tests/api/ready")["reason"]
    assert ".partial" not in json.dumps(content)


def test_without_a_challenger_or_a_way_to_train_one_the_run_says_what_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project / "mlgate.yaml").read_text().replace("challenger: old\n", "")
    (project / "mlgate.yaml").write_text(text)
    assert main(["run", "--out", "out"]) == 2
    assert "name one with --challenger, or declare train:" in capsys.readouterr().err


def test_folders_of_models_in_the_file_start_at_its_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "other").mkdir()
    monkeypatch.chdir(project / "other")
    assert main(["run", "--quiet", "--no-cost", "-c", "../mlgate.yaml", "--out", "here"]) == 0
    facts = decision(project / "other", "here")["provenance"]["models"]
    assert {Path(one["source"]).resolve() for one in facts} == {project / "old"}


def test_suites_that_are_left_out_cannot_pass(project: Path) -> None:
    (project / "model_tests").mkdir()
    configure(project, more="suites: [model_tests]\n")
    assert main(["run", "--quiet", "--no-suites", "--out", "out"]) == 3
    assert finding(decision(project, "out"), "suite/left_out")["verdict"] == "inconclusive"


def test_check_compares_two_models_on_a_file_with_every_oddity_that_fits(project: Path) -> None:
    call = ["check", "old", "--champion", "old", "--data", "base.parquet", "--label", "y", "--by", "g", "--out", "out"]
    assert main([*call, "--margin", "0.05", "--quiet"]) == 0
    content = decision(project, "out")
    assert content["provenance"]["command"] == "check" and content["approval"]["state"] == "not_needed"
    ids = {one["id"] for one in content["findings"]}
    assert {f"oddities/{name}/answers" for name in ("missing", "extreme", "unseen_category")} <= ids
    assert "slices/base_case/accuracy/not_worse/g=a" in ids


def test_check_without_a_champion_asks_what_can_be_asked_of_one_model(project: Path) -> None:
    code = main(["check", "old", "--data", "base.parquet", "--label", "y", "--out", "out", "--quiet"])
    found = [one for one in decision(project, "out")["findings"] if one["level"] == "required"]
    assert {one["reason"] for one in found if one["rule"] == "not_worse"} == {"no champion"}
    alone = {
        one["title"]: one["verdict"] for one in found if one["section"] == "compare" and one["rule"] != "not_worse"
    }
    assert set(alone) == {"log_loss better than the baseline overall", "roc_auc at least 0.5 overall"}
    assert code == (0 if set(alone.values()) == {"pass"} else 3)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["old", "--label", "y"], "needs a model and --data"),
        (["--data", "base.parquet", "--label", "y"], "needs a model and --data"),
        (
            ["old", "--data", "base.parquet", "--label", "y", "--challenger", "p"],
            "the challenger here is the model itself",
        ),
        (["old", "--data", "base.parquet"], "needs --label"),
        (["nowhere", "--champion", "nowhere", "--data", "base.parquet", "--label", "y"], "nowhere"),
        (["gone", "--champion", "old", "--data", "base.parquet", "--label", "y"], "challenger gone: there is no such"),
    ],
)
def test_check_of_models_says_what_is_missing(
    project: Path, call: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *call, "--out", "out"]) == 2
    assert told in capsys.readouterr().err
    assert not (project / "out").exists()
