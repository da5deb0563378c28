"""``check`` searches for undeclared slices; what it prints can be pasted into mlgate.yaml; what is private stays so."""

from __future__ import annotations

import dataclasses
import gzip
import html
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from numpy.typing import NDArray

import mlgate
from mlgate import gate
from mlgate.__main__ import main
from mlgate.commands.common.discovering import discovered, with_discovered
from mlgate.commands.common.settings import metric_traits
from mlgate.config import parse
from mlgate.edges.batches.scoring import batch_of
from mlgate.edges.own_metrics import PutOff
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ConfigError
from mlgate.records.decision import Decision
from mlgate.records.settings import Settings
from mlgate.records.words import Verdict
from mlgate.render import html as page
from mlgate.render import markdown

ROWS = 4_000
HEAD = "model: m\ndata: rows.parquet\nlabel: y\nid: customer\n"


@cache
def rows() -> pa.Table:
    """Customers of whom young students are decided wrongly by the new model; ``plan`` holds a word with spaces."""
    random = np.random.default_rng(7)
    age = random.integers(18, 70, ROWS)
    job = random.choice(["student", "blue collar", "office"], ROWS)
    labels = random.integers(0, 2, ROWS)
    old = np.where(random.random(ROWS) < 0.1, 1 - labels, labels)
    worse = (age < 30) & (job == "blue collar") & (random.random(ROWS) < 0.6)
    new = np.where(worse, 1 - old, old)
    return pa.table(
        {
            "customer": [f"C-{number:05}" for number in range(ROWS)],
            "age": age,
            "job": job,
            "plan": random.choice(["a", "b"], ROWS),
            "y": labels,
            "old": old,
            "new": new,
        }
    )


@cache
def decided(discover: bool | None = None) -> Decision:
    return mlgate.check(
        rows(), label="y", champion="old", challenger="new", by=["plan"], id="customer", discover=discover
    )


def read(text: str) -> Settings:
    return parse(
        text,
        source="mlgate.yaml",
        root=Path("/project"),
        look_up=metric_traits,
        load_own=lambda name: PutOff(name, Path()),
        known_oddities=(),
    )


def judged(settings: Settings) -> gate.Outcome:
    """What ``run`` would make of the rows under these settings."""
    run = dataclasses.replace(settings.run, scores=False)
    asked = tuple(one for one in run.requirements if one.metric == "accuracy")
    run = dataclasses.replace(run, requirements=asked, oddity=None)
    table = rows()
    sides = [np.asarray(table.column(name).to_numpy(), dtype=np.float64) for name in ("old", "new")]
    batch = batch_of(table, run=run, label=settings.label, source="rows", champion=sides[0], challenger=sides[1])
    outcome, settings = gate.run(run, batches=[batch]), dataclasses.replace(settings, run=run)
    return with_discovered(outcome, lambda: discovered(settings, table.drop_columns(["old", "new"]), [batch]))


def found(decision: Decision | gate.Outcome) -> list[Any]:
    return [one for one in decision.findings if one.id.startswith("slices/discovered/")]


@pytest.mark.parametrize("few", [1, 10**9])
def test_a_search_beside_the_gate_finds_what_one_after_it_finds(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"label": "y", "champion": "old", "challenger": "new", "by": ["plan"], "id": "customer"}
    monkeypatch.setattr("mlgate.commands.check_steps.check_predictions.FEW_ROWS", few)
    decision = mlgate.check(rows(), **asked)  # type: ignore[arg-type]
    assert found(decision) and decision.findings == decided().findings and decision.exhibits == decided().exhibits
    with pytest.raises(ConfigError, match="nobody"):
        mlgate.check(rows(), **asked, leave=["nobody"])  # type: ignore[arg-type]


def printed(decision: Decision) -> list[str]:
    """The lines that the report prints."""
    return [html.unescape(line) for line in re.findall(r"<code>(guard: .*?)</code>", page.render(decision))]


