"""``mlgate.check`` and ``mlgate.compare``: the same decision as the command's, from arrays and data frames."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

import mlgate
from mlgate.__main__ import main
from mlgate.records.codec import decode
from mlgate.records.decision import Decision

ROWS = 600


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = (rng.random(ROWS) < 0.4).astype(int)
    old = np.clip(0.6 * y + 0.4 * rng.random(ROWS), 0, 1)
    new = np.clip(old + 0.01 * rng.standard_normal(ROWS), 0, 1)
    return pd.DataFrame({"y": y, "old": old, "new": new, "sex": np.array(["f", "m"])[rng.integers(0, 2, ROWS)]})


def same(first: Decision, second: Decision) -> bool:
    """Whether two decisions rest on the same evidence, whatever the source is called."""
    return (
        first.verdict is second.verdict
        and repr(first.findings) == repr(second.findings)
        and first.provenance.tally_digest == second.provenance.tally_digest
    )


def test_importing_mlgate_imports_nothing_heavy() -> None:
    code = (
        "import sys, mlgate; dir(mlgate); mlgate.Verdict; "
        "print([n for n in ('numpy', 'pyarrow', 'scipy') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in mlgate.__all__:
        assert getattr(mlgate, name) is not None
    assert set(mlgate.__all__) <= set(dir(mlgate))
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        mlgate.chek


def test_every_kind_of_table_gives_the_decision_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = frame()
    rows.to_parquet("scored.parquet", index=False)
    asked = ["--label", "y", "--champion", "old", "--challenger", "new", "--by", "sex", "--quiet"]
    code = main(["check", "--predictions", "scored.parquet", *asked])
    written = decode(Decision, json.loads(Path("reports/check/decision.json").read_text()))
    shuffled = rows.sample(frac=1, random_state=1)
    tables: list[Any] = [
        "scored.parquet",
        Path("scored.parquet"),
        rows,
        shuffled,
        pa.Table.from_pandas(rows, preserve_index=False),
        {name: rows[name].to_numpy() for name in rows},
        {name: rows[name].tolist() for name in rows},
    ]
    for table in tables:
        decision = mlgate.check(table, label="y", champion="old", challenger="new", by=["sex"])
        assert same(decision, written), type(table)
    assert code == {"pass": 0, "fail": 1, "inconclusive": 3}[written.verdict.value]


def test_arrays_give_the_decision_of_the_table() -> None:
    rows = frame()
    table = mlgate.check(rows, label="y", champion="old", challenger="new", by=["sex"], cross=[("sex", "sex")][:0])
    kinds: list[Callable[[pd.Series], Any]] = [
        list,
        pd.Series.to_numpy,
        lambda column: column,
        lambda column: pa.array(column),
    ]
    for kind in kinds:
        y, old, new = (kind(rows[name]) for name in ("y", "old", "new"))
        for slices in ({"sex": kind(rows["sex"])}, rows[["sex"]]):
            assert repr(mlgate.compare(y, old, new, slices=slices).findings) == repr(table.findings)


def test_units_weights_and_ids_of_arrays_count_as_columns_do() -> None:
    rows = frame().assign(unit=np.arange(ROWS) // 2, weight=1 + np.arange(ROWS) % 3, row=np.arange(ROWS))
    table = mlgate.check(rows, label="y", champion="old", challenger="new", unit="unit", weight="weight", id="row")
    arrays = mlgate.compare(rows.y, rows.old, rows.new, unit=rows.unit, weight=rows.weight, id=rows.row)
    assert repr(arrays.findings) == repr(table.findings) and arrays.findings[0].units == ROWS // 2


def test_class_scores_are_a_matrix() -> None:
    rng = np.random.default_rng(1)
    label = rng.integers(0, 3, ROWS)
    scores = rng.dirichlet(np.ones(3), ROWS) * 0.4
    scores[np.arange(ROWS), label] += 0.6
    decision = mlgate.compare(label, scores, scores)
    assert decision.task == "multiclass" and decision.findings[0].improvement is not None
    assert decision.findings[0].improvement.value == 0.0
    named = mlgate.compare(np.array(["c", "a", "b"])[label], scores, scores, classes=["c", "a", "b"])
    assert named.findings[0].champion == decision.findings[0].champion, "classes say which column is which"


def test_numbers_and_a_relative_margin() -> None:
    rng = np.random.default_rng(1)
    label = rng.normal(size=ROWS) * 10
    decision = mlgate.compare(label, label + 1, label + 1.01, metrics=["mae"], margin=0.05, relative=True)
    assert decision.task == "regression" and decision.verdict is mlgate.Verdict.PASS
    assert decision.findings[0].margin == pytest.approx(0.05)


def test_nothing_is_written_unless_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    decision = mlgate.check(frame(), label="y", champion="old", challenger="new")
    assert list(tmp_path.iterdir()) == [] and decision.provenance.run == ""
    decision = mlgate.check(frame(), label="y", champion="old", challenger="new", out="here")
    assert json.loads((tmp_path / "here/decision.json").read_text())["verdict"] == decision.verdict.value
    assert (tmp_path / "here/report.html").is_file() and decision.provenance.run == "here"


def test_without_a_champion_the_challenger_is_measured_alone() -> None:
    rows = frame()
    decision = mlgate.compare(rows.y.astype(bool), None, rows.new)
    assert {one.reason for one in decision.findings if one.rule is mlgate.Rule.NOT_WORSE} == {"no champion"}
    assert dataclasses.is_dataclass(decision)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: mlgate.check(5, label="y", challenger="new"), "data is of type int"),
    (lambda: mlgate.check(frame(), label="yy", challenger="new"), 'did you mean "y"'),
    (lambda: mlgate.check(frame(), label="y", challenger="new", task="ranking"), 'task "ranking" is not known'),
    (lambda: mlgate.check(frame(), label="y", challenger="new", threshold=1.0), "threshold 1.0 is not between 0 and 1"),
    (lambda: mlgate.check("gone.csv", label="y", challenger="new"), "there is no such file"),
    (lambda: mlgate.check(frame()[:0], label="y", challenger="new"), "holds no rows"),
    (lambda: mlgate.compare([0, 1], [0.1], [0.2, 0.3]), "champion: 1 values for 2 labels"),
    (lambda: mlgate.compare([0, 1], [0.1, 2.0], [0.2, 0.3]), "row 2"),
    (lambda: mlgate.compare([0, 1], [[0.1], [0.2]], [0.2, 0.3]), "shape (2, 1), but there are 2 classes"),
    (lambda: mlgate.compare([[0], [1]], None, [0.2, 0.3]), "label: has the shape (2, 1)"),
    (
        lambda: mlgate.compare([0, 1], None, pd.Series([0.2, {"a": 1}], dtype=object)),
        "challenger: cannot be read as a column",
    ),
    (lambda: mlgate.compare([0, 1], None, [0.2, 0.3], slices={"unit": [1, 2]}), 'a slice is called "unit"'),
    (lambda: mlgate.compare([0, 1, 2], None, [0.2, 0.3, 0.4]), "say which with --task"),
    (lambda: mlgate.check(frame(), label="Y", challenger="new"), 'did you mean "y"'),
    (lambda: mlgate.compare([0, 1], [0.1, 0.2], [0.2, 0.3], margin=-0.01), "--margin -0.01 is no margin"),
    (
        lambda: mlgate.compare([0, 1], [0.1, 0.2], [0.2, 0.3], margin="x"),  # type: ignore[arg-type]
        "--margin x is no margin",
    ),
    (
        lambda: mlgate.compare([0, 1], [0.1, 0.2], [0.2, 0.3], margin=2),
        "--margin 2 decides nothing, since accuracy lies between 0 and 1; 2 points are 0.02",
    ),
    (lambda: mlgate.check(frame(), label="y", challenger="new", by="sexx"), "the slice column 'sexx'"),
    (lambda: mlgate.check(frame(), label="y", challenger="new", sensitive="sexx"), "attribute 'sexx'"),
    (lambda: mlgate.check(frame(), label="y", challenger="new", metrics="acuracy"), 'did you mean "accuracy"'),
    (lambda: mlgate.check(frame(), label="y", challenger="new", cross=["sex"]), "cross holds a name alone"),
]


@pytest.mark.parametrize(("call", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_a_mistake_is_one_sentence(call: Callable[[], object], told: str) -> None:
    with pytest.raises(mlgate.MlgateError) as problem:
        call()
    assert told in str(problem.value) and "\n" not in str(problem.value)


def test_a_challenger_without_any_legal_score_fails_and_what_its_column_holds_is_told() -> None:
    rows = frame().assign(age=[18.0 + place % 60 for place in range(ROWS)])
    for decision in (
        mlgate.check(rows, label="y", champion="old", challenger="age"),
        mlgate.compare(rows["y"].to_numpy(), rows["old"].to_numpy(), rows["age"].to_numpy()),
    ):
        (reason,) = [one.reason for one in decision.findings if one.blocking]
        assert "holds no legal score in 600 rows" in reason and "it holds numbers from 18 to 77" in reason
    decision = mlgate.check(rows.assign(none=np.nan), label="y", champion="old", challenger="none")
    assert decision.verdict is mlgate.Verdict.FAIL
    assert any("holds no legal score in 600 rows" in one.reason for one in decision.findings if one.blocking)
