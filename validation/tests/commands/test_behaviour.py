"""Planted faults of behaviour, each put to real model processes and named by the one finding that is about it.

The models are folders written by hand. What a share of rows comes to is tested in ``checks/test_behaviour.py``.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate import gate
from mlgate.__main__ import main
from mlgate.commands.common.settings import load_settings
from mlgate.commands.model_steps.behaviour import Behaviour, behaviour_of
from mlgate.commands.model_steps.models import Models, started
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.models.worker import Model
from mlgate.errors import ConfigError, DataError
from mlgate.records.decision import Finding
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Verdict

ROWS = 450

CODE = """
import os
import numpy as np

OF_THIS_PROCESS = np.random.default_rng().normal()

class Scorer:
    def predict(self, frame, params=None):
        x = frame["x"].to_numpy(dtype=float)
        z = np.nan_to_num(x)
        {body}
        return 1 / (1 + np.exp(-z))

def _load_pyfunc(path):
    return Scorer()
"""

MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
"""

SIGNED = """
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: null
  params: null
"""

CONFIG = """
model: credit
label: {column: y, names: {positive: granted, negative: refused}}
id: row
sensitive: [sex]
data: {base_case: base.parquet}
champion: sound
challenger: sound
requirements: [{metric: accuracy, margin: 0.2}]
behaviour:
  unchanged_by: [id, branch]
  singles: 6
  monotone: [{column: x, direction: increasing, because: more is more}]
  counterfactual: [{attribute: sex}]
"""

#: What each model does beside scoring by x, and the findings that fail for it.
FAULTS = {
    "scores by the batch": ("z = z - 0.3 * z.mean()", {"batch_size"}),
    "scores by the place of a row": ("z = z + 0.001 * np.arange(len(z))", {"row_order", "batch_size"}),
    "reads its columns by place": (
        "z = z + np.nan_to_num(frame[[name for name in frame if name in ('x', 'branch')][0]])",
        {"column_order"},
    ),
    "answers at random": ("z = z + 0.01 * np.random.default_rng().normal(size=len(z))", {"determinism"}),
    "depends on its process": ("z = z + 0.01 * OF_THIS_PROCESS", {"determinism"}),
    "falls where it should rise": ("z = np.where(z > 0.5, z - 1.0, z)", {"monotone/x"}),
    "decides by the sex": (
        "z = z + (2.0 * (frame['sex'] == 'F').to_numpy() if 'sex' in frame else 0)", {"counterfactual/sex"}),
    "reads the id": ("z = z + (0.01 * frame['row'].to_numpy() if 'row' in frame else 0)", {"unchanged_by/row"}),
    "reads what does not matter": ("z = z + 0.1 * frame['branch'].to_numpy()", {"unchanged_by/branch"}),
    "cannot take a row alone": ("assert len(z) > 1, 'a batch, please'", {"batch_size"}),
}  # fmt: skip

Ask = Callable[..., Behaviour]


def save(folder: Path, body: str = "pass", more: str = "") -> None:
    (folder / "code").mkdir(parents=True)
    loader = f"scorer_{abs(hash(folder.name))}"
    (folder / "code" / f"{loader}.py").write_text(textwrap.dedent(CODE).format(body=body))
    (folder / "MLmodel").write_text(MLMODEL.format(loader=loader) + more)