def test_check_finds_the_slice_names_rows_by_id_and_says_so_everywhere() -> None:
    (one,) = found(decided())
    assert "job=blue collar" in one.slice and "age < " in one.slice and one.blocking
    assert re.fullmatch(r"ids (C-\d{5}, ){4}C-\d{5}", one.examples)
    assert "**Found:** accuracy is worse where nobody looked: " in markdown.render(decided())
    assert "Slices that nobody declared" in page.render(decided())


def test_columns_that_hold_a_models_answers_accuse_nobody() -> None:
    """Of two equally good models each is wrong where they disagree: conditions on both answers would find that."""
    random = np.random.default_rng(5)
    truth = random.normal(0, 1.5, 6000)
    old, new = (1 / (1 + np.exp(-(truth + random.normal(0, 0.8, 6000)))) for _ in range(2))
    table = pa.table(
        {
            "y": (random.random(6000) < 1 / (1 + np.exp(-truth))).astype(int),
            "old": old,
            "new": new,
            "old_percent": 100 * old,
            "new_log_odds": np.round(np.log(new / (1 - new)), 3),
            "age": random.integers(18, 80, 6000),
        }
    )
    decision = mlgate.check(table, label="y", champion="old", challenger="new")
    (told,) = [one for one in decision.exhibits if one.name == "discovery"]
    assert dict(zip(told.columns, told.rows[0], strict=True))["columns"] == "age"
    assert not found(decision)


def test_without_the_search_nothing_of_it_is_told() -> None:
    plain = decided(False)
    assert found(plain) == [] and "discovery" not in [one.name for one in plain.exhibits]
    assert plain.verdict is not Verdict.PASS or "Slices that nobody" not in page.render(plain)


def test_predictions_ids_and_labels_are_not_searched() -> None:
    about = next(one for one in decided().exhibits if one.name == "discovery")
    assert dict(zip(about.columns, about.rows[0]))["columns"] == "age, job, plan"


def test_every_printed_line_pasted_into_mlgate_yaml_gives_that_finding() -> None:
    lines = printed(decided())
    assert len(lines) >= 3  # the slice that was found, and both declared ones
    named = {one.slice for one in decided().findings if one.section == "slices"}
    pasted = set()
    for line in lines:
        settings = read(HEAD + line + "\n")
        slice_ = settings.run.requirements[-1].on
        findings = [one for one in judged(settings).findings if one.id.endswith(f"accuracy/not_worse/{slice_}")]
        asked = [one for one in findings if one.id == f"slices/base_case/accuracy/not_worse/{slice_}"]
        assert len(asked) == 1 and asked[0].level == "guarded" and (asked[0].rows or 0) > 0
        pasted.add(slice_)
    assert named <= pasted
    (one,) = found(decided())
    line = next(line for line in lines if "blue collar" in line)
    failed = [finding for finding in judged(read(HEAD + line + "\n")).findings if finding.slice == one.slice]
    assert {finding.verdict for finding in failed} == {Verdict.FAIL}


def test_a_file_that_guards_already_gets_an_entry_of_its_list() -> None:
    first = next(line for line in printed(decided()) if "blue collar" in line)
    again = read(HEAD + first + "\n")
    line = str(next(one for one in judged(again).exhibits if one.name == "discovered").rows[0][-1])
    assert line.startswith("  - {where: ")
    entry = first.removeprefix("guard: [").removesuffix("]").replace("blue collar", "office")
    both = read(f"{HEAD}guard:\n  - {entry}\n{line}\n")
    assert len({one.on for one in both.run.requirements if one.on not in ("overall", "slices")}) == 2


