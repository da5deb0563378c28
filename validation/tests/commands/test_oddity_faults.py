"""Faults planted in a model are each named by the oddity that is about them, and a sound model is left in peace.

Real model processes, in folders written by hand; the champion is sound and every challenger is sound but for one thing.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mlgate import gate
from mlgate.commands.model_steps.models import Models, ask, started
from mlgate.commands.model_steps.oddities import trials
from mlgate.config.defaults import default_oddity
from mlgate.edges.models.cache import FOLDER, held
from mlgate.edges.models.worker import Model
from mlgate.edges.own_oddities import sets_of
from mlgate.errors import ConfigError, DataError
from mlgate.oddities import ODDITIES, Asked, make_odd
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.run import Requirement, Run
from mlgate.records.settings import LabelSettings, OddityChoice, OdditySettings, Settings
from mlgate.records.words import Level, Rule, Section, Task, Verdict

MLMODEL = """
flavors:
  python_function:
    loader_module: {name}
    code: code
"""
CODE = """
import numpy as np
import pandas as pd

class Scorer:
    def predict(self, frame, params=None):
        x = np.clip(pd.to_numeric(frame["x"], errors="coerce").fillna(0).to_numpy(dtype=float), -4, 4)
        c = (frame["c"].astype(object) == "a").to_numpy(dtype=float)
        {body}
        score = 1 / (1 + np.exp(-(x + c - 0.5)))
        {last}
        return score

def _load_pyfunc(path):
    return Scorer()
"""
SOUND = "x = x * 1.02"
#: Per fault: what is put into the challenger, and the oddities under which it is told, with what the reason says.
FAULTS = {
    "nan_to_nan": ("x = np.where(frame['x'].isna(), np.nan, x)", "pass", {"missing": "nothing (NaN)"}),
    "crash_on_unseen": (
        "c = frame['c'].map({'a': 1.0, 'b': 0.0, None: 0.0}.__getitem__)",
        "pass",
        {"unseen_category": ""},
    ),
    "column_order": ("x = np.clip(pd.to_numeric(frame.iloc[:, 0], errors='coerce').fillna(0), -4, 4)", "pass", {}),
    "row_order": ("pass", "score = np.sort(score)", {"shuffled_rows": "the same row of the base case"}),
    "batch_dependence": ("x = x - x.mean()", "pass", {"one_row": "the same row of the base case"}),
    "out_of_range": (
        "wide = pd.to_numeric(frame['x'], errors='coerce').fillna(0)",
        "score = (0.5 + 0.1 * wide).to_numpy()",
        {"extreme": "a probability from 0 to 1"},
    ),
    "no_rows": ("assert len(frame), 'no rows'", "pass", {"zero_rows": "no rows"}),
}
#: What is in the log odds is no longer clipped: another unit makes the answers sure and wrong.
UNITS = "x = pd.to_numeric(frame['x'], errors='coerce').fillna(0).to_numpy(dtype=float)"


def save(folder: Path, body: str = "pass", last: str = "pass") -> str:
    (folder / "code").mkdir(parents=True)
    name = f"faulty_{folder.name}"
    code = textwrap.dedent(CODE).format(body=body, last=last)
    (folder / "code" / f"{name}.py").write_text(code)
    (folder / "MLmodel").write_text(MLMODEL.format(name=name))
    return str(folder)


def rows(n: int = 900) -> pa.Table:
    rng = np.random.default_rng(3)
    x = np.clip(rng.normal(size=n), -3.5, 3.5)
    c = rng.choice(["a", "b"], n)
    chance = 1 / (1 + np.exp(-(x + (c == "a") - 0.5)))
    day = pa.array(rng.integers(10_000, 20_000, n).astype(np.int32)).cast(pa.date32())
    return pa.table({"x": x, "c": c, "k": rng.integers(0, 9, n), "day": day, "y": (rng.random(n) < chance).astype(int)})


def settings_of(root: Path, *names: str, choices: tuple[OddityChoice, ...] = ()) -> Settings:
    metric = Requirement(metric="log_loss", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.5)
    oddity = dataclasses.replace(default_oddity(Task.BINARY, scores=True), margin=0.1)
    return Settings(
        root=root,
        model="m",
        title="m",
        label=LabelSettings(column="y"),
        data=(),
        run=Run(requirements=(metric,), oddity=oddity),
        time="day",
        oddities=OdditySettings(names=names, named=len(names) < len(ODDITIES), choices=choices),
    )


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the champion in it, whose process is started once for all tests."""
    root = tmp_path_factory.mktemp("faults")
    with started(settings_of(root), save(root / "old"), "champion", None) as model:
        RUNNING["champion"] = model
        yield root


