"""``mlgate check`` on prediction files, as a user runs it: verdicts, refusals, and what is on the disk afterwards."""

from __future__ import annotations

import json
import math
import re
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.records.codec import decode
from mlgate.records.decision import Decision
from mlgate.render import html, junit, markdown
from mlgate.tally_file import load

ROWS = 600
#: A count of one with its noun in the plural.
MANY_OF_ONE = re.compile(r"(?<![\d.,])1 (rows|positive rows|negative rows|findings|columns|values)\b")
BASE = ["--label", "y", "--champion", "old", "--challenger", "new"]
FILES = ["decision.intoto.json", "decision.json", "junit.xml", "report.html", "summary.md", "tally.npz"]


def columns(seed: int = 0, rows: int = ROWS) -> dict[str, Any]:
    """Two good models that mostly agree, a group, an identifier, and the label."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.4).astype(int)
    old = np.clip(0.6 * y + 0.4 * rng.random(rows), 0, 1)
    new = np.clip(old + 0.01 * rng.standard_normal(rows), 0, 1)
    return {
        "id": np.arange(rows),
        "y": y,
        "old": old,
        "new": new,
        "group": np.array(["a", "b", "c"])[rng.integers(0, 3, rows)],
    }


class Place:
    """A folder with a prediction file in it, and the gate to put it through."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.told = ""

    def put(self, changed: Mapping[str, Any] | None = None) -> None:
        """Write a prediction file with some columns exchanged or added."""
        pyarrow.parquet.write_table(pa.table({**columns(), **(changed or {})}), self.folder / "scored.parquet")

    def check(self, *options: str, file: str = "scored.parquet", base: Sequence[str] = BASE) -> int:
        """Run ``mlgate check`` and keep what it said."""
        code = main(["check", "--predictions", file, *base, *options])
        said = self.capsys.readouterr()
        self.told = said.out + said.err
        return code

    def decision(self, out: str = "reports/check") -> dict[str, Any]:
        decision: dict[str, Any] = json.loads((self.folder / out / "decision.json").read_text())
        return decision

    def findings(self, out: str = "reports/check") -> dict[str, dict[str, Any]]:
        found = self.decision(out)["findings"]
        assert len({one["id"] for one in found}) == len(found), "two findings have one id"
        return {one["id"]: one for one in found}

    def left(self) -> list[str]:
        """Everything in the folder but the inputs."""
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and path.suffix not in (".parquet", ".csv", ".feather", ".jsonl")
        )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, capsys)


# ---- the road


def test_a_good_challenger_passes_and_the_whole_run_is_written(place: Place) -> None:
    place.put()
    assert place.check("--by", "group", "--margin", "0.02") == 0
    assert sorted(path.name for path in (place.folder / "reports/check").iterdir()) == FILES
    assert place.left() == [f"reports/check/{name}" for name in FILES], "nothing else is left"
    decision = place.decision()
    assert decision["verdict"] == "pass" and decision["approval"]["state"] == "not_needed"
    assert place.told.startswith("pass: All 3 required findings pass")
    assert place.told.endswith("report: reports/check/report.html\n")
    assert decision["provenance"]["data"][0]["rows"] == ROWS
    assert {model["source"] for model in decision["provenance"]["models"]} == {"column old", "column new"}


def test_identical_models_never_fail_whatever_the_slices(place: Place) -> None:
    place.put(dict(new=columns()["old"]))
    assert place.check("--by", "group", "--by", "y", "--cross", "group,y") in (0, 3)
    assert {one["verdict"] for one in place.findings().values()} <= {"pass", "inconclusive"}
    assert not any(
        one["adjusted_p"] is not None and one["adjusted_p"] < 0.5 for one in place.findings().values()
    ), "identical models are never significantly different"
    assert all(
        one["adjusted_p"] is not None for one in place.findings().values() if one["level"] == "guarded"
    ), "every guarded finding has its p"


