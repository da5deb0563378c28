"""What oddities cost beside the calls to the models themselves: whole sets put to two models of 10,000 rows.

``python -m benchmarks oddities`` writes the table of docs/oddities.md.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.pages import machine, table, write
from mlgate import gate
from mlgate.commands.model_steps.models import Models, ask, opened
from mlgate.commands.model_steps.oddities import trials
from mlgate.config.defaults import default_oddity
from mlgate.edges.batches.scoring import ask_both
from mlgate.edges.models.cache import FOLDER, clear
from mlgate.errors import DataError
from mlgate.oddities import ODDITIES, Asked, make_odd
from mlgate.records.run import Requirement, Run
from mlgate.records.settings import LabelSettings, OdditySettings, Settings
from mlgate.records.words import Level, Rule, Task

__all__ = ["main"]

ROWS = 10_000
#: How often each is measured; the medians are shown.
TIMES = 3
#: The goal: at most this times the calls alone, or this many seconds more, whichever is more.
TIMES_AS_LONG, MORE = 1.3, 3.0

MLMODEL = """
flavors:
  python_function:
    loader_module: {name}
    code: code
"""
#: Answers from numbers and words; ``{work}`` is what makes it slow.
CODE = """
import numpy as np
import pandas as pd

class Scorer:
    def predict(self, frame, params=None):
        total = np.zeros(len(frame))
        for name in frame.columns:
            if name.startswith("x"):
                total += np.tanh(pd.to_numeric(frame[name], errors="coerce").fillna(0).to_numpy(dtype=float) / 9)
            elif name.startswith("c"):
                total += (frame[name].astype(str) == "b").to_numpy() * {weight}
        {work}
        return 1 / (1 + np.exp(-total))

def _load_pyfunc(path):
    return Scorer()
"""
#: A forest's worth of work: 0.2 s for 10,000 rows on a quiet core.
SLOW = """rng = np.random.default_rng(0)
        for _ in range(12):
            total = total + 1e-12 * np.sort(rng.normal(size=(len(frame), 16)), axis=0)[:, 0]"""


def main(*, quick: bool = False) -> int:
    """Measure, print and, unless ``quick``, write docs/oddities.md."""
    cells = []
    for what, work in (("a model that hardly works", "pass"), ("a model that works for some tenths of a second", SLOW)):
        found = _measure(work, times=1 if quick else TIMES)
        alone, whole, again, sets = (statistics.median(part) for part in zip(*found, strict=True))
        allowed = max(TIMES_AS_LONG * alone, alone + MORE)
        met = "met" if whole <= allowed else "**missed**"
        cells.append(
            (what, f"{sets:.0f}", f"{alone:.2f} s", f"{whole:.2f} s", f"{again:.2f} s", f"≤ {allowed:.2f} s", met)
        )
        print(*cells[-1], sep="  ", flush=True)
    if not quick:
        head = ("two times", "sets", "calls alone", "all of it", "again, champion remembered", "goal", "met")
        write("oddities.md", "oddities", [machine(), "", *table(head, cells)])
    return 0


def _rows() -> pa.Table:
    rng = np.random.default_rng(7)
    columns: dict[str, object] = {f"x{place}": rng.normal(size=ROWS) for place in range(10)}
    columns["x1"] = columns["x0"] + rng.normal(size=ROWS)  # type: ignore[operator]
    columns |= {f"xi{place}": rng.integers(0, 90, ROWS) for place in range(4)}
    columns |= {f"c{place}": rng.choice(["a", "b", "Cee"], ROWS) for place in range(4)}
    columns["flag"] = rng.random(ROWS) < 0.5
    columns["day"] = pa.array(rng.integers(10_000, 20_000, ROWS), type=pa.int32()).cast(pa.date32())
    columns["y"] = (rng.random(ROWS) < 0.4).astype(np.int8)
    return pa.table(columns)


def _settings(root: Path) -> Settings:
    metric = Requirement(metric="log_loss", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01)
    run = Run(requirements=(metric,), oddity=default_oddity(Task.BINARY, scores=True))
    names = tuple(oddity.name for oddity in ODDITIES)
    return Settings(
        root=root,
        model="m",
        title="m",
        label=LabelSettings(column="y"),
        data=(),
        run=run,
        time="day",
        oddities=OdditySettings(names=names),
    )


def _save(folder: Path, work: str, weight: float) -> Path:
    (folder / "code").mkdir(parents=True)
    (folder / "code" / f"bench_{folder.name}.py").write_text(CODE.format(work=work, weight=weight))
    (folder / "MLmodel").write_text(MLMODEL.format(name=f"bench_{folder.name}"))
    return folder


def _measure(work: str, *, times: int) -> Iterator[tuple[float, float, float, int]]:
    """Seconds of the calls alone, of everything, and of everything again; and the number of sets."""
    rows = _rows()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        settings = _settings(root)
        old, new = (str(_save(root / name, work, weight)) for name, weight in (("old", 1.0), ("new", 1.2)))
        with opened(settings, challenger=new, champion=old, tracking_uri=None) as models:
            settings, answered = ask(settings, models, {gate.BASE_CASE: (rows, "rows")})
            base = list(answered[gate.BASE_CASE])
            tables = _tables(settings, rows, models)
            for _ in range(times):
                alone = _seconds(lambda: [ask_both(one, *models.predictors(settings)) for one in tables])
                clear(root / FOLDER)

                def everything() -> object:
                    return gate.run(settings.run, batches=base, trials=trials(settings, models, rows, base))

                bare = _seconds(lambda: gate.run(dataclasses.replace(settings.run, oddity=None), batches=base))
                whole, again = _seconds(everything), _seconds(everything)
                yield alone, whole - bare, again - bare, len(tables)


def _tables(settings: Settings, rows: pa.Table, models: Models) -> list[pa.Table]:
    """The odd tables, made beforehand."""
    keys = np.random.default_rng(0).integers(0, 2**63, rows.num_rows).astype(np.uint64)
    names = tuple(name for name in rows.column_names if name != "y")
    found = []
    for oddity in ODDITIES:
        for columns in [(name,) for name in names[:12]] if oddity.each else [names]:
            try:
                found.append(make_odd(oddity, rows, Asked(columns=columns, keys=keys, time=settings.time)).table)
            except DataError:
                continue
    return found


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
