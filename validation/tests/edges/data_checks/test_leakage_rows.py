"""Tables to hashes: what counts as the same row, what as nearly the same, and what a time is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks.duplicates import observe_duplicates
from mlgate.checks.hashed_rows import Rows
from mlgate.checks.leakage import observe_leakage
from mlgate.edges.data_checks.leakage_rows import common_features, leakage_rows, rounded, row_names, times_of
from mlgate.errors import DataError
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

FEATURES = ("loanamt", "appinc", "obrat", "term", "purpose", "married")
SETTINGS = LeakageSettings()


def applications(rows: int, seed: int) -> pa.Table:
    """Mortgage applications as in loanapp, with a customer, a day and a label."""
    draw = np.random.default_rng(seed)
    return pa.table(
        {
            "id": np.arange(rows) + 10_000 * seed,
            "customer": [f"C-{seed}-{number:05d}" for number in draw.integers(0, rows, rows)],
            "day": [dt.date(2020 + seed, 1, 1) + dt.timedelta(days=int(day)) for day in draw.integers(0, 300, rows)],
            "loanamt": draw.integers(30, 900, rows) * 1000.0,
            "appinc": np.round(draw.lognormal(4, 0.6, rows), 2),
            "obrat": np.round(draw.normal(33, 8, rows), 1),
            "term": draw.choice([180, 240, 360], rows),
            "purpose": draw.choice(["buy a house", "refinance", "rebuild"], rows),
            "married": draw.integers(0, 2, rows),
            "approve": draw.integers(0, 2, rows),
        }
    )


def hashed(table: pa.Table, dataset: str, private: Sequence[str] = ()) -> Rows:
    return leakage_rows(
        table,
        dataset=dataset,
        features=FEATURES,
        label="approve",
        key=("id",),
        unit="customer",
        time="day",
        id_column="id",
        private=private,
    )


def seen_between(train: pa.Table, judged: pa.Table) -> dict[str, Observation]:
    seen = observe_leakage(hashed(train, "train"), hashed(judged, "base_case"), SETTINGS)
    return {one.id.split("/")[2]: one for one in seen}


def verdicts(seen: dict[str, Observation]) -> dict[str, str]:
    return {name: str(judge_observations([one])[0].verdict) for name, one in seen.items()}


def with_columns(table: pa.Table, **columns: object) -> pa.Table:
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


def test_clean_sets_share_nothing() -> None:
    assert set(verdicts(seen_between(applications(1500, 1), applications(500, 2))).values()) == {"pass"}


def test_rows_copied_into_training_are_found_by_key_by_unit_and_by_content() -> None:
    train, judged = applications(1500, 1), applications(500, 2)
    seen = seen_between(pa.concat_tables([train, judged.slice(0, 25)]), judged)
    assert verdicts(seen) == {
        "shared_rows": "fail",
        "near_copies": "pass",
        "shared_keys": "fail",
        "shared_units": "fail",
        "older_rows": "fail",
    }
    assert "25 of 500 rows (5 %)" in seen["shared_rows"].reason
    assert seen["shared_keys"].examples == "id 20000, 20001, 20002, 20003, 20004 …"


def test_copies_under_a_new_key_with_noise_in_the_fourth_digit_and_text_written_otherwise_are_near_copies() -> None:
    train, judged = applications(1500, 1), applications(500, 2)
    draw = np.random.default_rng(3)
    copied = judged.slice(0, 25)
    noisy = {
        name: copied.column(name).to_numpy() * (1 + draw.normal(0, 1e-4, 25)) for name in ("loanamt", "appinc", "obrat")
    }
    copied = with_columns(
        copied,
        **noisy,
        id=np.arange(90_000, 90_025),
        customer=[f"N-{number}" for number in range(25)],
        day=train.column("day").slice(0, 25),
        purpose=[f" {text.upper().replace(' ', '  ')}" for text in copied.column("purpose").to_pylist()],
    )
    seen = seen_between(pa.concat_tables([train, copied.cast(train.schema)]), judged)
    assert verdicts(seen) == {
        "shared_rows": "pass",
        "near_copies": "fail",
        "shared_keys": "pass",
        "shared_units": "pass",
        "older_rows": "pass",
    }
    assert seen["near_copies"].value >= 0.04


def test_one_unit_on_both_sides_is_found() -> None:
    train, judged = applications(1500, 1), applications(500, 2)
    units = judged.column("customer").to_pylist()
    units[7] = train.column("customer")[3].as_py()
    seen = seen_between(train, with_columns(judged, customer=units))
    assert [name for name, verdict in verdicts(seen).items() if verdict == "fail"] == ["shared_units"]
    assert seen["shared_units"].reason.startswith("1 of 500 rows") and seen["shared_units"].examples == "id 20007"


def test_rows_from_before_training_are_found() -> None:
    train, judged = applications(1500, 2), applications(500, 1)
    seen = seen_between(train, judged)
    assert [name for name, verdict in verdicts(seen).items() if verdict == "fail"] == ["older_rows"]
    assert seen["older_rows"].value == 1.0


def test_duplicates_are_found_though_their_id_is_new() -> None:
    train = applications(1500, 1)
    again = with_columns(train.slice(0, 45), id=np.arange(99_000, 99_045))
    rows, keys = observe_duplicates(hashed(pa.concat_tables([train, again]), "train"), SETTINGS)
    assert judge_observations([rows])[0].verdict is Verdict.FAIL
    assert judge_observations([keys])[0].verdict is Verdict.PASS
    assert "45 of 1,545 rows (2.9 %)" in rows.reason and rows.examples.startswith("id 99000, 99001")


def test_rows_of_one_customer_in_many_months_are_no_duplicates() -> None:
    train = applications(1500, 1)
    later = with_columns(
        train.slice(0, 300),
        id=np.arange(99_000, 99_300),
        day=[dt.date(2030, 1, 1)] * 300,
    )
    rows = observe_duplicates(hashed(pa.concat_tables([train, later]), "train"), SETTINGS)[0]
    assert rows.value == 0.0


def test_rows_are_not_named_by_a_private_id() -> None:
    train, judged = applications(1500, 1), applications(500, 2)
    both = pa.concat_tables([train, judged.slice(0, 25)])
    for seen in observe_leakage(
        hashed(both, "train", private=["id"]), hashed(judged, "test", private=["id"]), SETTINGS
    ):
        said = f"{seen.reason} {seen.examples}"
        assert "20000" not in said and "C-2" not in said
    assert row_names(judged, None) is None and row_names(judged, "id", ["id"]) is None


def test_types_order_and_chunks_do_not_change_which_rows_are_equal() -> None:
    judged = applications(500, 2)
    train = pa.concat_tables([judged.slice(250), judged.slice(0, 250)])
    train = train.set_column(train.column_names.index("term"), "term", train.column("term").cast(pa.float64()))
    train = train.set_column(
        train.column_names.index("purpose"), "purpose", train.column("purpose").dictionary_encode()
    )
    assert seen_between(train, judged)["shared_rows"].value == 1.0


def test_sixty_columns_are_bundled_and_copies_that_differ_in_one_are_still_found() -> None:
    draw = np.random.default_rng(1)
    names = [f"x{place}" for place in range(60)]
    table = pa.table({name: draw.normal(size=600) for name in names})
    judged = table.slice(400)
    copied = with_columns(judged.slice(0, 20), x33=draw.normal(size=20))
    train = pa.concat_tables([table.slice(0, 400), copied])
    ours, theirs = (leakage_rows(part, dataset=name, features=names) for part, name in ((train, "a"), (judged, "b")))
    assert len(ours.alike) == 1 + 15 and ours.bundle == 4
    near = observe_leakage(ours, theirs, SETTINGS)[1]
    assert (near.value, judge_observations([near])[0].verdict) == (0.1, Verdict.FAIL)
    assert "all but 4 columns" in near.reason


def test_a_key_with_a_missing_part_is_nobodys() -> None:
    table = pa.table({"a": [1, 1, None, None], "b": [1, 1, 2, 2], "x": [1.0, 2.0, 3.0, 4.0]})
    rows = leakage_rows(table, dataset="train", features=["x"], key=("a", "b"))
    assert observe_duplicates(rows, SETTINGS)[1].reason.startswith("1 of 4 rows")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_rounding_keeps_three_digits_and_is_done_once_and_for_all(numbers: list[float]) -> None:
    close = rounded(np.array(numbers))
    sound = [abs(number) > 1e-280 and abs(number) < 1e280 for number in numbers]
    for number, other, fine in zip(numbers, close.tolist(), sound, strict=True):
        assert not fine or abs(other - number) <= 0.0064 * abs(number)
    assert np.array_equal(rounded(np.where(sound, close, 0.0)), np.where(sound, close, 0.0))


def test_missing_and_infinite_numbers_stay_what_they_are() -> None:
    assert rounded(np.array([np.inf, -np.inf, 0.0])).tolist() == [np.inf, -np.inf, 0.0]
    assert np.isnan(rounded(np.array([np.nan])))[0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([dt.date(1970, 1, 1), dt.date(1970, 1, 2), None]),
        pa.array([dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 2), None], pa.timestamp("ns")),
        pa.array([dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 2), None], pa.timestamp("s", "Europe/Berlin")),
        pa.array(["1970-01-01", "1970-01-02", None]),
        pa.array(["1970-01-01T00:00:00Z", "1970-01-02T02:00:00+02:00", None]),
    ],
)
def test_times_of_any_kind_are_microseconds(column: pa.Array) -> None:
    assert times_of(pa.table({"at": column}), "at", "train").tolist()[:2] == [0.0, 86_400e6]
    assert np.isnan(times_of(pa.table({"at": column}), "at", "train")[2])


def test_numbers_are_times_as_they_are() -> None:
    assert times_of(pa.table({"year": [1999, 2001]}), "year", "train").tolist() == [1999.0, 2001.0]


@pytest.mark.parametrize("values", [["yesterday"], ["2024-13-45"], [dt.time(1, 2)]])
def test_what_is_no_time_is_refused_in_one_sentence(values: list[object]) -> None:
    with pytest.raises(DataError, match="^train: column 'at' holds"):
        times_of(pa.table({"at": values}), "at", "train")


def test_a_column_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match='did you mean "loanamt"'):
        leakage_rows(applications(5, 1), dataset="train", features=["loanamnt"])


def test_common_features_are_what_both_have_and_nothing_else_uses() -> None:
    one, other = pa.table({"y": [1], "a": [1], "b": [1]}), pa.table({"b": [1], "y": [1], "c": [1]})
    assert common_features(one, other, taken={"y", None}) == ("b",)
    with pytest.raises(DataError, match="share no feature column"):
        common_features(one, other, taken={"y", "b"})
