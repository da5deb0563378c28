"""Every group table and every disparity against fairlearn's, to 1e-12, through ``mlgate check --predictions``.

Adult census (sex, race, age cut into ranges, and intersections) and the mortgage applications of the reference model.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlgate.__main__ import main
from model.data import read_source

ADULT = (
    "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
    "capital_loss hours_per_week native_country income"
).split()
CUTS = (25, 40, 60)
#: column of each model.
MODELS = {"challenger": "new", "champion": "old"}


RATES: dict[str, Callable[..., float]] = {
    "selection_rate": fl.selection_rate,
    "recall": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "false_negative_rate": fl.false_negative_rate,
    "precision": lambda y, d: sk.precision_score(y, d, zero_division=np.nan),
    "accuracy": sk.accuracy_score,
}


def adult_folder() -> Path | None:
    named = [Path(os.environ["MLGATE_DATA"])] if "MLGATE_DATA" in os.environ else []
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    return next((place / "adult" for place in (*named, beside) if (place / "adult").is_dir()), None)


def scored(frame: pd.DataFrame, features: tuple[list[str], list[str]], label: str) -> pd.DataFrame:
    """Two logistic regressions on halves of the features, as columns ``old`` and ``new``."""
    found = frame.copy()
    for name, columns in zip(("old", "new"), features, strict=True):
        fit = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(frame[columns], frame[label])
        found[name] = fit.predict_proba(frame[columns])[:, 1]
    return found


def adult(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    with gzip.open(folder / "adult.test.gz", "rt") as lines:
        frame = pd.read_csv(lines, names=ADULT, skiprows=1, skipinitialspace=True)
    frame["y"] = (frame["income"].str.strip(".") == ">50K").astype(int)
    halves = (["age", "education_num"], ["education_num", "hours_per_week", "capital_gain"])
    frame = scored(frame, halves, "y")[["y", "old", "new", "sex", "race", "age"]]
    asked = ["sex", "race", "age", "sex,race", "sex,age"]
    options = [part for one in asked for part in ("--sensitive", one)]
    return frame, [*options, "--cuts", f"age={','.join(map(str, CUTS))}"]


def loanapp(_: Path) -> tuple[pd.DataFrame, list[str]]:
    source = read_source()
    source["y"] = (1 - source["approve"]).astype(int) if "approve" in source else source["denied"].astype(int)
    source["loanprc"] = source["loanprc"].fillna(source["loanprc"].median())
    frame = scored(source, (["loanprc"], ["loanprc", "obrat"]), "y")
    # So few are denied that at one half hardly anybody would be.
    frame["old"], frame["new"] = (np.clip(2.5 * frame[name], 0, 1) for name in ("old", "new"))
    asked = ["black", "hispan", "male", "old_age", "black,male"]
    frame["old_age"] = source["old"]
    return frame[["y", "old", "new", "black", "hispan", "male", "old_age"]], [
        part for one in asked for part in ("--sensitive", one)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One data set put through the gate."""

    frame: pd.DataFrame
    exhibits: Mapping[str, list[dict[str, Any]]]
    #: name of each row's group, by attribute.
    groups: Mapping[str, pd.Series]
    #: fairlearn's tables, by attribute and model.
    twins: Mapping[tuple[str, str], fl.MetricFrame]

    def decided(self, model: str) -> pd.Series:
        return (self.frame[MODELS[model]] >= 0.5).astype(int)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """scikit-learn warns of precision without a positive decision; what is meant there is said above.

    It is called some hundred times, and need not look at its arguments each time.
    """
    with warnings.catch_warnings(), config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module", params=[adult, loanapp], ids=["adult", "loanapp"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = adult_folder()
    if request.param is adult and folder is None:
        pytest.skip("no folder adult: name the folder of public data sets in MLGATE_DATA")
    frame, options = request.param(folder)
    place = tmp_path_factory.mktemp("fair")
    frame.to_parquet(place / "scored.parquet", index=False)
    base = ["--label", "y", "--champion", "old", "--challenger", "new", "--quiet", "--out", str(place / "run")]
    assert main(["check", "--predictions", str(place / "scored.parquet"), *base, *options]) in (0, 1, 3)
    found = json.loads((place / "run" / "decision.json").read_text(encoding="utf-8"))["exhibits"]
    exhibits = {one["name"]: [dict(zip(one["columns"], row, strict=True)) for row in one["rows"]] for one in found}
    named = dict.fromkeys(row["attribute"] for row in exhibits["rates"] if row["attribute"] != "overall")
    groups = {attribute: names_of(frame, attribute) for attribute in named}
    twins = {
        (attribute, model): fl.MetricFrame(
            metrics=RATES,
            y_true=frame["y"],
            y_pred=(frame[column] >= 0.5).astype(int),
            sensitive_features=groups[attribute],
        )
        for attribute, (model, column) in itertools.product(named, MODELS.items())
    }
    return Case(frame=frame, exhibits=exhibits, groups=groups, twins=twins)


