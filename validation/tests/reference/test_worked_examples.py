"""Worked examples with known answers, from the literature and from independent libraries.

Cases whose data file may not be redistributed skip when the file is absent; put it beside statistics.json, or name its
folder in MLGATE_REFERENCE, to run them.
"""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri, stdtrit

from mlgate.inference.adjust import benjamini_hochberg, holm
from mlgate.inference.means import student_half
from mlgate.inference.pairs import confusions, pair_of_proportions
from mlgate.inference.proportions import exact_p_worse, tango_interval, tango_z, wilson_interval
from mlgate.inference.spread import interval, standard_error
from mlgate.inference.table_pairs import pair_of_tables
from mlgate.metrics import Confusion, find
from mlgate.records.evidence import Spread
from mlgate.records.rows import Batch
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.compare import compare
from tests.making import settled

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "statistics.json").read_text())["cases"]


def cases(kind: str) -> pytest.MarkDecorator:
    chosen = [case for case in CASES if case["kind"].startswith(kind)]
    assert chosen, f"no case of kind {kind}"
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def file_of(case: dict[str, Any]) -> list[dict[str, str]]:
    name = case["inputs"]["file"]
    for folder in (os.environ.get("MLGATE_REFERENCE", ""), HERE, HERE.parents[3] / "shared" / "reference"):
        path = Path(folder) / name
        if folder and path.is_file():
            with path.open() as file:
                return list(csv.DictReader(file))
    pytest.skip(f"{name} is not here; name its folder in MLGATE_REFERENCE")


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "paired proportions in clusters"])
def test_pairs_of_clustered_data_counted_row_by_row_agree_with_mcnemar(case: dict[str, Any]) -> None:
    rows = [row for row in file_of(case) if row["dataset"] == "psychiatry"]
    a, b, c, d = (sum(int(row[name]) for row in rows) for name in "abcd")
    assert (b - c) / (a + b + c + d) == pytest.approx(case["computed"]["difference"], abs=1e-12)
    assert float(tango_z(b, c, a + b + c + d, 0.0)) ** 2 == pytest.approx(case["published"]["mcnemar_chi2"], abs=1e-3)


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "paired proportions in clusters"])
def test_pairs_in_clusters_have_the_error_of_their_clusters(case: dict[str, Any]) -> None:
    """First model champion, second challenger; a 1 is a right decision on a positive row."""
    rows = [row for row in file_of(case) if row["dataset"] == "psychiatry"]
    first: list[float] = []
    second: list[float] = []
    units: list[int] = []
    for row in rows:
        for name, one, other in (("a", 1.0, 1.0), ("b", 1.0, 0.0), ("c", 0.0, 1.0), ("d", 0.0, 0.0)):
            first += [one] * int(row[name])
            second += [other] * int(row[name])
            units += [int(row["cluster"])] * int(row[name])
    found = scored([1] * len(first), first, second, "accuracy", units=units)["accuracy"]
    expected = case["computed"]
    assert found.improvement.value == pytest.approx(-expected["difference"], abs=1e-12)
    assert (found.units, found.effective_units) == (
        expected["clusters"],
        pytest.approx(expected["effective_clusters"], rel=1e-6),
    )
    # Tango's interval is taken at the rows whose plain variance is that of the clusters, widened as Student's t is.
    doubt = float(stdtrit(expected["effective_clusters"] - 1, 0.975) / ndtri(0.975))
    assert standard_error(found.improvement_spread) == pytest.approx(expected["cluster_se_cr1"] * doubt, rel=1e-6)
    plain = scored([1] * len(first), first, second, "accuracy")["accuracy"]
    assert standard_error(plain.improvement_spread) == pytest.approx(expected["row_se"], rel=1e-6)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["kind"] == "paired proportions"], ids=lambda case: case["id"]
)
def test_tango_interval_agrees_with_the_literature_and_a_likelihood_search(case: dict[str, Any]) -> None:
    a, b, c, d = (case["inputs"][name] for name in "abcd")
    found = [float(limit) for limit in tango_interval(b, c, a + b + c + d, case["inputs"]["level"])]
    assert found == pytest.approx(case["computed"]["tango"], abs=2e-5)
    if "tango" in case["published"]:
        assert found == pytest.approx(case["published"]["tango"], abs=case["published_tolerance"])
    assert 2 * min(exact_p_worse(b, c), exact_p_worse(c, b)) == pytest.approx(
        case["computed"]["mcnemar_exact_p"], rel=1e-8
    )
    # At a difference of zero Tango's statistic is McNemar's.
    assert float(tango_z(b, c, a + b + c + d, 0.0)) ** 2 == pytest.approx(case["computed"]["mcnemar_chi2"], rel=1e-8)


