"""What the models lean on: planted changes of reliance, put to real model processes, and the twins of scikit-learn.

The models are folders written by hand; each holds an estimator of a few lines that scikit-learn can ask too.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate import gate
from mlgate.commands.model_steps.explanations import Explained, explanations_of, leanings_of
from mlgate.commands.model_steps.models import Models, ask, started
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.models.worker import Model
from mlgate.errors import DataError
from mlgate.records.decision import Exhibit
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.run import Grouping, Requirement, Run, TrainingSpread
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule, Task, Verdict

ROWS = 600

CODE = """
import numpy as np

class Scorer:
    def score_of(self, frame):
        x, z = (frame[name].to_numpy(dtype=float) for name in ("x", "z"))
        town = (frame["town"] == "a").to_numpy(dtype=float)
        return 1 / (1 + np.exp(-({formula})))

    def predict(self, frame, params=None):
        return self.score_of(frame)

def _load_pyfunc(path):
    return Scorer()
"""

MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
signature:
  inputs: '[{{"type": "double", "name": "x", "required": true}}, {{"type": "double", "name": "z", "required": true}},
    {{"type": "string", "name": "town", "required": true}}]'
  outputs: null
  params: null
"""

#: By model, the logit.
FORMULAS = {
    "champion": "2.0 * x + 0.3 * town",
    "elsewhere": "1.2 * x + 1.6 * z + 0.3 * town",
    "broken": "2.0 * x + (1 / 0 if (np.diff(x) == 0).any() else 0) + 0.3 * town",
}


def base_case() -> pa.Table:
    rng = np.random.default_rng(3)
    x, noise = rng.normal(size=(2, ROWS))
    z = np.round(0.6 * x + 0.8 * noise)  # few values, so that every grid holds all of them
    chance = 1 / (1 + np.exp(-2.0 * x))
    return pa.table(
        {
            "row": np.arange(ROWS),
            "x": x,
            "z": z,
            "town": rng.choice(["a", "b", "c"], ROWS),
            "idle": rng.normal(size=ROWS),
            "sex": np.where(z > 0, "F", "M"),
            "y": (rng.random(ROWS) < chance).astype(int),
        }
    )


