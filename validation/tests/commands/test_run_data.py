"""``mlgate data`` and ``mlgate run`` on bad data: each fault is a finding by name, and clean data raise none.

The model is a folder written by hand, so that no registry is needed.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

CODE = """
import numpy as np

class Scorer:
    def predict(self, frame, params=None):
        return 1 / (1 + np.exp(-2 * frame["x"].to_numpy(dtype=float)))

def _load_pyfunc(path):
    return Scorer()
"""
CONFIG = """
model: credit
label: label
id: id
champion: model
challenger: model
requirements: [{metric: accuracy, margin: 0.05}]
"""
MONDAY = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)


def rows(seed: int, count: int, *, first: int = 0, turned: float = 0.0) -> dict[str, Any]:
    """Rows that the model gets right mostly; of a share of them the label is chance."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    known = rng.random(count) < 1 / (1 + np.exp(-2 * x))
    label = np.where(rng.random(count) < turned, rng.random(count) < 0.5, known).astype(int)
    town = rng.choice(["ash", "oak", "elm"], count)
    return {
        "id": np.arange(first, first + count),
        "x": x,
        "z": rng.exponential(size=count),
        "town": town,
        "label": label,
    }


def write(path: Path, columns: dict[str, Any]) -> None:
    pyarrow.parquet.write_table(pa.table(columns), path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    code = tmp_path / "model" / "code"
    code.mkdir(parents=True)
    (code / "data_scorer.py").write_text(CODE)
    (tmp_path / "model" / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: data_scorer\n    code: code\n"
    )
    write(tmp_path / "train.parquet", rows(1, 3000))
    write(tmp_path / "base.parquet", rows(2, 1500, first=10_000))
    write(tmp_path / "recent.parquet", rows(3, 1500, first=20_000))
    configure(tmp_path)
    return tmp_path


def configure(project: Path, more: str = "", data: str = "") -> None:
    sets = data or "data: {train: train.parquet, base_case: base.parquet, recent: recent.parquet}\n"
    (project / "mlgate.yaml").write_text(CONFIG + sets + more)


def checked(project: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main(["data", "--quiet", "--out", "told", *options])
    found = json.loads((project / "told" / "data.json").read_text())["findings"]
    return code, {one["id"]: one for one in found if one["verdict"] != "pass"}


def test_clean_data_raise_no_finding(project: Path) -> None:
    assert checked(project) == (0, {})


def test_training_rows_in_the_base_case_are_refused_by_name(project: Path) -> None:
    base, train = rows(2, 1500, first=10_000), rows(1, 3000)
    for name in base:
        if name != "id":
            base[name][:300] = train[name][:300]
    write(project / "base.parquet", base)
    code, found = checked(project)
    assert code == 1
    assert any("shared" in name and one["blocking"] for name, one in found.items()), list(found)
    assert all(one["dataset"] == "base_case" for one in found.values())


def test_a_shifted_column_a_new_category_and_missing_values_are_each_named(project: Path) -> None:
    recent = rows(3, 1500, first=20_000)
    recent["x"] = recent["x"] + 1.0
    recent["town"][:150] = "yew"
    recent["z"] = np.where(np.arange(1500) < 200, np.nan, recent["z"])
    write(project / "recent.parquet", recent)
    code, found = checked(project)
    assert code == 1
    columns = {name.rpartition("/")[2] for name in found}
    assert {"x", "town", "z"} <= columns and not {"id", "base_case"} & columns
    assert any("yew" in one["reason"] for one in found.values())


def test_private_columns_are_told_without_their_values(project: Path) -> None:
    recent = rows(3, 1500, first=20_000)
    recent["town"][:150] = "secret town"
    write(project / "recent.parquet", recent)
    configure(project, "private: [town]\n")
    code, found = checked(project)
    assert code == 1 and any(name.endswith("/town") for name in found)
    assert "secret town" not in (project / "told" / "data.json").read_text()


def test_a_check_that_is_switched_off_is_not_made_and_with_all_of_them_off_nothing_is_left_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "recent.parquet", rows(3, 1500, first=20_000) | {"x": np.full(1500, 9.0)})
    configure(project, "checks: {drift: false, bounds: false}\n")
    assert checked(project) == (0, {})
    configure(project, "checks: {drift: false, bounds: false, leakage: false}\n")
    assert main(["data"]) == 2 and "asks nothing of these data sets" in capsys.readouterr().err


def test_rows_may_come_from_a_folder_a_database_and_a_callable(project: Path) -> None:
    folder = project / "parts"
    folder.mkdir()
    train = pa.table(rows(1, 3000))
    for part in range(3):
        pyarrow.parquet.write_table(train.slice(1000 * part, 1000), folder / f"{part}.parquet")
    recent = pa.table(rows(3, 1500, first=20_000)).to_pylist()
    with closing(sqlite3.connect(project / "gate.db")) as store, store:
        store.execute("create table recent (id integer, x real, z real, town text, label integer)")
        store.executemany("insert into recent values (:id, :x, :z, :town, :label)", recent)
    (project / "made.py").write_text(
        "import pyarrow.parquet\n\ndef base(name):\n    return pyarrow.parquet.read_table(name)\n"
    )
    plain = checked(project, "--dataset", "recent")
    configure(
        project,
        data=(
            "data:\n  train: parts\n  base_case: {callable: 'made:base', options: {name: base.parquet}}\n"
            "  recent: {url: 'sqlite:///gate.db', query: select * from recent}\n"
        ),
    )
    assert checked(project, "--dataset", "recent") == plain
    assert checked(project)[0] == 0


def test_a_feature_that_knows_the_label_is_named_beside_the_champions_figure(project: Path) -> None:
    base = rows(2, 1500, first=10_000)
    write(project / "base.parquet", base | {"z": base["label"] + 0.001 * base["z"]})
    configure(project, "checks: {drift: false, bounds: false}\n")
    assert main(["run", "--quiet", "--out", "out"]) == 1
    found = json.loads((project / "out" / "decision.json").read_text())["findings"]
    telling = [one for one in found if one["section"] == "data" and one["verdict"] == "fail" and "z" in one["title"]]
    assert telling and telling[0]["blocking"] and "AUC" in telling[0]["reason"]


def test_a_suite_is_drafted_passes_on_its_data_and_its_changes_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--infer", "train.parquet"]) == 0
    drafted = project / "data_tests" / "train.json"
    assert drafted.is_file() and "drafted data_tests/train.json" in capsys.readouterr().out
    assert main(["data", "--infer", "train.parquet"]) == 2, "what a person edited is not overwritten"
    configure(project, data="data: {base_case: {path: train.parquet, suite: data_tests/train.json}}\n")
    assert checked(project) == (0, {})
    assert (project / "told" / "data_docs" / "index.html").is_file()
    other = project / "other.json"
    other.write_text(drafted.read_text().replace('"elm"', '"yew"'))
    capsys.readouterr()
    assert main(["data", "--diff", str(drafted), str(other)]) == 0
    told = capsys.readouterr().out
    assert "town" in told and "yew" in told


def put_log(project: Path, *, turned: int) -> None:
    """Four weeks of production; in the last ones the labels are chance."""
    weeks = [rows(10 + week, 500, first=30_000 + 500 * week, turned=1.0 * (week >= 4 - turned)) for week in range(4)]
    table = pa.concat_tables([pa.table(week) for week in weeks])
    times = [MONDAY + datetime.timedelta(minutes=20 * row) for row in range(2000)]
    score = 1 / (1 + np.exp(-2 * np.asarray(table["x"])))
    logged = table.drop_columns(["label"]).append_column("time", pa.array(times))
    logged = logged.append_column("score", pa.array(score)).append_column("model_version", pa.array(["1"] * 2000))
    pyarrow.parquet.write_table(logged, project / "log.parquet")
    pyarrow.parquet.write_table(table.select(["id", "label"]), project / "labels.parquet")


LOG = """
log: {path: log.parquet, labels: labels.parquet, last: 4, until: "2026-02-02", decline: {metrics: [accuracy]}}
"""


@pytest.mark.parametrize("turned", [0, 2])
def test_every_window_of_the_log_is_judged_and_a_decline_of_the_champion_asks_for_retraining(
    project: Path, turned: int
) -> None:
    put_log(project, turned=turned)
    more = LOG + "checks: {leakage: false}\n"
    configure(project, more.replace("requirements", "#"))
    text = (project / "mlgate.yaml").read_text()
    asked = "requirements: [{metric: accuracy, margin: 0.05}, {metric: accuracy, margin: 0.05, dataset: windows}]"
    (project / "mlgate.yaml").write_text(text.replace("requirements: [{metric: accuracy, margin: 0.05}]", asked))
    code = main(["run", "--quiet", "--out", "out"])
    decision = json.loads((project / "out" / "decision.json").read_text())
    judged = {
        one["dataset"] for one in decision["findings"] if one["rule"] == "not_worse" and one["section"] == "compare"
    }
    assert judged == {"base_case", *(f"window 2026-W0{week}" for week in (2, 3, 4, 5))}
    decline = [one for one in decision["findings"] if "decline" in one["id"]]
    assert [one["verdict"] for one in decline] == ["fail" if turned else "pass"]
    assert not decline[0]["blocking"], "the champion's decline is no fault of the challenger"
    assert any(limit.startswith("Window 2026-W0") for limit in decision["limits"]), decision["limits"]
    assert code in ((0,) if not turned else (0, 1, 3))
