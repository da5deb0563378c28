"""Exhibits read as typed rows, whatever they hold."""

from __future__ import annotations

import math
from dataclasses import replace

from mlgate.records.decision import Exhibit
from mlgate.render.exhibits import cells, figure, rows_of, word
from tests.render import decisions


def test_an_exhibit_that_is_absent_or_lacks_a_column_has_no_rows() -> None:
    whole = decisions.failing()
    assert rows_of(whole, "discrimination", ("anything",)) == ()
    assert rows_of(whole, "cells", ("dataset", "n222")) == ()


def test_cells_become_text_and_numbers_or_nothing() -> None:
    row = {"a": None, "b": "x", "c": 2}
    assert (word(row, "a"), word(row, "b"), word(row, "c"), word(row, "d")) == ("", "x", "2", "")
    assert math.isnan(figure(row, "a")) and math.isnan(figure(row, "b")) and figure(row, "c") == 2.0


def test_counts_of_one_model_alone_are_left_out() -> None:
    whole = decisions.failing()
    overall, *_ = cells(whole, "base_case")
    assert (overall.rows, overall.wrong, overall.right) == (797, 20, 36)
    exhibit = whole.exhibits[0]
    alone = Exhibit(name="cells", columns=exhibit.columns, rows=(("base_case", "overall", "", *[None] * 8),))
    assert cells(replace(whole, exhibits=(alone,)), "base_case") == ()
    assert cells(whole, "recent") == ()
