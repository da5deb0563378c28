"""Reports of every task: classes, numbers, money, units and weights, planning, and rows that decided too often."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mlgate.records.decision import Decision, Exhibit
from mlgate.records.production import Production
from mlgate.records.words import Level, Verdict
from mlgate.render import html, markdown
from mlgate.render.exhibits import Cell, overused
from mlgate.render.limits import families
from mlgate.render.points import uncertain
from mlgate.render.story import facts
from mlgate.render.telling import changed, money_said, power_said
from mlgate.render.words import subject
from tests.render import decisions
from tests.render.test_html import read, words


def sections(decision: Decision) -> list[str]:
    reader = read(html.render(decision))
    return [value.removeprefix("h-") for key, value in reader.attributes if key == "id" and value.startswith("h-")]


def section(decision: Decision, name: str) -> str:
    page = html.render(decision)
    part = page[page.index(f'<section id="{name}"') :]
    return words(part[: part.index("</section>") + len("</section>")])


def with_exhibit(decision: Decision, name: str, rows: tuple[tuple[str | float | int | None, ...], ...]) -> Decision:
    changed_ = tuple(replace(one, rows=rows) if one.name == name else one for one in decision.exhibits)
    return replace(decision, exhibits=changed_)


@pytest.mark.parametrize(
    ("decision", "own", "others"),
    [
        (decisions.failing(), {"changes", "calibration"}, {"classes", "predictions", "money", "uses"}),
        (decisions.multiclass(), {"changes", "classes", "power"}, {"calibration", "predictions", "money"}),
        (decisions.regression(), {"predictions", "power"}, {"changes", "classes", "calibration", "money"}),
        (decisions.clustered(), {"changes", "money", "calibration", "power", "uses"}, {"classes", "predictions"}),
    ],
    ids=["binary", "multiclass", "regression", "money"],
)
def test_each_task_has_its_own_sections_and_no_others(decision: Decision, own: set[str], others: set[str]) -> None:
    found = sections(decision)
    assert own <= set(found) and not others & set(found)


@pytest.mark.parametrize("name", ["multiclass", "regression", "clustered", "much_used"])
def test_every_exhibit_that_the_engine_made_is_on_the_page(name: str) -> None:
    decision = decisions.ALL[name]()
    drawn = {"cells": "changes", "rates": "fairness", "data_checks": "data"}
    found = sections(decision)
    assert [one.name for one in decision.exhibits if drawn.get(one.name, one.name) not in found] == []


def test_the_class_that_lost_the_most_recall_comes_first_with_both_models_figures() -> None:
    decision = decisions.multiclass()
    said = section(decision, "classes")
    assert "Recall and precision of 5 classes, those that lost the most recall first." in said
    (recalls,) = (exhibit for exhibit in decision.exhibits if exhibit.name == "classes")
    values = {
        (row[0], row[3]): f"{100 * row[4]:.1f}"
        for row in recalls.rows
        if row[2] == "recall" and isinstance(row[4], float)
    }
    table = said[said.index("Precision, challenger other") :]
    assert f"{values['other', 'champion']} (" in table and f"{values['other', 'challenger']} (" in table
    first = next(line for line in markdown.render(decision).splitlines() if line.startswith("| other | "))
    assert first.startswith(f"| other | 103 | {values['other', 'champion']} | {values['other', 'challenger']} | ")


def test_classes_without_a_champion_have_one_column_per_metric() -> None:
    decision = decisions.multiclass()
    rows = next(one.rows for one in decision.exhibits if one.name == "classes")
    alone = with_exhibit(decision, "classes", tuple(row for row in rows if row[3] == "challenger"))
    said = section(alone, "classes")
    assert "Recall, challenger Precision, challenger" in said and "lost the most recall" not in said
    assert "| class | rows | recall, challenger | precision, challenger |" in markdown.render(alone)


def test_more_classes_than_can_be_drawn_are_counted() -> None:
    many = tuple((f"class {number}", 9, "recall", "challenger", 0.5, 0.2, 0.8) for number in range(500))
    said = section(with_exhibit(decisions.multiclass(), "classes", many), "classes")
    assert "Recall of 500 classes. 24 of them are drawn." in said and "more classes in decision.json" in said


def test_changed_classes_are_counted_with_those_that_stayed_wrong() -> None:
    decision = decisions.multiclass()
    said = changed(decision)
    whole = decision.findings[0]
    assert whole.differing is not None and whole.gained is not None and whole.lost is not None
    third = whole.differing - whole.gained - whole.lost
    assert said == (
        f"{whole.differing} of 1,240 decisions (19.0 %): {whole.gained} newly right, {whole.lost} newly wrong, "
        f"{third} from one wrong class to another."
    )
    assert said in section(decision, "changes") and f"**Changed:** {said}" in markdown.render(decision)


def test_regression_speaks_of_predictions_in_the_labels_unit_and_of_no_decisions() -> None:
    page = words(html.render(decisions.regression()))
    assert "In the label's unit with 95 % interval" in page
    assert "Mean prediction against mean label" in page
    assert "decisions changed" not in page and changed(decisions.regression()) == ""


def test_a_margin_that_is_a_share_of_the_champions_value_says_so_wherever_it_is_told() -> None:
    decision = decisions.regression()
    page, comment = words(html.render(decision)), markdown.render(decision)
    assert "it may lose 0.20 (4 % of the champion's value), it loses 1.71" in page
    assert "margin, 2 % and 4 % of the champion's value" in page
    assert "| 0.203 (4 % of the champion's value) |" in comment
    assert "margin −0.100144" not in page


def test_a_column_of_figures_in_a_unit_of_its_own_has_the_same_decimals_in_every_row() -> None:
    rows = [line for line in markdown.render(decisions.regression()).splitlines() if line.startswith("| city=")]
    values = [cell.strip() for row in rows for cell in row.split("|")[4:6]]
    assert values and {len(value.partition(".")[2]) for value in values} == {3}


def test_rows_of_units_say_how_many_they_are_worth() -> None:
    decision = decisions.clustered()
    assert facts(decision)[-1] == "base case: 1,236 weighted transactions of 230 customers (worth 127), 141 fraud"
    assert "Customers (worth)" in html.render(decision) and "230 (127)" in words(html.render(decision))
    assert "| 1,236 (worth 127) |" in markdown.render(decision)
    limits = section(decision, "limits")
    assert "intervals count customers" in limits and "weighted by the column weight" in limits


def test_the_difference_in_money_has_its_interval_per_row_and_in_total_in_its_currency() -> None:
    decision = decisions.clustered()
    gain = next(finding for finding in decision.findings if finding.metric == "cost" and finding.slice == "overall")
    assert gain.improvement is not None and gain.rows is not None
    value, low, high = gain.improvement.value, gain.improvement.low, gain.improvement.high
    assert money_said(decision) in markdown.render(decision)
    said = money_said(decision).replace("\u00a0", " ")
    assert f"{value:.2f} € per row ({low:.2f} to {high:+.2f})".replace("-", "−") in said
    assert f"{value * gain.rows:,.0f} € in total on 1,236 transactions".replace("-", "−") in said
    assert said in section(decision, "money")
    assert section(decision, "money").startswith("What the decisions cost")


def test_money_of_one_model_alone_has_no_difference() -> None:
    decision = decisions.clustered()
    rows = next(one.rows for one in decision.exhibits if one.name == "money")
    alone = with_exhibit(decision, "money", tuple(row for row in rows if row[2] == "challenger"))
    assert money_said(alone) == "Cost per row under the challenger: 16.88\u00a0€."
    assert "– – –" in section(alone, "money")


def test_what_decisions_are_worth_is_not_called_a_cost() -> None:
    decision = decisions.clustered()
    worth = tuple(
        replace(finding, metric="value" if finding.metric == "cost" else finding.metric)
        for finding in decision.findings
    )
    assert section(replace(decision, findings=worth), "money").startswith("What the decisions are worth")


def test_what_rows_cannot_decide_comes_first_and_the_farthest_leads() -> None:
    decision = decisions.much_used()
    said = section(decision, "power")
    places = [said.index(title) for title in ("on hispan=1 41", "0.01 797", "better by 0 797", "by 0.05 797")]
    assert places == sorted(places)
    assert power_said(decision) == (
        "On these rows a challenger exactly as good as the champion would pass 1 of 3 requirements with 80 % power; "
        "farthest from it is “accuracy not worse by 0.05 on hispan=1”: 41 rows, 535 would do."
    )
    assert "depends on the gain" in said and "none would" in said


def test_many_requirements_are_folded_and_none_is_dropped() -> None:
    decision = decisions.much_used()
    row = next(one.rows[0] for one in decision.exhibits if one.name == "power")
    many = tuple((f"requirement {number}", *row[1:]) for number in range(60))
    said = section(with_exhibit(decision, "power", many), "power")
    assert "54 more requirements" in said and all(f"requirement {number} " in said for number in range(60))


def test_rows_are_said_to_resolve_margins_for_an_equal_challenger_and_nothing_is_said_of_this_one() -> None:
    decision = decisions.much_used()
    rows = next(one.rows for one in decision.exhibits if one.name == "power")
    told = "On these rows a challenger exactly as good as the champion would pass "

    def said(*shown: tuple[Cell, ...]) -> str:
        sentence = power_said(with_exhibit(decision, "power", shown))
        assert "decided" not in sentence
        return sentence

    open_ = next(row for row in rows if "hispan=1" in str(row[0]))
    farthest = "“accuracy not worse by 0.05 on hispan=1”: 41 rows, 535 would do."
    assert said(rows[1]) == f"{told}the one requirement with 80 % power."
    assert said(rows[1], rows[1]) == f"{told}each of the 2 requirements with 80 % power."
    assert said(open_, open_) == f"{told}none of 2 requirements with 80 % power; farthest from it is {farthest}"
    assert said(open_) == f"{told}the one requirement with less than 80 % power, {farthest}"
    assert said(rows[2]) == "No requirement here has a margin that rows could resolve."
    assert power_said(decisions.failing()) == ""


def test_rows_that_decided_more_often_than_their_budget_are_warned_of_with_the_reason() -> None:
    decision = decisions.much_used()
    ((name, warning),) = overused(decision)
    assert name == "Base case"
    assert (
        warning.startswith(" has decided 27 times, more than its budget of 20: ") and "adaptive overfitting" in warning
    )
    first_screen = html.render(decision).split('<span id="details"')[0]
    assert "adaptive overfitting" in first_screen and "adaptive overfitting" in markdown.render(decision)
    said = section(decision, "uses")
    assert "base case 27 20 over budget" in said and "recent 3 20 within budget" in said


def test_a_budget_that_is_just_used_up_is_no_warning() -> None:
    within = with_exhibit(decisions.much_used(), "uses", (("base_case", 20, 20),))
    assert overused(within) == () and "adaptive" not in html.render(within).split('<span id="details"')[0]


def test_what_deserves_a_look_comes_first_among_what_is_uncertain() -> None:
    decision = replace(decisions.inconclusive(), exhibits=decisions.much_used().exhibits)
    first, *others = uncertain(decision)
    assert first.sign == "look" and first.subject == "Loan above 90 % of price"
    assert [point.sign for point in others] == ["unsure", "look", ""]


def test_findings_against_a_baseline_say_so() -> None:
    decision = decisions.multiclass()
    found = next(finding for finding in decision.findings if finding.than == "baseline")
    assert found.title == "accuracy better than the baseline overall"
    assert subject(found) == "accuracy against the baseline"
    page, comment = words(html.render(decision)), markdown.render(decision)
    assert "Accuracy, better than the baseline" in page and "Rows Newly wrong / right Baseline Challenger" in page
    assert "slice, accuracy against the baseline | level | rows | baseline | challenger" in comment
    blocking = replace(found, verdict=Verdict.FAIL, blocking=True, level=Level.REQUIRED)
    lost = replace(decision, findings=(blocking,), verdict=Verdict.FAIL)
    assert "it must beat the baseline, it gains" in words(html.render(lost))
    assert "The challenger is not good enough: accuracy is 86.2, where the baseline has 31.6." in words(
        html.render(lost)
    )


def test_a_property_of_the_pair_has_no_champion_and_no_improvement() -> None:
    decision = decisions.clustered()
    churn = next(finding for finding in decision.findings if finding.metric == "churn")
    assert churn.champion is None and churn.improvement is None
    assert "| – | 7.5 | challenger alone (5.8 to 9.5) | 15 | ✓ pass |" in markdown.render(decision)
    blocked = replace(churn, verdict=Verdict.FAIL, blocking=True, level=Level.REQUIRED, bound=0.05)
    said = words(html.render(replace(decision, findings=(blocked,), verdict=Verdict.FAIL)))
    assert "churn is 7.5, where at most 5 is required" in said
    assert not [
        word
        for word in ("undefined", "None", "nan")
        if word in said.split("Limits and defaults")[0].replace("None of ", "")
    ]


def test_a_bound_is_shown_beside_the_interval_that_it_is_held_against() -> None:
    row = next(line for line in markdown.render(decisions.regression()).splitlines() if line.startswith("| within"))
    assert "| challenger alone (88.8 to 91.6) | 75 | ✓ pass |" in row


def test_a_change_without_direction_is_not_called_an_improvement() -> None:
    page = words(html.render(decisions.regression()))
    assert "bias, in the label's unit; the change is challenger less champion" in page


def test_the_number_of_families_is_stated_with_their_sizes() -> None:
    (said,) = families(decisions.multiclass())
    assert said == (
        "Guarded findings form 4 families, Holm-adjusted within each: accuracy in slices (4), log_loss in slices (1), "
        "recall(other) in compare (1) and accuracy against the baseline (1). Findings below the minimum size form "
        "families of their own."
    )
    assert families(decisions.crashed()) == []
    assert said in section(decisions.multiclass(), "limits") and said in markdown.render(decisions.multiclass())


def test_families_beyond_a_dozen_are_counted() -> None:
    decision = decisions.failing()
    guarded = next(finding for finding in decision.findings if finding.family)
    many = tuple(replace(guarded, metric=f"metric_{number}") for number in range(15))
    (said,) = families(replace(decision, findings=many))
    assert said.startswith("Guarded findings form 15 families") and said.endswith("and 3 others.")


@pytest.mark.parametrize("name", ["multiclass", "regression", "clustered", "much_used"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202eevil\u202c שלום", "x" * 200, '"><img src=x>|`@a'])
def test_hostile_text_stays_text_in_every_task(name: str, text: str) -> None:
    whole = decisions.ALL[name]()
    spoilt = decisions.hostile(text, whole)
    page = html.render(spoilt)
    # Inside the fence of the command everything is literal.
    comment = re.sub("```.*?```", "", markdown.render(spoilt), flags=re.DOTALL)
    plain = read(html.render(decisions.hostile("plain", whole)))
    assert set(read(page).tags) <= set(plain.tags)
    assert "<script>alert" not in page and "<img" not in page and "\u202e" not in page
    assert "<script>" not in comment and "<img" not in comment and "\u202e" not in comment


def eleven_hundred_slices() -> Decision:
    whole = decisions.failing()
    one = decisions.many_slices(1100, 1).findings[3:]
    metrics = "accuracy log_loss recall precision f1 brier roc_auc mcc specificity balanced_accuracy".split()
    findings = [replace(finding, metric=metric, id=f"{metric}/{finding.id}") for metric in metrics for finding in one]
    return replace(whole, findings=(*whole.findings[:3], *findings))


def test_eleven_hundred_slices_of_ten_metrics_are_drawn_once_and_what_is_left_out_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decision, drawn, draw = eleven_hundred_slices(), 0, html._page

    def counted(whole: Decision, limit: int, production: Production | None) -> str:
        nonlocal drawn
        drawn += 1
        return draw(whole, limit, production)

    monkeypatch.setattr(html, "_page", counted)
    page = html.render(decision)
    assert drawn == 1, "a page that is too large is drawn first, and thrown away"
    assert len(page.encode()) < 1_000_000
    assert words(page).count("more findings,") >= 10, "each metric says how many of its slices are in decision.json"
    assert "30 of 1,100 slices are drawn, failures and the worst; the table holds more." in words(page)
    assert len(markdown.render(decision).encode()) < 65_000


def test_a_metric_of_the_users_own_is_drawn_in_its_own_unit() -> None:
    decision = decisions.regression()
    own = tuple(replace(finding, metric="shop.metrics.lateness") for finding in decision.findings[:6])
    page = words(html.render(replace(decision, findings=own, exhibits=())))
    assert "shop.metrics.lateness, challenger less champion" in page or "shop.metrics.lateness, champion less" in page
    assert "In its own unit with 95 % interval" in page


@pytest.mark.parametrize(
    ("metric", "currency", "said"),
    [
        ("mae", "", "MAE in the label's unit under each oddity"),
        ("accuracy", "", "Accuracy in percent under each oddity"),
        ("cost", "€", "Cost in € per row under each oddity"),
        ("shop.lateness", "", "shop.lateness under each oddity"),
    ],
)
def test_the_grid_of_oddities_names_the_unit_of_its_metric(metric: str, currency: str, said: str) -> None:
    whole = replace(decisions.failing(), currency=currency)
    rows = next(one.rows for one in whole.exhibits if one.name == "oddities")
    other = with_exhibit(whole, "oddities", tuple((*row[:5], metric, *row[6:]) for row in rows))
    assert said in section(other, "oddities")


def test_an_exhibit_that_lacks_a_column_leaves_its_section_out() -> None:
    decision = decisions.clustered()
    spoilt = tuple(
        Exhibit(name=one.name, columns=tuple(f"other {name}" for name in one.columns), rows=one.rows)
        for one in decision.exhibits
    )
    found = sections(replace(decision, exhibits=spoilt))
    assert not {"changes", "money", "calibration", "power", "uses"} & set(found)


def figures(decision: Decision) -> list[str]:
    first = html.render(decision).split('<span id="details"')[0]
    return re.findall(r"<figcaption><b>(.*?)</b>", first)


def test_what_blocks_is_drawn_on_the_first_screen_beside_a_small_picture() -> None:
    assert figures(decisions.regression()) == ["MAE, champion less challenger.", "RMSE, champion less challenger."]
    assert figures(decisions.multiclass()) == [
        "Accuracy, challenger less champion.",
        "Recall of other, challenger less champion.",
    ]
    assert "Accuracy and Recall of other stand at the top." in section(decisions.multiclass(), "slices")
    assert "Recall of other, not worse" not in section(decisions.multiclass(), "slices")


def test_a_large_picture_and_one_that_tells_of_everything_that_blocks_stand_alone() -> None:
    assert figures(decisions.shuffled()) == ["Accuracy, challenger less champion."]
    calm = tuple(replace(finding, blocking=False) for finding in decisions.regression().findings)
    assert figures(replace(decisions.regression(), findings=calm)) == ["MAE, champion less challenger."]


def test_no_word_stands_on_the_heads_of_the_columns() -> None:
    page = html.render(decisions.multiclass())
    recall = page[page.index("Forest plot of recall(other)") :].split("</svg>")[0]
    assert "better →" not in recall and ">champion</text>" in recall
