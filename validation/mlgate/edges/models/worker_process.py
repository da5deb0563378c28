"""The other side of ``worker.py``: the process that loads one model, stays warm, and answers table after table.

``python -m mlgate.edges.models.worker_process REQUESTS ANSWERS LIFELINE``, three file descriptors. The first frame is
an order in JSON, then every frame is a table as an Arrow stream. Every answer begins with a letter (``messages.py``):
ready, scores (one column per number that the model gives for a row, or one of class labels), times where the table's
metadata ask for them, or a problem. Separate from the parent's side because this file alone meets MLflow, pandas and
the model; what is legal in which task is judged over there.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.child_side import settle_in
from mlgate.edges.frames import read_frame, write_frame
from mlgate.edges.models.artifact import THRESHOLD, fetch, refuse_pickles
from mlgate.edges.models.messages import CALLS, PROBLEM, READY, ROWS, SCORES, TIMES, streamed, table_of
from mlgate.edges.models.model_answers import NAMED as COLUMNS_NAMED
from mlgate.edges.models.model_requirements import NAMED, mismatches, wanted_by
from mlgate.errors import DataError, MlgateError
from mlgate.slices import value_text

__all__ = ["answer_table", "begin", "main", "serve"]

#: Most numbers that are read of an answer to one row.
WIDEST = 10_000
#: What MLflow says of rows that do not fit, up to the reason.
_DUMP = re.compile(r"^Failed to enforce schema of data .* with schema .*?\. Error: ")

#: From an order to the model's facts and its predict function.
Load = Callable[[dict[str, Any]], tuple[dict[str, Any], Callable[[Any], Any]]]


def main(arguments: list[str]) -> NoReturn:
    """Serve one model until the parent closes the pipe of requests."""
    requests, answers, lifeline = map(int, arguments)
    begin(requests, answers, lifeline)


def begin(requests: int, answers: int, lifeline: int) -> NoReturn:
    """Make a new process ours, serve, and end it."""
    settle_in(requests, answers, lifeline)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    # Where memory runs out all the same, the system ends the model and not the run that watches it.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    code = serve(requests, answers, load)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Taking libraries down object by object costs seconds, and nothing is left to be saved.
    os._exit(code)


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
            frame, metadata = _frame(request)
            if CALLS in metadata:
                answer = TIMES + json.dumps(_timed(predict, frame, int(metadata[CALLS]), int(metadata[ROWS]))).encode()
            else:
                answer = SCORES + streamed(answer_table(_of_size(predict(frame), len(frame))))
        except BaseException as problem:
            answer = PROBLEM + _sentence(problem).encode()
        write_frame(answers, answer)
    return 0


def load(order: dict[str, Any]) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Fetch and load the model that the order names.

    Parameters
    ----------
    order
        ``source``, and ``into``: a folder for its files. With ``look`` it is fetched and looked at, and not loaded;
        with ``known``, what a look has found, the source is a folder that is loaded as it is.

    Returns
    -------
    tuple
        Facts, those of ``messages.Loaded`` and what it wants, and the model's predict function over a pandas frame.
    """
    import mlflow.pyfunc

    known, folder = _fetched(order)
    if order.get("look"):
        return known, _unanswered
    begun = time.perf_counter()
    try:
        model = mlflow.pyfunc.load_model(str(folder))
    except Exception as problem:
        # What it was saved with is the first thing to look at when it does not load.
        raise DataError(_sentence(problem) + _unlike(known["mismatches"])) from problem
    seconds = time.perf_counter() - begun
    inputs = model.metadata.get_input_schema()
    named = inputs is not None and inputs.has_input_names()
    threshold = (model.metadata.metadata or {}).get(THRESHOLD)
    facts = {
        **known,
        "columns": inputs.input_names() if named else None,
        "required": inputs.required_input_names() if named else None,
        "classes": classes_of(model),
        "threshold": None if threshold is None else str(threshold),
        "seconds": seconds,
    }
    return facts, model.predict


def _fetched(order: dict[str, Any]) -> tuple[dict[str, Any], Path]:
    """What is known of a model before it is loaded, and the folder of its files.

    Fetched and looked at here, unless the order brings what another process has found.
    """
    from mlflow.models import Model

    if "known" in order:
        return order["known"], Path(order["source"])
    artifact = fetch(order["source"], Path(order["into"]))
    refuse_pickles(artifact.folder, Model.load(str(artifact.folder)).flavors)
    wanted = wanted_by(artifact.folder)
    known = {
        "name": artifact.name,
        "version": artifact.version,
        "digest": artifact.digest,
        "description": artifact.description,
        "pinned": artifact.pinned,
        "size": sum(path.stat().st_size for path in artifact.folder.rglob("*") if path.is_file()),
        "folder": str(artifact.folder),
        "wanted": {"python": wanted.python, "requirements": wanted.requirements, "file": wanted.file},
        "mismatches": mismatches(wanted),
    }
    return known, artifact.folder


def _unanswered(frame: Any) -> Any:
    raise DataError("was only looked at")


def _unlike(mismatches: list[str]) -> str:
    if not mismatches:
        return ""
    more = f" and {len(mismatches) - NAMED} more" if len(mismatches) > NAMED else ""
    return f"; it needs {', '.join(mismatches[:NAMED])}{more}: run with --build-env, or install what it was saved with"