def test_a_planted_regression_in_one_slice_is_a_guarded_failure(place: Place) -> None:
    values = columns()
    bad = values["group"] == "b"
    flip = bad & (np.random.default_rng(1).random(ROWS) < 0.3)
    place.put(dict(new=np.where(flip, 1 - values["old"], values["old"])))
    assert place.check("--by", "group", "--metric", "accuracy", "--margin", "0.2") == 0, "real, but within the margin"
    assert place.check("--by", "group", "--metric", "accuracy", "--margin", "0.1") == 1
    found = place.findings()["slices/base_case/accuracy/not_worse/group=b"]
    assert (found["verdict"], found["level"], found["blocking"]) == ("fail", "guarded", True)
    assert found["adjusted_p"] < 0.001 and found["lost"] > 10 * max(found["gained"], 1)
    assert found["title"] in place.told
    others = [place.findings()[f"slices/base_case/accuracy/not_worse/group={name}"] for name in "ac"]
    assert all(one["verdict"] == "pass" for one in others)


def test_a_challenger_trained_on_noise_is_refused(place: Place) -> None:
    place.put(dict(new=np.random.default_rng(5).random(ROWS)))
    assert place.check() == 1
    assert place.told.startswith("fail: ")
    assert place.decision()["verdict"] == "fail"


def test_too_few_rows_are_inconclusive_and_exit_3(place: Place) -> None:
    pyarrow.parquet.write_table(pa.table(columns(rows=40)), "scored.parquet")
    assert place.check() == 3
    assert "At least 300 needed." in place.told


def test_one_row_is_enough_for_an_answer(place: Place) -> None:
    for label in (0, 1):
        pyarrow.parquet.write_table(pa.table({"y": [label], "old": [0.4], "new": [0.6]}), "scored.parquet")
        assert place.check("--by", "y") == 3
        files = [(place.folder / "reports" / "check" / name).read_text() for name in ("summary.md", "decision.json")]
        for said in (place.told, *files):
            assert not MANY_OF_ONE.search(said), MANY_OF_ONE.search(said)
        assert "1 row, at least 30 needed" in files[1]


def test_without_a_champion_the_challenger_must_beat_the_base_rate_and_chance(place: Place) -> None:
    alone = ["--label", "y", "--challenger", "new"]
    place.put()
    assert place.check(base=alone) == 0
    found = place.findings()
    paired = [one for one in found.values() if one["rule"] == "not_worse"]
    assert len(paired) == 3 and {one["reason"] for one in paired} == {"no champion"}
    passed = {one["title"] for one in found.values() if one["verdict"] == "pass"}
    assert passed == {"log_loss better than the baseline overall", "roc_auc at least 0.5 overall"}
    place.put(dict(new=np.random.default_rng(5).random(ROWS)))
    assert place.check(base=alone) == 1, "scores of noise are worse than the base rate"
    place.put(dict(new=np.full(ROWS, columns()["y"].mean())))
    assert place.check(base=alone) == 3, "the base rate itself does not beat the base rate"


# ---- the same evidence, whatever the file


def spoilt(values: dict[str, Any]) -> pa.Table:
    """Rows that are worth judging: with ties, a missing group, and scores of exactly 0 and 1."""
    values = dict(values, old=np.round(values["old"], 2), new=np.round(values["new"], 2))
    group = [None if row % 17 == 0 else name for row, name in enumerate(values["group"].tolist())]
    return pa.table({**values, "group": group})


def test_shuffled_and_repartitioned_files_of_every_format_give_the_same_findings_and_tally(place: Place) -> None:
    table = spoilt(columns())
    order = np.random.default_rng(3).permutation(ROWS)
    shuffled = table.take(pa.array(order)).select(["group", "new", "y", "old", "id"])
    pyarrow.parquet.write_table(table, "plain.parquet")
    pyarrow.parquet.write_table(shuffled, "shuffled.parquet", row_group_size=37)
    pyarrow.parquet.write_table(shuffled, "dictionary.parquet", use_dictionary=["group"])
    pyarrow.feather.write_feather(shuffled, "f.feather", chunksize=41)
    pyarrow.csv.write_csv(shuffled, "c.csv")
    Path("j.jsonl").write_text("".join(json.dumps(row) + "\n" for row in shuffled.to_pylist()))
    found = []
    for name in ("plain.parquet", "shuffled.parquet", "dictionary.parquet", "f.feather", "c.csv", "j.jsonl"):
        place.check("--by", "group", "--cross", "group,y", "--out", f"out/{name}", file=name)
        decision = place.decision(f"out/{name}")
        tally = (place.folder / "out" / name / "tally.npz").read_bytes()
        found.append((tally, decision["findings"], decision["exhibits"], decision["provenance"]["data"][0]["digest"]))
    for other in found[1:]:
        assert other == found[0]


