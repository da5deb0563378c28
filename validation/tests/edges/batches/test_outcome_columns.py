"""Columns that tell the label or a model's answers are not searched for slices, and are named; features stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import mlgate
from mlgate.edges.batches.outcome_columns import determined, determining, ranking
from mlgate.edges.batches.search_columns import search_columns
from mlgate.records.decision import Decision
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.render import html

ROWS = 6_000
CLASSES = ("hail", "rain", "snow")
THREE = Run(requirements=(), task=Task.MULTICLASS, classes=CLASSES)
LABEL, CHAMPION, CHALLENGER = "it tells the label", "it tells the champion's {}", "it tells the challenger's {}"


def left(table: pa.Table, batch: Batch, run: Run) -> dict[str, str]:
    """Columns that are left out, and why."""
    found = ranking(table, batch, run)
    searched = search_columns(table, [name for name in table.column_names if name not in found], 10)
    return found | determining(searched, batch, run)


def identity(rows: int = ROWS) -> NDArray[np.uint64]:
    return np.random.default_rng(9).permutation(rows).astype(np.uint64) * np.uint64(2**40 + 7)


def auc(values: NDArray[Any], labels: NDArray[Any]) -> float:
    ranks = np.argsort(np.argsort(values)) + 1.0
    ones = int(labels.sum())
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))


def test_copies_of_the_label_and_decisions_are_left_out_and_a_strong_feature_stays() -> None:
    random = np.random.default_rng(1)
    labels = (random.random(ROWS) < 0.2).astype(np.int8)
    strong = labels * 1.82 + random.normal(size=ROWS)
    assert 0.89 < auc(strong, labels) < 0.92
    old, new = (np.clip(0.25 * strong + random.normal(0, 0.15, ROWS), 0, 1) for _ in range(2))
    table = pa.table(
        {
            "strong": strong,
            "text": np.where(labels == 1, "bad", "good"),
            "number": labels.astype(float),
            "nearly": np.where(random.random(ROWS) < 0.002, 1 - labels, labels),
            "half": np.where(random.random(ROWS) < 0.1, 1 - labels, labels),
            "old_class": np.where(old >= 0.5, "yes", "no"),
            "new_class": (new >= 0.5).astype(int),
            "new_score": np.exp(new),
        }
    )
    batch = Batch(labels=labels, champion=old, challenger=new, columns={}, identity=identity())
    assert left(table, batch, Run(requirements=())) == {
        "text": LABEL,
        "number": LABEL,
        "nearly": LABEL,
        "old_class": CHAMPION.format("decisions"),
        "new_class": CHALLENGER.format("decisions"),
        "new_score": CHALLENGER.format("answers"),
    }


@pytest.mark.parametrize("sure", [0.5, 4.0])
def test_scores_of_classes_are_left_out_where_classes_are_compared(sure: float) -> None:
    """Also of models that are seldom sure, where no score alone tells the class."""
    random = np.random.default_rng(2)
    labels = random.integers(0, 3, ROWS)
    raw = [sure * ((labels[:, None] == np.arange(3)) + 0.7 * random.normal(size=(ROWS, 3))) for _ in range(2)]
    old, new = (np.exp(one) / np.exp(one).sum(axis=1, keepdims=True) for one in raw)
    columns: dict[str, Any] = {"warm": labels + random.normal(size=ROWS), "month": random.integers(1, 13, ROWS)}
    columns |= {f"old_{name}": old[:, place] for place, name in enumerate(CLASSES)}
    for place, name in enumerate(CLASSES):  # by turns with what is no score
        columns |= {f"new_{name}": new[:, place], f"other_{name}": random.random(ROWS)}
    columns["new_class"] = np.array(CLASSES)[new.argmax(axis=1)]
    sides = [one.argmax(axis=1).astype(np.int32) for one in (old, new)]
    batch = Batch(
        labels=labels.astype(np.int32), champion=sides[0], challenger=sides[1], columns={}, identity=identity()
    )
    expected = {f"old_{name}": CHAMPION.format("decisions") for name in CLASSES}
    expected |= {name: CHALLENGER.format("decisions") for name in (*(f"new_{one}" for one in CLASSES), "new_class")}
    assert left(pa.table(columns), batch, THREE) == expected


def test_a_number_that_is_the_label_in_another_unit_is_left_out_of_a_regression() -> None:
    random = np.random.default_rng(3)
    labels = random.gamma(2.0, 1.0, ROWS)
    batch = Batch(
        labels=labels,
        champion=labels + random.normal(size=ROWS),
        challenger=labels + random.normal(size=ROWS),
        columns={},
        identity=identity(),
    )
    table = pa.table({"cents": np.round(100 * labels), "size": labels + 0.5 * random.normal(size=ROWS)})
    assert left(table, batch, Run(requirements=(), task=Task.REGRESSION)) == {"cents": LABEL}


def test_few_positives_hide_no_copy_and_make_none() -> None:
    """The first rows that are looked at hold few positives: a copy is told, and what differs in other rows is none."""
    random, rows = np.random.default_rng(4), 60_000
    labels = (random.random(rows) < 0.0005).astype(np.int8)
    assert 20 <= labels.sum() <= 45
    scores = random.random(rows)
    table = pa.table({"copy": np.where(labels == 1, "x", "y"), "colour": random.choice(["red", "blue"], rows)})
    batch = Batch(labels=labels, champion=None, challenger=scores, columns={}, identity=identity(rows))
    assert left(table, batch, Run(requirements=())) == {"copy": LABEL}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=60))
def test_the_share_explained_is_counted_as_by_hand(rows: list[tuple[int, int]]) -> None:
    codes, outcome = (np.array(part, dtype=np.int8) for part in zip(*rows, strict=True))
    most = max(np.bincount(outcome))
    right = sum(max(np.bincount(outcome[codes == level])) for level in set(codes.tolist()))
    expected = 0.0 if most == len(rows) else (right - most) / (len(rows) - most)
    assert determined(codes, outcome) == pytest.approx(expected, abs=1e-12)


def checked(**more: Any) -> Decision:
    """Two equally good models, their scores and a copy of the label beside the classes that are compared."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, ROWS)
    scores = [(labels[:, None] == np.arange(3)) + 0.9 * random.normal(size=(ROWS, 3)) for _ in range(2)]
    columns: dict[str, Any] = {
        f"{side}_{name}": one[:, place]
        for side, one in zip("ab", scores, strict=True)
        for place, name in enumerate("xyz")
    }
    names = np.array(CLASSES)
    columns |= {"truth": names[labels], "copy": labels.astype(str), "month": random.integers(1, 13, ROWS)}
    columns |= {side: names[one.argmax(axis=1)] for side, one in zip(("old", "new"), scores, strict=True)}
    return mlgate.check(pa.table(columns), label="truth", champion="old", challenger="new", **more)


def test_what_tells_the_outcome_accuses_nobody_and_is_named_in_the_report() -> None:
    decision = checked()
    assert not [one for one in decision.findings if one.id.startswith("slices/discovered/")]
    (about,) = [one for one in decision.exhibits if one.name == "discovery"]
    assert dict(zip(about.columns, about.rows[0], strict=True))["columns"] == "month"
    (named,) = [one for one in decision.exhibits if one.name == "not_searched"]
    assert [row[0] for row in named.rows] == ["a_x", "a_y", "a_z", "b_x", "b_y", "b_z", "copy"]
    assert "copy (it tells the label)." in html.render(decision)
