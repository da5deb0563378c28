"""``mlgate check --predictions`` beyond one binary file: classes, numbers, units, weights, two files, own metrics."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

ROWS = 900
CLASSES = ("ash", "beech", "oak")


def binary(seed: int = 0) -> dict[str, Any]:
    """A label, two models that mostly agree, rows of 300 customers, and weights."""
    rng = np.random.default_rng(seed)
    y = (rng.random(ROWS) < 0.4).astype(int)
    old = np.clip(0.4 * y + 0.6 * rng.random(ROWS), 0, 1)
    new = np.clip(old + 0.02 * rng.standard_normal(ROWS), 0, 1)
    group = np.array(["a", "b"])[rng.integers(0, 2, ROWS)]
    return dict(row=np.arange(ROWS), y=y, old=old, new=new, group=group, weight=rng.integers(1, 4, ROWS))


def classes(quality: float = 2.0, seed: int = 0) -> dict[str, Any]:
    """A label of three classes, and scores and decisions of two models of that quality."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, ROWS)
    found: dict[str, Any] = {"y": np.array(CLASSES)[label]}
    for model, better in (("old", quality), ("new", quality + 0.1)):
        logits = rng.standard_normal((ROWS, 3))
        logits[np.arange(ROWS), label] += better
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        found |= {f"{model}_{name}": scores[:, place] for place, name in enumerate(CLASSES)}
        found[f"{model}s"] = np.array(CLASSES)[scores.argmax(axis=1)]
    return found


