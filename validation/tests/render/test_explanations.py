"""The section about what models lean on: importances, findings once, curves of both models, and nothing unescaped."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np

from mlgate.checks.attributions import FIGURE, observe_attributions
from mlgate.checks.reliance import exhibit, observe_reliance, observe_untold
from mlgate.inference.reliance import Rises, reliance
from mlgate.records.decision import Decision, Exhibit
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.words import Level
from mlgate.render import html
from mlgate.stages.disclose import disclose
from mlgate.stages.judge import judge_observations
from tests.render import decisions

COLUMNS = ("column", "output", "place", "at", "text", "champion", "challenger", "rows")
EVIL = "<b>zip</b>"


def decided(*, champion: bool = True) -> Decision:
    rng = np.random.default_rng(1)
    theirs = rng.normal(1.0, 0.5, size=(2, 3, 400))
    mine = theirs + np.array([0.8, 0.0])[:, None, None]
    every = reliance(Rises(champion=theirs if champion else None, challenger=mine), margin=0.1, confidence=0.95)
    found = dict(zip((EVIL, "income"), every.columns, strict=True))
    notes = {EVIL: "stands in for sex"}
    told = observe_reliance(found, every, ExplanationSettings(), loss="log loss", notes=notes, confidence=0.95)
    untold = observe_untold("too slow", Level.ADVISORY, rows=400)
    curves = Exhibit(
        name="partial_dependence",
        columns=COLUMNS,
        rows=(
            *(
                ("income", "", place, 1.2345 * place, "", 0.1 * place if champion else None, 0.2, 400)
                for place in range(5)
            ),
            (EVIL, "yes", 0, None, "<i>north</i>", 0.3 if champion else None, 0.35, 300),
            (EVIL, "yes", 1, None, "south", 0.3 if champion else None, 0.31, 5),
        ),
    )
    plain = decisions.passing()
    return dataclasses.replace(
        plain,
        findings=(*plain.findings, *judge_observations([*told, untold])),
        exhibits=(*plain.exhibits, exhibit(found, every, loss="log loss", notes=notes), curves),
    )


def by_values(*, champion: bool = True, permuted: bool = True) -> Decision:
    """The same with SHAP values, which decide."""
    plain = decided(champion=champion)
    rng = np.random.default_rng(2)
    theirs = rng.normal(1.0, 0.5, size=(2, 5, 400))
    mine = theirs + np.array([0.0, 0.7])[:, None, None]
    rises = Rises(champion=theirs if champion else None, challenger=mine, shared=True)
    every = reliance(rises, margin=0.1, confidence=0.95)
    found = dict(zip((EVIL, "income"), every.columns, strict=True))
    told = observe_attributions(
        found, every, ExplanationSettings(), background=50, importances={}, notes={}, confidence=0.95
    )
    kept = [one for one in plain.findings if not one.id.startswith("behaviour/reliance/")]
    shown = [one for one in plain.exhibits if one.name != "reliance" or permuted]
    return dataclasses.replace(
        plain,
        findings=(*kept, *judge_observations(told)),
        exhibits=(*shown, exhibit(found, every, loss=FIGURE, notes={EVIL: "sensitive"}, background=50)),
    )


def section(decision: Decision) -> str:
    return html.render(decision).split('id="explanations"')[1].split("</section>")[0]


def test_importances_findings_and_the_largest_distance_are_told_once() -> None:
    page, part = html.render(decided()), section(decided())
    assert "What the models lean on" in part and ">Champion<" in part and ">Change<" in part
    assert "Rise of the log loss over 400 rows, 3 permutations" in part and "stands in for sex" in part
    assert "income 0.2 (at 0)" in part and "0.05 (at &lt;i&gt;north&lt;/i&gt;)" in part
    assert "what the models lean on can be measured" in part
    tests = page.split('id="behaviour"')[1].split("</section>")[0] if 'id="behaviour"' in page else ""
    assert "leans on" not in tests and "lean on" not in tests


def test_shap_values_stand_beside_importances_and_have_the_findings() -> None:
    part = section(by_values())
    assert "Mean |SHAP value| over 400 rows, 50 background rows" in part and "SHAP values decide: " in part
    values, importances = part.split("<table")[1:]
    assert ">Change by permutation<" in values and ">Finding<" in values and ">Finding<" not in importances
    assert "+0.35 (" in values and ">+0.40<" in values, "the change of one, and by permutation of the other"
    assert "(sensitive)" in values and "<b>zip" not in part
    assert values.count("advisory") == 2


def test_shap_values_are_shown_without_importances_and_without_a_champion() -> None:
    part = section(by_values(permuted=False))
    assert part.count("<table") == 1 and "by permutation" not in part and "SHAP values decide" in part
    alone = section(by_values(champion=False))
    assert "There is no champion to compare with." in alone and ">Change" not in alone and ">Finding<" not in alone
    assert "nan" not in alone.lower().replace("finance", "")


def test_curves_are_drawn_for_both_models_and_described() -> None:
    part = section(decided())
    assert part.count("<svg") >= 2 and "Mean answers along income" in part
    assert "at 1.234 champion 0.1, challenger 0.2" in part or "at 1.235 champion 0.1, challenger 0.2" in part
    assert part.count('class="curve"') == part.count('class="curve dim"') == 1, "categories are not joined"
    assert "<b>zip" not in part and "<i>north" not in part


def test_panels_share_their_vertical_axis() -> None:
    panels = section(decided()).split("<svg")[-2:]
    first, second = (re.findall(r'text-anchor="end" class="axis">([^<]+)<', panel) for panel in panels)
    assert first == second and len(first) > 1


def test_without_a_champion_there_is_one_column_and_one_curve() -> None:
    part = section(decided(champion=False))
    assert ">Champion<" not in part and ">Change<" not in part and "curve dim" not in part
    assert "There is no champion to compare with." not in part  # what could not be measured is a finding all the same
    assert "nan" not in part.lower().replace("finance", "")


def test_a_decision_without_explanations_has_no_section() -> None:
    assert 'id="explanations"' not in html.render(decisions.passing())


def test_aggregates_round_the_places_of_curves_and_withhold_small_levels() -> None:
    plain = dataclasses.replace(decided(), disclosure="aggregates", minimum_cell=10)
    (shown,) = (one for one in disclose(plain).exhibits if one.name == "partial_dependence")
    rows = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    assert [row["at"] for row in rows if row["column"] == "income"] == [0.0, 1.2, 2.5, 3.7, 4.9]
    assert "south" not in {row["text"] for row in rows} and "<i>north</i>" in {row["text"] for row in rows}
    assert all(row["champion"] is None or math.isfinite(float(str(row["champion"]))) for row in rows)
