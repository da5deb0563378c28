"""The section about privacy and certainty: figures of both models, findings once, far rows told again."""

from __future__ import annotations

import dataclasses

from mlgate.checks.certainty import observe_certainty
from mlgate.checks.interval_bound import exhibit_of
from mlgate.checks.membership import observe_membership
from mlgate.records.decision import Decision
from mlgate.records.evidence import Observation
from mlgate.records.model_settings import CertaintySettings, PrivacySettings
from mlgate.records.words import Level, Section
from mlgate.render import html
from mlgate.stages.judge import judge_observations
from tests.checks.test_model_safety import losses, scored
from tests.render import decisions


def decided(*, champion: bool = True, reason: str = "12 of 900 rows are farther") -> Decision:
    told, first = observe_membership(losses(remembers=0.4, champion=champion), PrivacySettings(at_most=0.1), 0.95)
    more, second = observe_certainty(scored(champion=champion), CertaintySettings(reject_below=0.7), 0.95)
    far = Observation(
        id="data/recent/outliers/rows",
        section=Section.DATA,
        title="rows far from training",
        level=Level.ADVISORY,
        reason=reason,
        dataset="recent",
        value=0.1,
        at_most=0.03,
    )
    plain = decisions.passing()
    return dataclasses.replace(
        plain,
        findings=(*plain.findings, *judge_observations([*told, *more, far])),
        exhibits=(*plain.exhibits, exhibit_of("privacy", first), exhibit_of("certainty", second)),
    )


def section(decision: Decision) -> str:
    return html.render(decision).split('id="safety"')[1].split("</section>")[0]


def test_both_models_stand_side_by_side_and_each_finding_once() -> None:
    page = html.render(decided())
    part = section(decided())
    assert "Privacy and certainty" in part and ">Champion<" in part and ">Difference<" in part
    assert "membership advantage of the loss" in part and "conformal sets at 90% that are not a single class" in part
    assert "rows answered when abstaining below 0.7" in part
    assert "Outside the training domain, recent: 12 of 900 rows are farther." in part
    tests = page.split('id="behaviour"')[1].split("</section>")[0] if 'id="behaviour"' in page else ""
    assert "membership advantage at most 5 points above" in part and "membership" not in tests


def test_without_a_champion_there_is_one_column() -> None:
    part = section(decided(champion=False))
    assert ">Champion<" not in part and ">Difference<" not in part and ">Challenger<" in part


def test_nothing_of_data_stays_unescaped() -> None:
    assert "<b>far</b>" not in html.render(decided(reason="<b>far</b>"))


def test_without_anything_measured_there_is_no_section() -> None:
    assert 'id="safety"' not in html.render(decisions.passing())
