"""Files of an object store: a real S3 client against moto's server on this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_batches, open_table
from mlgate.errors import ConfigError, MlgateError
from mlgate.records.data_settings import SourceSettings
from tests.edges.rows.test_sources import DIGEST, TABLE, partitioned, write

pytest.importorskip("moto", reason="moto, which plays S3, is not installed")
pytest.importorskip("s3fs", reason="s3fs is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an S3 that forgets everything when it ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(address, timeout=30).close()
                break
            except OSError:  # not there yet, or busy with its first imports
                assert process.poll() is None, "moto's server ended"
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def put(address: str, name: str, content: bytes | None) -> None:
    """Make a bucket (content None), or an object in one; moto does not check who asks."""
    request = urllib.request.Request(f"{address}/{name}", data=content or b"", method="PUT")
    request.add_header("Content-Type", "application/octet-stream")  # urllib's own is that of a form
    urllib.request.urlopen(request, timeout=30).close()


@pytest.fixture(scope="module")
def filled(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address, when its bucket ``loans`` holds the same rows as one file, as partitions, and broken."""
    put(server, "loans", None)
    local = tmp_path_factory.mktemp("local")
    whole = write(local / "one.parquet", TABLE)
    put(server, "loans/one.parquet", whole.read_bytes())
    folder = partitioned(local / "days", TABLE, "day")
    for file in folder.rglob("*.parquet"):
        put(server, f"loans/days/{file.relative_to(folder)}", file.read_bytes())
    put(server, "loans/days/_SUCCESS", b"")
    put(server, "loans/broken/a.parquet", whole.read_bytes())
    put(server, "loans/broken/b.parquet", whole.read_bytes()[:-20])
    put(server, "loans/notes/readme.txt", b"no data")
    return server


@pytest.fixture
def bucket(filled: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {
        "AWS_ENDPOINT_URL": filled,
        "AWS_ACCESS_KEY_ID": "AKIAMOTO",
        "AWS_SECRET_ACCESS_KEY": "very-secret-key",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return "s3://loans"


def refused(path: str, root: Path, **more: Any) -> str:
    with pytest.raises(MlgateError) as caught:
        open_table(SourceSettings(path=path, **more), root)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert "very-secret-key" not in message
    assert "mlgate-source-" not in message
    return message


@pytest.mark.parametrize("path", ["one.parquet", "days", "days/", "days/*/part-*.parquet", "one.*"])
def test_rows_of_an_object_store_have_the_digest_of_the_file(bucket: str, tmp_path: Path, path: str) -> None:
    source = SourceSettings(path=f"{bucket}/{path}")
    assert data_digest(row_identity(open_table(source, tmp_path), None)) == DIGEST
    batches = list(open_batches(source, tmp_path, rows=2))
    assert sum(batch.num_rows for batch in batches) == TABLE.num_rows


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("s3://no-such-bucket/x.parquet", "s3://no-such-bucket/x.parquet: there is nothing at this address ("),
        ("s3://loans/none.parquet", "s3://loans/none.parquet: there is nothing at this address ("),
        ("s3://loans/none/*.parquet", "s3://loans/none/*.parquet: there are no data files there"),
        ("s3://loans/notes", "s3://loans/notes: there are no data files there"),
        ("s3://loans/broken", "s3://loans/broken/b.parquet: cannot be read: "),
    ],
)
def test_what_is_not_there_is_one_sentence(bucket: str, tmp_path: Path, path: str, words: str) -> None:
    assert words in refused(path, tmp_path)


def test_a_store_that_does_not_answer_is_ended(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "took longer than 5 s and was ended" in refused(f"{bucket}/one.parquet", tmp_path, timeout=5.0)


def test_an_address_of_another_kind_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="addresses that start with ftp:// cannot be read"):
        open_table(SourceSettings(path="ftp://host/x.csv"), tmp_path)


@pytest.mark.parametrize(("scheme", "package"), [("gs", "gcsfs"), ("abfs", "adlfs")])
def test_a_store_whose_support_is_missing_says_what_to_install(tmp_path: Path, scheme: str, package: str) -> None:
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(
            ConfigError, match=f"reading it needs {package}, which is not installed; run pip install {package}."
        ):
            open_table(SourceSettings(path=f"{scheme}://bucket/x.csv"), tmp_path)
    else:
        pytest.skip(f"{package} is installed")