def test_the_same_call_twice_gives_the_same_evidence(place: Place) -> None:
    place.put()
    found = []
    for out in ("first", "second"):
        place.check("--by", "group", "--out", out)
        decision = place.decision(out)
        tally = (place.folder / out / "tally.npz").read_bytes()
        found.append((tally, decision["findings"], decision["exhibits"], decision["provenance"]["config_digest"]))
    assert found[0] == found[1]


def test_the_tally_holds_the_evidence_that_the_decision_names(place: Place) -> None:
    place.put()
    place.check("--by", "group")
    tally = load((place.folder / "reports/check/tally.npz").read_bytes())["base_case"]
    assert tally.slices == ("group=a", "group=b", "group=c", "overall")
    assert tally.cells[-1].sum() == ROWS


# ---- decisions, labels and scores


def test_decisions_are_judged_as_decisions(place: Place) -> None:
    values = columns()
    place.put(dict(old=(values["old"] > 0.5).astype(int), new=(values["new"] > 0.5).astype(float)))
    assert place.check("--by", "group") in (0, 3)
    assert {one["metric"] for one in place.findings().values()} == {"accuracy", "balanced_accuracy"}


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier"])
@pytest.mark.parametrize("column", ["old", "new"])
def test_a_score_metric_on_decisions_is_refused_with_the_reason(place: Place, metric: str, column: str) -> None:
    place.put({column: (columns()[column] > 0.5).astype(int)})
    assert place.check("--metric", metric) == 2
    assert f"--metric {metric} needs scores, but a column holds decisions only" in place.told
    assert place.left() == []


@pytest.mark.parametrize("kind", ["words", "booleans", "text numbers"])
def test_labels_of_any_name_give_the_same_findings(place: Place, kind: str) -> None:
    values = columns()
    names: dict[str, tuple[Any, Any]] = {
        "words": ("no", "yes"),
        "booleans": (False, True),
        "text numbers": ("0", "1"),
    }
    place.put()
    place.check("--by", "group", "--out", "numbers")
    y = [names[kind][label] for label in values["y"].tolist()]
    place.put(dict(y=y))
    assert place.check("--by", "group", *(["--positive", "yes"] if kind == "words" else [])) == place.check(
        "--by", "group", "--positive", {"words": "yes", "booleans": "true", "text numbers": "1"}[kind]
    )
    assert place.findings() == place.findings("numbers")


def test_the_other_class_can_be_the_positive_one(place: Place) -> None:
    place.put(dict(y=1 - columns()["y"], old=1 - columns()["old"], new=1 - columns()["new"]))
    place.check("--positive", "1", "--metric", "recall")
    first = place.findings()
    place.put(dict(old=1 - columns()["old"], new=1 - columns()["new"]))
    place.check("--positive", "0", "--metric", "recall")
    assert place.findings() == first


def three_labels(place: Place) -> None:
    values = columns()
    words = np.where(values["y"] == 1, "bad", np.where(np.arange(ROWS) % 2, "good", "fine"))
    decided = [np.where(values[name] > 0.5, "bad", "fine") for name in ("old", "new")]
    place.put(dict(y=words, old=decided[0], new=decided[1]))


@pytest.mark.parametrize("negative", [["*"], ["good", "fine"]])
def test_one_label_against_the_rest_is_judged_where_it_is_declared(place: Place, negative: list[str]) -> None:
    three_labels(place)
    assert place.check("--positive", "bad", *(part for one in negative for part in ("--negative", one))) in (0, 3)
    assert {one["metric"] for one in place.findings().values()} == {"accuracy", "balanced_accuracy"}