@cases("two independent")
def test_gap_of_two_groups_agrees_with_newcombe(case: dict[str, Any]) -> None:
    first, second = (
        Spread(
            method="wilson",
            value=case["inputs"][f"x{i}"] / case["inputs"][f"n{i}"],
            rows=case["inputs"][f"n{i}"],
            counts=(case["inputs"][f"x{i}"],),
        )
        for i in (1, 2)
    )
    gap = Spread(method="mover", value=first.value - second.value, parts=(first, second))
    assert interval(gap, 0.95) == pytest.approx(case["computed"]["newcombe"], abs=1e-8)
    for place, spread in ((1, first), (2, second)):
        assert interval(spread, 0.95) == pytest.approx(case["computed"][f"wilson{place}"], abs=1e-8)
    if case["published"].get("newcombe"):
        assert interval(gap, 0.95) == pytest.approx(case["published"]["newcombe"], abs=case["published_tolerance"])


@cases("paired AUC")
def test_auc_difference_agrees_with_proc_on_asah(case: dict[str, Any]) -> None:
    rows = file_of(case)
    labels = [int(row["outcome"] == "Poor") for row in rows]
    # Scores have to lie in [0, 1]; dividing by a power of two leaves their order and their ties alone.
    first, second = ([float(row[case["inputs"][name]]) / 16 for row in rows] for name in ("score1", "score2"))
    found = scored(labels, second, first, "roc_auc")["roc_auc"]
    for spread, number in ((found.challenger_spread, 1), (found.champion_spread, 2)):
        assert spread.value == pytest.approx(case["computed"][f"auc{number}"], abs=1e-12)
        assert spread.error**2 == pytest.approx(case["published"][f"var{number}"], abs=case["published_tolerance"])
    assert found.improvement_spread.error == pytest.approx(case["computed"]["se"], abs=1e-8)
    z = found.improvement_spread.value / found.improvement_spread.error
    assert z == pytest.approx(case["published"]["z"], abs=1e-8)
    assert 2 * float(ndtr(-z)) == pytest.approx(case["published"]["p"], abs=1e-8)


@cases("multiplicity")
def test_adjusted_p_values_agree_with_benjamini_and_hochberg_1995(case: dict[str, Any]) -> None:
    p_values = case["inputs"]["p"]
    assert holm(p_values) == pytest.approx(case["computed"]["holm_adjusted"], abs=1e-6)
    assert benjamini_hochberg(p_values) == pytest.approx(case["computed"]["bh_adjusted"], abs=1e-6)
    alpha = case["inputs"]["alpha"]
    assert sum(p <= alpha for p in benjamini_hochberg(p_values)) == case["published"]["bh_rejected"]
    assert sum(p <= alpha for p in holm(p_values)) == case["computed"]["holm_rejected"]


@cases("paired thresholded")
def test_eight_cells_give_scikit_learns_values_tangos_interval_and_the_jackknife_error(case: dict[str, Any]) -> None:
    cells = np.array([case["inputs"]["counts"]], dtype=np.int64)
    n = int(cells.sum())
    tables = confusions(cells)
    for name, expected in case["computed"].items():
        metric = find(name)
        assert isinstance(metric, Confusion)
        for table, model in zip(tables, ("champion", "challenger"), strict=True):
            assert float(metric.value(table)[0]) == pytest.approx(expected[model], abs=1e-8)
        # Shares of the same rows take Tango's interval and no padding; their influence functions are tested bare.
        padding = 0.0 if metric.paired else 0.25
        smooth = pair_of_tables(cells, metric.value, metric.influence, 1, padding)[0].improvement
        assert smooth.value == pytest.approx(expected["difference"], abs=1e-8)
        assert smooth.error == pytest.approx(expected["jackknife_se"], rel=0.04 if n >= 300 else 0.08)
        if "tango_ci" in expected and metric.hit is not None and metric.among is not None:
            pair = pair_of_proportions(cells, metric.hit, metric.among, 1)[0]
            assert interval(pair.improvement, 0.95) == pytest.approx(expected["tango_ci"], abs=2e-5)


def scored(
    labels: list[int], champion: list[float], challenger: list[float], *metrics: str, units: list[int] | None = None
) -> dict[str, Any]:
    run = Run(
        requirements=tuple(
            Requirement(metric=name, rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=0.0) for name in metrics
        )
    )
    batch = Batch(
        labels=np.array(labels, dtype=np.int8),
        champion=np.array(champion, dtype=np.float64),
        challenger=np.array(challenger, dtype=np.float64),
        columns={},
        units=None if units is None else np.array(units, dtype=np.uint64),
    )
    return {found.metric: found for found in compare(run, settled(run, batch), dataset="base_case", metrics=metrics)}


