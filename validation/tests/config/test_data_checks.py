"""The key ``checks``: which checks of the data are made, and with what bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlgate.records.data_settings import BoundsSettings, DataChecks, DriftSettings, LeakageSettings
from mlgate.records.settings import Settings
from mlgate.records.words import Level

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]

HEAD = "model: m\ndata: d\nlabel: y\n"


def test_without_the_key_leakage_drift_and_bounds_are_looked_at(read: Read) -> None:
    assert read(HEAD).checks == DataChecks(leakage=LeakageSettings(), drift=DriftSettings(), bounds=BoundsSettings())


def test_a_check_is_switched_on_and_off_by_a_word(read: Read) -> None:
    checks = read(HEAD + "checks: {leakage: false, outliers: true}\n").checks
    assert checks.leakage is None and checks.outliers is not None and checks.drift == DriftSettings()


def test_what_is_not_said_keeps_its_default(read: Read) -> None:
    checks = read(HEAD + "checks: {drift: {level: advisory, ignore: [a, b], last: 3, number_at_most: 0.2}}\n").checks
    assert checks.drift == DriftSettings(level=Level.ADVISORY, ignore=("a", "b"), last=3, number_at_most=0.2)


def test_columns_map_to_numbers_or_columns(read: Read) -> None:
    text = "checks: {bounds: {columns: {age: 0.5, b: 0}}, features: {stamps: {balance: seen_at}, predicted_at: t}}\n"
    checks = read(HEAD + text).checks
    assert checks.bounds is not None and checks.bounds.columns == (("age", 0.5), ("b", 0.0))
    assert checks.features is not None and checks.features.stamps == (("balance", "seen_at"),)
    assert checks.features.predicted_at == "t"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("checks: {leak: true}", '4: unknown key "checks.leak"; did you mean "leakage"?'),
        ("checks: {drift: {least: 2}}", "4: checks.drift.least is 2, more than the 1 window of last; give both."),
        ("checks: {drift: 3}", "4: checks.drift must be true, false, or a mapping with keys such as level, ignore"),
        ("checks: {drift: {labels: y}}", '4: unknown key "checks.drift.labels"'),
        ("checks: {drift: {label: y}}", '4: unknown key "checks.drift.label"'),
        ("checks:\n  drift:\n    last: 0", "6: checks.drift.last must be a whole number that is at least 1, found 0."),
        ("checks: {drift: {number_measure: kl}}", '4: unknown number_measure "kl"'),
        ("checks: {bounds: {columns: {a: -1}}}", "4: checks.bounds.columns.a must be a number that is not negative"),
        ("checks: {bounds: {columns: [a]}}", "4: checks.bounds.columns must be a mapping of columns to numbers"),
        ("time: y", '4: "y" is the label and cannot say when a row happened'),
    ],
)
def test_what_is_wrong_is_told_with_its_line(problems: Problems, text: str, problem: str) -> None:
    (told,) = problems(HEAD + text + "\n")
    assert told.startswith(f"mlgate.yaml:{problem}")