def names_of(frame: pd.DataFrame, attribute: str) -> pd.Series:
    """The name of each row's group, as mlgate makes it."""
    parts = []
    for column in attribute.split(" and "):
        values = frame[column]
        if column == "age":
            ends = [-np.inf, *CUTS, np.inf]
            texts = ["age <= 25", "25 < age <= 40", "40 < age <= 60", "age > 60"]
            parts.append(pd.cut(values, ends, labels=texts).astype(str))
        else:
            text = values.map(
                lambda value: str(int(value)) if isinstance(value, (int, float)) else str(value), "ignore"
            )
            parts.append((column + "=" + text).where(values.notna(), f"{column} is missing"))
    names = parts[0]
    for part in parts[1:]:
        names = names + " and " + part
    return names


def test_rates_of_every_group_and_of_all_rows_are_fairlearns(case: Case) -> None:
    found = {(row["attribute"], row["group"], row["metric"], row["model"]): row for row in case.exhibits["rates"]}
    for (attribute, model), frame in case.twins.items():
        for (group, row), metric in itertools.product(frame.by_group.iterrows(), RATES):
            seen = found.pop((attribute, group, metric, model))
            if seen["rows"] == 0:
                assert seen["value"] is None, "fairlearn says 0 where nothing is divided by nothing"
            else:
                assert seen["value"] == pytest.approx(row[metric], abs=1e-12), (attribute, group, metric, model)
        for metric, value in frame.overall.items():
            assert found["overall", "overall", metric, model]["value"] == pytest.approx(value, abs=1e-12)
    left = {one[:2] for one in found if one[2] in RATES and one[3] in MODELS and one[0] != "overall"}
    assert not left, "no group is invented"
    assert len(case.twins) >= 8


def test_calibration_of_every_group_is_the_plain_mean_of_score_less_label(case: Case) -> None:
    for model, column in MODELS.items():
        excess = case.frame[column] - case.frame["y"]
        expected = {attribute: excess.groupby(groups).mean() for attribute, groups in case.groups.items()}
        for row in case.exhibits["rates"]:
            if (row["metric"], row["model"]) == ("calibration_in_the_large", model):
                whole = row["attribute"] == "overall"
                mean = excess.mean() if whole else expected[row["attribute"]][row["group"]]
                assert row["value"] == pytest.approx(float(mean), abs=1e-12)


def test_counts_of_every_group_are_fairlearns(case: Case) -> None:
    for attribute, groups in case.groups.items():
        counted = fl.MetricFrame(
            metrics=fl.count, y_true=case.frame["y"], y_pred=case.frame["y"], sensitive_features=groups
        ).by_group
        for row in case.exhibits["rates"]:
            if (row["attribute"], row["metric"]) == (attribute, "selection_rate"):
                assert row["rows"] == counted[row["group"]]


