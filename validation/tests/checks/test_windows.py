"""The rule "n of the last m windows, the newest among them", and bounds, through the entry for windows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks import category_counts
from mlgate.checks.windows import observe_windows, recurring
from mlgate.records.columns import ColumnBatch
from mlgate.records.data_settings import BoundsSettings, DriftSettings
from mlgate.records.evidence import Observation
from mlgate.records.rows import Coded
from mlgate.records.words import Level, Section, Verdict
from mlgate.stages.judge import judge_observations

GRID = np.linspace(0.0, 1.0, 400)


def numbers(*parts: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[ColumnBatch]:
    return [ColumnBatch(rows=len(part), columns={"x": part}) for part in parts]


def words(*values: str | None) -> list[ColumnBatch]:
    known = tuple(dict.fromkeys(values))
    codes = np.array([known.index(value) for value in values], dtype=np.int32)
    return [ColumnBatch(rows=len(values), columns={"c": Coded(codes=codes, values=known)})]


def seen(window: str, value: float, at_most: float | None = 0.1) -> tuple[str, list[Observation]]:
    one = Observation(
        id=f"data/{window}/drift/x",
        section=Section.DATA,
        title="x as in training",
        level=Level.REQUIRED,
        reason="as measured",
        dataset=window,
        value=value,
        at_most=at_most,
    )
    return window, [one]


@pytest.mark.parametrize(
    ("values", "verdict", "reason"),
    [
        ([0.5, 0.0, 0.5], Verdict.FAIL, "in 2 of the last 3 windows (w0, w2); w2: as measured"),
        (
            [0.5, 0.5, 0.0],
            Verdict.PASS,
            "in 2 of the last 3 windows (w0, w1), the newest not among them; w2: as measured",
        ),
        ([0.5, 0.0, 0.0, 0.5], Verdict.PASS, "in 1 of the last 3 windows (w3); w3: as measured"),
        ([0.5], Verdict.PASS, "in 1 of the last 1 window (w0); w0: as measured"),
        ([0.5, 0.5], Verdict.FAIL, "in 2 of the last 2 windows (w0, w1); w1: as measured"),
        ([0.5, 0.5, math.nan], Verdict.INCONCLUSIVE, "in 2 of the last 3 windows"),
    ],
)
def test_two_of_the_last_three_windows_count_when_the_newest_is_among_them(
    values: list[float], verdict: Verdict, reason: str
) -> None:
    (one,) = recurring([seen(f"w{place}", value) for place, value in enumerate(values)], least=2, last=3)
    assert judge_observations([one])[0].verdict is verdict
    assert reason in one.reason
    assert (one.id, one.dataset, one.level) == ("data/windows/drift/x", "windows", Level.REQUIRED)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 5), st.integers(1, 5))
def test_the_rule_is_what_its_sentence_says(shown: list[bool], least: int, last: int) -> None:
    (one,) = recurring([seen(str(place), float(yes)) for place, yes in enumerate(shown)], least=least, last=last)
    fails = shown[-1] and sum(shown[-last:]) >= least
    assert (judge_observations([one])[0].verdict is Verdict.FAIL) == fails


def test_what_may_be_chance_in_a_window_does_not_count() -> None:
    (one,) = recurring([seen("a", 0.5, None), seen("b", 0.5)], least=2, last=2)
    assert one.value == 1.0
    assert recurring([], least=1, last=1) == ()


def test_with_the_rule_single_windows_only_tell_and_the_rule_decides() -> None:
    settings = DriftSettings(level=Level.REQUIRED, least=2, last=3)
    windows = [("march", numbers(GRID + 0.5)), ("april", numbers(GRID)), ("may", numbers(GRID + 0.5))]
    observations = observe_windows(numbers(GRID), windows, drift=settings)
    blocking = [one.id for one in judge_observations(observations) if one.blocking]
    assert blocking == ["data/windows/drift/x"]
    again = [(name, numbers(GRID + shift)) for name, shift in (("march", 0.5), ("april", 0.5), ("may", 0.0))]
    assert [
        one.id for one in judge_observations(observe_windows(numbers(GRID), again, drift=settings)) if one.blocking
    ] == []


def test_batches_come_one_by_one_and_are_read_once() -> None:
    open_now = {"batches": 0}

    def streamed(shift: float) -> list[ColumnBatch]:
        return numbers(*(part + shift for part in np.array_split(GRID, 7)))

    def reading(shift: float):  # type: ignore[no-untyped-def]
        for one in streamed(shift):
            open_now["batches"] += 1
            yield one

    drift, bounds = DriftSettings(), BoundsSettings()
    found = observe_windows(reading(0.0), ((name, reading(0.2)) for name in ("a", "b")), drift=drift, bounds=bounds)
    whole = observe_windows(
        numbers(GRID), [(name, numbers(GRID + 0.2)) for name in ("a", "b")], drift=drift, bounds=bounds
    )
    assert found == whole
    assert open_now["batches"] == 21


def bounded(reference: list[ColumnBatch], window: list[ColumnBatch], **asked: object) -> list[Observation]:
    settings = BoundsSettings(**asked)  # type: ignore[arg-type]
    return list(observe_windows(reference, [("may", window)], bounds=settings))


def test_values_outside_the_training_range_are_a_share_with_the_range_and_how_far() -> None:
    window = numbers(np.concatenate([GRID[:390], [-3.0, 2.0, 4.0], np.full(7, np.nan)]))
    (one,) = bounded(numbers(GRID), window)
    assert one.value == pytest.approx(3 / 393)
    assert one.id == "data/may/bounds/x"
    assert one.reason == "3 of 393 values outside 0 to 1, down to -3, up to 4 (0.763 %, at most 1 %)"
    assert judge_observations([one])[0].verdict is Verdict.PASS
    (strict,) = bounded(numbers(GRID), window, columns=(("x", 0.0001),))
    assert judge_observations([strict])[0].verdict is Verdict.FAIL


def test_one_row_outside_in_a_small_window_may_be_chance() -> None:
    (one,) = bounded(numbers(GRID), numbers(np.concatenate([GRID[:49], [9.0]])))
    assert one.value == 0.02
    assert "of so few rows that may be chance" in one.reason
    assert judge_observations([one])[0].verdict is Verdict.PASS


def test_unseen_categories_are_a_share_of_rows() -> None:
    (one,) = bounded(words(*"aabbcc"), words("a", "b", "z", "y", None))
    assert one.value == 0.5
    assert one.reason == "2 of 4 rows in 2 unseen categories (50 %, at most 1 %)"


def test_bounds_of_private_columns_tell_counts_and_no_value() -> None:
    (one,) = bounded(numbers(GRID + 7117), numbers(GRID + 7117.5), private=("x",))
    assert one.reason == "200 of 400 values outside, 0 below and 200 above (50 %, at most 1 %)"


def test_bounds_ignore_what_they_are_told_to_and_leave_other_kinds_to_drift() -> None:
    assert bounded(numbers(GRID), numbers(GRID), ignore=("x",)) == []
    kinds = [ColumnBatch(rows=1, columns={"c": np.array([1.0])})]
    assert bounded(words("a", "b"), kinds) == []


def test_bounds_that_cannot_be_told_are_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = np.full(3, np.nan)
    (one,) = bounded(numbers(nothing), numbers(GRID))
    assert (math.isnan(one.value), one.reason) == (True, "training holds no value to give a range")
    (one,) = bounded(words(None), words("a"))
    assert (math.isnan(one.value), one.reason) == (True, "training holds no category")
    (one,) = bounded(numbers(GRID), numbers(nothing))
    assert (one.value, one.reason) == (0.0, "no row holds a value (0 %, at most 1 %)")
    (one,) = bounded(words("a"), words(None))
    assert one.value == 0.0
    monkeypatch.setattr(category_counts, "VALUES", 1)
    (one,) = bounded(words("a", "b"), words("a", "b"))
    assert (math.isnan(one.value), one.reason) == (True, "too many categories to tell which are unseen")
