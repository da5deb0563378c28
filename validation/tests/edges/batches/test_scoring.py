"""Tables to batches: labels, slice columns, and both models asked about the same rows."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.batches import scoring
from mlgate.edges.batches.columns import coded_column, slice_columns, values_of
from mlgate.edges.batches.scoring import ask_both, batch_of, classes_of, labels_of, rows_of, score
from mlgate.errors import DataError, ModelError
from mlgate.records.rows import Batch
from mlgate.records.run import Grouping, Money, Run
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task

LABEL = LabelSettings(column="y")
RUN = Run(requirements=(), groupings=(Grouping(columns=("g",)),))
TABLE = pa.table({"y": [0, 1, 1], "g": ["a", "b", "a"], "x": [0.1, 0.5, 0.9]})


def values(table: pa.Table) -> NDArray[np.float64]:
    """A model that answers with its input."""
    return np.array(table.column("x").to_pylist())


def dead(table: pa.Table) -> NDArray[np.float64]:
    raise ModelError("it died", role="challenger")


# ---- labels


@pytest.mark.parametrize(
    ("column", "positive", "negative"),
    [
        (pa.array([0, 1, 1]), "1", "0"),
        (pa.array([0.0, 1.0, 1.0]), "1", "0"),
        (pa.array([False, True, True]), "true", "false"),
        (pa.array(["no", "yes", "yes"]), "yes", "no"),
        (pa.array(["no", "yes", "yes"]).dictionary_encode(), "yes", "no"),
        (pa.array(["no", "yes", "yes"], pa.string_view()), "yes", "no"),
        (pa.array([decimal.Decimal("0.0"), decimal.Decimal("1.0"), decimal.Decimal("1.0")]), "1", "0"),
        (pa.array(["bad", "good", "good"]), "good", None),
        (pa.array([-1, 1, 1]), "1", "-1"),
        (pa.array([3, 7, 7]), "7", None),
    ],
)
def test_the_two_declared_values_become_1_and_0(column: pa.Array, positive: str, negative: str | None) -> None:
    label = LabelSettings(column="y", positive=positive, negative=None if negative is None else (negative,))
    assert labels_of(pa.table({"y": column}), label, "f").tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([0, 1, 2]), "holds '2' in row 3; declared labels are '1' (positive) and '0'"),
        (pa.array([0, None, 1]), "has no label in row 2"),
        (pa.array([0.0, float("nan"), 1.0]), "has no label in row 2"),
        (pa.array(["0", "1", ""]), "holds '' in row 3"),
        (pa.nulls(3), "has no label in row 1"),
    ],
)
def test_any_other_label_is_told_with_its_row(column: pa.Array, message: str) -> None:
    with pytest.raises(DataError) as told:
        labels_of(pa.table({"y": column}), LABEL, "f.csv")
    assert str(told.value).startswith("f.csv: column 'y' ") and message in str(told.value)


def test_a_missing_label_is_refused_when_only_the_positive_one_is_declared() -> None:
    label = LabelSettings(column="y", positive="1", negative=None)
    with pytest.raises(DataError, match="no label in row 2"):
        labels_of(pa.table({"y": ["1", None]}), label, "f")


def test_a_label_column_that_is_not_there_is_told_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="the label column 'labl' is not in the data; did you mean \"label\""):
        labels_of(pa.table({"label": [1]}), LabelSettings(column="labl"), "f")


MULTI = Run(requirements=(), task=Task.MULTICLASS, classes=("a", "b", "c"))
AMOUNTS = Run(requirements=(), task=Task.REGRESSION)


def test_classes_become_their_place_in_the_run_and_numbers_stay_themselves() -> None:
    for column in (pa.array(["c", "a", "c"]), pa.array(["c", "a", "c"]).dictionary_encode()):
        found = labels_of(pa.table({"y": column}), LABEL, "f", MULTI)
        assert found.tolist() == [2, 0, 2] and found.dtype == np.int32
    amounts = labels_of(pa.table({"y": [3, 1, 2]}), LABEL, "f", AMOUNTS)
    assert amounts.tolist() == [3.0, 1.0, 2.0] and amounts.dtype == np.float64


@pytest.mark.parametrize(
    ("run", "column", "message"),
    [
        (MULTI, ["a", "d", "d"], "holds 'd' in row 2; declared labels are a, b, c"),
        (MULTI, ["a", None, "b"], "has no label in row 2"),
        (AMOUNTS, [1.0, None, 2.0], "holds no label in row 2; finite numbers are needed"),
        (AMOUNTS, [1.0, 2.0, float("inf")], "holds the label inf in row 3; finite numbers are needed"),
        (AMOUNTS, ["1", "two", "3"], "holds the label '1' in row 1; numbers are needed"),
    ],
)
def test_a_label_that_is_none_of_the_task_is_told_with_its_row(run: Run, column: list[object], message: str) -> None:
    with pytest.raises(DataError, match=f"f.csv: column 'y' {message}"):
        labels_of(pa.table({"y": column}), LABEL, "f.csv", run)


def test_classes_are_those_declared_else_those_of_the_label_by_value() -> None:
    table = pa.table({"y": [10, 9, None, 10]})
    assert classes_of(table, LABEL, "f") == ("9", "10")
    assert classes_of(table, LabelSettings(column="y", classes=("10", "9", "8")), "f") == ("10", "9", "8")


# ---- batches


FULL = Run(
    requirements=(),
    groupings=(Grouping(columns=("g",)),),
    unit="who",
    weight="w",
    money=Money(kind="cost", amounts=(0.0, 1.0, "loss", 0.0)),
    baseline="last",
)
WHOLE = TABLE.append_column("who", pa.array([7, 8, 7])).append_column("w", pa.array([1.0, 0.0, 2.0]))
WHOLE = WHOLE.append_column("loss", pa.array([5, 6, 7])).append_column("last", pa.array([0, 1, 0]))


def whole_batch(table: pa.Table = WHOLE) -> Batch:
    given = np.array([0.5, 0.25, 0.75])
    identity = np.arange(3, dtype=np.uint64)
    return batch_of(table, run=FULL, label=LABEL, source="f", champion=given, challenger=given, identity=identity)


def test_a_batch_holds_all_that_the_run_names() -> None:
    batch = whole_batch()
    assert batch.units is not None and batch.units[0] == batch.units[2] != batch.units[1]
    assert batch.weights is not None and batch.weights.tolist() == [1.0, 0.0, 2.0]
    assert batch.money is not None and batch.money[:, 2].tolist() == [5.0, 6.0, 7.0]
    assert batch.baseline is not None and batch.baseline.tolist() == [0.0, 1.0, 0.0]
    plain = batch_of(TABLE, run=RUN, label=LABEL, source="f", champion=None, challenger=np.zeros(3))
    assert [plain.identity, plain.units, plain.weights, plain.money, plain.baseline] == [None] * 5


def test_some_rows_of_a_batch_are_those_rows_of_every_part() -> None:
    batch = whole_batch()
    for which in (slice(1, 3), np.array([2, 0])):
        cut = rows_of(batch, which)
        for name in ("labels", "champion", "challenger", "identity", "units", "weights", "money", "baseline"):
            assert getattr(cut, name).tolist() == getattr(batch, name)[which].tolist(), name
        coded = cut.columns["g"]
        assert coded.codes.tolist() == batch.columns["g"].codes[which].tolist()


def test_a_baseline_without_an_answer_in_some_row_is_refused() -> None:
    holes = WHOLE.set_column(WHOLE.column_names.index("last"), "last", pa.array([0, None, 1]))
    with pytest.raises(DataError, match="f: column 'last' holds no class in row 2; models are compared"):
        whole_batch(holes)


def test_a_baseline_of_classes_is_certain_where_models_give_class_scores() -> None:
    run = Run(requirements=(), task=Task.MULTICLASS, classes=("a", "b", "c"), baseline="last")
    table = pa.table({"y": ["a", "b", "c"], "last": ["b", "b", "a"]})
    scores = np.full((3, 3), 1 / 3)
    batch = batch_of(table, run=run, label=LABEL, source="f", champion=None, challenger=scores)
    assert batch.baseline is not None and batch.baseline.tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]
    decided = batch_of(table, run=run, label=LABEL, source="f", champion=None, challenger=np.zeros(3, dtype=np.int32))
    assert decided.baseline is not None and decided.baseline.tolist() == [1, 1, 0]
    answers = list(
        score(table, run=run, label=LABEL, source="f", champion=None, challenger=lambda part: np.zeros(3, np.int32))
    )
    assert answers[0].baseline is not None and answers[0].baseline.tolist() == [1, 1, 0]


def test_what_is_wrong_in_a_later_part_is_told_with_its_row_before_any_model_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scoring, "BATCH_ROWS", 2)
    table = TABLE.set_column(0, "y", pa.array([0, 1, 5]))
    with pytest.raises(DataError, match="holds '5' in row 3"):
        next(score(table, run=RUN, label=LABEL, source="f", champion=None, challenger=dead))


# ---- columns


def test_codes_point_to_the_value_of_each_row() -> None:
    found = coded_column(pa.chunked_array([["b", None], ["a", "b"]]))
    assert [found.values[code] for code in found.codes] == ["b", None, "a", "b"]


def test_every_kind_of_missing_is_one_value() -> None:
    for column in (
        pa.array([1.0, float("nan"), None], from_pandas=False),
        pa.array(["a", None, None], pa.string_view()),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", None])),
    ):
        found = coded_column(pa.chunked_array([column]))
        assert [found.values[code] for code in found.codes][1:] == [None, None]
        assert found.values.count(None) == 1


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, False, None]), ("true", "false", None)),
        (pa.array([1, 2]), (1.0, 2.0)),
        (pa.array(np.array([0.5], dtype=np.float16)), (0.5,)),
        (pa.array([decimal.Decimal("1.50")]), (1.5,)),
        (pa.array([datetime.date(2020, 2, 1)]), ("2020-02-01",)),
        (pa.array([0, 1_500_000], pa.timestamp("us")), ("1970-01-01 00:00:00", "1970-01-01 00:00:01.500000")),
        (pa.array([0], pa.timestamp("ns", "UTC")), ("1970-01-01 00:00:00",)),
        (pa.array([[1, 2], None]), ("[1, 2]", None)),
        (pa.nulls(2), (None,)),
        (pa.array([], pa.string()), ()),
    ],
)
def test_values_of_any_type_become_texts_and_numbers(column: pa.Array, expected: tuple[object, ...]) -> None:
    assert coded_column(pa.chunked_array([column])).values == expected
    assert values_of(pa.chunked_array([column])) == expected


def test_arrow_numbers_become_floats_of_the_callers_own() -> None:
    array = pa.chunked_array([pa.array([9, 1, None]).slice(1), pa.array([2])])
    found = to_floats(array)
    assert found.tolist()[::2] == [1.0, 2.0] and np.isnan(found[1])
    found[0] = 5.0
    assert array.to_pylist() == [1, None, 2]
    assert to_floats(pa.array([True, None, False])).tolist()[::2] == [1.0, 0.0]
    assert to_floats(pa.array([], pa.int64())).tolist() == []
    assert [numeric(kind) for kind in (pa.bool_(), pa.decimal128(3), pa.string())] == [True, True, False]


def test_slices_read_only_the_columns_they_name_each_once() -> None:
    run = Run(requirements=(), groupings=(Grouping(columns=("g",)), Grouping(columns=("g", "x"))))
    assert list(slice_columns(TABLE, run, "f")) == ["g", "x"]
    with pytest.raises(DataError, match="f: the slice column 'g' is not in the data; known are: x"):
        slice_columns(TABLE.select(["x"]), RUN, "f")


# ---- models


def test_rows_are_scored_in_parts_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH_ROWS", 2)
    batches = list(score(TABLE, run=RUN, label=LABEL, source="f", champion=None, challenger=values))
    assert [batch.challenger.tolist() for batch in batches] == [[0.1, 0.5], [0.9]]
    assert [batch.labels.tolist() for batch in batches] == [[0, 1], [1]]
    assert all(batch.champion is None for batch in batches)
    column = batches[1].columns["g"]
    assert [column.values[code] for code in column.codes] == ["a"]


def test_both_models_are_asked_side_by_side() -> None:
    barrier = threading.Barrier(2, timeout=10)

    def slow(table: pa.Table) -> NDArray[np.float64]:
        barrier.wait()
        return values(table)

    first, second = ask_both(TABLE, slow, slow)
    assert isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
    assert first.tolist() == second.tolist() == [0.1, 0.5, 0.9]


def broken(role: str) -> scoring.Predict:
    def predict(table: pa.Table) -> NDArray[np.float64]:
        raise ModelError(f"the {role} died", role=role)

    return predict


@pytest.mark.parametrize(
    ("champion", "challenger", "role"),
    [(values, broken("challenger"), "challenger"), (broken("champion"), values, "champion")],
)
def test_the_failure_of_either_model_is_raised(
    champion: scoring.Predict, challenger: scoring.Predict, role: str
) -> None:
    batches: Iterator[object] = score(TABLE, run=RUN, label=LABEL, source="f", champion=champion, challenger=challenger)
    with pytest.raises(ModelError) as told:
        next(batches)
    assert told.value.role == role


def test_when_both_fail_the_champion_counts_for_without_it_nothing_can_be_trusted() -> None:
    batches = score(
        TABLE, run=RUN, label=LABEL, source="f", champion=broken("champion"), challenger=broken("challenger")
    )
    with pytest.raises(ModelError, match="the champion died"):
        next(batches)


def test_what_goes_wrong_is_handed_back_with_the_others_answer() -> None:
    first, second = ask_both(TABLE, values, dead)
    assert isinstance(first, np.ndarray)
    assert isinstance(second, ModelError)
    assert ask_both(TABLE, None, values)[0] is None


def test_a_bug_of_ours_in_a_models_thread_is_not_mistaken_for_the_model() -> None:
    def buggy(table: pa.Table) -> NDArray[np.float64]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_both(TABLE, buggy, values)


# ---- what it costs


def test_from_file_to_batch_nothing_is_imported_that_takes_longer_than_reading(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [f"r{row}" for row in range(600)],
            "y": [0, 1] * 300,
            "g": pa.array(["a", "b", None] * 200),
            "c": pa.array(["u", "v", "w"] * 200).dictionary_encode(),
            "old": [0.25, 0.5, 0.75] * 200,
            "new": pa.array([0.5, None, 0.75] * 200),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from mlgate.edges.rows.files import data_digest, read_table, row_identity\n"
        "from mlgate.edges.batches.joining import join\n"
        "from mlgate.edges.batches.predictions import predictions_of\n"
        "from mlgate.edges.batches.scoring import batch_of\n"
        "from mlgate.edges.batches.tasks import guess_task\n"
        "from mlgate.records.run import Grouping, Run\n"
        "from mlgate.records.settings import LabelSettings\n"
        "heavy = ('pandas', 'scipy.stats', 'pyarrow.dataset', 'pyarrow.flight', 'sklearn', 'mlflow')\n"
        "assert not [name for name in (*heavy, 'pyarrow.parquet') if name in sys.modules]\n"
        "names = ['id', 'y', 'g', 'c', 'old', 'new']\n"
        "table = read_table(Path(sys.argv[1]), wanted=lambda all: names)\n"
        "label = LabelSettings(column='y')\n"
        "guess_task(table, 'y', answers=[table.column('old')], class_scores=False, source='f')\n"
        "old, new = (predictions_of(table, name, role='challenger', label=label, source='f') for name in names[-2:])\n"
        "run = Run(requirements=(), groupings=(Grouping(columns=('g', 'c')),))\n"
        "identity = row_identity(table, None)\n"
        "batch_of(table, run=run, label=label, source='f', champion=old.values, challenger=new.values,"
        " identity=identity)\n"
        "data_digest(identity)\n"
        "join(table, table.slice(0, 500), id_column='id', sources=('a', 'b'), shared=names)\n"
        "assert not [name for name in heavy if name in sys.modules]\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "t.parquet")], check=True)
