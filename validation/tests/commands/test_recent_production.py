"""A prediction log from file to finding: windows, both models asked about each, the champion's decline, its skew."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate import gate
from mlgate.checks.decline import observe_decline
from mlgate.commands.model_steps.models import ask, opened
from mlgate.config.defaults import BLANK
from mlgate.edges.logs.prediction_log import read_log, tables_of, windows_of
from mlgate.edges.logs.skew_rows import observe_logged_scores
from mlgate.metrics import find
from mlgate.records.data_settings import DeclineSettings, LogSettings, SkewSettings, SourceSettings
from mlgate.records.evidence import Evidence
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Level, Rule, Verdict
from mlgate.stages.compare import compare
from tests.making import asked

FIRST = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
WEEKS, PER_WEEK = 5, 400


def rows(count: int, *, turned: int = 0) -> pa.Table:
    """Rows that the tiny model gets right mostly, but for the last ``turned`` of them, where labels are chance."""
    rng = np.random.default_rng(count)
    x, y = rng.normal(size=count), rng.normal(size=count)
    score = 1 / (1 + np.exp(-(x + y)))
    chance = np.arange(count) >= count - turned
    label = np.where(chance, rng.random(count) < 0.5, rng.random(count) < score).astype(int)
    return pa.table({"x": x, "y": y, "label": label, "score": score, "id": np.arange(count)})


@pytest.fixture
def log(tmp_path: Path) -> LogSettings:
    """Five weeks, of which the last two have gone wrong; the labels stand in a file of their own."""
    count = WEEKS * PER_WEEK
    table = rows(count, turned=2 * PER_WEEK)
    times = [FIRST + datetime.timedelta(days=7 * WEEKS * row / count) for row in range(count)]
    logged = table.drop_columns(["label"]).append_column("time", pa.array(times))
    pyarrow.parquet.write_table(
        logged.append_column("model_version", pa.array(["1"] * count)), tmp_path / "log.parquet"
    )
    pyarrow.parquet.write_table(table.select(["id", "label"]), tmp_path / "labels.parquet")
    return LogSettings(
        source=SourceSettings(path="log.parquet"),
        labels=SourceSettings(path="labels.parquet"),
        last=WEEKS,
        until="2026-02-09",
    )


def test_both_models_are_judged_on_every_window_and_the_decline_of_the_champion_is_found(
    tmp_path: Path, tiny_model: Path, log: LogSettings
) -> None:
    read = read_log(log, tmp_path)
    windows, notes = windows_of(read, log)
    assert not notes
    assert read.notes == ("labels.parquet: 2,000 labels joined to log.parquet",)
    tables = tables_of(windows, log, label="label", source=read.source)
    base = rows(1500).drop_columns(["score"])
    needed = [asked(rule=Rule.NOT_WORSE, margin=0.05, dataset=name) for name in ("base_case", *tables)]
    settings = dataclasses.replace(
        BLANK, root=tmp_path, label=LabelSettings(column="label"), id="id", run=Run(requirements=tuple(needed))
    )
    with opened(settings, challenger=str(tiny_model), champion=str(tiny_model), tracking_uri=None) as models:
        settings, batches = ask(settings, models, {"base_case": (base, "base.parquet"), **tables})
    answered = {name: list(some) for name, some in batches.items()}
    outcome = gate.run(settings.run, batches=answered["base_case"], windows={name: answered[name] for name in tables})
    assert {one.dataset for one in outcome.findings if one.verdict is Verdict.PASS} == {"base_case", *tables}

    def evidence(name: str) -> tuple[Evidence, ...]:
        return compare(settings.run, outcome.tallies[name], dataset=name, metrics=["accuracy"])

    (seen,) = observe_decline(
        evidence("base_case"),
        [(one.name, evidence(f"window {one.name}")) for one in windows],
        settings=DeclineSettings(metrics=("accuracy",)),
        greater_is_better={"accuracy": find("accuracy", settings.run).greater_is_better},
    )
    assert (seen.value, seen.at_most, seen.level) == (2.0, 1.0, Level.ADVISORY)
    assert seen.reason.startswith("worse in 2 of the last 3 windows (2026-W05, 2026-W06); 2026-W06: 0.")
    assert seen.reason.endswith("; train the model again")
    assert seen.rows == 3 * PER_WEEK

    scores = np.concatenate([np.asarray(batch.champion) for batch in answered["window 2026-W02"]])
    same = observe_logged_scores(
        windows[0], scores, log=log, version="1", name="window 2026-W02", settings=SkewSettings()
    )
    assert (same.value, same.reason) == (0.0, "all 400 scores are those logged")
    turned = observe_logged_scores(
        windows[0], scores[::-1], log=log, version="1", name="window 2026-W02", settings=SkewSettings()
    )
    assert turned.value > 0.9
