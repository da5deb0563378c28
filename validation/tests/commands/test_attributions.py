"""SHAP values of real model processes: planted changes of reliance, what decides, and the bounds of time.

The models are folders written by hand. Expected values come from the definition of Shapley, coalition by coalition.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from mlgate import gate
from mlgate.__main__ import main
from mlgate.commands.model_steps.attributions import attributed
from mlgate.commands.model_steps.explained_rows import Sample
from mlgate.commands.model_steps.explanations import Explained, explanations_of, leanings_of
from mlgate.commands.model_steps.models import Models, ask, started
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.models.worker import Model
from mlgate.records.explanation_settings import ExplanationSettings, ShapSettings
from mlgate.records.run import Grouping, Requirement, Run, TrainingSpread
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule, Task, Verdict

ROWS = 340

needs_shap = pytest.mark.skipif(
    importlib.util.find_spec("shap") is None, reason="shap is not installed here; pip install shap"
)

CODE = """
import numpy as np
import pandas as pd

def answer(x, z, opened, note):
    return {formula}

class Scorer:
    def predict(self, frame, params=None):
        opened = (pd.to_datetime(frame["opened"]) - pd.Timestamp("2026-01-01")).dt.days.to_numpy(dtype=float) / 100
        note = frame["note"].str.len().fillna(0).to_numpy(dtype=float) / 10
        return answer(frame["x"].to_numpy(dtype=float), frame["z"].to_numpy(dtype=float), opened, note)

def _load_pyfunc(path):
    return Scorer()
"""
MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
"""
#: By model; z stands in for sex, opened is a date, note a text that is sometimes missing.
FORMULAS = {
    "champion": "1 / (1 + np.exp(-(2.0 * x + 0.5 * opened + 0.5 * note)))",
    "elsewhere": "1 / (1 + np.exp(-(1.0 * x + 1.5 * z + 0.5 * opened + 0.5 * note)))",
    "broken": "1 / (1 + np.exp(-(2.0 * x + (1 / 0 if (np.diff(x) == 0).any() else 0))))",
}
COLUMNS = ("x", "z", "opened", "note")