def test_private_columns_are_not_searched_and_their_values_appear_nowhere() -> None:
    settings = dataclasses.replace(read(HEAD + "private: [job]\n"))
    outcome = judged(settings)
    assert "blue collar" not in repr(outcome.findings) + repr(outcome.exhibits)
    with pytest.raises(ConfigError, match='discovered names the private column "job"'):
        judged(read(HEAD + "private: [job]\ndiscovered: {columns: [job]}\n"))


def test_a_private_id_names_no_row() -> None:
    assert [one.examples for one in found(judged(read(HEAD + "private: [customer]\n")))] == [""]


def test_columns_can_be_chosen_and_left_alone() -> None:
    outcome = judged(read(HEAD + "discovered: {leave: [job]}\n"))
    assert all("job" not in one.slice for one in found(outcome))
    assert found(judged(read(HEAD + "discovered: false\n"))) == []
    assert [one.level for one in found(judged(read(HEAD + "discovered: advisory\n")))] == ["advisory"]
    with pytest.raises(ConfigError, match='discovered names the column "jobb"; did you mean "job"?'):
        judged(read(HEAD + "discovered: {columns: [jobb]}\n"))


@pytest.mark.parametrize("discover", [[], ["--discover"]])
def test_check_leaves_columns_out_of_the_search_that_are_named(
    discover: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(rows(), "rows.csv")
    options = ["--label", "y", "--champion", "old", "--challenger", "new", "--id", "customer", *discover]

    def check(*more: str) -> tuple[int, str]:
        code = main(["check", "--predictions", "rows.csv", *options, *more])
        return code, capsys.readouterr().err

    assert check("--leave", "job", "--leave", "plan")[0] in (0, 1)
    exhibits = json.loads(Path("reports/check/decision.json").read_text())["exhibits"]
    (about,) = [one for one in exhibits if one["name"] == "discovery"]
    assert dict(zip(about["columns"], about["rows"][0], strict=True))["columns"] == "age"
    code, told = check("--leave", "jobb")
    assert code == 2 and '--leave) names the column "jobb"; did you mean "job"?' in told
    code, told = check("--leave", "job", "--no-discover")
    assert code == 2 and "drop one of them" in told


def test_a_call_from_python_leaves_columns_out_of_the_search_that_are_named() -> None:
    decision = mlgate.check(
        rows(), label="y", champion="old", challenger="new", id="customer", leave=["job", "plan"], discover=True
    )
    (about,) = [one for one in decision.exhibits if one.name == "discovery"]
    assert dict(zip(about.columns, about.rows[0], strict=True))["columns"] == "age"


def test_some_of_many_rows_are_searched_whatever_their_order() -> None:
    settings = read(HEAD + "discovered: {rows: 2000}\n")
    about = next(one for one in judged(settings).exhibits if one.name == "discovery")
    told = dict(zip(about.columns, about.rows[0]))
    searched = int(str(told["searched"])) + int(str(told["confirming"]))
    assert 1_800 < searched < 2_200
    assert len(set(row_identity(rows(), "customer").tolist())) == ROWS


def adult_folder() -> Path | None:
    named = [Path(os.environ["MLGATE_DATA"])] if "MLGATE_DATA" in os.environ else []
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    return next((place / "adult" for place in (*named, beside) if (place / "adult").is_dir()), None)


def adult() -> pa.Table:
    """The training file of UCI Adult, missing values as such."""
    place = adult_folder()
    assert place is not None
    names = (
        "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
        "capital_loss hours_per_week native_country income"
    ).split()
    with gzip.open(place / "adult.data.gz") as file:
        table = pa.csv.read_csv(
            file,
            read_options=pa.csv.ReadOptions(column_names=names),
            convert_options=pa.csv.ConvertOptions(null_values=[" ?"], strings_can_be_null=True),
        )
    columns = {
        name: (
            pa.compute.utf8_trim_whitespace(table.column(name)) if pa.types.is_string(table[name].type) else table[name]
        )
        for name in names
    }
    return pa.table(columns)


@pytest.mark.skipif(
    adult_folder() is None, reason="no folder adult: name the folder of public data sets in MLGATE_DATA"
)
def test_on_adult_the_slice_that_was_spoilt_is_found_by_the_columns_that_make_it() -> None:
    table, random = adult(), np.random.default_rng(11)
    held: dict[str, NDArray[Any]] = {
        name: np.array(table.column(name).to_pylist(), dtype=object) for name in ("sex", "income", "occupation", "age")
    }
    labels = (held["income"] == ">50K").astype(int)
    old = np.where(random.random(len(labels)) < 0.12, 1 - labels, labels)
    spoilt = (held["sex"] == "Female") & (held["occupation"] == "Prof-specialty") & (random.random(len(labels)) < 0.4)
    made = table.append_column("y", pa.array(labels)).append_column("old", pa.array(old))
    made = made.append_column("new", pa.array(np.where(spoilt, 1 - old, old))).drop_columns(["income"])
    decision = mlgate.check(made, label="y", champion="old", challenger="new", by=["race"])
    (one,) = found(decision)
    assert one.slice == "occupation=Prof-specialty and sex=Female" and one.blocking
    assert one.improvement is not None and -0.4 < one.improvement.low < one.improvement.high < -0.2


def test_a_column_that_is_left_out_takes_no_place_of_one_that_is_searched() -> None:
    random = np.random.default_rng(3)
    told = {f"told{place}": rows().column("new") for place in range(10)}
    noise = {f"noise{place}": random.choice(["a", "b"], ROWS) for place in range(37)}
    made = pa.table({**told, **noise, **{name: rows().column(name) for name in rows().column_names if name != "plan"}})
    decision = mlgate.check(made, label="y", champion="old", challenger="new", id="customer", leave=["noise0"])
    (about,) = [one for one in decision.exhibits if one.name == "discovery"]
    searched = str(dict(zip(about.columns, about.rows[0], strict=True))["columns"]).split(", ")
    assert sorted(searched) == sorted([*list(noise)[1:], "age", "job"])
    (left,) = [one for one in decision.exhibits if one.name == "not_searched"]
    assert [name for name, _ in left.rows] == sorted(told)
    assert "age < 30 and job=blue collar" in {one.slice for one in found(decision)}


def test_no_more_columns_are_searched_than_the_limit_allows() -> None:
    random = np.random.default_rng(3)
    noise = {f"noise{place}": random.choice(["a", "b"], ROWS) for place in range(60)}
    made = pa.table({"told": rows().column("new"), **noise, **{one: rows().column(one) for one in ("y", "old", "new")}})
    decision = mlgate.check(made, label="y", champion="old", challenger="new")
    (about,) = [one for one in decision.exhibits if one.name == "discovery"]
    searched = str(dict(zip(about.columns, about.rows[0], strict=True))["columns"]).split(", ")
    assert sorted(searched) == sorted(list(noise)[:40])


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_column_to_leave_alone_that_is_not_there_is_told_before_any_model_is_started(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(rows(), "rows.csv")
    Path("model").mkdir()
    Path("mlgate.yaml").write_text("model: m\ndata: rows.csv\nlabel: y\ndiscovered: {leave: [jobb]}\n")

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a model was started")

    for module, name in (("check_steps.check_models", "opened"), ("run", "_opened"), ("run", "observe_data")):
        monkeypatch.setattr(f"mlgate.commands.{module}.{name}", started)
    for module in ("check_steps.check_models", "run"):
        monkeypatch.setattr(f"mlgate.commands.{module}.prepare", lambda: None)
    asked = {
        "check": ["check", "model", "--champion", "model", "--data", "rows.csv", "--label", "y", "--leave", "jobb"],
        "run": ["run", "--challenger", "model", "--champion", "model"],
    }
    assert main(asked[command]) == 2
    assert '--leave) names the column "jobb"; did you mean "job"?' in capsys.readouterr().err
    assert not Path("reports").exists()
