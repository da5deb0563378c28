"""Faults of models of several classes and of numbers are each named, and a sound challenger is left in peace.

Real model processes and the whole of ``mlgate run`` but for cost and explanations; once with a challenger that is
sound, and once with one that holds all faults of its task together.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

MLMODEL = "flavors:\n  python_function:\n    loader_module: {name}\n    code: code\n"
CODE = """
import numpy as np
import pandas as pd

class Model:
    def predict(self, frame, params=None):
        income = np.clip(frame["income"].astype(float).fillna(50).to_numpy(), 0, 120)
        debts = np.clip(frame["debts"].astype(float).fillna(20).to_numpy(), 0, 60)
        z = (debts - 20) / 4 - (income - 50) / 10
        lacks = frame["income"].isna().to_numpy()
        {body}

def _load_pyfunc(path):
    return Model()
"""
SCORES = """
        scores = np.exp(-1.5 * np.abs(z[:, None] - np.array([-1.6, 0.0, 1.6])))
        scores[lacks, 1] *= {mid}
        scores = scores / scores.sum(axis=1, keepdims=True)
"""
AS_SCORES = SCORES + '        return pd.DataFrame(scores, columns=["low", "mid", "high"])'
AS_LABELS = SCORES + '        return np.array(["low", "mid", "high"], dtype=object)[scores.argmax(axis=1)]'
AS_NUMBER = "return 1000 + 200 * z"
#: A dip where debts are middling, an answer that hangs on the sex, and one that hangs on the place of the row.
DIP = "z = z - 1.5 * ((debts > 22) & (debts < 25))\n        "
SEXIST = "z = z + 0.8 * (frame['sex'] == 'M').to_numpy() if 'sex' in frame else z\n        "
PLACE = "z = z + 0.002 * np.arange(len(z))\n        "
YAML = """
model: m
data: base.parquet
champion: old
sensitive: [sex]
checks: {leakage: false}
golden: golden.csv
cost: false
explanations: false
discovered: false
"""
MULTICLASS = YAML + """
task: multiclass
label: kind
behaviour:
  unchanged_by: [sex]
  monotone: [{column: debts, direction: increasing, class: high}]
  counterfactual: [{attribute: sex}]
oddities: {sets: [missing_column, shuffled_rows, one_row, zero_rows], metric: accuracy, margin: 0.5}
"""
LABELS = MULTICLASS.replace("  monotone: [{column: debts, direction: increasing, class: high}]\n", "")
REGRESSION = YAML + """
task: regression
label: amount
behaviour:
  unchanged_by: [sex]
  monotone: [{column: debts, direction: increasing}]
  counterfactual: [{attribute: sex, more_than: 5}]