class Place:
    """A folder with prediction files, and the gate to put them through."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.told = ""

    def put(self, name: str, columns: dict[str, Any]) -> None:
        pyarrow.parquet.write_table(pa.table(columns), self.folder / name)

    def check(self, *options: str, file: str = "scored.parquet") -> int:
        code = main(["check", "--predictions", file, *options])
        said = self.capsys.readouterr()
        self.told = said.out + said.err
        return code

    def decision(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "reports/check/decision.json").read_text())
        return found

    def findings(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.decision()["findings"]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, capsys)


SCORES = ["--label", "y", "--champion", "old_*", "--challenger", "new_*"]
OLD_NEW = ["--label", "y", "--champion", "old", "--challenger", "new"]


# ---- several classes


def test_class_scores_are_judged_by_accuracy_and_log_loss_and_the_report_says_how_the_task_was_read(
    place: Place,
) -> None:
    place.put("scored.parquet", classes())
    assert place.check(*SCORES, "--margin", "0.05") in (0, 3)
    decision = place.decision()
    assert decision["task"] == "multiclass"
    assert {one["metric"] for one in decision["findings"]} == {"accuracy", "log_loss"}
    assert any("taken to be multiclass" in limit for limit in decision["limits"])
    assert {exhibit["name"] for exhibit in decision["exhibits"]} >= {"classes"}


def test_scores_and_decisions_of_the_same_models_have_one_accuracy(place: Place) -> None:
    place.put("scored.parquet", classes())
    # The file holds other answers of the same models, which make slices of nothing but what they answer.
    asked = ["--metric", "accuracy", "--metric", "recall(oak)", "--metric", "f1_macro", "--no-discover"]
    place.check(*SCORES, *asked)
    by_scores = place.findings()
    place.check("--label", "y", "--champion", "olds", "--challenger", "news", *asked)
    assert place.findings() == by_scores


def test_one_model_with_scores_and_one_with_decisions_are_compared_by_decisions(place: Place) -> None:
    place.put("scored.parquet", classes())
    assert place.check("--label", "y", "--champion", "old_*", "--challenger", "news", "--no-discover") in (0, 3)
    assert {one["metric"] for one in place.decision()["findings"]} == {"accuracy"}
    assert place.check("--label", "y", "--champion", "old_*", "--challenger", "news", "--metric", "log_loss") == 2
    assert "--metric log_loss needs scores" in place.told


def test_a_class_that_the_label_never_holds_is_still_a_class_of_the_scores(place: Place) -> None:
    columns = classes()
    place.put("scored.parquet", columns | {"y": np.where(columns["y"] == "oak", "ash", columns["y"])})
    assert place.check(*SCORES) in (0, 1, 3)
    shown = next(one for one in place.decision()["exhibits"] if one["name"] == "classes")
    assert {row[0] for row in shown["rows"]} == set(CLASSES)


def test_class_scores_that_do_not_add_up_to_1_are_the_champions_error_and_the_challengers_failure(place: Place) -> None:
    columns = classes()
    bad = np.array(columns["old_oak"])
    bad[3] = 0.999
    place.put("scored.parquet", columns | {"old_oak": bad})
    assert place.check(*SCORES) == 2
    assert "in row 4" in place.told and "add up to 1" in place.told
    bad = np.array(columns["new_oak"])
    bad[3] = 0.999
    place.put("scored.parquet", columns | {"new_oak": bad})
    assert place.check(*SCORES) == 1
    assert "1 row (row 4)" in place.findings()["compare/base_case/answers"]["reason"]


def test_a_missing_column_of_a_class_is_named(place: Place) -> None:
    place.put("scored.parquet", {name: column for name, column in classes().items() if name != "new_oak"})
    assert place.check(*SCORES) == 2
    assert "there is no column 'new_oak'" in place.told


# ---- numbers


def numbers(worse: float = 1.0) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    y = np.exp(rng.standard_normal(ROWS))
    error = rng.standard_normal(ROWS) * 0.1
    return {"y": y, "old": y + error, "new": y + worse * error, "group": np.array(["a", "b"])[rng.integers(0, 2, ROWS)]}


def test_predictions_of_numbers_are_judged_relative_to_the_champion(place: Place) -> None:
    place.put("scored.parquet", numbers())
    assert place.check(*OLD_NEW, "--by", "group") == 0
    decision = place.decision()
    assert decision["task"] == "regression"
    assert {one["metric"] for one in decision["findings"]} == {"mae", "rmse"}
    margin = place.findings()["compare/base_case/mae/not_worse/overall"]
    assert margin["margin"] == pytest.approx(0.02 * margin["champion"]["value"])
    place.put("scored.parquet", numbers(worse=1.3))
    assert place.check(*OLD_NEW) == 1


def test_a_margin_in_percent_is_of_the_champions_value_and_a_bare_one_is_in_units(place: Place) -> None:
    place.put("scored.parquet", numbers())
    place.check(*OLD_NEW, "--metric", "mae", "--margin", "10%")
    found = place.findings()["compare/base_case/mae/not_worse/overall"]
    assert found["margin"] == pytest.approx(0.1 * found["champion"]["value"])
    place.check(*OLD_NEW, "--metric", "mae", "--margin", "0.5")
    assert place.findings()["compare/base_case/mae/not_worse/overall"]["margin"] == 0.5


def test_a_number_that_is_not_finite_is_the_champions_error_and_the_challengers_failure(place: Place) -> None:
    for column, code in (("old", 2), ("new", 1)):
        columns = numbers()
        columns[column][7] = np.inf
        place.put("scored.parquet", columns)
        assert place.check(*OLD_NEW, "--task", "regression") == code
        assert "row 8" in place.told


# ---- rows that belong together, and rows that count more


def test_rows_of_one_unit_widen_the_interval_and_the_report_counts_units(place: Place) -> None:
    columns = {name: np.repeat(values, 4) for name, values in binary().items()}
    place.put("scored.parquet", columns | {"row": np.arange(4 * ROWS), "customer": columns["row"] + 0.5})
    place.check(*OLD_NEW)
    alone = place.findings()["compare/base_case/roc_auc/not_worse/overall"]
    place.check(*OLD_NEW, "--unit", "customer")
    together = place.findings()["compare/base_case/roc_auc/not_worse/overall"]
    assert (together["rows"], together["units"], alone["units"]) == (4 * ROWS, ROWS, 4 * ROWS)
    widths = [one["improvement"]["high"] - one["improvement"]["low"] for one in (alone, together)]
    assert widths[1] / widths[0] == pytest.approx(2.0, rel=0.05)
    assert together["improvement"]["value"] == alone["improvement"]["value"]


def test_a_column_that_repeats_without_being_declared_is_warned_about_until_it_is_declared(place: Place) -> None:
    columns = binary()
    place.put("scored.parquet", columns | {"customer_id": [f"c{row // 3}" for row in range(ROWS)]})
    place.check(*OLD_NEW)
    found = place.findings()["data/base_case/units"]
    assert (found["verdict"], found["level"], found["blocking"]) == ("inconclusive", "advisory", False)
    assert "column 'customer_id' holds 300 values in 900 rows" in found["reason"]
    assert "--unit customer_id" in found["reason"]
    place.check(*OLD_NEW, "--unit", "customer_id")
    assert "data/base_case/units" not in place.findings()


def test_a_whole_weight_counts_a_row_so_many_times(place: Place) -> None:
    columns = binary()
    place.put("scored.parquet", columns)
    place.check(*OLD_NEW, "--weight", "weight", "--metric", "accuracy", "--metric", "roc_auc", "--metric", "log_loss")
    weighted = place.findings()
    repeated = {name: np.repeat(values, columns["weight"]) for name, values in columns.items()}
    place.put("scored.parquet", repeated | {"row": np.arange(len(repeated["y"]))})
    place.check(*OLD_NEW, "--metric", "accuracy", "--metric", "roc_auc", "--metric", "log_loss")
    for name, found in place.findings().items():
        if found["metric"]:
            for side in ("champion", "challenger", "improvement"):
                assert weighted[name][side]["value"] == pytest.approx(found[side]["value"], abs=1e-7), (name, side)
    assert place.findings()["compare/base_case/accuracy/not_worse/overall"]["rows"] > ROWS


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_an_illegal_weight_is_refused_with_its_row(place: Place, weight: float) -> None:
    columns = binary()
    weights = columns["weight"].astype(float)
    weights[9] = weight
    place.put("scored.parquet", columns | {"weight": weights})
    assert place.check(*OLD_NEW, "--weight", "weight") == 2
    assert "column 'weight'" in place.told and "row 10" in place.told


def test_rows_that_all_weigh_nothing_are_refused(place: Place) -> None:
    place.put("scored.parquet", binary() | {"weight": np.zeros(ROWS)})
    assert place.check(*OLD_NEW, "--weight", "weight") == 2
    assert "all 900 weights are 0" in place.told


def test_thresholds_can_differ_between_the_models(place: Place) -> None:
    place.put("scored.parquet", binary())
    asked = ["--metric", "selection_rate", "--margin", "0.9"]
    place.check(*OLD_NEW, *asked, "--threshold", "0.3", "--champion-threshold", "0.9")
    found = place.findings()["compare/base_case/selection_rate/unchanged/overall"]
    columns = binary()
    assert found["champion"]["value"] == pytest.approx((columns["old"] >= 0.9).mean())
    assert found["challenger"]["value"] == pytest.approx((columns["new"] >= 0.3).mean())


# ---- two files


FILES = ["--champion-predictions", "old.parquet", "--label", "y", "--champion", "score", "--challenger", "score"]


def put_two(place: Place, *, drop: int = 0) -> None:
    """The champion's file with label and groups, and the challenger's, shuffled, with nothing but ids and scores."""
    columns = binary()
    order = np.random.default_rng(2).permutation(ROWS)[drop:]
    place.put("scored.parquet", columns)
    place.put(
        "old.parquet", {"row": columns["row"], "y": columns["y"], "group": columns["group"], "score": columns["old"]}
    )
    place.put("new.parquet", {"row": columns["row"][order], "score": columns["new"][order]})


def test_two_files_joined_by_id_give_the_findings_of_one(place: Place) -> None:
    put_two(place)
    place.check(*OLD_NEW, "--id", "row", "--by", "group")
    one = place.findings()
    assert place.check(*FILES, "--id", "row", "--by", "group", file="new.parquet") in (0, 3)
    assert place.findings() == one


def test_two_files_without_an_id_are_refused(place: Place) -> None:
    put_two(place)
    assert place.check(*FILES, file="new.parquet") == 2
    assert "position says nothing about which rows belong together" in place.told


def test_rows_that_only_the_champion_scored_fail_and_are_named(place: Place) -> None:
    put_two(place, drop=7)
    assert place.check(*FILES, "--id", "row", file="new.parquet") == 1
    found = place.findings()["compare/base_case/answers"]
    assert (found["verdict"], found["blocking"], found["rows"]) == ("fail", True, 7)
    gone = np.sort(np.random.default_rng(2).permutation(ROWS)[:7])
    assert f"(row {', '.join(map(str, gone[:5]))}, …)" in found["reason"]


def test_rows_that_only_the_challenger_scored_are_refused(place: Place) -> None:
    put_two(place)
    columns = binary()
    place.put("old.parquet", {"row": columns["row"][3:], "y": columns["y"][3:], "score": columns["old"][3:]})
    assert place.check(*FILES, "--id", "row", file="new.parquet") == 2
    assert "3 rows are not in old.parquet" in place.told and "(row 0)" in place.told


# ---- the user's own metric


def test_an_own_metric_is_found_in_the_current_folder_and_judged_by_the_bootstrap(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    (place.folder / "check_own.py").write_text(
        "import numpy as np\n"
        "def share_right(labels, scores, weights):\n"
        "    return float(np.average((scores >= 0.5) == labels, weights=weights))\n"
    )
    place.put("scored.parquet", binary())
    asked = ["--metric", "check_own.share_right", "--metric", "accuracy", "--margin", "0.02"]
    assert place.check(*OLD_NEW, *asked) in (0, 3)
    found = place.findings()
    own = found["compare/base_case/check_own.share_right/not_worse/overall"]
    accuracy = found["compare/base_case/accuracy/not_worse/overall"]
    assert own["improvement"]["value"] == pytest.approx(accuracy["improvement"]["value"])
    assert own["champion"]["value"] == pytest.approx(accuracy["champion"]["value"])
    order = np.random.default_rng(1).permutation(ROWS)
    place.put("scored.parquet", {name: values[order] for name, values in binary().items()})
    place.check(*OLD_NEW, *asked)
    assert place.findings() == found, "the bootstrap does not know the order of the rows"


def test_an_own_metric_without_a_margin_asks_for_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    (place.folder / "check_units.py").write_text("def profit(labels, scores, weights):\n    return 1.0\n")
    place.put("scored.parquet", binary())
    assert place.check(*OLD_NEW, "--metric", "check_units.profit") == 2
    assert "--metric check_units.profit needs --margin, since only you know its units" in place.told


def test_changes_of_decisions_are_bounded_and_need_a_champion(place: Place) -> None:
    place.put("scored.parquet", binary())
    assert place.check(*OLD_NEW, "--metric", "churn", "--margin", "0.2") == 0
    found = place.findings()["compare/base_case/churn/at_most/overall"]
    assert found["bound"] == 0.2 and found["champion"] is None
    columns = binary()
    moved = ((columns["old"] >= 0.5) != (columns["new"] >= 0.5)).mean()
    assert found["challenger"]["value"] == pytest.approx(moved)
    assert place.check("--label", "y", "--challenger", "new", "--metric", "churn") == 3