def test_a_mistyped_third_label_is_told_and_never_taken_for_the_negative_one(place: Place) -> None:
    y = np.where(columns()["y"] == 1, "yes", "no").astype(object)
    place.put(dict(y=y))
    decided = (place.check("--positive", "yes"), place.findings())
    y[7], y[8], y[9] = "yes ", "nope", "nope"
    place.put(dict(y=y))
    assert place.check("--positive", "yes", "--out", "typo") == 2 and not (place.folder / "typo").exists()
    counts = {value: int((y == value).sum()) for value in ("no", "yes")}
    first, second = sorted(counts, key=lambda one: -counts[one])
    listed = f"{first!r} ({counts[first]:,}), {second!r} ({counts[second]:,}), 'nope' (2), 'yes ' (1)"
    assert f"column 'y' holds 4 values, {listed}, and a binary label has two; mend what is mistyped" in place.told
    assert "or say which values are negative with --negative V, once for each (--negative '*': all but 'yes')." in (
        place.told
    )
    assert place.check("--positive", "yes", "--negative", "no", "--out", "typo") == 2
    assert "holds 'yes ' in row 8; declared labels are 'yes' (positive) and 'no'" in place.told
    assert place.check("--positive", "yes", "--negative", "yes", "--out", "typo") == 2
    assert "'yes' is said to be positive and negative" in place.told
    y[7], y[8], y[9] = (("yes" if one else "no") for one in columns()["y"][7:10])
    place.put(dict(y=y))
    assert (place.check("--positive", "yes", "--negative", "no"), place.findings()) == decided


def test_of_many_labels_the_most_frequent_are_listed(place: Place) -> None:
    place.put(dict(y=[f"{'x' * 60}{row % 20}" if row % 2 else "no" for row in range(ROWS)]))
    assert place.check("--positive", "no") == 2
    assert "holds 11 values, 'no' (" in place.told and " and 5 more, and a binary label" in place.told
    assert "x" * 41 not in place.told


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_inconclusive_and_decisions_stay_decisions(place: Place, label: int) -> None:
    decided = (columns()["old"] > 0.5).astype(int)
    place.put(dict(y=np.full(ROWS, label), old=decided, new=decided))
    assert place.check("--metric", "accuracy", "--metric", "recall", "--metric", "specificity") == 3
    reasons = {one["metric"]: one["reason"] for one in place.findings().values()}
    missing = "specificity" if label else "recall"
    assert f"0 {'negative' if label else 'positive'} rows, at least 20 needed" in reasons[missing]
    place.put(dict(y=np.full(ROWS, label)))
    assert place.check() == 3


