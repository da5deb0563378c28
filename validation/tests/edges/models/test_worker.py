"""Models in processes of their own: a zoo that crashes, hangs, exits, lies and prints, and what mlgate says of each."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.models.artifact import refuse_pickles
from mlgate.edges.models.model_answers import Expected
from mlgate.edges.models.worker import Model, open_model
from mlgate.edges.models.worker_process import serve
from mlgate.errors import ConfigError, DataError, ModelError
from mlgate.records.words import Task

THREE = Expected(task=Task.MULTICLASS, classes=("a", "b", "c"))

MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
metadata: {{description: a model of the zoo{more}}}
"""

#: A model that does what the column ``behaviour`` of the first row says.
ZOO = """
import os, signal, subprocess, sys, time
import numpy as np, pandas as pd

class Animal:
    def predict(self, frame, params=None):
        behaviour = frame["behaviour"].iloc[0] if len(frame) else "none"
        scores = frame["score"].to_numpy(dtype=float)
        if behaviour == "pair":
            return np.column_stack([1 - scores, scores])
        if behaviour == "three":
            return np.column_stack([scores, scores, scores])
        if behaviour == "text":
            return frame["behaviour"]
        if behaviour == "classes":
            return pd.DataFrame({"b": 1 - scores, "a": scores * 0.5, "c": scores * 0.5})
        if behaviour == "short":
            return scores[1:]
        if behaviour == "raise":
            raise ValueError("no\\nsuch thing")
        if behaviour == "exit":
            sys.exit(3)
        if behaviour == "die":
            print("last words", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if behaviour == "hang":
            time.sleep(600)
        if behaviour == "print":
            for _ in range(100):
                os.write(1, b"x" * (1 << 20))
            print("in the middle of an answer")
        if behaviour == "eat":
            kept = [np.ones(5_000_000) for _ in range(100)]
            time.sleep(600)
        if behaviour == "longer":
            return np.zeros(10**10 // 8)
        if behaviour == "wider":
            return np.zeros((len(frame), 10**8))
        if behaviour == "columns":
            raise ValueError(" ".join(f"{name}:{kind}" for name, kind in frame.dtypes.items()))
        if behaviour == "pid":
            raise ValueError(str(os.getpid()))
        return scores

def _load_pyfunc(path):
    return Animal()
"""


