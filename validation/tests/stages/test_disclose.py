"""Aggregates by law: whatever the groups are, no shown figure is about few rows, and no subtraction tells one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlgate.records.decision import Exhibit, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.stages.disclose import disclose, disclose_findings
from tests.render import decisions

LEAST = 10
SIZES = st.lists(st.integers(0, 40), min_size=1, max_size=6)


def slice_of(place: int, rows: int) -> Finding:
    seen = Estimate(value=0.8, low=0.7, high=0.9)
    return Finding(
        id=f"slices/base_case/accuracy/not_worse/town={place}",
        section=Section.SLICES,
        title="asked",
        verdict=Verdict.FAIL,
        level=Level.GUARDED,
        blocking=True,
        reason="improvement -0.2 (-0.3 to -0.1), margin 0.02",
        dataset="base_case",
        slice=f"town={place}",
        metric="accuracy",
        rule=Rule.NOT_WORSE,
        champion=seen,
        challenger=seen,
        improvement=seen,
        rows=rows,
        differing=rows // 2,
    )


def shown(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return disclose_findings(findings, disclosure="aggregates", minimum_cell=LEAST)


@given(sizes=SIZES)
@example(sizes=[0, 1, 10, 10])  # a cell without rows covers for none
def test_no_cell_of_few_rows_is_shown_and_none_can_be_got_by_subtraction(sizes: list[int]) -> None:
    before = tuple(slice_of(place, rows) for place, rows in enumerate(sizes))
    after = shown(before)
    hidden = [one.rows or 0 for one, other in zip(before, after, strict=True) if other.challenger is None]
    assert all(rows == 0 or rows >= LEAST for rows in (one.rows or 0 for one in after))
    assert not any(0 < (one.differing or 0) < LEAST for one in after)
    # Who knows the whole learns the sum of what is hidden: of at least LEAST rows, or of everything that there is.
    assert not 0 < sum(hidden) < LEAST or len(hidden) == len([one for one in sizes if one]) or sum(sizes) < LEAST
    assert [(one.id, one.verdict, one.blocking) for one in before] == [
        (one.id, one.verdict, one.blocking) for one in after
    ]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("3 of 900 rows do not meet it", False),
        ("1 category that train lacks, in 4 rows", False),
        ("0.4 % missing in train and 12 % here", False),
        ("12 values outside 3 to 40, down to 1", False),
        ("the most by 0.31 (row 17)", False),
        ("90 of 900 rows (10 %), allowed are 0.5 %", True),
        ("0 of 900 rows (0 %) that repeat another row; allowed are 0.5 %", True),
        ("2 of 5 columns differ from train", True),
        ("ROC AUC 0.512 (0.49 to 0.53), at most 0.6, on 900 rows of train and 900 here", True),
    ],
)
def test_a_reason_that_tells_of_few_rows_is_withheld_and_another_is_told(reason: str, told: bool) -> None:
    one = replace(slice_of(0, 900), section=Section.DATA, rule=None, reason=reason, examples="id 7")
    (after,) = shown((one,))
    assert (after.reason == reason) == told and after.examples == ""
    assert told or "withheld" in after.reason


def test_words_of_models_and_tests_are_withheld_and_an_exhibit_that_is_not_known_is_left_out() -> None:
    crash = replace(slice_of(0, 900), section=Section.COMPARE, rule=None, reason="KeyError: 'Ann'", examples="")
    assert "Ann" not in shown((crash,))[0].reason
    decision = replace(
        decisions.failing(),
        disclosure="aggregates",
        minimum_cell=LEAST,
        exhibits=(
            Exhibit(name="secret", columns=("name", "answer"), rows=(("Ann", 0.3),)),
            Exhibit(name="power", columns=("title", "rows", "shortage"), rows=(("a", 90, "4 rows in class"),)),
        ),
    )
    found = {one.name: one.rows for one in disclose(decision).exhibits}
    assert found == {"power": (("a", 90, "withheld"),)}


def test_other_levels_leave_everything_as_it_is() -> None:
    decision = decisions.failing()
    for level in ("public", "internal"):
        assert disclose(replace(decision, disclosure=level)) == replace(decision, disclosure=level)