DISPARITIES = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
)
BY_RATE = {
    "predictive_parity": "precision",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "accuracy": "accuracy",
}


def defined(case: Case, attribute: str) -> bool:
    """Whether every group has every rate; fairlearn counts an undefined one as 0."""
    return all(
        row["value"] is not None
        for row in case.exhibits["rates"]
        if row["attribute"] == attribute and row["metric"] in RATES
    )


def test_disparities_are_fairlearns_in_every_form(case: Case) -> None:
    checked: set[tuple[str, str, str]] = set()
    able = [attribute for attribute in case.groups if defined(case, attribute)]
    for row in case.exhibits["disparities"]:
        attribute, metric, model = row["attribute"], row["metric"], row["model"]
        rate, _, kind = metric.rpartition("_")
        # One attribute for each of fairlearn's own functions, which are slow; its tables for all the others.
        if attribute not in able or model not in MODELS or row["method"] == "worst_group":
            continue
        if metric in DISPARITIES and attribute == able[-1] and model == "challenger":
            agg = {"agg": row["agg"]} if metric.startswith("equalized_odds") else {}
            expected = getattr(fl, metric)(
                case.frame["y"],
                case.decided(model),
                sensitive_features=case.groups[attribute],
                method=row["method"],
                **agg,
            )
        elif metric not in DISPARITIES and rate in BY_RATE:
            expected = getattr(case.twins[attribute, model], kind)(method=row["method"])[BY_RATE[rate]]
        elif rate == "demographic_parity":
            expected = getattr(case.twins[attribute, model], kind)(method=row["method"])["selection_rate"]
        elif rate == "equalized_odds" and row["agg"] == "worst_case":
            both = getattr(case.twins[attribute, model], kind)(method=row["method"])
            both = both[["recall", "false_positive_rate"]]
            expected = both.max() if kind == "difference" else both.min()
        else:
            continue
        assert row["value"] == pytest.approx(float(expected), abs=1e-12), row
        checked.add((metric, row["method"], row["agg"]))
    assert {name for name, _, _ in checked} >= {*DISPARITIES, "predictive_parity_difference", "accuracy_difference"}
    assert ("equalized_odds_ratio", "to_overall", "mean") in checked


def test_the_worst_group_is_fairlearns_group_min(case: Case) -> None:
    worst = [row for row in case.exhibits["disparities"] if row["metric"] == "worst_group_accuracy"]
    assert len(worst) == len(case.twins)
    for row in worst:
        frame = case.twins[row["attribute"], row["model"]]
        assert row["value"] == pytest.approx(frame.group_min()["accuracy"], abs=1e-12)
        assert frame.by_group["accuracy"][row["first"]] == frame.group_min()["accuracy"]


def test_roc_and_reliability_of_groups_are_those_of_the_rows(case: Case) -> None:
    inside = {
        (attribute, group, model): case.frame.loc[groups == group, [column, "y"]].to_numpy()
        for attribute, groups in case.groups.items()
        for group in groups.unique()
        for model, column in MODELS.items()
    }
    assert case.exhibits["group_roc"] and case.exhibits["group_reliability"]
    for point in case.exhibits["group_roc"]:
        if point["threshold"] is not None:
            scores, labels = inside[point["attribute"], point["group"], point["model"]].T
            for label, name in ((0, "false_positive_rate"), (1, "true_positive_rate")):
                share = np.mean(scores[labels == label] >= point["threshold"])
                assert point[name] == pytest.approx(share, abs=1e-12)
    for row in case.exhibits["group_reliability"]:
        scores, labels = inside[row["attribute"], row["group"], row["model"]].T
        chosen = (scores >= row["bin_low"]) & ((scores < row["bin_high"]) | (row["bin_high"] == 1))
        assert row["rows"] == chosen.sum()
        assert row["observed"] == pytest.approx(labels[chosen].mean(), abs=1e-12)
        assert row["mean_score"] == pytest.approx(scores[chosen].mean(), abs=1e-7)