#: The champion's process.
RUNNING: dict[str, Model] = {}


def judged(root: Path, settings: Settings, challenger: str, first: bool = False) -> tuple[tuple[Finding, ...], Exhibit]:
    """Findings about oddities, and the grid."""
    table = rows()
    with started(settings, challenger, "challenger", None) as new:
        models = Models(
            challenger=new,
            challenger_source=challenger,
            champion=None if first else RUNNING["champion"],
            champion_source=None if first else str(root / "old"),
        )
        settings, answered = ask(settings, models, {gate.BASE_CASE: (table, "rows")})
        batches = list(answered[gate.BASE_CASE])
        outcome = gate.run(settings.run, batches=batches, trials=trials(settings, models, table, batches))
    grid = next(one for one in outcome.exhibits if one.name == "oddities")
    return tuple(one for one in outcome.findings if one.section is Section.ODDITIES), grid


def by_id(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.id: one for one in findings}


def test_a_sound_challenger_is_left_in_peace_under_every_oddity(champion: Path) -> None:
    every = tuple(oddity.name for oddity in ODDITIES)
    findings, grid = judged(champion, settings_of(champion, *every), save(champion / "sound", SOUND))
    assert [one.id for one in findings if one.verdict is Verdict.FAIL or one.blocking] == []
    names = {str(row[0]).partition("(")[0] for row in grid.rows}
    absent = {"missing_optional_column", "booleans_as_text", "dates_in_another_zone", "features_apart", "negative_zero"}
    absent |= {"typos"}  # in words of one letter
    assert names == set(every) - absent
    losses = [one for one in findings if one.rule is not None]
    assert sum(one.verdict is Verdict.PASS for one in losses) > 30
    assert all(one.improvement is not None and one.improvement.low < one.improvement.high for one in losses)


@pytest.mark.parametrize("fault", [name for name, (_, _, told) in FAULTS.items() if told])
def test_an_answer_that_is_not_legal_is_named_by_the_oddity_that_is_about_it(champion: Path, fault: str) -> None:
    body, last, told = FAULTS[fault]
    findings, grid = judged(champion, settings_of(champion, *told, "noise"), save(champion / fault, body, last))
    for name, reason in told.items():
        found = by_id(findings)[f"oddities/{name}/answers"]
        assert (found.verdict, found.blocking) == (Verdict.FAIL, True)
        assert "no legal answer where the champion does" in found.reason and reason in found.reason
        [shown] = [row for row in grid.rows if row[0] == name and row[2] == "challenger"]
        assert shown[3] == 0
    other = [one for one in findings if one.id == "oddities/noise/answers"]
    assert other[0].verdict is Verdict.PASS or fault in ("row_order", "out_of_range")


def test_a_model_for_which_the_order_of_columns_matters_is_named(champion: Path) -> None:
    body, last, _ = FAULTS["column_order"]
    table = settings_of(champion, "shuffled_columns", "shuffled_rows")
    findings, _ = judged(champion, table, save(champion / "column_order", body, last))
    found = by_id(findings)
    assert found["oddities/shuffled_columns/answers"].blocking
    assert "and the same row of the base case with" in found["oddities/shuffled_columns/answers"].reason
    assert found["oddities/shuffled_rows/answers"].verdict is Verdict.PASS


def test_a_model_that_hangs_on_the_unit_of_a_number_loses_more_than_the_champion(champion: Path) -> None:
    names = ("times_hundred", "divided_by_thousand", "shuffled_rows")
    findings, grid = judged(champion, settings_of(champion, *names), save(champion / "units", UNITS))
    found = by_id(findings)
    worse = found["oddities/oddity times_hundred/log_loss/not_worse/overall"]
    assert worse.verdict is Verdict.FAIL and not worse.blocking and worse.level is Level.ADVISORY
    assert worse.title.startswith("log_loss loses at most 0.1 more than the champion's where a fifth")
    assert worse.reason.startswith("the challenger loses ") and "the champion loses " in worse.reason
    assert worse.improvement is not None and worse.improvement.high < -0.1
    for name in ("divided_by_thousand", "shuffled_rows"):
        assert found[f"oddities/oddity {name}/log_loss/not_worse/overall"].verdict is Verdict.PASS
    lost = {(row[0], row[2]): float(str(row[grid.columns.index("loss")])) for row in grid.rows}
    more = lost["times_hundred", "challenger"] - lost["times_hundred", "champion"]
    assert more == pytest.approx(-worse.improvement.value)


