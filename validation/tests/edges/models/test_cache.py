"""The champion's answers are found again when nothing differs, and never when anything does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.__main__ import main
from mlgate.edges.models import cache
from mlgate.edges.models.cache import FOLDER, cached, clear, held
from mlgate.edges.models.model_answers import Expected
from mlgate.records.words import Task

ROWS = pa.table({"x": [1.0, 2.0], "c": ["a", None]})


class Asked:
    """A model that counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, table: pa.Table) -> np.ndarray[Any, Any]:
        self.times += 1
        return np.arange(table.num_rows, dtype=np.float64) + self.times


def remembered(
    folder: Path, asked: Asked, *, model: str = "sha256:a", expected: object = Expected()
) -> Callable[..., Any]:
    return cached(asked, folder=folder, model=model, expected=expected)


def test_the_same_rows_are_asked_about_once_and_answered_to_the_bit(tmp_path: Path) -> None:
    asked = Asked()
    first = remembered(tmp_path, asked)(ROWS)
    again = remembered(tmp_path, asked)(pa.table({"x": [1.0, 2.0], "c": ["a", None]}))
    assert asked.times == 1 and first.dtype == again.dtype and first.tolist() == again.tolist()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.set_column(0, "x", pa.array([1.0, 2.5])),
        ROWS.set_column(0, "x", pa.array([1.0, 2.0], pa.float32())),
        ROWS.select(["c", "x"]),
        ROWS.rename_columns(["x", "d"]),
        ROWS.slice(0, 1),
        ROWS.take([1, 0]),
        ROWS.set_column(1, "c", pa.array(["a", ""])),
        ROWS.append_column("more", pa.array([1, 2])),
    ],
    ids=["value", "type", "order", "name", "fewer", "rows turned", "null", "column"],
)
def test_other_rows_are_asked_about_anew(tmp_path: Path, rows: pa.Table) -> None:
    asked = Asked()
    ask = remembered(tmp_path, asked)
    ask(ROWS)
    ask(rows)
    assert asked.times == 2


def test_another_model_question_or_code_is_asked_anew_and_a_model_without_a_digest_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    for ask in (
        remembered(tmp_path, asked),
        remembered(tmp_path, asked, model="sha256:b"),
        remembered(tmp_path, asked, expected=Expected(task=Task.REGRESSION)),
        remembered(tmp_path, asked, model=""),
        remembered(tmp_path, asked, model=""),
    ):
        ask(ROWS)
    assert asked.times == 5
    monkeypatch.setattr(cache, "code_digest", lambda: "another version")
    remembered(tmp_path, asked)(ROWS)
    assert asked.times == 6


def test_a_file_that_is_not_what_was_written_is_not_believed(tmp_path: Path) -> None:
    asked = Asked()
    ask = remembered(tmp_path, asked)
    ask(ROWS)
    [path] = tmp_path.iterdir()
    for content in (path.read_bytes()[:-5], b"", b"x" * 200, path.read_bytes()[::-1]):
        path.write_bytes(content)
        ask(ROWS)
    assert asked.times == 5


def test_errors_are_not_kept_and_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    def broken(table: pa.Table) -> np.ndarray[Any, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cached(broken, folder=tmp_path / "answers", model="m", expected="")(ROWS)
    assert held(tmp_path / "answers")[0] == 0
    (tmp_path / "file").write_text("")
    asked = Asked()
    assert remembered(tmp_path / "file" / "below", asked)(ROWS).tolist() == [1.0, 2.0]


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    ask = remembered(tmp_path, asked)
    ask(ROWS)
    [first] = tmp_path.iterdir()
    os.utime(first, (1, 1))
    monkeypatch.setattr(cache, "LARGEST", 2 * first.stat().st_size - 8)
    ask(ROWS.take([1, 0]))
    assert not first.exists() and held(tmp_path)[0] == 1
    assert clear(tmp_path) == 1 and held(tmp_path)[:2] == (0, 0)


def test_the_command_shows_and_removes_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["cache"]) == 0
    assert "no answers of champions kept" in capsys.readouterr().out
    remembered(tmp_path / FOLDER, Asked())(ROWS)
    assert main(["cache"]) == 0
    assert "1 answer of champions kept" in capsys.readouterr().out
    assert main(["cache", "--clear", "--json"]) == 0
    assert '"removed": 1' in capsys.readouterr().out and held(tmp_path / FOLDER)[0] == 0
