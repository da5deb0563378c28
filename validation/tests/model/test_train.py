"""Training the reference model into a throw-away registry, by the command line, and opening what it registered."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.edges.mlflow_registry import Registry, connect
from mlgate.edges.models.worker import open_model
from mlgate.errors import ModelError, RegistryError
from model.data import SENSITIVE, write_splits
from model.train import read_config, read_rows, train

PROJECT = Path(__file__).resolve().parents[3]
DROP = ("row", "denied", *SENSITIVE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A registry with one smoke-trained version, and the data it was trained on."""

    folder: Path
    uri: str
    said: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("registry")
    (folder / "reports" / "registry").mkdir(parents=True)
    shutil.copy(empty_registry, folder / "reports" / "registry")
    write_splits(folder / "data")
    (folder / "smoke.yaml").write_text(f"extends: {PROJECT}/model/smoke.yaml\ndata: {folder}/data\n")
    text = (PROJECT / "mlgate.yaml").read_text().replace("model/config.yaml", "smoke.yaml\n  check_data: false")
    (folder / "mlgate.yaml").write_text(text)
    (folder / "model").symlink_to(PROJECT / "model")
    with pytest.MonkeyPatch.context() as patch, (folder / "said.json").open("w+") as file:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr("sys.stdout", file)
        arguments = ["--with", "recipe=champion", "--config", str(folder / "mlgate.yaml"), "--json"]
        assert main(["train", *arguments, "--out", str(folder / "out")]) == 0
        file.seek(0)
        said = json.load(file)
    yield Place(folder=folder, uri=f"sqlite:///{folder}/reports/registry/mlflow.db", said=said)


@pytest.fixture(scope="module")
def registry(place: Place) -> Registry:
    return connect(place.uri, create=False)


def test_training_registers_a_version_with_digest_and_description(place: Place, registry: Registry) -> None:
    assert place.said["uri"] == "models:/loanapp/1"
    facts = registry.version_facts("loanapp", "1")
    assert facts["digest"] == place.said["digest"] == registry.artifact_digest("loanapp", "1")
    assert facts["description"] == "logistic regression (smoke)"
    assert "Created version '1'" in (place.folder / "out" / "train.log").read_text()


def test_artifacts_lie_beside_the_registry_and_not_in_the_current_folder(place: Place, registry: Registry) -> None:
    assert (place.folder / "reports" / "registry" / "artifacts").is_dir()
    assert not (place.folder / "mlruns").exists()
    assert not (PROJECT / "mlruns").exists()


def test_the_registered_model_is_opened_by_its_alias_and_answers(place: Place, registry: Registry) -> None:
    registry.set_champion("loanapp", "1")
    table = pyarrow.parquet.read_table(place.folder / "data" / "base_case.parquet")
    source = "models:/loanapp@champion"
    with open_model(source, role="champion", tracking_uri=place.uri, timeout=120.0, drop=DROP) as model:
        scores = model.predict(table)
        assert scores.shape == (797,)
        assert 0.0 < scores.min() < scores.max() < 1.0
        assert model.columns is not None and len(model.columns) == 37
        facts = model.facts
    assert (facts.source, facts.name, facts.version) == (source, "loanapp", "1")
    assert facts.digest == place.said["digest"]
    assert facts.description == "logistic regression (smoke)"


def test_a_model_has_one_digest_under_all_of_its_names(place: Place, registry: Registry, tmp_path: Path) -> None:
    [saved] = (place.folder / "reports" / "registry" / "artifacts").rglob("MLmodel")
    for source in ("models:/loanapp/1", "models:/loanapp/latest", str(saved.parent)):
        into = tmp_path / source.replace("/", "-")
        into.mkdir()
        assert registry.resolve(source, role="champion", into=into).facts.digest == place.said["digest"]


def test_a_version_that_is_not_there_cannot_be_opened(place: Place) -> None:
    with open_model("models:/loanapp/9", role="champion", tracking_uri=place.uri, timeout=120.0, drop=()) as model:
        with pytest.raises(ModelError, match="champion models:/loanapp/9: .*cannot be fetched"):
            model.wait()


@pytest.mark.parametrize("source", ["models:/loanapp@nobody", "models:/nobody/latest", "runs:/0123/model"])
def test_an_alias_model_or_run_that_is_not_there_cannot_be_fetched(
    registry: Registry, tmp_path: Path, source: str
) -> None:
    with pytest.raises(RegistryError, match=f"{source}.* cannot be fetched"):
        registry.resolve(source, role="champion", into=tmp_path)


def test_the_saved_model_names_exact_versions_and_takes_doubles_only(place: Place) -> None:
    [saved] = (place.folder / "reports" / "registry" / "artifacts").rglob("MLmodel")
    requirements = (saved.parent / "requirements.txt").read_text().split()
    assert {"scikit-learn", "skops", "pandas", "numpy", "scipy", "mlflow"} == {
        line.partition("==")[0] for line in requirements
    }
    assert all("==" in line for line in requirements)
    assert '"type": "double"' in saved.read_text() and '"type": "long"' not in saved.read_text()
    assert (saved.parent / "input_example.json").is_file()


def test_an_unknown_recipe_or_missing_rows_are_told_before_anything_is_registered(tmp_path: Path) -> None:
    config = PROJECT / "model" / "config.yaml"
    with pytest.raises(ValueError, match="no recipe 'best'; known are champion, challenger, shuffled"):
        train(str(config), recipe="best")
    (tmp_path / "config.yaml").write_text(f"extends: {config}\ndata: nowhere\n")
    with pytest.raises(FileNotFoundError, match="python -m model.data"):
        read_rows(read_config(tmp_path / "config.yaml"))


def test_options_of_another_form_than_key_and_value_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["recipe"], ["1=2"], ["a=1", "a=2"]):
        arguments = [part for option in options for part in ("--with", option)]
        assert main(["train", "--config", str(PROJECT / "mlgate.yaml"), *arguments]) == 2
        assert f"--with {options[-1]}: " in capsys.readouterr().err


def test_the_reference_model_never_imports_mlgate() -> None:
    for file in (PROJECT / "model").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "mlgate"], file