@pytest.mark.parametrize(
    ("y", "positive", "message"),
    [
        ([0, 1], "yes", "never holds 'yes'; its values are 0, 1"),
        ([0, 1], "true", "never holds 'true'"),
        (["no", "yes"], None, "holds no, yes; say which one is positive with --positive"),
        ([1, 2], None, "holds 1, 2; say which one is positive with --positive"),
        (["no", "yes"], "Yes", "never holds 'Yes'"),
        ([0, None], None, "has no label in row 2"),
        ([None, None], None, "has no label in row 1"),
    ],
)
def test_labels_that_leave_open_what_is_positive_are_refused(
    place: Place, y: list[Any], positive: str | None, message: str
) -> None:
    place.put(dict(y=y * (ROWS // 2)))
    assert place.check(*([] if positive is None else ["--positive", positive])) == 2
    assert message in place.told
    assert place.left() == []


# ---- missing scores


@pytest.mark.parametrize("bad", [math.nan, 1.5, -0.1, math.inf])
def test_a_row_without_the_champions_score_is_exit_2_and_writes_nothing(place: Place, bad: float) -> None:
    old = columns()["old"]
    old[41] = bad
    place.put(dict(old=old))
    assert place.check() == 2
    seen = "no score" if math.isnan(bad) else f"{bad:g} in row 42; probabilities from 0 to 1 are needed"
    assert f"column 'old' holds {seen}" in place.told and "row 42" in place.told
    assert place.left() == []


@pytest.mark.parametrize("bad", [math.nan, 1.5, -0.1, math.inf])
def test_a_row_without_the_challengers_score_is_a_blocking_failure_with_a_decision(place: Place, bad: float) -> None:
    new = columns()["new"]
    new[41] = bad
    place.put(dict(new=new))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert place.check() == 1
    found = place.findings()["compare/base_case/answers"]
    assert (found["verdict"], found["blocking"], found["rows"]) == ("fail", True, 1)
    assert "in 1 row (row 42) that the champion scored" in found["reason"]
    assert place.findings()["compare/base_case/accuracy/not_worse/overall"]["rows"] == ROWS - 1


@pytest.mark.parametrize("champion", [True, False])
def test_a_challenger_without_any_score_fails_and_the_report_is_still_written(place: Place, champion: bool) -> None:
    place.put(dict(new=pa.nulls(ROWS)))
    assert place.check("--by", "group", base=BASE if champion else ["--label", "y", "--challenger", "new"]) == 1
    assert sorted(path.name for path in (place.folder / "reports/check").iterdir()) == FILES
    reason = place.findings()["compare/base_case/answers"]["reason"]
    assert "in 600 rows (row 1, 2, 3, 4, 5, …)" in reason
    assert ("champion" in reason) == champion


def test_missing_decisions_of_the_challenger_leave_the_others_decisions(place: Place) -> None:
    decided = [int(score > 0.5) for score in columns()["new"]]
    place.put(dict(old=(columns()["old"] > 0.5).astype(int), new=pa.array([None, *decided[1:]])))
    assert place.check() == 1
    assert {one["metric"] for one in place.findings().values()} == {"", "accuracy", "balanced_accuracy"}


# ---- bad usage and bad input


REFUSED: list[tuple[list[str], str]] = [
    (["--champion", "odl"], "the champion's column 'odl' is not in the data; did you mean \"old\""),
    (["--challenger", "nww"], "the challenger's column 'nww' is not in the data; did you mean \"new\""),
    (["--label", "yy"], 'did you mean "y"'),
    (["--by", "gruop"], 'did you mean "group"'),
    (["--cross", "group,z"], "'z'"),
    (["--cross", ""], "''"),
    (["--cross", "group,group"], "names 'group' twice"),
    (["--sensitive", "group,group"], "names 'group' twice"),
    (["--id", "idd"], 'did you mean "id"'),
    (["--id", "group"], "stands there twice"),
    (["--by", "group", "--by", "group"], "is declared twice"),
    (["--metric", "acuracy"], 'unknown metric "acuracy"; did you mean "accuracy"'),
    (["--challenger", "y"], "is the label itself"),
    (["--champion", "y"], "is the label itself"),
    (["--champion", "group"], "neither a score in [0, 1] nor a label value"),
    (["--margin", "-0.1"], "--margin -0.1 is no margin"),
    (["--margin", "nan"], "--margin nan is no margin"),
    (["--margin", "inf"], "--margin inf is no margin"),
    (["--margin", "2"], "--margin 2 decides nothing, since accuracy lies between 0 and 1; 2 points are 0.02."),
    (["--threshold", "0"], "--threshold 0 is not between 0 and 1"),
    (["--threshold", "1"], "is not between 0 and 1"),
    (["--threshold", "nan"], "is not between 0 and 1"),
    (["--threshold", "half"], "--threshold half is not between 0 and 1"),
    (["--threshold", "model"], "with --predictions, give a number"),
    (["--champion-threshold", "2"], "--champion-threshold 2 is not between 0 and 1"),
    (["--unit", "grop"], "the unit column"),
    (["--unit", "id", "--id", "id"], "no two rows share a unit"),
    (["--weight", "group"], "numbers are needed"),
    (["--champion-predictions", "scored.parquet"], "name the column that identifies a row with --id"),
    (["--task", "multiclass"], "which is not one of the classes 0, 1"),
    (["--classes", "a,b", "--task", "multiclass"], "which is not one of the classes a, b"),
    (["--metric", "nomodule.profit"], 'there is no module "nomodule"'),
    (["--metric", "cost"], 'the metric "cost" needs amounts of money'),
    (["--metric", "mae"], 'unknown metric "mae"'),
    (["--data", "x.parquet"], "either --predictions or a model with --data"),
    (["models:/x/1"], "either --predictions or a model with --data"),
    (["--predictions", "gone.parquet"], "gone.parquet: there is no such file"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[" ".join(case[0]) for case in REFUSED])
def test_a_users_mistake_is_exit_2_with_one_sentence_and_leaves_nothing(
    place: Place, options: list[str], message: str
) -> None:
    place.put()
    assert place.check(*options) == 2
    assert message in place.told
    assert place.told.startswith("mlgate check: ") and place.told.count("\n") == 1
    assert place.left() == []
    assert not (place.folder / "reports").exists()


def test_options_that_are_needed_are_asked_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.put()
    for given, message in (
        (["--predictions", "scored.parquet", "--champion", "old", "--challenger", "new"], "check needs --label"),
        (["--predictions", "scored.parquet", "--label", "y", "--champion", "old"], "needs --challenger"),
        (["--label", "y"], "check needs a model and --data FILE, or --predictions FILE"),
        (["some-model", "--label", "y"], "check needs a model and --data FILE"),
        (
            ["some-model", "--label", "y", "--data", "scored.parquet", "--challenger", "new"],
            "the challenger here is the model itself",
        ),
    ):
        assert main(["check", *given]) == 2
        assert message in capsys.readouterr().err
    assert place.left() == []


def test_ids_that_stand_there_twice_are_exit_2(place: Place) -> None:
    ids = np.arange(ROWS)
    ids[7] = 3
    place.put(dict(id=ids))
    assert place.check("--id", "id") == 2
    assert "column 'id': the id 3 stands there twice (rows 4 and 8)" in place.told
    assert place.left() == []


@pytest.mark.parametrize("ids", [pa.array([2**60 + row for row in range(ROWS)]), [f"c{row}" for row in range(ROWS)]])
def test_ids_of_any_kind_name_the_rows_and_change_no_finding(place: Place, ids: Any) -> None:
    place.put(dict(id=ids))
    place.check("--out", "plain")
    place.check("--id", "id", "--out", "named")
    assert place.findings("named") == place.findings("plain")
    digests = [place.decision(out)["provenance"]["data"][0]["digest"] for out in ("plain", "named")]
    assert digests[0] != digests[1]


# ---- margins, metrics and thresholds


def test_a_margin_holds_overall_and_twice_of_it_on_slices(place: Place) -> None:
    place.put()
    place.check("--by", "group", "--margin", "0.03")
    asked = [one for one in place.findings().values() if one["rule"] == "not_worse"]
    margins = {(one["slice"] == "overall", one["margin"]) for one in asked}
    assert margins == {(True, 0.03), (False, 0.06)}


@pytest.mark.parametrize("margin", ["0", "1e-200", "1e300"])
def test_a_margin_of_any_size_is_weighed(place: Place, margin: str) -> None:
    place.put()
    assert place.check("--metric", "log_loss", "--margin", margin) in ((0,) if margin == "1e300" else (1, 3))


def test_a_margin_beyond_the_range_of_a_metric_is_refused_over_all_rows_alone(place: Place) -> None:
    place.put()
    # On slices it is twice as wide, which is still what was asked for.
    assert place.check("--by", "group", "--metric", "accuracy", "--margin", "0.6") == 0


def test_named_metrics_take_the_place_of_the_default_ones_each_once(place: Place) -> None:
    place.put()
    place.check("--metric", "selection_rate", "--metric", "f1", "--metric", "f1", "--by", "group")
    rules = {(one["metric"], one["rule"]) for one in place.findings().values()}
    assert rules == {("selection_rate", "unchanged"), ("f1", "not_worse")}
    assert len(place.findings()) == 2 * 4


def test_the_threshold_decides_who_is_positive(place: Place) -> None:
    place.put()
    values = {}
    for threshold in ("0.1", "0.5"):
        place.check("--metric", "selection_rate", "--threshold", threshold)
        (found,) = place.findings().values()
        values[threshold] = found["champion"]["value"]
        assert values[threshold] == pytest.approx((columns()["old"] >= float(threshold)).mean())
    assert values["0.1"] > values["0.5"]


# ---- slices


def test_slices_by_columns_and_crossings_stand_beside_each_other(place: Place) -> None:
    place.put()
    place.check("--by", "group", "--cross", "group, y", "--metric", "accuracy")
    slices = {one["slice"] for one in place.findings().values()}
    assert {"overall", "group=a", "group=a and y=0", "group=c and y=1"} <= slices
    assert len(slices) == 1 + 3 + 6


def test_a_slice_with_one_class_has_no_auc_and_does_not_block(place: Place) -> None:
    values = columns()
    place.put(dict(group=np.where(values["y"] == 1, "sick", "well"), new=values["old"]))
    place.check("--by", "group")
    for name in ("sick", "well"):
        found = place.findings()[f"slices/base_case/roc_auc/not_worse/group={name}"]
        assert (found["verdict"], found["blocking"], found["too_small"]) == ("inconclusive", False, True)
        assert found["improvement"] == {"value": None, "low": None, "high": None}


HOSTILE = [
    "a and b",
    "x less y",
    "=<script>alert(1)</script>&",
    "ü\n😀",
    "",
    "overall",
    "is missing",
    "a\x00b\x0b",
    "|`*_",
]


def test_hostile_values_are_slices_like_any_other_and_every_file_stays_readable(place: Place) -> None:
    place.put(dict(group=np.array(HOSTILE, dtype=object)[np.arange(ROWS) % len(HOSTILE)]))
    assert place.check("--by", "group", "--metric", "accuracy") in (0, 3)
    slices = [one["slice"] for one in place.findings().values() if one["slice"] != "overall"]
    assert sorted(slices) == sorted(f"group={value}" for value in HOSTILE)
    folder = place.folder / "reports/check"
    import xml.etree.ElementTree

    cases = xml.etree.ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    assert len(list(cases)) >= len(slices)
    assert "<script>alert" not in (folder / "report.html").read_text()
    assert "<script>alert" not in (folder / "summary.md").read_text()


@pytest.mark.parametrize("column", ["--by", "overall", "y less z", "größe", "a=b", " "])
def test_columns_of_any_name_can_be_sliced_by(place: Place, column: str) -> None:
    place.put({column: np.arange(ROWS) % 2})
    assert place.check(f"--by={column}", "--metric", "accuracy") in (0, 3)
    assert f"slices/base_case/accuracy/not_worse/{column}=1" in place.findings()


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1.0, 2.0]] * ROWS),
        pa.array([0] * ROWS, pa.timestamp("ns")),
        pa.array([None] * ROWS, pa.string()),
        pa.array([True] * ROWS),
        pa.array(np.zeros(ROWS, dtype=np.float16)),
    ],
    ids=["lists", "times", "nothing", "booleans", "half floats"],
)
def test_columns_of_any_type_can_be_there_and_be_sliced_by(place: Place, values: pa.Array) -> None:
    place.put(dict(odd=values))
    assert place.check("--by", "odd", "--metric", "accuracy") in (0, 3)