def base_case() -> pa.Table:
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS)
    x[:7] = np.nan
    sex = np.where(rng.random(ROWS) < 0.5, "F", "M").astype(object)
    sex[:11] = None
    return pa.table(
        {
            "row": np.arange(ROWS),
            "x": pa.array(x, from_pandas=True),
            "branch": rng.integers(0, 5, ROWS),
            "sex": pa.array(sex.tolist(), pa.string()),
            "y": (rng.random(ROWS) < 0.5).astype(int),
        }
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a champion that is sound, and its base case."""
    folder = tmp_path_factory.mktemp("behaviour")
    prepare()
    save(folder / "sound")
    save(folder / "signed", more=SIGNED)
    for number, (body, _) in enumerate(FAULTS.values()):
        save(folder / f"fault{number}", body)
    pa.parquet.write_table(base_case(), folder / "base.parquet")
    return folder


def settings_in(place: Path, more: str = "", config: str = CONFIG) -> Settings:
    (place / "mlgate.yaml").write_text(config + more)
    return load_settings(str(place / "mlgate.yaml"), import_own=False)


@pytest.fixture(scope="module")
def ask(place: Path) -> Iterator[Ask]:
    """Put the questions of a configuration to a challenger, beside a champion; each model is started once."""
    running: dict[tuple[str, str], Model] = {}

    def model(settings: Settings, name: str, role: str) -> Model:
        if (name, role) not in running:
            running[name, role] = started(settings, str(place / name), role, None)
        return running[name, role]

    def put(challenger: str, *, champion: str | None = "sound", more: str = "", config: str = CONFIG) -> Behaviour:
        settings = settings_in(place, more, config)
        models = Models(
            challenger=model(settings, challenger, "challenger"),
            challenger_source=str(place / challenger),
            champion=None if champion is None else model(settings, champion, "champion"),
            champion_source=None if champion is None else str(place / champion),
        )
        return behaviour_of(settings, models, base_case(), [], tracking_uri=None)

    yield put
    for one in running.values():
        one.close(grace=0.0)


def findings(seen: Behaviour) -> dict[str, Finding]:
    return {one.id.removeprefix("behaviour/"): one for one in gate.judge_observations(seen.observations)}


def test_a_sound_model_passes_every_question_and_says_how_many_rows_were_asked(ask: Ask) -> None:
    found = findings(ask("sound"))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}
    assert set(found) == {
        "row_order", "column_order", "batch_size", "determinism", "unchanged_by/row", "unchanged_by/branch",
        "monotone/x", "counterfactual/sex",
    }  # fmt: skip
    assert found["batch_size"].rows == 6 and "none of 6 rows" in found["batch_size"].reason
    assert found["monotone/x"].rows == ROWS - 7 and "7 left out, since x is missing" in found["monotone/x"].reason
    assert found["monotone/x"].because == "more is more"
    assert "11 left out" in found["counterfactual/sex"].reason


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_by_its_own_finding_and_blocks(ask: Ask, fault: str) -> None:
    expected = FAULTS[fault][1]
    found = findings(ask(f"fault{list(FAULTS).index(fault)}"))
    assert {name for name, one in found.items() if one.verdict is Verdict.FAIL} == expected
    assert all(found[name].blocking for name in expected)
    rest = {one.verdict for name, one in found.items() if name not in expected}
    # Of a model that does not repeat itself, nothing else can be told.
    assert rest == ({Verdict.INCONCLUSIVE} if fault == "answers at random" else {Verdict.PASS})


def test_a_fault_is_told_with_its_worst_row_by_id_only(ask: Ask, place: Path) -> None:
    fault = list(FAULTS).index("falls where it should rise")
    told = findings(ask(f"fault{fault}"))["monotone/x"]
    assert "the most by" in told.reason and told.examples.startswith("row ") and ", from x " in told.examples
    hidden = findings(ask(f"fault{fault}", more="private: [row, x]\n"))["monotone/x"]
    assert "the most by" in hidden.reason and not hidden.examples


def test_what_the_champion_does_too_is_shown_and_does_not_block(ask: Ask) -> None:
    fault = f"fault{list(FAULTS).index('scores by the batch')}"
    seen = ask(fault, champion=fault)
    one = findings(seen)["batch_size"]
    assert (one.verdict, one.level, one.blocking) == (Verdict.FAIL, Level.ADVISORY, False)
    [exhibit] = seen.exhibits
    rows = [dict(zip(exhibit.columns, row, strict=True)) for row in exhibit.rows]
    assert [(row["model"], row["hits"]) for row in rows if row["id"] == "behaviour/batch_size"] == [
        ("challenger", 6),
        ("champion", 6),
    ]


def test_a_model_whose_signature_does_not_ask_for_a_column_is_not_moved_by_it(ask: Ask) -> None:
    found = findings(ask("signed", champion=None))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}
    for name in ("unchanged_by/row", "unchanged_by/branch", "counterfactual/sex"):
        assert "signature does not ask for" in found[name].reason


@pytest.mark.parametrize(
    ("asked", "kind", "told"),
    [
        ("monotone: [{column: z, direction: increasing}]", DataError, "'z' is not in the base case"),
        ("monotone: [{column: sex, direction: increasing}]", ConfigError, "holds no numbers"),
        ("monotone: [{column: x, direction: increasing, values: [a, b]}]", ConfigError, "which 'a' is not"),
        ("counterfactual: [{attribute: branch}]", ConfigError, "holds 5 values"),
        ("unchanged_by: [z]", DataError, "behaviour.unchanged_by: the column 'z'"),
    ],
)
def test_what_cannot_be_asked_of_these_rows_is_an_error_in_one_sentence(
    place: Path, ask: Ask, asked: str, kind: type[Exception], told: str
) -> None:
    everything = "determinism, row_order, column_order, batch_size"
    config = CONFIG.partition("behaviour:")[0] + f"behaviour: {{skip: [{everything}], {asked}}}\n"
    with pytest.raises(kind, match=told):
        ask("sound", champion=None, config=config)


def test_nothing_more_is_asked_of_a_challenger_that_did_not_answer_the_base_case(place: Path) -> None:
    settings = settings_in(place)
    nobody: Any = None
    models = Models(challenger=nobody, challenger_source="", champion=None, champion_source=None)
    assert behaviour_of(settings, models, base_case(), iter(()), tracking_uri=None) == Behaviour()


GOLDEN = """name,x,expected,low,high
a good one,2.5,granted,,
a bad one,-2.5,0,,
a middling one,0,,0.4,0.6
"I love <b>you</b>",-1,granted,,
"""


def test_a_run_tells_golden_examples_and_directions_in_decision_and_report(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (place / "golden.csv").write_text(GOLDEN)
    settings_in(place, "golden: {path: golden.csv, fill: typical}\n")
    assert main(["run", "--quiet", "--out", "out"]) == 1
    content = json.loads((place / "out" / "decision.json").read_text())
    found = {one["id"]: one for one in content["findings"] if one["section"] == "behaviour"}
    told = {name.rpartition("/golden/")[2]: one["verdict"] for name, one in found.items() if "/golden/" in name}
    assert told.pop("I love <b>you</b>") == "fail"
    assert told == {"a good one": "pass", "a bad one": "pass", "a middling one": "pass"}
    wrong = found["behaviour/golden/I love <b>you</b>"]
    assert wrong["title"] == "I love <b>you</b> is granted" and wrong["blocking"]
    assert wrong["reason"] == ("the challenger says refused (score 0.269); the champion: refused (score 0.269)")
    assert found["behaviour/golden/a middling one"]["title"] == "a middling one is scored 0.4 to 0.6"
    assert found["behaviour/monotone/x"]["verdict"] == "pass"
    page = (place / "out" / "report.html").read_text()
    assert 'id="behaviour"' in page and "I love &lt;b&gt;you&lt;/b&gt;" in page and "<b>you</b>" not in page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nom,x,expected\na,1,1\n", "has no column 'name'"),
        ("name,x,expected\na,1,maybe\n", "'maybe', which is no class"),
        ("name,x,expected\na,1,1\na,2,1\n", "'a' stands there twice"),
        ("name,x,expected\na,1,\n", "does not say what is right"),
        ("name,x,expected\n,1,1\n", "row 1 has no name"),
        ("name,x,expected\na,b,1\n", "column 'x' cannot be double"),
        ("name,x,low,high\na,1,0.9,0.1\n", "above the highest"),
    ],
)
def test_a_golden_file_that_says_nothing_usable_is_an_error_with_its_row(place: Path, text: str, told: str) -> None:
    from mlgate.edges.model_checks.golden_rows import golden_rows

    (place / "golden.csv").write_text(text)
    settings = settings_in(place, "golden: golden.csv\n")
    assert settings.golden is not None
    with pytest.raises(DataError, match=told):
        golden_rows(settings.golden, base_case(), root=place, label=settings.label, run=settings.run)
