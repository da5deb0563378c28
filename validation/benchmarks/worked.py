"""Predictions for the worked examples of docs/fairness.md: two models each of mortgages and of the adult census.

    PYTHONPATH=validation python -m benchmarks.worked loanapp
    PYTHONPATH=validation MLGATE_DATA=FOLDER python -m benchmarks.worked adult

Writes ``reports/examples/NAME.parquet`` and prints the command that puts it through the gate. The mortgages come with
the reference model; the census has to be there as ``adult/adult.data.gz`` and ``adult.test.gz``, the two files of the
UCI repository packed with gzip. The sensitive columns are not among the features of the mortgage models; of the census
models, age is.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["main"]

FOLDER = Path("reports") / "examples"
ADULT = (
    "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
    "capital_loss hours_per_week native_country income"
).split()


def main() -> int:
    """Write one file and say what to do with it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.worked", description="Predictions for docs/fairness.md."
    )
    parser.add_argument("name", choices=("loanapp", "adult"))
    name = parser.parse_args().name
    rows, asked = loanapp() if name == "loanapp" else adult()
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.parquet"
    rows.to_parquet(path, index=False)
    models = "--champion champion --challenger challenger"
    print(f"mlgate check --predictions {path} {models} {asked} --out reports/{name}-fairness")
    return 0


def loanapp() -> tuple[pd.DataFrame, str]:
    """The reference model's own two recipes on its base case: 797 applications that neither was trained on."""
    from model.data import SENSITIVE, deal_rows, read_source

    source = read_source()
    places = deal_rows(dict(zip(source["row"], source["denied"] == 1, strict=True)))
    train, judged = (source[source["row"].isin(places[name])] for name in ("train", "base_case"))
    features = [name for name in source.columns if name not in ("row", "denied", *SENSITIVE)]
    rows = _scored(train, judged, features, "denied")[["row", "denied", *SENSITIVE, "champion", "challenger"]]
    asked = " ".join(f"--sensitive {name}" for name in SENSITIVE)
    return rows, f"--label denied --threshold 0.2 {asked} --sensitive black,male"


def adult() -> tuple[pd.DataFrame, str]:
    """Models of who earns more than 50,000 dollars, without sex and race, on the 16,281 rows of the test file."""
    if not os.environ.get("MLGATE_DATA"):
        raise SystemExit("name the folder that holds adult/adult.data.gz in MLGATE_DATA.")
    folder = Path(os.environ["MLGATE_DATA"]) / "adult"
    train, judged = (_read(folder / name, skip) for name, skip in (("adult.data.gz", 0), ("adult.test.gz", 1)))
    features = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
    rows = _scored(train, judged, features, "above_50k")[["above_50k", "sex", "race", "age", "champion", "challenger"]]
    asked = "--sensitive sex --sensitive race --sensitive age --sensitive sex,race --cuts age=25,40,60"
    return rows, f"--label above_50k {asked}"


def _read(path: Path, skip: int) -> pd.DataFrame:
    import pandas as pd

    with gzip.open(path, "rt", encoding="ascii") as lines:
        found: pd.DataFrame = pd.read_csv(lines, names=ADULT, skiprows=skip, skipinitialspace=True, na_values="?")
    found["above_50k"] = (found["income"].str.strip(".") == ">50K").astype(int)
    return found


def _scored(train: pd.DataFrame, judged: pd.DataFrame, features: list[str], label: str) -> pd.DataFrame:
    """The rows with the scores of a logistic regression (``champion``) and of gradient boosting (``challenger``)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models: dict[str, Any] = {
        "champion": make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=0.1)),
        "challenger": HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=150, max_leaf_nodes=4, random_state=0
        ),
    }
    rows = judged.copy()
    for name, model in models.items():
        rows[name] = model.fit(train[features], train[label]).predict_proba(judged[features])[:, 1]
    return rows


if __name__ == "__main__":
    sys.exit(main())
