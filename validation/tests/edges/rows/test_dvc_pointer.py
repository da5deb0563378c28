"""DVC pointer files: followed to the very bytes they name, in place, by DVC, or refused in one sentence."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from mlgate.edges.rows import dvc_pointer
from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_batches, open_table
from mlgate.errors import ConfigError, MlgateError
from mlgate.records.data_settings import SourceSettings
from tests.edges.rows.test_sources import DIGEST, TABLE, write

#: Where it is, unless it stands beside the interpreter or on the path.
DVC = os.environ.get("MLGATE_DVC", "") or dvc_pointer._command()


def point(path: Path) -> Path:
    """A pointer to a file, as ``dvc add`` writes it."""
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    pointer = path.with_name(f"{path.name}.dvc")
    pointer.write_text(f"outs:\n- md5: {md5}\n  size: {path.stat().st_size}\n  hash: md5\n  path: {path.name}\n")
    return pointer


def refused(path: str, root: Path) -> MlgateError:
    with pytest.raises(MlgateError) as caught:
        open_table(SourceSettings(path=path), root)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert "mlgate-source-" not in message
    return caught.value


@pytest.fixture
def without_dvc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dvc_pointer, "_command", lambda: None)


@pytest.mark.usefixtures("without_dvc")
def test_data_in_place_are_read_without_dvc(tmp_path: Path) -> None:
    point(write(tmp_path / "x.parquet", TABLE))
    assert data_digest(row_identity(open_table(SourceSettings(path="x.parquet.dvc"), tmp_path), None)) == DIGEST


@pytest.mark.usefixtures("without_dvc")
@pytest.mark.parametrize("gone", [True, False])
def test_data_that_are_not_those_of_the_pointer_need_dvc(tmp_path: Path, gone: bool) -> None:
    data = write(tmp_path / "x.parquet", TABLE)
    point(data)
    if gone:
        data.unlink()
    else:
        write(data, TABLE.slice(1))
    problem = refused("x.parquet.dvc", tmp_path)
    assert isinstance(problem, ConfigError)
    assert "x.parquet.dvc: the data that it names are not in place (x.parquet), and DVC" in str(problem)
    assert "pip install dvc" in str(problem)


@pytest.mark.parametrize(
    "content",
    ["", "outs: []\n", "outs:\n- md5: a\n  path: a\n- md5: b\n  path: b\n", "{", "outs: 1\n", "a\n", b"\xff\xfe"],
)
def test_what_is_no_pointer_is_refused(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / "x.dvc").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "x.dvc: is not a DVC pointer to one file or folder" in str(refused("x.dvc", tmp_path))


def test_a_pointer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "none.dvc: there is no such file" in str(refused("none.dvc", tmp_path))


# ---- with a real DVC


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC repository whose data lie in its cache only."""
    if DVC is None:
        pytest.skip("DVC is not installed, neither beside this interpreter, nor on the path, nor where MLGATE_DVC says")
    command: str = DVC
    monkeypatch.setattr(dvc_pointer, "_command", lambda: command)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    write(tmp_path / "data" / "x.parquet", TABLE)
    for place in range(3):
        write(tmp_path / "data" / "many" / f"{place}.parquet", TABLE.slice(2 * place, 2))
    for arguments in (
        ["git", "init", "-q"],
        [command, "init", "-q"],
        [command, "add", "-q", "data/x.parquet", "data/many"],
    ):
        subprocess.run(arguments, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "data" / "x.parquet").unlink()
    shutil.rmtree(tmp_path / "data" / "many")
    return tmp_path


def test_dvc_gives_the_file_and_the_folder_and_leaves_the_working_tree_alone(repository: Path) -> None:
    for path in ("data/x.parquet.dvc", "data/many.dvc"):
        source = SourceSettings(path=path)
        assert data_digest(row_identity(open_table(source, repository), None)) == DIGEST
    batches = pa.Table.from_batches(list(open_batches(SourceSettings(path="data/many.dvc"), repository)))
    assert data_digest(row_identity(batches, None)) == DIGEST
    assert sorted(path.name for path in (repository / "data").iterdir()) == [".gitignore", "many.dvc", "x.parquet.dvc"]


def test_data_that_dvc_does_not_have_are_one_sentence(repository: Path) -> None:
    shutil.rmtree(repository / ".dvc" / "cache")
    message = str(refused("data/x.parquet.dvc", repository))
    assert "data/x.parquet.dvc: DVC cannot get the data (" in message
    assert "Having any troubles" not in message
