"""Training in a process of its own: what it registers is labelled, and every way to go wrong is one sentence."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlgate.config.defaults import BLANK
from mlgate.edges.models.fork_server import VARIABLE as FORK_SERVER
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.models.training import throwaway_address, train, train_model, train_seed
from mlgate.errors import ConfigError, MlgateError, ModelError, RegistryError
from mlgate.records.settings import Settings, TrainSettings

#: Training callables that go wrong without ever importing MLflow.
MISTAKES = """
import atexit, os, sys, time

def raises(config):
    print("an epoch")
    raise RuntimeError("the loss is NaN")

def exits(config):
    sys.exit(4)

def dies(config):
    print("dying", flush=True)
    os._exit(5)

def sleeps(config):
    time.sleep(600)

def returns_nothing(config):
    return None

def returns_another(config, *, name="other"):
    return f"models:/{name}/1"

def seeded(config, *, seed=""):
    uri, artifacts = os.environ["MLFLOW_TRACKING_URI"], os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"]
    raise ValueError(f"{seed}|{uri}|{artifacts}")

def elsewhere(config, *, seed=""):
    return "models:/loanapp/7"

def begun(config):
    before = "skops.io" in sys.modules
    import sklearn.ensemble, threadpoolctl
    threads = [one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "openmp"]
    atexit.register(lambda: open("ended", "w").close())
    raise ValueError(f"imported {before}, threads {threads}")

def tells(config, *, note="", more=""):
    raise ValueError(f"{os.path.basename(config)}|{note}|{more}|{os.getcwd()}|{os.environ['MLFLOW_TRACKING_URI']}")
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    (tmp_path / "broken.py").write_text("import no_such_package\n")
    (tmp_path / "config.yaml").write_text("")
    return dataclasses.replace(BLANK, root=tmp_path, model="loanapp", registry="sqlite:///registry/mlflow.db")


def told(
    settings: Settings, function: str, options: Mapping[str, str] | None = None, timeout: float = 60.0
) -> MlgateError:
    changed = dataclasses.replace(
        settings, train=TrainSettings(callable=function, config="config.yaml", timeout=timeout)
    )
    with pytest.raises(MlgateError) as caught:
        train(changed, options or {})
    message = str(caught.value)
    assert "\n" not in message
    assert message[-1] in ".?" or "known are" in message
    return caught.value


def test_training_that_raises_is_told_by_its_last_line_and_its_output_is_kept(settings: Settings) -> None:
    problem = told(settings, "mistakes:raises")
    assert isinstance(problem, ModelError) and problem.role == "challenger"
    assert "training by mistakes:raises failed: RuntimeError: the loss is NaN; what it printed is in" in str(problem)
    log = (settings.root / "reports" / "train.log").read_text()
    assert "an epoch" in log
    assert "Traceback" in log


def test_training_gets_its_file_its_options_its_folder_and_the_registry(settings: Settings) -> None:
    message = str(told(settings, "mistakes:tells", {"note": "a=b"}))
    registry = settings.root / "registry" / "mlflow.db"
    assert f"config.yaml|a=b||{settings.root}|sqlite:///{registry}" in message
    assert registry.parent.is_dir()


def test_the_environment_names_the_registry_before_the_file_does(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    assert f"|sqlite:///{tmp_path}/other.db" in str(told(settings, "mistakes:tells"))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("mistakes:exits", "failed: SystemExit: 4"),
        ("mistakes:dies", "ended itself with exit code 5"),
        ("mistakes:returns_nothing", "returned None; it must register the model and return models:/loanapp/<version>"),
        ("mistakes:returns_another", "returned 'models:/other/1'"),
        ("broken:train", "No module named 'no_such_package'"),
    ],
)
def test_training_that_does_not_register_this_model_is_the_challengers_fault(
    settings: Settings, function: str, words: str
) -> None:
    problem = told(settings, function)
    assert isinstance(problem, ModelError) and problem.role == "challenger"
    assert words in str(problem)