def base_case(rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(3)
    x, noise = rng.normal(size=(2, rows))
    z = np.round(0.3 * x + noise, 1)
    days = rng.integers(-150, 150, rows)
    return pa.table(
        {
            "row": np.arange(rows),
            "x": x,
            "z": z,
            "opened": pa.array(np.datetime64("2026-01-01") + days.astype("timedelta64[D]")),
            "note": pa.array([None if one == 0 else "ab" * one for one in rng.integers(0, 8, rows)], pa.string()),
            "sex": np.where(z > 0, "F", "M"),
            "y": (rng.random(rows) < 1 / (1 + np.exp(-2.0 * x))).astype(int),
        }
    )


def settings_of(shap: ShapSettings | None, **more: Any) -> Settings:
    requirement = Requirement(metric="log_loss", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01)
    return Settings(
        root=Path(),
        model="m",
        title="",
        label=LabelSettings(column="y"),
        data=(),
        run=Run(requirements=(requirement,), task=Task.BINARY, **more.pop("run", {})),
        id="row",
        sensitive=("sex",),
        explanations=ExplanationSettings(**{"seconds": 600.0, "repeats": 2, "shap": shap, **more}),
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    prepare()
    place = tmp_path_factory.mktemp("lean")
    kept: dict[tuple[str, str], Model] = {}
    with ExitStack() as stack:

        def of(name: str, role: str) -> Model:
            if (name, role) not in kept:
                if not (place / name).exists():
                    (place / name / "code").mkdir(parents=True)
                    code = CODE.replace("{formula}", FORMULAS[name])
                    (place / name / "code" / f"moved_{name}.py").write_text(code)
                    (place / name / "MLmodel").write_text(MLMODEL.format(loader=f"moved_{name}"))
                kept[name, role] = stack.enter_context(started(settings_of(None), str(place / name), role, None))
            return kept[name, role]

        yield of


def put(model: Any, challenger: str, champion: str | None) -> Models:
    return Models(
        challenger=model(challenger, "challenger"),
        challenger_source=challenger,
        champion=None if champion is None else model(champion, "champion"),
        champion_source=champion,
    )


def explained(
    model: Any, challenger: str, champion: str | None = "champion", *, table: pa.Table | None = None, **more: Any
) -> Explained:
    table = base_case() if table is None else table
    models = put(model, challenger, champion)
    shap = more.pop("shap", ShapSettings(rows=300, background=20, seconds=600.0))
    settings, rows = ask(settings_of(shap, **more), models, {gate.BASE_CASE: (table, "test.parquet")})
    return explanations_of(settings, models, table, list(rows[gate.BASE_CASE]))


def verdicts(seen: Explained) -> dict[str, Verdict]:
    found = gate.judge_observations(seen.observations)
    assert len({one.id for one in found}) == len(found), "a column has one finding"
    return {one.id.removeprefix("behaviour/reliance/"): one.verdict for one in found}


def rows_of(seen: Explained, name: str) -> dict[str, dict[str, Any]]:
    exhibit = next(one for one in seen.exhibits if one.name == name)
    found = [dict(zip(exhibit.columns, row, strict=True)) for row in exhibit.rows]
    return {str(row["column"]): row for row in found}


@pytest.fixture(scope="module")
def moved(model: Any) -> Explained:
    return explained(model, "elsewhere", run={"attributes": (Grouping(conditions=(), columns=("note",)),)})


@needs_shap
def test_a_challenger_that_leans_on_a_stand_in_of_a_sensitive_column_is_found_by_name(moved: Explained) -> None:
    assert verdicts(moved) == {
        "x": Verdict.FAIL, "z": Verdict.FAIL, "opened": Verdict.PASS, "note": Verdict.PASS
    }  # fmt: skip
    about = {one.id.rpartition("/")[2]: one for one in moved.observations}
    assert "leans on z (stands in for sex)" in about["z"].title and about["z"].level is Level.ADVISORY
    assert "(sensitive)" in about["note"].title
    assert "mean |SHAP value|" in about["z"].reason and "20 background rows" in about["z"].reason
    assert "over 300 rows" in about["z"].reason and "its permutation importance changed by +" in about["z"].reason
    assert rows_of(moved, "shap").keys() == rows_of(moved, "reliance").keys() == set(COLUMNS)
    assert rows_of(moved, "shap")["z"]["background"] == 20 and rows_of(moved, "shap")["z"]["champion"] == 0
    lows = [row[f"{role}_low"] for row in rows_of(moved, "shap").values() for role in ("champion", "challenger")]
    assert min(lows) == 0 < max(lows), "a mean of sizes is never below zero"


@needs_shap
def test_the_same_model_twice_is_quiet(model: Any) -> None:
    seen = explained(model, "champion")
    assert set(verdicts(seen).values()) == {Verdict.PASS}
    assert all(row["share"] == 0 and row["noise"] == 0 for row in rows_of(seen, "shap").values())
    assert rows_of(seen, "shap")["x"]["share_high"] > 0, "never no width"


@needs_shap
def test_neither_the_order_of_rows_nor_that_of_columns_changes_a_figure(model: Any) -> None:
    table, few = base_case(), ShapSettings(rows=60, background=10, seconds=600.0)
    other = table.take(np.random.default_rng(1).permutation(ROWS)).select(table.column_names[::-1])
    first, second = (rows_of(explained(model, "elsewhere", table=one, shap=few), "shap") for one in (table, other))
    for name in COLUMNS:
        for key, cell in first[name].items():
            assert second[name][key] == (pytest.approx(cell, rel=1e-9) if isinstance(cell, float) else cell)


def by_definition(table: pa.Table, formula: str) -> NDArray[np.float64]:
    """Shapley values, (n, columns), of all rows against all rows: mean of what a column adds, over all coalitions."""
    days = (table.column("opened").to_numpy() - np.datetime64("2026-01-01")).astype("timedelta64[D]").astype(float)
    lengths = [0 if one is None else len(one) for one in table.column("note").to_pylist()]
    held = np.column_stack([table.column("x"), table.column("z"), days / 100, np.array(lengths) / 10])
    n, p = held.shape
    worth = {}
    for size in range(p + 1):
        for coalition in itertools.combinations(range(p), size):
            mixed = np.repeat(held[None], n, axis=0)  # (explained, background, columns)
            mixed[:, :, list(coalition)] = held[:, None, list(coalition)]
            x, z, opened, note = np.moveaxis(mixed, 2, 0)
            worth[coalition] = eval(formula, {"np": np, "x": x, "z": z, "opened": opened, "note": note}).mean(axis=1)
    values = np.zeros((n, p))
    for place in range(p):
        others = [one for one in range(p) if one != place]
        for size in range(p):
            share = math.factorial(size) * math.factorial(p - size - 1) / math.factorial(p)
            for coalition in itertools.combinations(others, size):
                values[:, place] += share * (worth[tuple(sorted((*coalition, place)))] - worth[coalition])
    return values


@needs_shap
def test_the_figures_are_those_of_the_definition_with_a_text_and_a_date_among_the_columns(model: Any) -> None:
    table = base_case(100)
    seen = rows_of(explained(model, "elsewhere", table=table, shap=ShapSettings(rows=100, background=100)), "shap")
    for role, formula in (("champion", FORMULAS["champion"]), ("challenger", FORMULAS["elsewhere"])):
        sizes = np.abs(by_definition(table, formula)).mean(axis=0)
        for name, expected in zip(COLUMNS, sizes, strict=True):
            # One order of the columns, both ways, in each of five parts: right but for interactions of three or more.
            assert seen[name][role] == pytest.approx(expected, rel=0.01, abs=1e-12)
            assert seen[name][f"{role}_low"] <= expected <= seen[name][f"{role}_high"]


@needs_shap
def test_fewer_than_300_rows_decide_nothing_and_left_columns_are_not_explained(model: Any) -> None:
    seen = explained(model, "elsewhere", shap=ShapSettings(rows=80, background=10), leave=("note",))
    assert verdicts(seen) == dict.fromkeys(("x", "z", "opened"), Verdict.INCONCLUSIVE)
    assert "at least 300 rows" in seen.observations[0].reason


@needs_shap
def test_without_a_champion_they_are_shown_and_told_for_retrained_seeds(model: Any) -> None:
    few, table = ShapSettings(rows=80, background=10), base_case()
    seen = explained(model, "elsewhere", None, shap=few)
    assert seen.observations == () and all(row["champion"] is None for row in rows_of(seen, "shap").values())
    models = put(model, "elsewhere", None)
    settings, rows = ask(settings_of(few), models, {gate.BASE_CASE: (table, "test.parquet")})
    found = leanings_of(settings, models, table, list(rows[gate.BASE_CASE]))
    assert found.keys() == {f"{kind} {name}" for kind in ("reliance on", "SHAP values of") for name in COLUMNS}
    for name, row in rows_of(seen, "shap").items():
        assert found[f"SHAP values of {name}"] == pytest.approx(row["challenger"])


@needs_shap
def test_the_spread_of_shap_values_over_retrained_seeds_is_in_their_interval(model: Any) -> None:
    few, wide = ShapSettings(rows=40, background=10), {"reliance on": 0.01, "SHAP values of": 0.5}
    spread = tuple(
        TrainingSpread(metric=f"{kind} {name}", deviation=deviation, seeds=5)
        for kind, deviation in wide.items()
        for name in COLUMNS
    )
    seen = explained(model, "elsewhere", shap=few, run={"training": spread})
    row = rows_of(seen, "shap")["z"]
    assert row["training"] * row["whole"] == pytest.approx(0.5 * math.sqrt(2) * 2.776 / 1.96, rel=1e-3)
    assert row["share_high"] - row["share_low"] > 2 * row["training"]
    assert "training by itself" not in seen.observations[0].reason


@needs_shap
def test_a_model_that_breaks_on_rows_put_together_anew_leaves_it_open_and_says_why(model: Any) -> None:
    seen = explained(model, "broken")
    assert verdicts(seen) == {"measured": Verdict.INCONCLUSIVE, "measured/SHAP": Verdict.INCONCLUSIVE}
    assert all("challenger" in one.reason for one in seen.observations) and seen.exhibits == ()


@needs_shap
def test_a_base_case_too_small_for_a_background_leaves_importances_to_decide(model: Any) -> None:
    seen = explained(model, "elsewhere", table=base_case(4))
    assert "4 rows, and at least 5" in seen.observations[-1].reason
    assert set(verdicts(seen)) == {*COLUMNS, "measured/SHAP"}


def sample_of(rows: int) -> Sample:
    held = pa.table({"a": np.arange(rows) % 7, "b": np.arange(rows) % 3})
    return Sample(
        rows=held,
        identity=np.arange(rows, dtype=np.uint64),
        labels=np.zeros(rows),
        weights=None,
        units=None,
    )


@needs_shap
def test_a_slow_model_is_asked_about_fewer_rows_then_against_fewer_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(step=0.6)
    monkeypatch.setattr("mlgate.commands.model_steps.explained_rows.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("mlgate.commands.model_steps.attributions.LEAST_ROWS", 30)
    asked: list[int] = []

    def answer(table: pa.Table) -> list[NDArray[Any]]:
        asked.append(table.num_rows)
        return [table.column("a").to_numpy() / 10] * 2

    def told(seconds: float) -> Any:
        settings = settings_of(ShapSettings(rows=60, background=50, seconds=seconds))
        assert settings.explanations is not None
        sample = sample_of(60)
        background = sample.rows.slice(0, 50)
        return attributed(
            settings, settings.explanations, answer, sample, background, ("a", "b"),
            importances={}, notes={}, training=None,
        )  # fmt: skip

    # 0.6 s for 1,980 rows: 60 rows x 5 x 50 background rows take 4.5 s, 30 x 5 x 25 take 1.1 s, x 10 take 0.5 s.
    shown = told(1.0).exhibit
    assert {(row[shown.columns.index("rows")], row[shown.columns.index("background")]) for row in shown.rows} == {
        (30, 10)
    }
    assert max(asked) <= 50_000
    asked.clear()
    late = told(0.1)
    assert late.exhibit is None and "explanations.shap.seconds is 0.1" in late.observations[0].reason
    assert len(asked) == 2, "only the trial calls"


@needs_shap
def test_of_several_classes_all_outputs_count() -> None:
    settings = settings_of(ShapSettings(rows=20, background=10))
    settings = dataclasses.replace(
        settings, run=dataclasses.replace(settings.run, task=Task.MULTICLASS, classes=("u", "v", "w"))
    )
    assert settings.explanations is not None
    sample = sample_of(20)

    def answer(table: pa.Table) -> list[NDArray[Any]]:
        return [table.column("b").to_numpy() % 3]  # decisions, of which two of three outputs change each time

    seen = attributed(
        settings, settings.explanations, answer, sample, sample.rows.slice(0, 10), ("a", "b"),
        importances={}, notes={}, training=None,
    )  # fmt: skip
    assert seen.exhibit is not None
    found = {row[0]: row[seen.exhibit.columns.index("challenger")] for row in seen.exhibit.rows}
    codes = np.arange(20) % 3
    outputs = np.eye(3)[codes] - np.eye(3)[codes[:10]].mean(axis=0)
    assert found == {"a": 0.0, "b": pytest.approx(np.abs(outputs).sum(axis=1).mean())}


def test_a_run_that_asks_for_shap_where_it_is_not_installed_ends_at_once_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mlgate.yaml"
    config.write_text("model: m\ndata: test.parquet\nlabel: y\nexplanations: {shap: true}\n", encoding="utf-8")
    monkeypatch.setattr("mlgate.edges.model_checks.shap_values.importlib.util.find_spec", lambda name: None)
    assert main(["run", "--config", str(config)]) == 2
    said = capsys.readouterr().err.strip()
    assert "run pip install " in said and "\n" not in said and "Traceback" not in said
