"""What leaves: a private value, a row's id and a small group are planted, and looked for in every file of a run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.records.codec import decode
from mlgate.records.decision import Decision
from mlgate.render import html, junit, markdown

#: The challenger answers, and what goes wrong where a value is missing is told with a row of the data.
CODE = """
import numpy as np

class Scorer:
    def predict(self, frame, params=None):
        x = frame["x"].to_numpy(dtype=float)
        if np.isnan(x).any() and {breaks}:
            raise ValueError("no x for %s" % frame["name"].dropna().iloc[0])
        return 1 / (1 + np.exp(-2 * np.nan_to_num(x)))

def _load_pyfunc(path):
    return Scorer()
"""
CONFIG = """
model: credit
label: label
id: id
private: [name, account]
data:
  train: train.parquet
  base_case: {path: base.parquet, suite: base.json}
  recent: recent.parquet
champion: old
challenger: new
sensitive: [town]
slices: [{by: town}]
fairness: [{metric: selection_rate, attribute: town, rule: at_most, bound: 0.9}]
oddities: {sets: [missing]}
suites: [model_tests]
cost: false
privacy: false
certainty: false
requirements:
  - {metric: accuracy, margin: 0.05}
  - {metric: accuracy, margin: 0.05, on: slices}
  - {metric: recall, margin: 0.05, on: slices}
"""
SUITE = {
    "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "x", "min_value": -50, "max_value": 50}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "name", "value_set": ["Nobody Known"]}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "account", "min_value": 0, "max_value": 9}},
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "x", "min_value": 0, "max_value": 50}},
    ]
}
TEST = """
import pytest

@pytest.mark.mlgate(level="advisory")
def test_that_fails_with_a_row(base_case):
    row = base_case.to_pylist()[0] if hasattr(base_case, "to_pylist") else base_case.iloc[0].to_dict()
    print("printed", row["name"], row["id"])
    assert row["x"] > 1e6, "row %s of %s" % (row["id"], row["name"])
"""
FEW = 4


def rows(seed: int, count: int, first: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    return {
        "id": np.arange(first, first + count) * 7919 + 31_000_000,
        "x": x,
        "name": [f"Secretname{first + place} Bearer{place % 7}" for place in range(count)],
        "account": np.arange(first, first + count) * 104_729 + 880_000_000,
        "town": rng.choice(["ashford", "oakham"], count),
        "label": (rng.random(count) < 1 / (1 + np.exp(-2 * x))).astype(int),
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Base case with four people of one town, three rows out of range, and some that were trained on."""
    folder = tmp_path_factory.mktemp("disclosure")
    train, base, recent = rows(1, 1500, 0), rows(2, 900, 10_000), rows(3, 600, 20_000)
    base["town"][:FEW] = "thorpe"
    base["x"][[7, 8, 9]] = 4321.5
    for name in ("x", "name", "account", "town", "label"):
        base[name][20:23] = train[name][20:23]
    for name, columns in (("train", train), ("base", base), ("recent", recent)):
        pyarrow.parquet.write_table(pa.table(columns), folder / f"{name}.parquet")
    for name, breaks in (("old", False), ("new", True)):
        code = folder / name / "code"
        code.mkdir(parents=True)
        (code / f"{name}_scorer.py").write_text(CODE.format(breaks=breaks))
        (folder / name / "MLmodel").write_text(
            f"flavors:\n  python_function:\n    loader_module: {name}_scorer\n    code: code\n"
        )
    (folder / "base.json").write_text(json.dumps(SUITE))
    (folder / "model_tests").mkdir()
    (folder / "model_tests" / "test_rows.py").write_text(TEST)
    return folder


@pytest.fixture(scope="module")
def run(project: Path) -> Callable[[str], Path]:
    """The folder of a run at some level of disclosure, made once."""
    made: dict[str, Path] = {}

    def at(level: str) -> Path:
        if level not in made:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(project)
                patch.delenv("MLFLOW_TRACKING_URI", raising=False)
                (project / "mlgate.yaml").write_text(CONFIG + f"disclosure: {level}\n")
                assert main(["run", "--quiet", "--out", level]) == 1
                assert main(["data", "--quiet", "--out", f"{level}-data"]) == 1
            made[level] = project / level
        return made[level]

    return at