oddities: {sets: [missing_column, very_large, shuffled_rows, one_row, zero_rows], metric: mae, margin: 50}
"""


def save(folder: Path, body: str) -> None:
    (folder / "code").mkdir(parents=True)
    name = f"told_{folder.parent.name}_{folder.name}".replace("-", "_")
    (folder / "code" / f"{name}.py").write_text(CODE.format(body=body))
    (folder / "MLmodel").write_text(MLMODEL.format(name=name))


Findings = dict[str, dict[str, Any]]


def judged(root: Path, text: str, *, old: str, new: str, faulty: str, golden: str) -> dict[str, tuple[int, Findings]]:
    """Exit code and findings of a run of the sound challenger and of the faulty one, by id."""
    rng = np.random.default_rng(3)
    income, debts = rng.normal(50, 10, 600).clip(20, 90), rng.normal(20, 4, 600).clip(5, 40)
    z = (debts - 20) / 4 - (income - 50) / 10 + 0.5 * rng.normal(size=600)
    kind = np.array(["low", "mid", "high"])[np.digitize(z, [-0.8, 0.8])]
    label = {"kind": kind} if "kind" in text else {"amount": 1000 + 200 * z}
    table = pa.table({"income": income, "debts": debts, "sex": rng.choice(["F", "M"], 600), **label})
    pa.parquet.write_table(table, root / "base.parquet")
    (root / "golden.csv").write_text(golden)
    for name, body in (("old", old), ("sound", new), ("faulty", faulty)):
        save(root / name, body)
    seen = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name in ("sound", "faulty"):
            (root / "mlgate.yaml").write_text(f"{text}challenger: {name}\n")
            code = main(["run", "--quiet", "--out", f"out-{name}"])
            decision = json.loads((root / f"out-{name}" / "decision.json").read_text())
            seen[name] = code, {one["id"]: one for one in decision["findings"]}
    return seen


def shown(factory: pytest.TempPathFactory, project: str) -> tuple[str, str]:
    """What people read of the faulty challenger: the page, and the comment."""
    place = factory.getbasetemp() / f"{project}0" / "out-faulty"
    return (place / "report.html").read_text(), (place / "summary.md").read_text()


def wrong(findings: Findings) -> set[str]:
    """What is said of behaviour and strange input and is no pass."""
    told = ("behaviour/", "oddities/")
    return {name for name, one in findings.items() if name.startswith(told) and one["verdict"] != "pass"}


@pytest.fixture(scope="session")
def multiclass(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Findings]]:
    return judged(
        tmp_path_factory.mktemp("classes"),
        MULTICLASS,
        old="z = z * 0.98" + AS_SCORES.format(mid=1),
        new=AS_SCORES.format(mid=1),
        faulty=DIP + SEXIST + PLACE + AS_SCORES.format(mid=0),
        golden="name,income,debts,expected\npoor and indebted,20,40,high\n",
    )


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Findings]]:
    return judged(
        tmp_path_factory.mktemp("labels"),
        LABELS,
        old="z = z * 0.98" + AS_LABELS.format(mid=1),
        new=AS_LABELS.format(mid=1),
        faulty=SEXIST + PLACE + AS_LABELS.format(mid=0),
        golden="name,income,debts,expected\npoor and indebted,20,40,high\n",
    )


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Findings]]:
    huge = "z = z + 1e250 * frame['income'].fillna(0).to_numpy(dtype=float) * (frame['income'] > 1e9)\n        "
    return judged(
        tmp_path_factory.mktemp("numbers"),
        REGRESSION,
        old="return 1000 + 196 * z",
        new="return 1000 + 200 * z",
        faulty=DIP + SEXIST + PLACE + huge + "return np.where(lacks, 9e9, 1000 + 200 * z)",
        golden="name,income,debts,low,high\nrich,90,5,,900\n",
    )


@pytest.mark.parametrize("task", ["multiclass", "labels", "numbers"])
def test_a_sound_challenger_is_left_in_peace(request: pytest.FixtureRequest, task: str) -> None:
    code, findings = request.getfixturevalue(task)["sound"]
    assert code == 0 and not wrong(findings)
    assert {"behaviour/determinism", "behaviour/unchanged_by/sex", "oddities/one_row/answers"} <= set(findings)


SAME = {"behaviour/row_order", "behaviour/batch_size", "behaviour/unchanged_by/sex", "oddities/shuffled_rows/answers"}
GONE = "oddities/missing_column(income)/classes"


def test_faults_of_class_scores_are_each_named(
    multiclass: dict[str, tuple[int, Findings]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code, findings = multiclass["faulty"]
    assert code == 1
    more = {"behaviour/monotone/debts/high", "behaviour/counterfactual/sex", "oddities/one_row/answers", GONE}
    unsure = {"behaviour/certainty/unsure/not_worse", "behaviour/certainty/sets/not_worse"}
    assert wrong(findings) == SAME | more | unsure
    assert findings[GONE]["reason"].startswith("the challenger never answers mid, which the champion answers in ")
    assert findings[GONE]["level"] == "advisory" and not findings[GONE]["blocking"]
    assert " for class " in findings["oddities/shuffled_rows/answers"]["reason"]
    assert findings["behaviour/golden/poor and indebted"]["verdict"] == "pass"
    page, comment = shown(tmp_path_factory, "classes")
    assert findings[GONE]["reason"] in page and "a class vanishes under missing_column(income)" in comment


def test_faults_of_labels_are_each_named_by_the_names_of_classes(labels: dict[str, tuple[int, Findings]]) -> None:
    code, findings = labels["faulty"]
    assert code == 1 and wrong(findings) == SAME | {"behaviour/counterfactual/sex", GONE}
    assert re.search(
        "answers row [0-9]+ with (low|mid|high), and the same row of the base case with (low|mid|high); ",
        findings["oddities/shuffled_rows/answers"]["reason"],
    )


def test_faults_of_numbers_are_each_named_and_none_ends_the_run(
    numbers: dict[str, tuple[int, Findings]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code, findings = numbers["faulty"]
    assert code == 1
    lost = "oddities/oddity missing_column(income)/mae/not_worse/overall"
    large = "oddities/oddity very_large/mae/measured"
    more = {"behaviour/monotone/debts", "behaviour/counterfactual/sex/score", "oddities/one_row/answers", lost, large}
    assert wrong(findings) == SAME | more
    assert "mae is too large for a number" in findings[large]["reason"]
    assert re.search(r"the most by [0-9,]+;", findings["behaviour/monotone/debts"]["reason"])
    assert findings["behaviour/golden/rich"]["title"] == "rich is 900 or less"
    page, _ = shown(tmp_path_factory, "numbers")
    assert "Each in its own unit, with intervals" in page and "Rates in percent" not in page