@pytest.mark.parametrize("levels", [1000, 1001])
def test_more_than_a_thousand_values_are_refused_and_as_many_are_judged(place: Place, levels: int) -> None:
    rows = 2002
    pyarrow.parquet.write_table(pa.table({**columns(rows=rows), "many": np.arange(rows) % levels}), "scored.parquet")
    code = place.check("--by", "many", "--metric", "accuracy")
    assert code == (2 if levels > 1000 else 3) or code == 0
    if levels > 1000:
        assert code == 2 and "slices by many: 1,001 different values" in place.told


# ---- strange scores


@pytest.mark.parametrize("scores", ["constant", "perfect", "wrong", "tiny"])
def test_extreme_scores_are_judged_without_a_warning(place: Place, scores: str) -> None:
    y = columns()["y"]
    old = {
        "constant": np.full(ROWS, 0.5),
        "perfect": y.astype(float),
        "wrong": 1.0 - y,
        "tiny": np.linspace(1e-300, 1e-299, ROWS),
    }[scores]
    old[0] = 0.25  # whole numbers alone would be decisions
    new = np.nextafter(old, 0.5)
    place.put(dict(old=old, new=new))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert place.check("--by", "group", "--metric", "log_loss", "--metric", "roc_auc") in (0, 3)
    for one in place.findings().values():
        improvement = one["improvement"]
        if improvement["value"] is not None and not one["too_small"]:
            assert improvement["low"] < improvement["high"], one["id"]