def save(folder: Path, code: str = ZOO, signature: list[dict[str, Any]] | None = None, *, more: str = "") -> Path:
    """An MLflow model folder, written by hand: real to MLflow, and without its four seconds of import."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "animal.py").write_text(textwrap.dedent(code))
    (folder / "MLmodel").write_text(MLMODEL.format(loader="animal", more=more))
    if signature is not None:
        with (folder / "MLmodel").open("a") as file:
            file.write(f"signature:\n  inputs: '{json.dumps(signature)}'\n  outputs: null\n  params: null\n")
    return folder


def rows(behaviour: str, *scores: float) -> pa.Table:
    return pa.table({"behaviour": [behaviour] * len(scores), "score": list(scores), "label": [1] * len(scores)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("zoo") / "model")


@pytest.fixture(scope="module")
def model(folder: Path) -> Iterator[Model]:
    with open_model(str(folder), role="challenger", tracking_uri=None, timeout=120.0, drop=("label",)) as opened:
        yield opened


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    signature = [
        {"type": "double", "name": "score", "required": True},
        {"type": "string", "name": "behaviour", "required": True},
        {"type": "double", "name": "maybe", "required": False},
    ]
    place = save(tmp_path_factory.mktemp("signed") / "model", signature=signature)
    with open_model(str(place), role="champion", tracking_uri=None, timeout=120.0, drop=("label",)) as opened:
        yield opened


def told(model: Model, table: pa.Table) -> str:
    with pytest.raises(ModelError) as caught:
        model.predict(table)
    return str(caught.value)


def test_starting_a_model_does_not_wait_for_it(folder: Path) -> None:
    opened = open_model(str(folder), role="champion", tracking_uri=None, timeout=120.0, drop=())
    assert opened._waiting and opened._loaded is None
    opened.close(grace=0.0)
    with pytest.raises(ModelError, match="champion .*: is closed"):
        opened.wait()


def test_facts_name_the_model_its_files_and_its_description(model: Model, folder: Path) -> None:
    from mlgate.edges.rows.files import digest_folder

    assert model.facts.role == "challenger"
    assert model.facts.source == str(folder)
    assert model.facts.description == "a model of the zoo"
    assert model.facts.digest == digest_folder(folder)
    assert (model.facts.name, model.facts.version) == ("", "")
    assert model.columns is None


def test_scores_come_back_in_order_to_the_last_bit(model: Model) -> None:
    scores = np.random.default_rng(1).random(100_000)
    assert np.array_equal(model.predict(rows("fine", *scores)), scores)


def test_of_two_columns_the_second_is_the_probability(model: Model) -> None:
    assert model.predict(rows("pair", 0.25, 0.5)).tolist() == [0.25, 0.5]


def test_in_a_multiclass_task_class_scores_come_back_in_the_order_of_the_run(model: Model) -> None:
    answer = model.predict(rows("classes", 0.5, 1.0), THREE)
    assert answer.tolist() == [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5]]
    with pytest.raises(ModelError, match="challenger .*: answered with the class '0.5' in row 2"):
        model.predict(rows("fine", 1.0, 0.5), Expected(task=Task.MULTICLASS, classes=("1", "2")))
    with pytest.raises(
        ModelError, match="gives scores for the classes b, a, c, but the classes of the run are a, b, d"
    ):
        model.predict(rows("classes", 0.5), Expected(task=Task.MULTICLASS, classes=("a", "b", "d")))


def test_in_a_regression_task_any_finite_number_is_legal(model: Model) -> None:
    assert model.predict(rows("fine", -2.5, 1e9), Expected(task=Task.REGRESSION)).tolist() == [-2.5, 1e9]


def test_a_model_of_its_own_making_names_no_classes(model: Model) -> None:
    assert model.classes is None


@pytest.mark.parametrize(
    ("metadata", "told_of"),
    [
        ("", "has no decision_threshold in its metadata, which `threshold: model` asks for"),
        (", decision_threshold: high", "the decision_threshold 'high'; it must be a number between 0 and 1"),
        (", decision_threshold: 1", "the decision_threshold '1'; it must"),
        (", decision_threshold: 0.25", ""),
    ],
)
def test_the_decision_threshold_stands_in_the_metadata(tmp_path: Path, metadata: str, told_of: str) -> None:
    place = save(tmp_path / "model", more=metadata)
    with open_model(str(place), role="challenger", tracking_uri=None, timeout=120.0, drop=()) as opened:
        if not told_of:
            assert opened.threshold == 0.25
            return
        with pytest.raises(ConfigError) as caught:
            assert opened.threshold is None
        assert str(caught.value).startswith(f"challenger {place}: ") and told_of in str(caught.value)


def test_no_rows_are_a_question_like_any_other(model: Model) -> None:
    assert model.predict(rows("raise")).shape == (0,)


@pytest.mark.parametrize(
    ("behaviour", "scores", "sentence"),
    [
        ("raise", (0.5,), "raised ValueError: no such thing"),
        ("exit", (0.5,), "called sys.exit(3)"),
        ("three", (0.5, 0.5), "answers in the shape (2, 3); one probability per row is needed"),
        ("text", (0.5,), "answers with 'text' where a probability is needed"),
        ("short", (0.5, 0.5, 0.5), "answered with 2 numbers for 3 rows"),
        ("longer", (0.5, 0.5), "answered with 1,250,000,000 values for 2 rows"),
        ("wider", (0.5, 0.5), "answers in the shape (2, 100000000); at most 10,000 numbers"),
        ("fine", (0.5, float("nan"), 0.5, float("nan")), "nothing (NaN) in row 2, the first of 2 such rows"),
        ("fine", (0.5, 0.5, 1.5), "answered with 1.5 in row 3;"),
        ("fine", (-0.001, 0.5), "answered with -0.001 in row 1;"),
        ("fine", (0.5, float("inf")), "answered with inf in row 2;"),
    ],
)
def test_an_illegal_answer_is_one_sentence_and_the_model_stays_warm(
    model: Model, folder: Path, behaviour: str, scores: tuple[float, ...], sentence: str
) -> None:
    pid = told(model, rows("pid", 0.5))
    message = told(model, rows(behaviour, *scores))
    assert message.startswith(f"challenger {folder}: ")
    assert sentence in message
    assert message.endswith(".") and "\n" not in message
    assert told(model, rows("pid", 0.5)) == pid


def test_printing_without_end_does_not_disturb_an_answer(model: Model) -> None:
    assert model.predict(rows("print", 0.5)).tolist() == [0.5]


def test_label_and_sensitive_columns_never_reach_the_model(model: Model) -> None:
    assert "label" not in told(model, rows("columns", 0.5))


def test_what_a_row_weighs_is_handed_over_only_when_the_signature_asks_for_it(tmp_path: Path) -> None:
    signature = [{"type": kind, "name": name} for name, kind in (("behaviour", "string"), ("weight", "double"))]
    table = rows("columns", 0.5).append_column("weight", pa.array([2.0])).append_column("unit", pa.array([1]))
    for name, asks in (("plain", None), ("signed", [*signature, {"type": "double", "name": "score"}])):
        place = save(tmp_path / name, signature=asks)
        with open_model(
            str(place),
            role="challenger",
            tracking_uri=None,
            timeout=120.0,
            drop=("label",),
            spare=("weight", "unit"),
        ) as opened:
            seen = told(opened, table)
        assert "score:" in seen and "unit:" not in seen
        assert ("weight:" in seen) == (asks is not None)


def test_a_whole_number_column_with_a_missing_value_arrives_as_pandas_has_it(model: Model) -> None:
    table = rows("columns", 0.5, 0.5).append_column("age", pa.array([40, None], pa.int32()))
    assert "age:float64" in told(model, table)
    table = rows("columns", 0.5, 0.5).append_column("age", pa.array([40, 41], pa.int32()))
    assert "age:int32" in told(model, table)


def test_a_model_that_dies_or_hangs_is_told_and_the_next_table_is_answered(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = told(model, rows("die", 0.5, 0.5))
    assert 'was ended by signal SIGSEGV while scoring 2 rows; it printed last: "last words".' in message
    assert model.predict(rows("fine", 0.5)).tolist() == [0.5]
    monkeypatch.setattr(model, "_timeout", 0.5)
    assert "did not answer within 0.5 s while scoring 1 row" in told(model, rows("hang", 0.5))
    monkeypatch.undo()
    assert model.predict(rows("fine", 0.25)).tolist() == [0.25]
    monkeypatch.setattr(model, "_memory", 1_000_000_000)
    greedy = told(model, rows("eat", 0.5))
    assert " of memory while scoring 1 row, more than the 1 GB of model_memory" in greedy
    monkeypatch.setattr(model, "_memory", 0)
    monkeypatch.setattr("mlgate.edges.models.worker.default_limit", lambda: 1_000_000_000)
    assert "more than 1 GB, 40% of this machine's; model_memory sets another limit" in told(model, rows("eat", 0.5))
    monkeypatch.undo()
    assert model.predict(rows("fine", 0.75)).tolist() == [0.75]


def test_a_model_whose_files_change_between_two_starts_is_refused(tmp_path: Path) -> None:
    place = save(tmp_path / "model")
    with open_model(str(place), role="challenger", tracking_uri=None, timeout=120.0, drop=()) as opened:
        assert "SIGSEGV" in told(opened, rows("die", 0.5))
        (place / "code" / "animal.py").write_text(ZOO + "\n# another\n")
        assert "its files have changed during the run" in told(opened, rows("fine", 0.5))


def test_the_signature_says_which_columns_are_handed_over_and_in_which_order(signed: Model) -> None:
    assert signed.columns == ("score", "behaviour", "maybe")
    seen = told(signed, rows("columns", 0.5).append_column("more", pa.array([1])))
    assert "score:float64 behaviour:" in seen
    assert "more" not in seen and "label" not in seen


def test_a_missing_column_is_named(signed: Model) -> None:
    message = told(signed, rows("fine", 0.5).drop_columns(["score"]))
    assert "asks for the column 'score', which is not in the data" in message


def test_a_column_of_another_type_is_refused_as_in_production(signed: Model) -> None:
    table = pa.table({"behaviour": ["fine"], "score": ["a half"]})
    said = told(signed, table)
    assert "does not fit the model's schema: Incompatible input types for column score" in said
    assert "a half" not in said, "MLflow's page of rows hides the reason"


def test_a_model_that_asks_for_the_label_is_refused(tmp_path: Path) -> None:
    place = save(tmp_path / "model", signature=[{"type": "long", "name": "label", "required": True}])
    with open_model(str(place), role="challenger", tracking_uri=None, timeout=120.0, drop=("label",)) as opened:
        assert "asks for the column 'label', which is the label, an id or sensitive" in told(opened, rows("fine", 0.5))


def test_a_model_that_cannot_be_loaded_says_why_each_time_it_is_asked(tmp_path: Path) -> None:
    broken = save(tmp_path / "broken", "import no_such_package\n")
    pickled = save(tmp_path / "pickled")
    (pickled / "python_model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    models = [
        open_model(str(place), role="champion", tracking_uri=None, timeout=120.0, drop=())
        for place in (broken, pickled, tmp_path / "nowhere")
    ]
    words = [
        "raised ModuleNotFoundError: No module named 'no_such_package'",
        "holds python_model.pkl",
        "there is no such folder",
    ]
    try:
        for opened, word in zip(models, words):
            for _ in range(2):
                with pytest.raises(ModelError, match="champion") as caught:
                    opened.wait()
                assert caught.value.role == "champion"
                assert word in str(caught.value)
    finally:
        for opened in models:
            opened.close()


def test_loading_that_ends_the_process_is_told_and_not_tried_again(tmp_path: Path) -> None:
    place = save(tmp_path / "model", "import os\nos._exit(9)\n")
    with open_model(str(place), role="challenger", tracking_uri=None, timeout=120.0, drop=()) as opened:
        for _ in range(2):
            with pytest.raises(ModelError, match="ended itself with exit code 9 while loading"):
                opened.wait()


def test_the_parent_imports_neither_mlflow_nor_pandas() -> None:
    code = "import sys, mlgate.edges.models.worker; sys.exit(bool({'mlflow', 'pandas', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_process_that_gets_no_order_ends_at_once() -> None:
    import os

    read, write = os.pipe()
    os.close(write)
    assert serve(read, 2, lambda order: ({}, lambda frame: frame)) == 1
    os.close(read)


@pytest.mark.parametrize("kind", ["pickle", "cloudpickle"])
def test_a_model_that_says_it_is_pickled_is_refused_unless_allowed(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLGATE_ALLOW_PICKLE", raising=False)
    flavors = {"sklearn": {"serialization_format": kind}}
    with pytest.raises(DataError, match=f"is saved as {kind}, and a pickle can run any code"):
        refuse_pickles(tmp_path, flavors)
    refuse_pickles(tmp_path, {"sklearn": {"serialization_format": "skops"}})
    monkeypatch.setenv("MLGATE_ALLOW_PICKLE", "1")
    refuse_pickles(tmp_path, flavors)
