"""Finding and reading mlgate.yaml: what a command says when it is not there or not text."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import pytest

from mlgate.commands.common.settings import load_settings, metric_traits
from mlgate.config import Traits
from mlgate.config.defaults import BLANK
from mlgate.errors import ConfigError
from mlgate.metrics import known_names
from mlgate.records.words import Task

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


OWN = (
    "own_metrics:\n  - {name: settings_metrics.profit}\nrequirements:\n"
    "  - {metric: settings_metrics.profit, rule: not_worse, margin: 1}\n"
)


def test_own_metrics_are_not_imported_where_nothing_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "mlgate.yaml"
    path.write_text(MINIMAL + OWN)
    (tmp_path / "settings_metrics.py").write_text("raise RuntimeError('imported')\n")
    (metric,) = load_settings(str(path)).run.own_metrics
    assert metric.name == "settings_metrics.profit"
    with pytest.raises(ConfigError) as told:
        load_settings(str(path), import_own=True)
    assert str(told.value).startswith(f"{path}:5: settings_metrics cannot be imported (RuntimeError: imported)")


def test_own_metrics_are_imported_where_models_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    path = tmp_path / "mlgate.yaml"
    path.write_text(MINIMAL + OWN.replace("settings_metrics", "settled_metrics"))
    (tmp_path / "settled_metrics.py").write_text("def profit(labels, scores, weights):\n    return 2.0\n")
    (metric,) = load_settings(str(path), import_own=True).run.own_metrics
    assert metric.function([], [], []) == 2.0


@pytest.mark.parametrize("task", Task)
def test_every_metric_of_a_task_can_be_asked_about_in_that_task_only(task: Task) -> None:
    for name in set(known_names(task)) - {"cost", "value"}:  # these need amounts
        assert isinstance(metric_traits(name, dataclasses.replace(BLANK.run, task=task)), Traits), name
        for other in set(Task) - {task}:
            if name not in known_names(other):
                with pytest.raises(ConfigError, match=f'"{re.escape(name)}"'):
                    metric_traits(name, dataclasses.replace(BLANK.run, task=other))


def test_a_metric_of_another_task_is_refused_with_the_task_that_has_it() -> None:
    run = dataclasses.replace(BLANK.run, task=Task.REGRESSION)
    with pytest.raises(
        ConfigError, match='^the metric "fbeta\\(2\\)" belongs to task: binary, and task is regression;'
    ):
        metric_traits("fbeta(2)", run)
    with pytest.raises(ConfigError, match='^the metric "churn" belongs to task: binary or multiclass, and task is'):
        metric_traits("churn", run)


@pytest.mark.parametrize(
    ("name", "task", "expected"),
    [
        ("accuracy", Task.BINARY, Traits(reach=(0.0, 1.0))),
        ("mcc", Task.BINARY, Traits(reach=(-1.0, 1.0))),
        ("log_loss", Task.BINARY, Traits()),
        ("selection_rate", Task.BINARY, Traits(directed=False, reach=(0.0, 1.0))),
        ("churn", Task.BINARY, Traits(directed=False, of_pair=True, reach=(0.0, 1.0))),
        ("churn", Task.MULTICLASS, Traits(directed=False, of_pair=True, reach=(0.0, 1.0))),
        ("ece", Task.BINARY, Traits(decides=False)),
        ("recall(any class)", Task.MULTICLASS, Traits()),
        ("bias", Task.REGRESSION, Traits(directed=False)),
    ],
)
def test_what_can_be_asked_follows_from_the_metric(name: str, task: Task, expected: Traits) -> None:
    assert metric_traits(name, dataclasses.replace(BLANK.run, task=task)) == expected
