"""One recipe of the configuration, trained, logged and registered: the callable that mlgate.yaml names.

MLFLOW_TRACKING_URI says which registry; ``mlgate train`` sets it, and reads the description from the model's metadata.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import data, features

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

__all__ = ["fit", "read_config", "read_rows", "train"]

#: What the saved model needs. Naming it here saves the 8 to 10 seconds that MLflow takes to find it out.
REQUIREMENTS = ("mlflow", "numpy", "pandas", "scikit-learn", "scipy", "skops")


def train(config: str, *, recipe: str = "", seed: str = "") -> str:
    """Train one recipe and register it as a new version.

    Parameters
    ----------
    config
        Path of the configuration file.
    recipe
        ``champion``, ``challenger`` or ``shuffled``; the configuration's own choice when empty.
    seed
        A whole number, as text; the configuration's own when empty.

    Returns
    -------
    str
        ``models:/<registered model>/<version>``.

    Raises
    ------
    ValueError
        The configuration has no such recipe, or the seed is no whole number.
    FileNotFoundError
        The training rows have not been written.
    """
    settings = read_config(Path(config))
    settings["seed"] = int(seed) if seed else settings["seed"]
    recipe = recipe or settings["recipe"]
    if recipe not in settings["recipes"]:
        raise ValueError(f"{config}: there is no recipe {recipe!r}; known are {', '.join(settings['recipes'])}.")
    rows = read_rows(settings)
    return _register(fit(settings, recipe, rows), settings, recipe, rows)


def read_config(path: Path) -> dict[str, Any]:
    """The settings of a configuration file, on top of those of the file that it extends; data path made absolute."""
    from ruamel.yaml import YAML

    own: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    settings = {**read_config(path.parent / own["extends"]), **own} if "extends" in own else own
    settings["data"] = (path.parent / settings["data"]).resolve()
    return settings


def read_rows(settings: dict[str, Any]) -> pd.DataFrame:
    """The training rows; the first few only, where the configuration says so."""
    import pandas as pd

    path = settings["data"] / "train.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; write it with: python -m model.data")
    return pd.read_parquet(path).head(settings.get("rows", len(pd.read_parquet(path, columns=[data.ROW]))))


def fit(settings: dict[str, Any], recipe: str, rows: pd.DataFrame) -> Pipeline:
    """The fitted pipeline of a recipe. The same settings and rows give the same pipeline."""
    import numpy as np

    chosen = settings["recipes"][recipe]
    labels = rows[data.LABEL].to_numpy()
    if chosen.get("shuffle_labels", False):
        labels = np.random.default_rng(settings["seed"]).permutation(labels)
    make = features.ESTIMATORS[chosen["estimator"]]
    pipeline = make(settings["features"], settings["sentinels"], chosen["settings"], settings["seed"])
    return pipeline.fit(_inputs(settings, rows), labels)


def _inputs(settings: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    # All double: any of these columns may be missing tomorrow, and a whole number cannot be missing.
    return rows[features.columns(settings["features"])].astype("float64")


def _register(pipeline: Pipeline, settings: dict[str, Any], recipe: str, rows: pd.DataFrame) -> str:
    import mlflow
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    chosen = settings["recipes"][recipe]
    inputs = _inputs(settings, rows)
    signature = ModelSignature(
        inputs=Schema([ColSpec("double", name) for name in inputs.columns]),
        outputs=Schema([TensorSpec(np.dtype("float64"), (-1, 2))]),
    )
    with mlflow.start_run(experiment_id=_experiment(settings["experiment"]), run_name=recipe):
        mlflow.log_params({"recipe": recipe, "seed": settings["seed"], "rows": len(rows), **chosen["settings"]})
        mlflow.set_tag("split_version", str(data.SPLIT_VERSION))
        logged = mlflow.sklearn.log_model(
            pipeline,
            name="model",
            signature=signature,
            input_example=inputs.dropna().head(3),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            pyfunc_predict_fn="predict_proba",
            serialization_format="skops",
            skops_trusted_types=list(features.TRUSTED_TYPES),
            registered_model_name=settings["registered_model"],
            metadata={"description": chosen["description"]},
        )
    return f"models:/{settings['registered_model']}/{logged.registered_model_version}"


def _experiment(name: str) -> str:
    """Id of the experiment, made when it is not there; beside an SQLite file the artifacts lie beside that file."""
    import mlflow
    from mlflow.exceptions import MlflowException

    found = mlflow.get_experiment_by_name(name)
    if found is None:
        address = os.environ.get("MLFLOW_TRACKING_URI", "")
        beside = Path(address.removeprefix("sqlite:///")).resolve().parent / "artifacts"
        location = beside.as_uri() if address.startswith("sqlite:///") else None
        try:
            return str(mlflow.create_experiment(name, artifact_location=location))
        except MlflowException:
            # Another training may have made it a moment ago; if not, there is none to find, and that is the error.
            found = mlflow.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)