def _of_size(answer: Any, rows: int) -> Any:
    """The answer, unless it is so much longer or wider than was asked for that handling it would take all memory."""
    shape = getattr(answer, "shape", None) or ((len(answer),) if isinstance(answer, (list, tuple)) else ())
    if shape and shape[0] > rows:
        raise DataError(f"answered with {shape[0]:,} values for {rows:,} rows; it must give one for each.")
    if len(shape) > 1 and math.prod(shape[1:]) > WIDEST:
        raise DataError(f"answers in the shape {tuple(shape)}; at most {WIDEST:,} numbers for each row can be read.")
    return answer


def _timed(predict: Callable[[Any], Any], frame: Any, calls: int, rows: int) -> list[float]:
    """Seconds of each call about the next rows of a frame, from its top again when they are used up."""
    starts = [(call * rows) % max(1, len(frame) - rows + 1) for call in range(calls)]
    # A model may write into what it is given, so each call has rows of its own, cut before the clock runs.
    parts = [frame.iloc[start : start + rows].copy() for start in starts]
    seconds = []
    for part in parts:
        begun = time.perf_counter_ns()
        predict(part)
        seconds.append((time.perf_counter_ns() - begun) / 1e9)
    return seconds


def _frame(request: bytes) -> tuple[Any, dict[bytes, bytes]]:
    """A table as the model gets it, and what the table's metadata say."""
    table = table_of(request)
    return table.to_pandas(), dict(table.schema.metadata or {})


def classes_of(model: Any) -> list[str] | None:
    """What a loaded model says its classes are, ``classes_`` in the order of ``predict_proba``; None if it does not."""
    try:
        raw = model.get_raw_model()
    except NotImplementedError:  # a model of no library that MLflow knows
        return None
    classes = getattr(raw, "classes_", None)
    # A model of several outputs holds several arrays of them.
    if not isinstance(classes, (np.ndarray, list, tuple)) or any(np.ndim(name) for name in classes):
        return None
    return [_text(name) for name in np.asarray(classes).tolist()]


def _text(name: object) -> str:
    """The canonical text of a class, as a label's is."""
    if isinstance(name, bool):
        return "true" if name else "false"
    return value_text(name) if isinstance(name, (int, float)) else str(name)


def answer_table(answer: Any) -> pa.Table:
    """A model's answer as a table: one column of float64 per number of a row, or one of texts.

    Parameters
    ----------
    answer
        (n,) or (n, m) numbers, as an array, list, Series or frame; or (n,) labels. Columns of a frame keep their names
        where somebody gave them some; then the metadata of the table say so.

    Raises
    ------
    DataError
        It is neither, or has another shape.
    """
    values = answer.to_numpy() if hasattr(answer, "to_numpy") else np.asarray(answer)
    names = _column_names(answer) if values.ndim == 2 else None
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim not in (1, 2):
        shape = f" in the shape {values.shape}" if values.ndim else f" with {str(answer)[:60]!r}"
        raise DataError(f"answers{shape}; a number, a class label or one probability per class is needed for each row.")
    if values.dtype.kind not in "biuf":
        values = _plain(values)
    if values.ndim == 1:
        if values.dtype.kind == "O":
            return pa.table({"0": pa.array(values, pa.string()).dictionary_encode()})
        table = pa.table({names[0] if names else "0": values.astype(np.float64)})
        return table.replace_schema_metadata(COLUMNS_NAMED) if names else table
    columns = [np.ascontiguousarray(values[:, place], dtype=np.float64) for place in range(values.shape[1])]
    table = pa.Table.from_arrays(
        [pa.array(column) for column in columns], names=names or [str(place) for place in range(len(columns))]
    )
    return table.replace_schema_metadata(COLUMNS_NAMED) if names else table


def _column_names(answer: Any) -> list[str] | None:
    """Names of a frame's columns; None where they only count the columns."""
    import pandas as pd

    if not isinstance(answer, pd.DataFrame) or isinstance(answer.columns, pd.RangeIndex):
        return None
    return [_text(name) for name in answer.columns.tolist()]


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Objects as numbers, missing ones as NaN; (n,) with texts among them as texts, missing ones as None."""
    import pandas as pd

    missing = pd.isna(values)
    flat = [value for value, none in zip(values.flat, np.ravel(missing)) if not none]
    if not any(isinstance(value, str) for value in flat):
        try:
            return np.where(missing, np.nan, values).astype(np.float64)
        except (TypeError, ValueError):
            pass  # told below, with a value
    elif values.ndim == 1 and all(isinstance(value, (str, bool, int, float, np.generic)) for value in flat):
        texts = np.empty(len(values), dtype=object)
        texts[:] = [
            None if none else _text(value.item() if isinstance(value, np.generic) else value)
            for value, none in zip(values, missing)
        ]
        return texts
    raise DataError(
        f"answers with {str(flat[0])[:60]!r}; a number, a class label or one probability per class is needed for each "
        "row."
    )


def _sentence(problem: BaseException) -> str:
    if isinstance(problem, MlgateError):
        return str(problem)
    if isinstance(problem, SystemExit):
        return f"called sys.exit({problem.code!r})"
    # MLflow quotes a page of rows before it says which column it is.
    text = _DUMP.sub("does not fit the model's schema: ", " ".join(str(problem).split()))
    return f"raised {type(problem).__name__}: {text[:400]}" if text else f"raised {type(problem).__name__}"


if __name__ == "__main__":
    main(sys.argv[1:])
