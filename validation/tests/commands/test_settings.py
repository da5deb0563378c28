"""Finding and reading mlgate.yaml: what a command says when it is not there or not text."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlgate.commands.settings import load_settings
from mlgate.errors import ConfigError

MINIMAL = "model: m\ndata: rows.parquet\nlabel: y\n"


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mlgate.yaml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    settings = load_settings("deep/mlgate.yaml")
    assert (settings.model, settings.root) == ("m", (tmp_path / "deep").resolve())


def test_a_file_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="gone.yaml: there is no such file; run from the folder of mlgate.yaml or"):
        load_settings("gone.yaml")


@pytest.mark.parametrize("content", [None, b"model: gr\xf6\xdfe\n"])
def test_a_folder_or_another_encoding_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mlgate.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read .*; it must be a text file in UTF-8"):
        load_settings(str(path))


def test_problems_are_told_with_the_name_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "mlgate.yaml"
    path.write_text(MINIMAL + "requirements: [{metric: acuracy, rule: not_worse, margin: 0.1}]\n")
    with pytest.raises(ConfigError) as told:
        load_settings(str(path))
    assert str(told.value).startswith(f"{path}:4: ") and 'did you mean "accuracy"' in str(told.value)