def test_where_refusing_is_right_the_error_must_name_the_column(champion: Path) -> None:
    refuse = (OddityChoice(name="positive_infinity", expect="refuse", level=Level.REQUIRED),)
    asked = settings_of(champion, "positive_infinity", choices=refuse)
    check = "assert np.isfinite(frame['x']).all(), {}"
    cases = {
        "names": (check.format("'x is infinite'"), Verdict.PASS, "it refuses and says why"),
        "mumbles": (check.format("'bad input'"), Verdict.FAIL, "names none of the columns (x)"),
        "swallows": ("pass", Verdict.FAIL, "the challenger answers, and so does the champion; it should refuse"),
    }
    for name, (body, verdict, told) in cases.items():
        findings, _ = judged(champion, asked, save(champion / name, body))
        found = by_id(findings)["oddities/positive_infinity/answers"]
        assert (found.verdict, found.blocking) == (verdict, verdict is Verdict.FAIL) and told in found.reason
        assert found.title.startswith("a refusal that names a column where a twentieth")


def test_without_a_champion_a_loss_is_shown_and_nothing_about_answers_blocks(champion: Path) -> None:
    body, last, _ = FAULTS["nan_to_nan"]
    asked = settings_of(champion, "missing", "noise")
    findings, grid = judged(champion, asked, save(champion / "alone", body, last), first=True)
    found = by_id(findings)
    assert (found["oddities/missing/answers"].verdict, found["oddities/missing/answers"].blocking) == (
        Verdict.FAIL,
        False,
    )
    assert found["oddities/oddity noise/log_loss/not_worse/overall"].reason == "no champion"
    shown = [dict(zip(grid.columns, row, strict=True)) for row in grid.rows]
    assert [(row["name"], row["model"]) for row in shown] == [("missing", "challenger"), ("noise", "challenger")]
    low, value, high = (float(str(shown[1][name])) for name in ("loss_low", "loss", "loss_high"))
    assert low < value < high


def test_the_champions_answers_are_remembered_and_asked_anew_of_other_rows(champion: Path, tmp_path: Path) -> None:
    asked = dataclasses.replace(settings_of(champion, "missing", "noise"), root=tmp_path)
    same = save(tmp_path / "same")
    first = judged(champion, asked, same)
    assert held(tmp_path / FOLDER)[0] == 2
    assert judged(champion, asked, same)[0] == first[0]
    assert held(tmp_path / FOLDER)[0] == 2
    other = dataclasses.replace(asked, run=dataclasses.replace(asked.run, seed=1))
    judged(champion, other, same)
    assert held(tmp_path / FOLDER)[0] == 4


def test_a_team_adds_an_oddity_with_one_function_and_one_line(champion: Path, tmp_path: Path) -> None:
    (tmp_path / "shop_odd.py").write_text(textwrap.dedent('''
            def halved(table, asked):
                """Every x is half as large."""
                return table.set_column(0, "x", [[value / 2 for value in table.column("x").to_pylist()]])

            def nothing(table, asked):
                """There is nothing to change."""

            def mute(table, asked):
                return table

            def broken(table, asked):
                """It breaks down."""
                raise KeyError("x")

            def alone(table):
                """It takes no second argument."""
            '''))
    asked = dataclasses.replace(settings_of(champion, "shop_odd.halved"), root=tmp_path)
    new = save(tmp_path / "new")
    findings, grid = judged(champion, asked, new)
    found = by_id(findings)["oddities/oddity shop_odd.halved/log_loss/not_worse/overall"]
    assert found.verdict is Verdict.PASS and found.title.endswith("where every x is half as large")
    assert {row[grid.columns.index("family")] for row in grid.rows} == {"own"}
    problems: tuple[tuple[str, type[Exception], str], ...] = (
        ("nothing", DataError, "finds no column that it could change"),
        ("mute", ConfigError, "has no docstring"),
        ("broken", ConfigError, r"broke down \(KeyError: 'x'\)"),
        ("alone", ConfigError, r"cannot be called as shop_odd.alone\(table, asked\)"),
        ("gone", ConfigError, 'has no function "gone"'),
    )
    for name, kind, told in problems:
        with pytest.raises(kind, match=told):
            for oddity in sets_of([f"shop_odd.{name}"], tmp_path):
                make_odd(oddity, rows(), Asked(columns=("x",), keys=np.arange(900, dtype=np.uint64)))
