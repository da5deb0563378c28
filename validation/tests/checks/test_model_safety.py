"""Membership and certainty: a model that remembers its training rows, and one that is seldom sure, are told by name."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mlgate.checks.certainty import Scored, observe_certainty
from mlgate.checks.interval_bound import exhibit_of
from mlgate.checks.membership import Losses, observe_membership
from mlgate.records.evidence import Observation
from mlgate.records.model_settings import CertaintySettings, PrivacySettings
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations


def losses(*, remembers: float = 0.0, rows: int = 2000, champion: bool = True, seed: int = 1) -> Losses:
    """Losses of a champion that remembers nothing and of a challenger that knows a share of the training rows."""
    rng = np.random.default_rng(seed)
    hard = rng.random((2, rows))
    members = np.column_stack([hard[0], hard[0] * np.where(rng.random(rows) < remembers, 0.01, 1.0)])
    others = np.column_stack([hard[1], np.clip(hard[1] + rng.normal(0, 0.02, rows), 0, 1)])
    return Losses(
        members=members if champion else members[:, 1:],
        others=others if champion else others[:, 1:],
        members_seek=rng.random(rows) < 0.5,
        others_seek=rng.random(rows) < 0.5,
    )


def verdicts(seen: tuple[Observation, ...]) -> dict[str, Verdict]:
    return {one.id.removeprefix("behaviour/"): one.verdict for one in judge_observations(seen)}


def test_a_model_that_remembers_its_training_rows_is_told_and_a_sound_one_is_not() -> None:
    settings = PrivacySettings(at_most=0.1, level=Level.GUARDED)
    seen, shown = observe_membership(losses(remembers=0.4), settings, 0.95)
    assert verdicts(seen) == {
        "privacy/advantage/not_worse": Verdict.FAIL,
        "privacy/advantage/at_most": Verdict.FAIL,
    }
    assert "champion " in seen[0].reason and seen[0].level is Level.GUARDED
    assert shown[0].challenger.value > 0.3 and abs(shown[0].champion.value) < 0.05  # type: ignore[union-attr]
    assert shown[1].challenger.value > 0.6
    sound, _ = observe_membership(losses(rows=8000), settings, 0.95)
    assert set(verdicts(sound).values()) == {Verdict.PASS}


def test_seeking_the_threshold_on_other_rows_flatters_no_attacker() -> None:
    found = [observe_membership(losses(rows=400, seed=seed), PrivacySettings(), 0.95)[1] for seed in range(60)]
    values = [shown[0].challenger.value for shown in found]
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(60)
    held = sum(shown[0].challenger.low <= 0 <= shown[0].challenger.high for shown in found)
    assert held >= 53


def test_with_few_rows_or_no_champion_only_what_can_be_said_is_said() -> None:
    seen, shown = observe_membership(losses(rows=100), PrivacySettings(), 0.95)
    assert verdicts(seen) == {"privacy/advantage/not_worse": Verdict.INCONCLUSIVE} and not shown
    assert "100 rows of either side, at least 200 needed" in seen[0].reason
    seen, shown = observe_membership(losses(champion=False), PrivacySettings(), 0.95)
    assert seen == () and shown[0].champion is None
    assert observe_membership(losses(rows=100, champion=False), PrivacySettings(), 0.95) == ((), ())


def scored(*, blur: float = 0.0, rows: int = 1500, champion: bool = True, seed: int = 1) -> Scored:
    """A champion whose scores are right, and a challenger that is drawn towards one half."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-3 * rng.normal(size=rows)))
    new = (1 - blur) * chance + blur * 0.5
    sides = [np.column_stack([1 - one, one]) for one in (chance, new)]
    return Scored(
        labels=(rng.random(rows) < chance).astype(np.intp),
        scores=tuple(sides if champion else sides[1:]),
        calibrates=rng.random(rows) < 0.5,
    )


def test_a_model_that_is_seldom_sure_is_told_and_a_sound_one_is_not() -> None:
    settings = CertaintySettings(at_most=0.2)
    seen, shown = observe_certainty(scored(blur=0.7), settings, 0.95)
    found = verdicts(seen)
    assert found["certainty/unsure/not_worse"] is found["certainty/unsure/at_most"] is Verdict.FAIL
    assert "answers below a score of 0.6" in seen[0].title
    # Conformal sets look at the order of the scores, which blurring leaves as it is.
    assert found["certainty/sets/not_worse"] is Verdict.PASS
    sound, _ = observe_certainty(scored(), settings, 0.95)
    assert set(verdicts(sound).values()) == {Verdict.PASS}
    assert {one.name for one in shown} == {"unsure", "sets", "covered"}


def test_conformal_sets_hold_the_true_class_as_often_as_they_say() -> None:
    covered = [
        observe_certainty(scored(seed=seed, rows=600), CertaintySettings(coverage=0.9), 0.95)[1][2].challenger.value
        for seed in range(40)
    ]
    assert 0.89 < np.mean(covered) < 0.92


def test_of_few_rows_every_class_is_in_the_set() -> None:
    few = dataclasses.replace(scored(rows=100), calibrates=np.arange(100) < 5)
    _, shown = observe_certainty(few, CertaintySettings(coverage=0.9), 0.95)
    assert shown[2].challenger.value == 1.0 and shown[1].challenger.value == 1.0


def test_a_model_that_abstains_is_judged_by_what_it_still_answers() -> None:
    settings = CertaintySettings(reject_below=0.8, answered_at_least=0.9, accuracy_at_least=0.8)
    seen, shown = observe_certainty(scored(), settings, 0.95)
    found = verdicts(seen)
    assert found["certainty/answered/at_least"] is Verdict.FAIL
    assert found["certainty/answered_accuracy/at_least"] is Verdict.PASS
    by_name = {one.name: one for one in shown}
    assert by_name["answered_accuracy"].rows == round(by_name["answered"].challenger.value * 1500)
    none, _ = observe_certainty(scored(blur=0.9), settings, 0.95)
    assert verdicts(none)["certainty/answered_accuracy/at_least"] is Verdict.INCONCLUSIVE


def test_too_few_rows_leave_it_open() -> None:
    seen, shown = observe_certainty(scored(rows=50), CertaintySettings(), 0.95)
    assert verdicts(seen) == {"certainty/measured": Verdict.INCONCLUSIVE} and not shown
    assert observe_certainty(scored(rows=50, champion=False), CertaintySettings(), 0.95) == ((), ())


@pytest.mark.parametrize("champion", [True, False])
def test_exhibits_hold_no_nan(champion: bool) -> None:
    _, shown = observe_certainty(scored(champion=champion), CertaintySettings(reject_below=0.7), 0.95)
    found = exhibit_of("certainty", shown)
    assert len(found.rows) == 5 and all(len(row) == len(found.columns) for row in found.rows)
    assert not any(isinstance(cell, float) and math.isnan(cell) for row in found.rows for cell in row)