@cases("paired score metrics")
def test_score_metrics_agree_with_scikit_learn_delong_and_a_paired_t_test(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["computed"]
    metrics = ("roc_auc", "average_precision", "log_loss", "brier")
    found = scored(given["y"], given["champion"], given["challenger"], *metrics)
    auc = found["roc_auc"]
    assert (auc.champion.value, auc.challenger.value) == pytest.approx(
        (expected["auc_champion"], expected["auc_challenger"]), abs=1e-6
    )
    assert auc.improvement.value == pytest.approx(expected["auc_difference"], abs=1e-6)
    assert auc.improvement_spread.error == pytest.approx(expected["auc_se"], abs=1e-6)
    ap = found["average_precision"]
    assert (ap.champion.value, ap.challenger.value) == pytest.approx(
        (expected["ap_champion"], expected["ap_challenger"]), abs=1e-6
    )
    n = len(given["y"])
    assert ap.improvement_spread.error == pytest.approx(
        expected["ap_difference_jackknife_se"], rel=0.03 if n >= 500 else 0.10
    )
    for name in ("log_loss", "brier"):
        improvement = found[name].improvement
        assert improvement.value == pytest.approx(-expected[f"{name}_difference"], abs=1e-6)
        # The interval is the wider side of Student's t and Hall's, so it holds the t interval, turned.
        low, high = expected[f"{name}_t_ci"]
        spread = found[name].improvement_spread
        half = student_half(spread.error, spread.freedom, 0.95)
        assert (spread.value - half, spread.value + half) == pytest.approx((-high, -low), abs=1e-6)
        assert improvement.low <= -high + 1e-6 and improvement.high >= -low - 1e-6


@cases("losses")
def test_losses_agree_with_the_scikit_learn_documentation(case: dict[str, Any]) -> None:
    found = scored(case["inputs"]["y"], case["inputs"]["p"], case["inputs"]["p"], "log_loss", "brier")
    assert found["brier"].challenger.value == pytest.approx(case["computed"]["brier"], abs=1e-6)
    assert found["brier"].challenger.value == pytest.approx(case["published"]["brier"], abs=case["published_tolerance"])
    assert found["log_loss"].challenger.value == pytest.approx(case["computed"]["log_loss"], abs=1e-6)


@cases("score metrics")
def test_rankings_agree_with_the_scikit_learn_documentation(case: dict[str, Any]) -> None:
    found = scored(case["inputs"]["y"], case["inputs"]["s"], case["inputs"]["s"], "roc_auc", "average_precision")
    for name in ("roc_auc", "average_precision"):
        value = found[name].challenger.value
        assert value == pytest.approx(case["computed"][name], abs=1e-12)
        assert value == pytest.approx(case["published"][name], abs=case["published_tolerance"])
    assert math.isfinite(found["roc_auc"].improvement.low)


@cases("group fairness")
def test_group_rates_agree_with_fairlearn(case: dict[str, Any]) -> None:
    given = {name: np.array(values) for name, values in case["inputs"].items()}
    for model in ("champion", "challenger"):
        rates: dict[str, list[float]] = {"selection_rate": [], "recall": [], "false_positive_rate": []}
        for group in np.unique(given["group"]):
            inside = given["group"] == group
            cells = np.bincount(2 * given["y"][inside] + given[model][inside], minlength=4).astype(float)
            for name, values in rates.items():
                metric = find(name)
                assert isinstance(metric, Confusion)
                values.append(float(metric.value(cells)))
        gaps = {name: max(values) - min(values) for name, values in rates.items()}
        assert gaps["selection_rate"] == pytest.approx(
            case["computed"][f"{model}.demographic_parity_difference"], abs=1e-12
        )
        assert gaps["recall"] == pytest.approx(case["computed"][f"{model}.equal_opportunity_difference"], abs=1e-12)
        odds = max(gaps["recall"], gaps["false_positive_rate"])
        assert odds == pytest.approx(case["computed"][f"{model}.equalized_odds_difference"], abs=1e-12)


def test_identical_models_never_get_an_interval_of_zero_width() -> None:
    low, high = tango_interval(0, 0, 44, 0.95)
    assert (float(low), float(high)) == pytest.approx((-0.080296, 0.080296), abs=1e-6)


def test_wilson_interval_of_nothing_is_undefined() -> None:
    low, high = wilson_interval(0, 0, 0.95)
    assert math.isnan(float(low)) and math.isnan(float(high))