def texts(folder: Path) -> dict[str, str]:
    """Every file of a run as text, tables of numpy included."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                found[path.name] = "\n".join(f"{name} {file[name].tolist()}" for name in file.files)
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_text(encoding="utf-8", errors="replace")
    return found


def findings(folder: Path) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in json.loads((folder / "decision.json").read_text())["findings"]}


@pytest.mark.parametrize("level", ["internal", "aggregates"])
def test_a_private_value_stands_in_no_file_of_a_run(run: Callable[[str], Path], level: str) -> None:
    folder = run(level)
    for place in (folder, folder.with_name(f"{level}-data")):
        for name, text in texts(place).items():
            assert "Secretname" not in text and "Bearer" not in text, (level, name)
            assert not _numbers(text) & _of_all("account"), (level, name)


def _numbers(text: str) -> set[int]:
    return {int(one) for one in re.findall(r"\d{6,}", text)}


def _of_all(column: str) -> set[int]:
    return {int(one) for first in (0, 10_000, 20_000) for one in rows(1, 1500, first)[column]}


def test_what_was_planted_is_found_where_it_may_be_told(run: Callable[[str], Path]) -> None:
    """Else the other tests would look for what is never written."""
    found = findings(run("internal"))
    outside = found["data/base_case/x/values_between"]
    assert outside["examples"].startswith("id ") and "3 of 900" in outside["reason"]
    assert "4,321.5" in json.dumps(found) or "4321.5" in json.dumps(found)
    assert "(private)" in found["oddities/missing/answers"]["reason"]
    assert "thorpe" in json.dumps(list(found)) and (run("internal") / "data_docs").is_dir()
    assert any("(private)" in one["reason"] for one in found.values() if one["section"] == "behaviour")


def test_rows_are_named_in_the_folder_and_in_what_travels_only_when_they_are_public(run: Callable[[str], Path]) -> None:
    decision = decode(Decision, json.loads((run("internal") / "decision.json").read_text()), where="decision.json")
    examples = findings(run("internal"))["data/base_case/x/values_between"]["examples"]
    first = examples.split()[1].rstrip(",")
    for level, travels in (("internal", False), ("public", True)):
        made = dataclasses.replace(decision, disclosure=level)
        assert first in html.render(made)
        assert (first in junit.render(made)) == travels and (first in markdown.render(made)) == travels, level


def test_aggregates_name_no_row_and_hold_no_small_count(run: Callable[[str], Path]) -> None:
    folder = run("aggregates")
    told = texts(folder)
    assert set(told) == {
        "decision.json", "decision.intoto.json", "report.html", "summary.md", "junit.xml", "tally.npz",
    }  # fmt: skip
    for name, text in told.items():
        assert not _numbers(text) & _of_all("id"), name
        assert not re.search(r"(?<!\d)3 of 900", text) and "4321.5" not in text and "4,321.5" not in text, name
    decision = json.loads(told["decision.json"])
    for finding in decision["findings"]:
        for figure in ("rows", "differing", "gained", "lost", "units"):
            assert not 0 < (finding[figure] or 0) < 10, (finding["id"], figure)
    for exhibit in decision["exhibits"]:
        for row in exhibit["rows"]:
            values = dict(zip(exhibit["columns"], row, strict=True))
            counts = {name: value for name, value in values.items() if name == "rows" or re.match("n[01]{3}", name)}
            assert "town=thorpe" not in (values.get("group"), values.get("first"), values.get("second")), values
            assert not [one for one in counts.values() if one is not None and 0 < one < 10], (exhibit["name"], values)


def test_a_small_group_keeps_its_verdict_and_says_that_its_figures_are_withheld(run: Callable[[str], Path]) -> None:
    open_, closed = findings(run("internal")), findings(run("aggregates"))
    assert {name: one["verdict"] for name, one in open_.items()} == {
        name: one["verdict"] for name, one in closed.items()
    }
    assert {name: one["blocking"] for name, one in open_.items()} == {
        name: one["blocking"] for name, one in closed.items()
    }
    small = closed["slices/base_case/accuracy/not_worse/town=thorpe"]
    assert small["challenger"] is None and small["rows"] is None and "withheld" in small["reason"]
    assert open_[small["id"]]["challenger"]["value"] is not None
    report = (run("aggregates") / "report.html").read_text()
    assert "Disclosure: aggregates" in report and "withheld" in report
    partner = [one for name, one in closed.items() if "/accuracy/" in name and "town=" in name and not one["rows"]]
    assert len(partner) == 2, "with one group left out, subtraction would tell it"
