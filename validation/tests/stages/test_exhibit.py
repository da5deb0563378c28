"""The numbers that a report draws beside its findings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlgate.checks.oddity import Trial
from mlgate.records.evidence import Estimate
from mlgate.records.losses import Losses
from mlgate.records.run import Grouping, Run
from mlgate.stages import exhibit
from mlgate.stages.add_up import add_up
from tests.making import asked, random_rows, rows, seen

RUN = Run(requirements=(asked("roc_auc"),), groupings=(Grouping(columns=("group",)),))


def test_cells_hold_the_joint_counts_of_every_slice_with_its_title() -> None:
    tally = add_up(RUN, [random_rows(1, 100)])
    shown = exhibit.cells({"base_case": tally, "other": tally}, {"group=g1": "Group one"})
    assert len(shown.rows) == 2 * 4
    assert {row[2] for row in shown.rows if row[1] == "group=g1"} == {"Group one"}
    overall = next(row for row in shown.rows if row[:2] == ("base_case", "overall"))
    assert overall[3:] == tuple(tally.cells[-1].tolist())
    assert len(shown.columns) == len(overall)


def test_calibration_counts_every_row_once_in_bins_of_about_equal_size() -> None:
    shown = exhibit.calibration(add_up(RUN, [random_rows(2, 1000)]), 0.95)
    for model in ("champion", "challenger"):
        counted = [row[3] for row in shown.rows if row[0] == model]
        assert sum(int(n or 0) for n in counted) == 1000
        assert 5 <= len(counted) <= 10
    for _, low, high, _, mean, observed, lower, upper in shown.rows:
        numbers = [float(part or 0) for part in (low, mean, high, lower, observed, upper)]
        assert numbers[0] <= numbers[1] <= numbers[2]
        assert numbers[3] <= numbers[4] <= numbers[5]


def test_equal_scores_share_a_bin_and_constant_scores_have_one() -> None:
    labels = [0, 1] * 50
    shown = exhibit.calibration(
        add_up(RUN, [rows(labels, [0.3] * 100, [0.2] * 55 + [0.9] * 45, {"group": ["a"] * 100})]), 0.95
    )
    assert [(row[0], row[1], row[3]) for row in shown.rows] == [
        ("champion", 0.3, 100),
        ("challenger", 0.2, 55),
        ("challenger", 0.9, 45),
    ]
    assert shown.rows[0][4] == pytest.approx(0.3)


def test_calibration_of_decisions_or_of_no_rows_is_empty() -> None:
    batch = random_rows(3, 20)
    assert exhibit.calibration(add_up(dataclasses.replace(RUN, scores=False), [batch]), 0.95).rows == ()
    empty = rows([], [], [], {"group": []})
    assert exhibit.calibration(add_up(RUN, [empty]), 0.95).rows == ()


def test_calibration_without_a_champion_shows_the_challenger_only() -> None:
    batch = dataclasses.replace(random_rows(4, 60), champion=None)
    shown = exhibit.calibration(add_up(RUN, [batch]), 0.95)
    assert {row[0] for row in shown.rows} == {"challenger"}


def test_the_oddity_grid_says_what_each_model_lost_beside_its_value_on_the_base_case() -> None:
    trial = Trial(name="m", title="values are missing", family="missing", rows=9, champion=True)
    losses = Losses(
        metric="log_loss",
        base_champion=0.2,
        base_challenger=0.1,
        odd_champion=0.5,
        odd_challenger=0.3,
        champion=Estimate(value=-0.3, low=-0.4, high=-0.1),
        challenger=Estimate(value=-0.2, low=-0.3, high=0.1),
        difference=None,
        difference_spread=None,
        reference=None,
        reference_spread=None,
    )
    shown = exhibit.oddity_grid([(trial, losses)], None)
    rows = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    assert [(row["model"], row["base_value"], row["value"]) for row in rows] == [
        ("champion", 0.2, 0.5),
        ("challenger", 0.1, 0.3),
    ]
    assert [(row["loss"], row["loss_low"], row["loss_high"]) for row in rows] == [(0.3, 0.1, 0.4), (0.2, -0.1, 0.3)]
    alone = dataclasses.replace(trial, champion=False, challenger_problem="it died")
    [row] = exhibit.oddity_grid([(alone, None)], seen(0.1, 0.1, champion=None)).rows
    told = dict(zip(shown.columns, row, strict=True))
    assert (told["answered"], told["base_value"], told["loss"], told["reason"]) == (0, 0.1, None, "it died")


def test_everything_in_an_exhibit_is_a_plain_value() -> None:
    tally = add_up(RUN, [random_rows(5, 100)])
    for shown in (exhibit.cells({"d": tally}, {}), exhibit.calibration(tally, 0.95)):
        assert not any(isinstance(value, np.generic) for row in shown.rows for value in row)