def test_training_that_takes_too_long_is_ended(settings: Settings) -> None:
    problem = told(settings, "mistakes:sleeps", timeout=2.0)
    assert isinstance(problem, ModelError)
    assert "took longer than 2 s and was ended" in str(problem)


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        ("mistake:raises", {}, "there is no module 'mistake' beside mlgate.yaml"),
        ("mistakes:rises", {}, "mistakes has no function 'rises'; did you mean \"raises\"?"),
        ("mistakes:tells", {"nota": "1"}, "mistakes:tells cannot be called with these options"),
    ],
)
def test_a_callable_that_is_not_there_is_a_mistake_of_the_configuration(
    settings: Settings, function: str, options: dict[str, str], words: str
) -> None:
    problem = told(settings, function, options)
    assert isinstance(problem, ConfigError)
    assert words in str(problem)


def test_without_a_train_section_or_its_file_nothing_is_started(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="there is no train section"):
        train_model(dataclasses.replace(settings, train=None), {})
    with pytest.raises(ConfigError, match="train.config: there is no file .*other.yaml"):
        train_model(dataclasses.replace(settings, train=TrainSettings(callable="a:b", config="other.yaml")), {})


def test_a_callable_that_takes_no_seed_is_told_before_it_is_called(settings: Settings) -> None:
    asked = TrainSettings(callable="mistakes:tells", config="config.yaml", seeds=3)
    with pytest.raises(ConfigError, match="train.seeds: mistakes:tells does not take a seed; give it a keyword"):
        train(dataclasses.replace(settings, train=asked), {"note": "n"})


def test_with_a_seed_it_is_trained_into_a_registry_that_is_thrown_away(settings: Settings, tmp_path: Path) -> None:
    place = tmp_path / "throw away"
    asked = TrainSettings(callable="mistakes:seeded", config="config.yaml", seeds=3)
    with pytest.raises(ModelError, match="failed: ValueError: 2") as caught:
        train_seed(dataclasses.replace(settings, train=asked), 2, place=place)
    assert f"2|{throwaway_address(place)}|{(place / 'artifacts').as_uri()}" in str(caught.value)
    assert str(place) in throwaway_address(place)
    assert not (tmp_path / "registry").exists()


def test_a_seed_that_is_registered_elsewhere_is_told(settings: Settings, tmp_path: Path, empty_registry: Path) -> None:
    shutil.copy(empty_registry, tmp_path)
    asked = TrainSettings(callable="mistakes:elsewhere", config="config.yaml", seeds=2)
    with pytest.raises(RegistryError, match="train.seeds: models:/loanapp/7: cannot be fetched .*; training must") as e:
        train_seed(dataclasses.replace(settings, train=asked), 1, place=tmp_path)
    assert str(e.value).count(";") == 1


@pytest.mark.parametrize("server", [True, False])
def test_training_is_forked_where_a_server_runs_and_has_its_threads_and_its_end_either_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, server: bool
) -> None:
    if server:
        prepare()
    else:
        monkeypatch.delenv(FORK_SERVER, raising=False)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "3")
    assert f"imported {server and sys.platform == 'linux'}, threads [3]" in str(told(settings, "mistakes:begun"))
    assert (settings.root / "ended").exists()
    assert server or FORK_SERVER not in os.environ, "a server was started that only a training would use"


def test_a_registry_out_of_reach_is_told_before_anything_is_trained(settings: Settings) -> None:
    away = dataclasses.replace(settings, registry="http://127.0.0.1:9/")
    assert isinstance(told(away, "mistakes:raises"), RegistryError)


def test_a_version_that_was_never_registered_is_told(settings: Settings, empty_registry: Path) -> None:
    (settings.root / "registry").mkdir()
    shutil.copy(empty_registry, settings.root / "registry")
    problem = told(settings, "mistakes:returns_another", {"name": "loanapp"})
    assert isinstance(problem, RegistryError)
    assert "models:/loanapp/1: cannot be fetched" in str(problem)
