"""A plan as text and as Markdown: every figure in the units of mlgate.yaml, and nothing of the data taken as markup."""

from __future__ import annotations

import dataclasses

from mlgate.records.prospect import Plan, Prospect
from mlgate.records.words import Level, Rule
from mlgate.render.prospects import as_markdown, as_text, said

ONE = Prospect(
    id="a",
    title="accuracy not worse by 0.01 overall",
    metric="accuracy",
    dataset="base_case",
    slice="overall",
    rule=Rule.NOT_WORSE,
    level=Level.REQUIRED,
    than="champion",
    margin=0.01,
    bound=None,
    relative=False,
    champion=0.9,
    rows=1000,
    error=0.0078,
    assumed=True,
    equal_passes=0.25,
    smallest_detectable=0.0318,
    rows_to_decide=4777,
    decides=False,
    proposed=0.022,
)
DECIDED = dataclasses.replace(ONE, id="b", equal_passes=0.97, rows_to_decide=400, decides=True)


def plan_of(*prospects: Prospect, scenario: str = "usual", differing: float | None = 0.042) -> Plan:
    return Plan(
        champion="models:/credit/7",
        scenario=scenario,
        agreement=0.7,
        losses=0.95,
        rankings=0.9,
        differing=differing,
        rows=1000,
        prospects=prospects,
        notes=("Note: something.",),
    )


def test_a_row_holds_all_figures() -> None:
    line = as_text(plan_of(ONE)).splitlines()[1]
    assert line.split("  ")[0] == ONE.title
    assert [cell.strip() for cell in line.split("  ") if cell.strip()][1:] == [
        "0.01",
        "1,000",
        "25 %",
        "0.0318",
        "4,777",
        "0.022",
    ]


def test_the_sentences_say_what_is_supposed_and_what_would_do() -> None:
    told = said(plan_of(ONE, DECIDED))
    assert told[0].startswith("Supposed is a challenger as good as models:/credit/7: the same recipe on twice the rows")
    assert told[0].endswith("decisions differ on 4.2 % of the rows.")
    assert told[1].startswith("1 of 2 required requirements can be decided with these rows")
    assert told[2:] == (
        "These rows cannot resolve the margin 0.01 of “accuracy not worse by 0.01 overall”: a margin of 0.022 they "
        "can; 4,777 rows would decide it.",
        "Note: something.",
    )


def test_when_all_can_be_decided_it_says_so() -> None:
    assert said(plan_of(DECIDED))[1].startswith("The one required requirement can be decided")
    assert said(plan_of(DECIDED, DECIDED))[1].startswith("All 2 required requirements can be decided")
    assert "No required requirement" in said(plan_of(dataclasses.replace(DECIDED, level=Level.GUARDED)))[1]


def test_a_measured_spread_is_not_called_supposed() -> None:
    assert said(plan_of(ONE, scenario="measured"))[0] == (
        "The spread is that of the two models on these 1,000 rows; decisions differ on 4.2 % of the rows."
    )
    assert "decisions differ" not in said(plan_of(ONE, differing=None))[0]


def test_a_bound_is_called_a_bound() -> None:
    bound = dataclasses.replace(ONE, rule=Rule.AT_LEAST, margin=None, bound=0.95, proposed=0.88, rows_to_decide=None)
    told = said(plan_of(bound))[2]
    assert told.startswith("These rows cannot resolve the bound 0.95 of") and "a bound of 0.88 they can." in told
    assert "none would" in as_text(plan_of(bound))


def test_a_relative_margin_reads_as_in_the_configuration() -> None:
    relative = dataclasses.replace(ONE, relative=True, champion=0.5, margin=0.01, proposed=0.022)
    assert "a margin of 4.4 % they can" in said(plan_of(relative))[2]


def test_too_few_rows_are_told_with_their_reason() -> None:
    few = dataclasses.replace(
        ONE, shortage="24 rows, at least 30 needed", proposed=None, smallest_detectable=None, rows_to_decide=30
    )
    assert said(plan_of(few))[2] == (
        "Cannot be judged at all: accuracy not worse by 0.01 overall (24 rows, at least 30 needed); 30 rows would "
        "decide it."
    )


def test_better_depends_on_the_gain() -> None:
    better = dataclasses.replace(ONE, rule=Rule.BETTER, decides=None, rows_to_decide=None, proposed=None)
    assert "depends" in as_text(plan_of(better)) and "none would" not in as_text(plan_of(better))


def test_many_open_requirements_do_not_fill_the_screen() -> None:
    told = said(plan_of(*[ONE] * 12))
    assert len(told) == 2 + 5 + 1 + 1
    assert told[-2] == "So it is with 7 more requirements; see the table."
    guarded = dataclasses.replace(ONE, level=Level.GUARDED)
    text = as_text(plan_of(ONE, *[guarded] * 30, dataclasses.replace(DECIDED, level=Level.ADVISORY)))
    assert text.count("[guarded]") == 20
    assert "… 11 more, not required" in text


def test_a_value_of_the_data_is_no_markup() -> None:
    evil = dataclasses.replace(ONE, title="accuracy on g=<img src=x>|**b**`c`")
    page = as_markdown(plan_of(evil))
    assert "<img" not in page.replace("\\<img", "")
    assert "\\|\\*\\*b\\*\\*\\`c\\`" in page
    assert as_markdown(plan_of(ONE, DECIDED)).count("\n| ") == 4
