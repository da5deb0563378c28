"""Categories counted by value and by hash."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.checks import category_counts
from mlgate.checks.number_cells import count_numbers
from mlgate.records.rows import Coded


def test_more_categories_than_the_limit_are_counted_by_hash_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(category_counts, "VALUES", 3)
    codes = np.arange(5, dtype=np.int32)
    found = category_counts.count_categories(Coded(codes=codes, values=("a", "b", "c", "d", None)))
    assert found.crowded
    assert (found.counts, int(found.buckets.sum()), found.missing) == ({}, 4, 1)


def test_a_label_of_few_numbers_is_counted_by_the_texts_of_its_values() -> None:
    found = category_counts.as_categories(count_numbers(np.array([0.0, 1.0, 1.0, np.nan, 2.5]), None))
    assert (found.counts, found.rows, found.missing) == ({"0": 1, "1": 2, "2.5": 1}, 5, 1)
