"""What a reader is told about a column by SHAP values: whose figure is whose, and what permutation says beside it."""

from __future__ import annotations

import dataclasses
import math

import pytest

from mlgate.checks.attributions import observe_attributions
from mlgate.inference.reliance import Leaning, Reliance
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.explanation_settings import ExplanationSettings


def about(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.01, high=value + 0.01)


LEANING = Leaning(
    champion=about(0.125), challenger=about(0.5), share=about(0.4), noise=math.nan, training=math.nan, adjusted_p=0.0
)


def observed(leaning: Leaning, permuted: Leaning | None) -> tuple[Observation, ...]:
    return observe_attributions(
        {"income": leaning},
        Reliance(columns=(leaning,), whole=about(1.0), rows=500, repeats=4),
        ExplanationSettings(),
        background=100,
        importances={} if permuted is None else {"income": permuted},
        notes={},
        confidence=0.95,
    )


def test_each_models_figure_is_told_as_its_own() -> None:
    [seen] = observed(LEANING, None)
    assert "it moves an answer by 0.5 (mean |SHAP value|), the champion's by 0.125" in seen.reason
    assert "permutation" not in seen.reason


def test_what_permutation_says_is_told_where_it_could_be_measured() -> None:
    [seen] = observed(LEANING, dataclasses.replace(LEANING, share=about(-0.25)))
    assert "(its permutation importance changed by -0.25, which does not decide)" in seen.reason
    [seen] = observed(LEANING, dataclasses.replace(LEANING, share=about(math.nan)))
    assert "permutation" not in seen.reason and "nan" not in seen.reason


@pytest.mark.parametrize("permuted", [None, LEANING])
def test_without_a_champion_there_is_nothing_to_judge(permuted: Leaning | None) -> None:
    assert observed(dataclasses.replace(LEANING, champion=None), permuted) == ()