def test_minus_zero_gives_the_same_tally_in_any_order(place: Place) -> None:
    tallies = set()
    for turn in (1, -1):
        scores = np.array([0.0, -0.0] * (ROWS // 2))[::turn]
        scores[:2] += 0.25  # whole numbers alone would be decisions
        place.put({"old": scores, "new": -scores + 0.5 * (scores > 0), "y": np.zeros(ROWS, dtype=int)})
        place.check("--metric", "roc_auc", "--positive", "1")
        tallies.add((place.folder / "reports/check/tally.npz").read_bytes())
    assert len(tallies) == 1


# ---- what is on the disk


def test_a_folder_that_is_no_run_is_not_replaced(place: Place) -> None:
    place.put()
    (place.folder / "mine").mkdir()
    (place.folder / "mine/precious.txt").write_text("mine")
    for out in ("mine", "scored.parquet", "."):
        assert place.check("--out", out) == 2
        assert "choose another --out" in place.told
    assert place.left() == ["mine/precious.txt"]


def test_an_empty_folder_and_an_earlier_run_are_replaced(place: Place) -> None:
    place.put()
    (place.folder / "out").mkdir()
    assert place.check("--margin", "0.02", "--out", "out") == 0
    place.put(dict(new=np.random.default_rng(5).random(ROWS)))
    assert place.check("--out", "out") == 1
    assert place.decision("out")["verdict"] == "fail"
    assert place.left() == [f"out/{name}" for name in FILES]


def test_a_refusal_leaves_the_earlier_run_as_it_was(place: Place) -> None:
    place.put()
    place.check()
    former = {name: (place.folder / "reports/check" / name).read_bytes() for name in FILES}
    assert place.check("--metric", "nonsense") == 2
    assert {name: (place.folder / "reports/check" / name).read_bytes() for name in FILES} == former


def test_a_full_disk_leaves_neither_a_half_run_nor_a_spoilt_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.put()
    place.check()
    former = place.left()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", full)
        assert place.check() == 2
        assert "No space left on device" in place.told
        assert place.check("--out", "other") == 2
    assert place.left() == former
    assert not list(place.folder.glob(".*"))


def test_nothing_is_connected_to(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("mlgate check opened a connection")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    place.put()
    assert place.check("--by", "group", "--margin", "0.02") == 0


# ---- as a program


def program(*options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "mlgate", "check", "--predictions", "scored.parquet", *BASE, *options]


def test_judging_predictions_imports_neither_pandas_nor_mlflow_nor_scipy_stats(place: Place) -> None:
    place.put()
    options = ["--by", "group", "--margin", "0.02", "--quiet"]
    code = (
        "import sys; from mlgate.__main__ import main\n"
        f"code = main({['check', '--predictions', 'scored.parquet', *BASE, *options]!r})\n"
        "print(code, sorted({'pandas', 'mlflow', 'sklearn', 'scipy.stats', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"
    assert done.stderr == ""


def test_json_is_the_decision_and_quiet_is_silent(place: Place) -> None:
    place.put()
    assert place.check("--margin", "0.02", "--json") == 0
    assert json.loads(place.told) == place.decision()
    assert place.check("--margin", "0.02", "--quiet") == 0
    assert place.told == ""


def test_reports_of_many_findings_which_a_copy_of_the_process_writes_are_what_is_rendered_of_the_decision(
    place: Place,
) -> None:
    place.put(dict(group=np.arange(ROWS) % 250))
    done = subprocess.run(program("--by", "group", "--out", "out"), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    decision = decode(Decision, place.decision("out"))
    assert len(decision.findings) > 600
    for name, renderer in {"report.html": html, "summary.md": markdown, "junit.xml": junit}.items():
        assert (place.folder / "out" / name).read_text() == renderer.render(decision)
    assert sorted(path.name for path in (place.folder / "out").iterdir()) == FILES


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash for pipefail")
def test_a_refusal_stays_a_refusal_when_nobody_reads_its_words(place: Place) -> None:
    place.put(dict(new=np.random.default_rng(5).random(ROWS)))
    # `true` ends at once; by the time mlgate answers, its reader is gone.
    command = " ".join(["set -o pipefail;", *program("--out", "out"), "| true"])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert place.decision("out")["verdict"] == "fail"
