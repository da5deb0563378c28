"""A slip in the name of a registered version is answered with what a real registry holds instead."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from mlgate.edges.mlflow_registry import Registry
from mlgate.edges.registry_names import ensure_version
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
        ensure_version(registry, f"models:/{model}{asked}")
    for there in (
        f"models:/{model}/2",
        f"models:/{model}/latest",
        f"models:/{model}@best",
        "runs:/no/matter",
        "folder",
    ):
        ensure_version(registry, there)


def test_of_many_versions_the_newest_are_told_and_the_old_ones_are_there(registry: Registry, model: str) -> None:
    registry.ensure_model(model)
    with pytest.raises(RegistryError, match="has no version latest .*; it has no versions yet, so train one"):
        ensure_version(registry, f"models:/{model}/latest")
    for _ in range(12):
        registry.client.create_model_version(model, "somewhere")
    ensure_version(registry, f"models:/{model}/1")
    with pytest.raises(RegistryError, match="the newest are 12, 11, 10, 9, 8, 7, 6, 5, 4 and 3[.]$"):
        ensure_version(registry, f"models:/{model}/13")
    registry.client.delete_model_version(model, "1")
    with pytest.raises(RegistryError, match="has no version 1 in"):
        ensure_version(registry, f"models:/{model}/1")
