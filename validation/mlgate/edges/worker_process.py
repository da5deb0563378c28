"""The other side of ``edges/worker.py``: the process that loads one model, stays warm, and answers table after table.

``python -m mlgate.edges.worker_process REQUESTS ANSWERS LIFELINE``, three file descriptors. The first frame is an
order in JSON, then every frame is a table as an Arrow stream. Every answer begins with a letter: ``R`` ready (JSON),
``S`` scores (float64, little endian), ``P`` problem (a sentence). Separate from the parent's side because this file
alone meets MLflow, pandas and the model.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.artifact import fetch, refuse_pickles
from mlgate.edges.child import end_with_parent, read_frame, write_frame
from mlgate.errors import DataError, MlgateError

__all__ = ["READY", "SCORES", "PROBLEM", "begin", "main", "scores_of", "serve"]

READY, SCORES, PROBLEM = b"R", b"S", b"P"

#: From an order to the model's facts and its predict function.
Load = Callable[[dict[str, Any]], tuple[dict[str, Any], Callable[[Any], Any]]]


def main(arguments: list[str]) -> int:
    """Serve one model until the parent closes the pipe of requests."""
    requests, answers, lifeline = map(int, arguments)
    return begin(requests, answers, lifeline)


def begin(requests: int, answers: int, lifeline: int) -> int:
    """Make a new process ours, then serve; the exit code."""
    for descriptor in (requests, answers, lifeline):
        os.set_inheritable(descriptor, False)  # what the model starts must not hold our pipes open
    end_with_parent(lifeline)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    return serve(requests, answers, load)


def serve(requests: int, answers: int, load: Load) -> int:
    """Load the model of the first frame, then answer every further frame; 0 at the end, 1 when it did not load."""
    order = read_frame(requests)
    if order is None:
        return 1
    try:
        facts, predict = load(json.loads(order))
    except BaseException as problem:  # SystemExit too: whatever the model's code does is an answer, not our end
        write_frame(answers, PROBLEM + _sentence(problem).encode())
        return 1
    write_frame(answers, READY + json.dumps(facts).encode())
    while (request := read_frame(requests)) is not None:
        try:
            answer = SCORES + scores_of(predict(_frame(request))).astype("<f8").tobytes()
        except BaseException as problem:
            answer = PROBLEM + _sentence(problem).encode()
        write_frame(answers, answer)
    return 0


def load(order: dict[str, Any]) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Fetch and load the model that the order names.

    Parameters
    ----------
    order
        ``source``, and ``into``: a folder for its files.

    Returns
    -------
    tuple
        Facts (``name version digest description pinned``, and ``columns`` and ``required`` of the signature or null),
        and the model's predict function over a pandas frame.
    """
    import mlflow.pyfunc
    from mlflow.models import Model

    artifact = fetch(order["source"], Path(order["into"]))
    refuse_pickles(artifact.folder, Model.load(str(artifact.folder)).flavors)
    model = mlflow.pyfunc.load_model(str(artifact.folder))
    inputs = model.metadata.get_input_schema()
    named = inputs is not None and inputs.has_input_names()
    facts = {
        "name": artifact.name,
        "version": artifact.version,
        "digest": artifact.digest,
        "description": artifact.description,
        "pinned": artifact.pinned,
        "columns": inputs.input_names() if named else None,
        "required": inputs.required_input_names() if named else None,
    }
    return facts, model.predict


def _frame(request: bytes) -> Any:
    with pa.ipc.open_stream(request) as stream:
        return stream.read_all().to_pandas()


def scores_of(answer: Any) -> NDArray[np.float64]:
    """The probabilities of the positive class in a model's answer, (n,).

    Parameters
    ----------
    answer
        One number per row, as an array, list, Series or frame of one column; or two columns, as ``predict_proba``
        gives them, of which the second counts.

    Raises
    ------
    DataError
        It is not numbers, or has another shape.
    """
    values = answer.to_numpy() if hasattr(answer, "to_numpy") else np.asarray(answer)
    if values.dtype.kind not in "biuf":
        values = _numbers(values)
    if values.ndim == 2 and values.shape[1] in (1, 2):
        values = values[:, -1]
    if values.ndim != 1:
        raise DataError(
            f"answers in the shape {values.shape}; one probability per row is needed, or the two of predict_proba."
        )
    return values.astype(np.float64)


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Objects as numbers, missing ones as NaN; text is refused even where it looks like a number."""
    import pandas as pd

    if values.dtype.kind == "O" and not any(isinstance(value, str) for value in values.flat):
        try:
            return np.where(pd.isna(values), np.nan, values).astype(np.float64)
        except (TypeError, ValueError):
            pass  # told below, in the same words as for text
    shown = values.flat[0] if values.size else values.dtype
    raise DataError(
        f"answers with {str(shown)[:60]!r} where a probability is needed; "
        'log it with pyfunc_predict_fn="predict_proba", or return numbers from 0 to 1.'
    )


def _sentence(problem: BaseException) -> str:
    if isinstance(problem, MlgateError):
        return str(problem)
    if isinstance(problem, SystemExit):
        return f"called sys.exit({problem.code!r})"
    text = " ".join(str(problem).split())
    return f"raised {type(problem).__name__}: {text[:400]}" if text else f"raised {type(problem).__name__}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
