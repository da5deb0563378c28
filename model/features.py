"""Raw columns to a prediction: the two pipelines, built from scikit-learn's own parts and nothing else.

Without a line of our own code inside them, the saved models load anywhere: in the gate's model process, in
``mlflow models serve``, in another repository. Separate from training so that what a model sees can be read in one
place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["ESTIMATORS", "TRUSTED_TYPES", "columns", "gradient_boosting", "logistic_regression"]

#: Types that skops asks us to vouch for, beyond those it knows: the replacement of sentinels, the number type of the
#: one-hot matrix, and the trees of the boosting.
TRUSTED_TYPES = (
    "numpy.dtype",
    "operator.methodcaller",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)

Features = Mapping[str, Sequence[str]]
Sentinels = Mapping[str, Sequence[float]]
Settings = Mapping[str, float]


def columns(features: Features) -> list[str]:
    """Every feature once, in the order of the configuration, which is the order of the model's signature."""
    return [name for names in features.values() for name in names]


def logistic_regression(features: Features, sentinels: Sentinels, settings: Settings, seed: int) -> Pipeline:
    """Regularised logistic regression on imputed, scaled and one-hot columns.

    Parameters
    ----------
    features
        Columns by kind: ``amounts``, ``numbers``, ``flags``, ``categories``.
    sentinels
        Per column the values that mean "not stated".
    settings
        Arguments of the estimator.
    seed
        Of its random numbers.
    """
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    # arcsinh is a logarithm that also takes the zeros and the negative net worths.
    tails = FunctionTransformer(np.arcsinh)
    # Rare codes share one column, and a code that training never saw goes there too.
    codes = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)
    prepared = ColumnTransformer(
        [
            (
                "amounts",
                make_pipeline(SimpleImputer(strategy="median"), tails, StandardScaler()),
                list(features["amounts"]),
            ),
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(features["numbers"])),
            ("flags", SimpleImputer(strategy="most_frequent"), list(features["flags"])),
            ("categories", make_pipeline(SimpleImputer(strategy="most_frequent"), codes), list(features["categories"])),
        ]
    )
    return make_pipeline(_without_sentinels(sentinels), prepared, LogisticRegression(random_state=seed, **settings))


def gradient_boosting(features: Features, sentinels: Sentinels, settings: Settings, seed: int) -> Pipeline:
    """Gradient boosting of small trees, which take missing values as they are; parameters as above."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    plain = [name for kind, names in features.items() if kind != "categories" for name in names]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=math.nan)
    prepared = ColumnTransformer([("plain", "passthrough", plain), ("categories", codes, list(features["categories"]))])
    return make_pipeline(
        _without_sentinels(sentinels), prepared, HistGradientBoostingClassifier(random_state=seed, **settings)
    )


#: By the names that the configuration uses.
ESTIMATORS = {"logistic_regression": logistic_regression, "gradient_boosting": gradient_boosting}


def _without_sentinels(sentinels: Sentinels) -> object:
    """``frame.replace({column: {sentinel: NaN}})`` as a step of a pipeline that can be saved without pickling."""
    from sklearn.preprocessing import FunctionTransformer

    table = {name: {float(value): math.nan for value in values} for name, values in sentinels.items()}
    return FunctionTransformer(methodcaller("replace", table), feature_names_out="one-to-one")
