"""A real MLflow registry on SQLite: what it holds, what it says of what it does not hold, and how fast it gives up."""

from __future__ import annotations

import http.server
import importlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import mlgate.edges.registry_address as registry_address
from mlgate.edges.ledger_stores import MAX_TAG, RegistryStore
from mlgate.edges.mlflow_registry import Registry, connect
from mlgate.edges.registry_address import address, resolve_address
from mlgate.edges.rows.files import digest_folder
from mlgate.errors import DataError, RegistryError
from mlgate.promotion.ledger import Kind, append, read
from tests.promotion.runs import NOW, save_version, settings, shared_registry


@pytest.fixture(scope="session")
def registry(empty_registry: Path) -> Registry:
    return shared_registry(empty_registry)


@pytest.fixture()
def model() -> str:
    """Name of a model that no other test uses."""
    return f"credit-{uuid.uuid4().hex[:8]}"


def test_a_model_or_alias_that_is_not_there_means_no_champion(registry: Registry, model: str) -> None:
    assert registry.champion(model) is None
    assert registry.latest(model) is None
    registry.ensure_model(model)
    registry.ensure_model(model)
    assert registry.champion(model) is None
    assert registry.latest(model) is None


def test_the_alias_moves_and_is_read_back(registry: Registry, model: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_version(registry, model, tmp_path / name)
    registry.set_champion(model, "1")
    assert registry.champion(model) == "1"
    registry.set_champion(model, "2")
    assert registry.champion(model) == "2"
    assert registry.latest(model) == "2"


def test_the_alias_does_not_move_to_a_version_that_is_not_there(registry: Registry, model: str) -> None:
    registry.ensure_model(model)
    with pytest.raises(RegistryError, match="champion of credit-.* cannot be moved to version 9 .*not found"):
        registry.set_champion(model, "9")


class Meddler:
    """MLflow's client, with one method replaced."""

    def __init__(self, client: object, name: str, method: Callable[..., object]) -> None:
        self.client, self.name, self.method = client, name, method

    def __getattr__(self, name: str) -> object:
        return self.method if name == self.name else getattr(self.client, name)


def test_an_alias_that_somebody_else_moves_at_once_is_no_success(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        save_version(registry, model, tmp_path / name)
    meddled = Meddler(
        registry.client,
        "set_registered_model_alias",
        lambda name, alias, _: registry.client.set_registered_model_alias(name, alias, "1"),
    )
    with pytest.raises(RegistryError, match="was set to version 2 but stands at 1"):
        Registry(uri=registry.uri, client=meddled).set_champion(model, "2")


def blind(registry: Registry) -> Registry:
    """The registry as somebody sees it who asks a moment before a model is made."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

    def not_yet(name: str) -> object:
        raise MlflowException(f"{name} not found", error_code=RESOURCE_DOES_NOT_EXIST)

    return Registry(uri=registry.uri, client=Meddler(registry.client, "get_registered_model", not_yet))


def test_a_model_that_somebody_else_made_a_moment_ago_is_there(registry: Registry, model: str) -> None:
    registry.ensure_model(model)
    blind(registry).ensure_model(model)


def test_a_name_that_mlflow_does_not_take_is_told(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="the model a/b cannot be read"):
        registry.champion("a/b")
    with pytest.raises(RegistryError, match="the model a/b cannot be made"):
        blind(registry).ensure_model("a/b")


def test_without_mlflow_installed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}", name="mlflow")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(
        RegistryError, match="mlflow is not installed; run pip install 'mlflow<4,>=3.5' 'pandas>=2.2' 'skops>=0.13'"
    ):
        connect(f"sqlite:///{tmp_path}/mlflow.db")


def test_the_facts_of_a_version_are_its_own(registry: Registry, model: str, tmp_path: Path) -> None:
    version = save_version(registry, model, tmp_path / "a")
    registry.client.set_model_version_tag(model, version, "description", "gradient boosting")
    assert registry.version_facts(model, version) == {
        "version": "1",
        "source": str(tmp_path / "a"),
        "run_id": "",
        "description": "gradient boosting",
        "digest": digest_folder(tmp_path / "a"),
    }
    with pytest.raises(RegistryError, match="mlflow.db: there is no version 7 of credit-"):
        registry.version_facts(model, "7")


def test_a_digest_is_of_the_files_and_not_of_the_tag(registry: Registry, model: str, tmp_path: Path) -> None:
    version = save_version(registry, model, tmp_path / "a")
    before = registry.artifact_digest(model, version)
    (tmp_path / "a" / "weights.txt").write_text("evil")
    assert registry.artifact_digest(model, version) != before == registry.version_facts(model, version)["digest"]
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(RegistryError, match=f"models:/{model}/1"):
        registry.artifact_digest(model, version)


def test_what_mlflow_leaves_in_a_folder_when_it_serves_it_does_not_change_its_digest(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    version = save_version(registry, model, tmp_path / "a")
    before = registry.artifact_digest(model, version)
    (tmp_path / "a" / "registered_model_meta").write_text("model_name: credit\n")
    assert registry.artifact_digest(model, version) == before


@pytest.mark.parametrize("source", ["models:/{model}@champion", "models:/{model}/1"])
def test_a_registered_name_is_resolved_to_files_and_facts(
    registry: Registry, model: str, tmp_path: Path, source: str
) -> None:
    save_version(registry, model, tmp_path / "a")
    registry.set_champion(model, "1")
    (tmp_path / "copy").mkdir()
    found = registry.resolve(source.format(model=model), role="champion", into=tmp_path / "copy")
    assert (found.path / "weights.txt").read_text() == "a"
    assert (found.facts.role, found.facts.name, found.facts.version) == ("champion", model, "1")
    assert found.facts.source == f"models:/{model}/1" and found.facts.digest == digest_folder(tmp_path / "a")


def test_the_model_of_a_run_and_a_folder_are_resolved_too(registry: Registry, model: str, tmp_path: Path) -> None:
    save_version(registry, model, tmp_path / "a")
    experiment = registry.client.create_experiment(model, artifact_location=str(tmp_path / "artifacts"))
    run = registry.client.create_run(experiment).info.run_id
    registry.client.log_artifacts(run, str(tmp_path / "a"), "model")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    of_run = registry.resolve(f"runs:/{run}/model", role="challenger", into=tmp_path / "one").facts
    of_folder = registry.resolve(str(tmp_path / "a"), role="challenger", into=tmp_path / "two").facts
    assert of_run.digest == of_folder.digest == digest_folder(tmp_path / "a")
    assert (of_run.name, of_run.version, of_folder.source) == ("", "", str(tmp_path / "a"))


def test_resolving_leaves_the_environment_as_it_was(
    registry: Registry, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    save_version(registry, model, tmp_path / "a")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    registry.artifact_digest(model, "1")
    assert "MLFLOW_TRACKING_URI" not in os.environ
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    registry.artifact_digest(model, "1")
    assert os.environ["MLFLOW_TRACKING_URI"] == mlflow.get_tracking_uri() == "sqlite:///elsewhere.db"


def test_a_source_without_a_model_is_told(registry: Registry, model: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="models:/.*@champion"):
        registry.resolve(f"models:/{model}@champion", role="champion", into=tmp_path)
    with pytest.raises(DataError, match="is not an MLflow model"):
        registry.resolve(str(tmp_path), role="champion", into=tmp_path)
    (tmp_path / "empty").mkdir()
    registry.ensure_model(model)
    registry.client.create_model_version(model, str(tmp_path / "empty"))
    with pytest.raises(RegistryError, match="is not an MLflow model"):
        registry.artifact_digest(model, "1")


def test_the_ledger_is_kept_in_tags_as_long_as_any_database_keeps(registry: Registry, model: str) -> None:
    store = RegistryStore(board=registry, model=model)
    facts = {"reason": "ß" * 2000}
    history = append(store, read(store), kind=Kind.REJECTED, actor="anna", model=model, at=NOW, facts=facts)
    history = append(store, history, kind=Kind.PROMOTED, actor="bert", model=model, at=NOW, facts={"to": "1"})
    assert read(store) == history
    filler = "x" * MAX_TAG
    assert store.add(filler, number=3) and store.read()[-1] == filler
    (key,) = [key for key, value in registry.tags(model).items() if value == filler]
    registry.delete_tag(model, key)
    assert read(store) == history


def test_another_process_sees_the_same_registry(registry: Registry, model: str, tmp_path: Path) -> None:
    save_version(registry, model, tmp_path / "a")
    registry.set_champion(model, "1")
    program = (
        "import sys; from mlgate.edges.mlflow_registry import connect\n"
        "print(connect(sys.argv[1], create=False).champion(sys.argv[2]))\n"
        "import os; assert os.environ['MLFLOW_DISABLE_TELEMETRY'] == 'true'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, registry.uri, model], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    policy = dataclasses.replace(settings(), root=tmp_path / "project")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert address(policy) == f"sqlite:///{tmp_path}/project/mlflow.db"
    policy = dataclasses.replace(policy, registry="sqlite:///reports/mlflow.db")
    assert address(policy) == f"sqlite:///{tmp_path}/project/reports/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.com")
    assert address(policy) == "https://mlflow.example.com"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mine.db")
    assert address(policy) == f"sqlite:///{tmp_path}/mine.db"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sqlite:////var/mlflow.db", "sqlite:////var/mlflow.db"),
        ("sqlite:///a.db?timeout=3", "sqlite:////home/anna/a.db?timeout=3"),
        ("postgresql://db/mlflow", "postgresql://db/mlflow"),
        ("databricks", "databricks"),
        ("mlruns", "/home/anna/mlruns"),
    ],
)
def test_only_relative_paths_are_completed(uri: str, expected: str) -> None:
    assert resolve_address(uri, Path("/home/anna")) == expected


def test_a_registry_that_is_not_there_yet_is_made_only_when_that_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no registry yet; train and register"):
        connect(f"sqlite:///{tmp_path}/none/mlflow.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_registry_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database, but it is long enough to look like one")
    (tmp_path / "folder.db").mkdir()
    for name in ("text.db", "folder.db"):
        with pytest.raises(RegistryError, match=f"{name}: is not a registry that can be opened"):
            connect(f"sqlite:///{tmp_path}/{name}")
    with closing(sqlite3.connect(tmp_path / "other.db")) as database:
        database.execute("CREATE TABLE customers (id)")
    with pytest.raises(RegistryError, match="is a SQLite database, but not one of MLflow"):
        connect(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(RegistryError, match="the registry's folder cannot be made"):
        connect(f"sqlite:///{tmp_path}/text.db/below/mlflow.db")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(RegistryError, match="the registry's folder cannot be written to"):
        connect(f"sqlite:///{tmp_path}/mlflow.db")


def test_an_address_that_mlflow_does_not_know_is_told() -> None:
    with pytest.raises(RegistryError, match="gopher://example: is no registry that MLflow can use"):
        connect("gopher://example")


@contextmanager
def serving(status: int, headers: dict[str, str] | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server that gives one answer to everything, and the paths that it was asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_that_is_not_there_is_told_quickly() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(RegistryError, match=f"http://127.0.0.1:{port}: the registry is out of reach .*refused"):
        connect(f"http://anna:secret@127.0.0.1:{port}")


def test_a_server_that_never_answers_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_address, "PATIENCE", 0.3)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        with pytest.raises(RegistryError, match="is out of reach .*timed out"):
            connect(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_a_gateway_without_a_registry_behind_it_is_out_of_reach() -> None:
    with serving(503) as (uri, _), pytest.raises(RegistryError, match="is out of reach .it answers 503"):
        connect(uri)


def test_a_server_that_is_no_registry_is_told_and_no_redirect_is_followed_to_find_out() -> None:
    with serving(200) as (elsewhere, asked), serving(302, {"Location": f"{elsewhere}/health"}) as (uri, _):
        registry_address.check_server(uri)
        assert asked == []
    with serving(404) as (uri, _), pytest.raises(RegistryError, match="is no registry that MLflow can use"):
        connect(uri)


def test_a_name_or_password_in_an_address_is_not_repeated() -> None:
    told = registry_address.without_secrets("postgresql://anna:secret@db.example.com:5432/mlflow")
    assert told == "postgresql://db.example.com:5432/mlflow"
