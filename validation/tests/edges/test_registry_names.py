"""A slip in the name of a registered version is answered with what a real registry holds instead."""

from __future__ import annotations

import uuid
import warnings
from pathlib import Path

import pytest

from mlgate.edges.mlflow_registry import Registry
from mlgate.edges.registry_names import ensure_held
from mlgate.errors import RegistryError
from tests.promotion.runs import save_version, shared_registry


@pytest.fixture(scope="session")
def registry(empty_registry: Path) -> Registry:
    return shared_registry(empty_registry)


@pytest.fixture()
def model() -> str:
    """Name of a model that no other test uses."""
    return f"credit-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/3", "has no version 3 in the registry sqlite:.*; there are the versions 2 and 1 \\(best and champion\\)[.]"),
        (
            "@chalenger",
            "has no alias chalenger in the registry .*; there are the versions 2 and 1 \\(best and champion",
        ),
        ("x/1", "there is no model .*x in the registry .*; did you mean "),
    ],
)
def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    registry: Registry, model: str, tmp_path: Path, asked: str, told: str
) -> None:
    for name in "ab":
        save_version(registry, model, tmp_path / name, tag=False)
    registry.set_champion(model, "1")
    registry.client.set_registered_model_alias(model, "best", "1")
    with pytest.raises(RegistryError, match=f"models:/{model}{asked}: .*{told}"):
        ensure_held(registry, f"models:/{model}{asked}")
    for there in (
        f"models:/{model}/2",
        f"models:/{model}/latest",
        f"models:/{model}@best",
        "folder",
        "s3://bucket/model",
    ):
        ensure_held(registry, there)


def test_of_many_versions_the_newest_are_told_and_the_old_ones_are_there(registry: Registry, model: str) -> None:
    registry.ensure_model(model)
    with pytest.raises(RegistryError, match="has no version latest .*; it has no versions yet, so train one"):
        ensure_held(registry, f"models:/{model}/latest")
    for _ in range(12):
        registry.client.create_model_version(model, "somewhere")
    ensure_held(registry, f"models:/{model}/1")
    with pytest.raises(RegistryError, match="the newest are 12, 11, 10, 9, 8, 7, 6, 5, 4 and 3[.]$"):
        ensure_held(registry, f"models:/{model}/13")
    registry.client.delete_model_version(model, "1")
    with pytest.raises(RegistryError, match="has no version 1 in"):
        ensure_held(registry, f"models:/{model}/1")


def test_a_model_without_a_version_is_asked_for_one_unless_it_is_a_logged_model(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    save_version(registry, model, tmp_path / "a", tag=False)
    with pytest.raises(
        RegistryError, match=f"says no version of {model}; write models:/{model}/7, .*only version 1[.]"
    ):
        ensure_held(registry, f"models:/{model}")
    with pytest.raises(RegistryError, match=f"there is no model {model}x in the registry .*did you mean"):
        ensure_held(registry, f"models:/{model}x")
    experiment = registry.client.create_experiment(model, artifact_location=(tmp_path / "runs").as_uri())
    logged = registry.client.create_logged_model(experiment)
    ensure_held(registry, f"models:/{logged.model_id}")
    for spoilt in (f"models:/{model}/1/x", f"models:/{model}/1@a", "models:/"):
        with pytest.raises(RegistryError, match="is no name of a version; write models:/NAME/7"):
            ensure_held(registry, spoilt)


def test_a_stage_without_a_version_is_refused_and_one_with_a_version_is_there(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    save_version(registry, model, tmp_path / "a", tag=False)
    with pytest.raises(RegistryError, match="has no version in the stage Staging .*there is only version 1[.]"):
        ensure_held(registry, f"models:/{model}/staging")
    with pytest.raises(RegistryError, match="has no version Prod, which is no stage either, in the registry"):
        ensure_held(registry, f"models:/{model}/Prod")
    with pytest.raises(RegistryError, match="there is no model"):
        ensure_held(registry, f"models:/{model}x/Staging")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        registry.client.transition_model_version_stage(model, "1", "Staging")
    ensure_held(registry, f"models:/{model}/Staging")
    ensure_held(registry, f"models:/{model}/staging")


def test_the_model_of_a_run_is_refused_where_run_or_model_is_not_there(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    experiment = registry.client.create_experiment(model, artifact_location=(tmp_path / "runs").as_uri())
    run = registry.client.create_run(experiment).info.run_id
    with pytest.raises(RegistryError, match=f"the run {run} .* holds no MLflow model 'thing'; it holds nothing[.]"):
        ensure_held(registry, f"runs:/{run}/thing")
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "MLmodel").write_text("flavors: {}\n")
    registry.client.log_artifact(run, str(tmp_path / "thing"))
    ensure_held(registry, f"runs:/{run}/thing")
    ensure_held(registry, f"runs:/{run}/thing/")
    with pytest.raises(RegistryError, match="holds no MLflow model 'thin'; did you mean \"thing\""):
        ensure_held(registry, f"runs:/{run}/thin")
    with pytest.raises(RegistryError, match=f"there is no run {'0' * 32} in "):
        ensure_held(registry, f"runs:/{'0' * 32}/thing")
    with pytest.raises(RegistryError, match="is no model of a run; write runs:/RUN/NAME"):
        ensure_held(registry, f"runs:/{run}")