def settings_of(**explanations: Any) -> Settings:
    return Settings(
        root=Path(),
        model="m",
        title="",
        label=LabelSettings(column="y"),
        data=(),
        run=Run(
            requirements=(Requirement(metric="log_loss", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01),),
            task=Task.BINARY,
        ),
        id="row",
        sensitive=("sex",),
        explanations=ExplanationSettings(**{"seconds": 600.0, **explanations}),
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("lean")
    for name, formula in FORMULAS.items():
        (place / name / "code").mkdir(parents=True)
        (place / name / "code" / f"lean_{name}.py").write_text(CODE.format(formula=formula))
        (place / name / "MLmodel").write_text(MLMODEL.format(loader=f"lean_{name}"))
    return {name: place / name for name in FORMULAS}


@pytest.fixture(scope="module")
def model(folders: dict[str, Path]) -> Iterator[Any]:
    prepare()
    kept: dict[tuple[str, str], Model] = {}
    with ExitStack() as stack:

        def of(name: str, role: str) -> Model:
            if (name, role) not in kept:
                opened = started(settings_of(), str(folders[name]), role, None)
                kept[name, role] = stack.enter_context(opened)
            return kept[name, role]

        yield of


def explained(
    model: Any, challenger: str, champion: str | None = "champion", *, table: pa.Table | None = None, **more: Any
) -> Explained:
    table = base_case() if table is None else table
    run = more.pop("run", {})
    private = more.pop("private", ())
    settings = dataclasses.replace(settings_of(**more), private=private)
    settings = dataclasses.replace(settings, run=dataclasses.replace(settings.run, **run))
    models = Models(
        challenger=model(challenger, "challenger"),
        challenger_source=challenger,
        champion=None if champion is None else model(champion, "champion"),
        champion_source=champion,
    )
    settings, rows = ask(settings, models, {gate.BASE_CASE: (table, "test.parquet")})
    return explanations_of(settings, models, table, list(rows[gate.BASE_CASE]))


def verdicts(seen: Explained) -> dict[str, Verdict]:
    found = gate.judge_observations(seen.observations)
    return {one.id.removeprefix("behaviour/reliance/"): one.verdict for one in found}


def rows_of(seen: Explained, name: str) -> list[dict[str, Any]]:
    exhibit: Exhibit = next(one for one in seen.exhibits if one.name == name)
    return [dict(zip(exhibit.columns, row, strict=True)) for row in exhibit.rows]


def test_a_challenger_that_leans_on_another_column_is_named_with_what_the_column_stands_in_for(model: Any) -> None:
    seen = explained(model, "elsewhere")
    assert verdicts(seen)["z"] is Verdict.FAIL
    assert verdicts(seen)["town"] is Verdict.PASS
    about = next(one for one in seen.observations if one.id.endswith("/z"))
    assert "stands in for sex" in about.title and about.level is Level.ADVISORY
    assert f"{ROWS:,} rows" in about.reason and "training by itself" in about.reason
    assert set(verdicts(seen)) == {"x", "z", "town"}, "idle is read by neither model"


def test_an_attribute_that_is_only_compared_is_known_too(model: Any) -> None:
    by_town = Grouping(conditions=(), columns=("town",))
    titles = {one.id: one.title for one in explained(model, "elsewhere", run={"attributes": (by_town,)}).observations}
    assert "(sensitive)" in titles["behaviour/reliance/town"] and "sensitive" not in titles["behaviour/reliance/x"]


def test_the_same_model_twice_is_quiet(model: Any) -> None:
    seen = explained(model, "champion")
    assert set(verdicts(seen).values()) == {Verdict.PASS}
    assert all(row["share"] == 0 and row["share_low"] <= 0 <= row["share_high"] for row in rows_of(seen, "reliance"))
    assert next(row for row in rows_of(seen, "reliance") if row["column"] == "x")["share_high"] > 0, "never no width"


def test_neither_the_order_of_rows_nor_that_of_columns_changes_a_figure(model: Any) -> None:
    table = base_case()
    other = table.take(np.random.default_rng(1).permutation(ROWS)).select(table.column_names[::-1])
    first, second = (explained(model, "elsewhere", table=one, rows=400) for one in (table, other))
    for name in ("reliance", "partial_dependence"):
        ours, theirs = rows_of(first, name), rows_of(second, name)
        assert len(ours) == len(theirs)
        for one, two in zip(ours, theirs, strict=True):
            assert {
                key: pytest.approx(cell, rel=1e-9) if isinstance(cell, float) else cell for key, cell in one.items()
            } == two


def test_without_a_champion_importances_are_shown_and_nothing_is_judged(model: Any) -> None:
    seen = explained(model, "elsewhere", None)
    assert seen.observations == ()
    assert all(row["champion"] is None and row["challenger"] is not None for row in rows_of(seen, "reliance"))


def test_a_small_margin_or_few_rows_leave_it_open(model: Any) -> None:
    assert verdicts(explained(model, "champion", margin=0.0))["x"] is Verdict.INCONCLUSIVE
    few = explained(model, "elsewhere", rows=200)
    assert set(verdicts(few).values()) == {Verdict.INCONCLUSIVE}
    assert "at least 300 rows" in few.observations[0].reason


def test_the_spread_of_retrained_seeds_widens_the_interval_and_can_open_a_verdict(model: Any) -> None:
    names = ("x", "z", "town")
    wide = tuple(TrainingSpread(metric=f"reliance on {name}", deviation=0.5, seeds=5) for name in names)
    seen = explained(model, "elsewhere", run={"training": wide})
    assert verdicts(seen)["z"] is Verdict.INCONCLUSIVE
    assert "training by itself" not in seen.observations[0].reason
    # Of two columns out of three nothing is known of the whole.
    assert verdicts(explained(model, "elsewhere", run={"training": wide[:2]}))["z"] is Verdict.FAIL


def test_columns_are_chosen_and_left_out_and_unknown_ones_refused(model: Any) -> None:
    assert set(verdicts(explained(model, "elsewhere", columns=("x", "z")))) == {"x", "z"}
    assert set(verdicts(explained(model, "elsewhere", leave=("x",)))) == {"z", "town"}
    with pytest.raises(DataError, match="explanations.leave: the column 'xx' is not in the base case"):
        explained(model, "elsewhere", leave=("xx",))


def test_no_value_of_a_private_column_is_in_a_grid(model: Any) -> None:
    seen = explained(model, "elsewhere", private=("town", "z"))
    assert {row["column"] for row in rows_of(seen, "partial_dependence")} == {"x"}
    assert "z" in verdicts(seen)


def test_a_model_that_breaks_on_dealt_rows_leaves_it_open_and_says_why(model: Any) -> None:
    seen = explained(model, "broken")
    assert verdicts(seen) == {"measured": Verdict.INCONCLUSIVE}
    assert "challenger" in seen.observations[0].reason and seen.exhibits == ()


def test_a_model_too_slow_for_the_time_is_asked_about_fewer_rows_or_not_at_all(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=0.4)
    monkeypatch.setattr("mlgate.commands.model_steps.explained_rows.time.perf_counter", lambda: next(clock))
    # 0.4 s for five repeats: 0.08 s each, times 3 columns x 5 repeats and 40 points of curves are 4.4 s for 600 rows.
    seen = explained(model, "elsewhere", seconds=3.0)
    assert {row["rows"] for row in rows_of(seen, "reliance")} == {300}
    late = explained(model, "elsewhere", seconds=0.1)
    assert (
        verdicts(late) == {"measured": Verdict.INCONCLUSIVE} and "explanations.seconds" in late.observations[0].reason
    )


@pytest.fixture(scope="module")
def code(folders: dict[str, Path]) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lean_here", folders["elsewhere"] / "code" / "lean_elsewhere.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def twin(code: ModuleType) -> Any:
    """The same model as an estimator of scikit-learn."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Twin(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, frame: Any, labels: Any) -> Any:
            self.classes_, self.fitted_ = np.array([0, 1]), True
            return self

        def predict_proba(self, frame: Any) -> Any:
            score = code.Scorer().score_of(frame)
            return np.column_stack([1 - score, score])

    return Twin().fit(None, None)


def test_importances_agree_with_scikit_learn_within_noise(model: Any, code: ModuleType) -> None:
    from sklearn.inspection import permutation_importance

    frame = base_case().to_pandas()
    names = ["x", "z", "town"]
    theirs = permutation_importance(
        twin(code), frame[names], frame["y"], scoring="neg_log_loss", n_repeats=20, random_state=1
    )
    seen = explained(model, "elsewhere", "elsewhere", repeats=20, rows=ROWS)
    ours = {row["column"]: row for row in rows_of(seen, "reliance")}
    for place, name in enumerate(names):
        noise = theirs.importances_std[place] * np.sqrt(2 / 20)
        assert ours[name]["champion"] == pytest.approx(theirs.importances_mean[place], abs=4 * noise)
        assert ours[name]["champion_low"] < theirs.importances_mean[place] < ours[name]["champion_high"]


def test_partial_dependence_is_that_of_scikit_learn(model: Any, code: ModuleType) -> None:
    from sklearn.inspection import partial_dependence

    frame = base_case().to_pandas()[["x", "z", "town"]]
    curves = rows_of(explained(model, "elsewhere", rows=ROWS), "partial_dependence")
    for name in ("x", "z", "town"):
        points = [row for row in curves if row["column"] == name]
        grid = [row["text"] if row["at"] is None else row["at"] for row in points]
        kind = object if name == "town" else float
        theirs = partial_dependence(
            twin(code), frame, [name], method="brute", response_method="predict_proba", kind="average",
            categorical_features=["town"], custom_values={name: np.array(grid, dtype=kind)},
        )  # fmt: skip
        assert [row["challenger"] for row in points] == pytest.approx(theirs["average"][0].tolist(), abs=1e-12)


def test_importances_of_one_model_alone_are_those_of_the_comparison(model: Any) -> None:
    table, settings = base_case(), settings_of(rows=400)
    alone = Models(
        challenger=model("elsewhere", "challenger"), challenger_source="", champion=None, champion_source=None
    )
    settings, rows = ask(settings, alone, {gate.BASE_CASE: (table, "test.parquet")})
    found = leanings_of(settings, alone, table, list(rows[gate.BASE_CASE]))
    seen = {row["column"]: row["challenger"] for row in rows_of(explained(model, "elsewhere", rows=400), "reliance")}
    assert found == pytest.approx({f"reliance on {name}": one for name, one in seen.items()})
