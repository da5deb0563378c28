"""Oddity sets put to both models: which sets, of which columns, and what both models answered.

While the models answer about one set, the next is made and the last one is judged. Shared by ``run`` and ``check``.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.checks.oddity import Trial, astray
from mlgate.commands.model_steps.models import Models, decided, expected
from mlgate.edges.batches.scoring import BATCH_ROWS, Predict, ask_both, rows_of
from mlgate.edges.expectations.odd_bounds import bounds_of
from mlgate.edges.models.cache import FOLDER, cached
from mlgate.edges.own_oddities import sets_of
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ConfigError, DataError, ModelError
from mlgate.frozen import dataclass
from mlgate.oddities import Asked, Odd, Oddity, make_odd
from mlgate.records.rows import Batch
from mlgate.records.run import Requirement
from mlgate.records.settings import OddityChoice, OdditySettings, Settings
from mlgate.records.words import Task

__all__ = ["MOST_COLUMNS", "trials"]

#: Columns for each of which a set that is made column by column is made, when nobody names them.
MOST_COLUMNS = 12
#: Sets that are made and put ahead of the one that is being judged.
AHEAD = 2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Job:
    """One set that is to be made and put."""

    oddity: Oddity
    name: str
    title: str
    asked: Asked
    choice: OddityChoice


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Scene:
    """What is the same for all sets."""

    settings: Settings
    table: pa.Table
    #: all rows with both models' answers on the base case.
    base: Batch
    champion: Predict | None
    challenger: Predict


def trials(settings: Settings, models: Models, table: pa.Table, answered: Iterable[Batch]) -> Iterator[Trial]:
    """Every oddity set of the settings, put to both models.

    Parameters
    ----------
    settings
        With the sets.
    models
        Both, started.
    table
        The base case.
    answered
        The base case as both models answered it, in order.

    Raises
    ------
    ConfigError
        A team's own function cannot be used.
    DataError
        A set that was asked for by name cannot be made of this table.
    """
    chosen = settings.oddities
    if chosen is None or not chosen.names:
        return
    champion, challenger = _predictors(settings, models)
    scene = _Scene(
        settings=settings,
        table=table,
        base=_together(list(answered)),
        champion=champion,
        challenger=challenger,
    )
    jobs = _jobs(settings, models, table, chosen)
    # One set is put at a time; the models' processes do the work, so making and judging beside it costs no time.
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: deque[Future[Trial | None]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(_try, scene, job))
                if len(waiting) > AHEAD:
                    yield from _arrived(waiting.popleft())
            while waiting:
                yield from _arrived(waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _arrived(future: Future[Trial | None]) -> Iterator[Trial]:
    trial = future.result()
    if trial is not None:
        yield trial


def _predictors(settings: Settings, models: Models) -> tuple[Predict | None, Predict]:
    """How both models answer tables of any length; the champion is asked only what it was not asked before."""
    champion, challenger = (_in_parts(predict) for predict in models.predictors(settings))
    if champion is not None and models.champion is not None and not settings.build_env:
        digest = models.champion.facts.digest
        champion = cached(champion, folder=settings.root / FOLDER, model=digest, expected=expected(settings))
    assert challenger is not None
    return champion, challenger


def _in_parts(predict: Predict | None) -> Predict | None:
    if predict is None:
        return None
    ask = predict

    def whole(table: pa.Table) -> NDArray[Any]:
        if table.num_rows <= BATCH_ROWS:
            return ask(table)
        return np.concatenate([ask(table.slice(start, BATCH_ROWS)) for start in range(0, table.num_rows, BATCH_ROWS)])

    return whole


def _together(batches: Sequence[Batch]) -> Batch:
    """All rows in one batch, without the columns that slices read."""

    def joined(name: str) -> Any:
        parts = [getattr(batch, name) for batch in batches]
        return None if any(part is None for part in parts) else np.concatenate(parts)

    names = ("labels", "champion", "challenger", "identity", "units", "weights", "money")
    return Batch(columns={}, **{name: joined(name) for name in names})


def _jobs(settings: Settings, models: Models, table: pa.Table, chosen: OdditySettings) -> Iterator[_Job]:
    """The sets in their order; those that are made column by column once for each."""
    whole = _asked(settings, models, table, chosen)
    choices = {one.name: one for one in chosen.choices}
    for oddity in sets_of(chosen.names, settings.root):
        choice = choices.get(oddity.name, OddityChoice(name=oddity.name))
        asked = _narrowed(whole, choice)
        if not oddity.each:
            yield _Job(oddity=oddity, name=oddity.name, title=oddity.title, asked=asked, choice=choice)
            continue
        for column in asked.columns if choice.columns else asked.columns[:MOST_COLUMNS]:
            yield _Job(
                oddity=oddity,
                name=f"{oddity.name}({column})",
                title=f"{oddity.title}: {column}",
                asked=dataclasses.replace(asked, columns=(column,)),
                choice=choice,
            )


def _narrowed(asked: Asked, choice: OddityChoice) -> Asked:
    """With the columns that somebody named for one set.

    Raises
    ------
    ConfigError
        One of them is none that a set may touch.
    """
    if not choice.columns:
        return asked
    for name in choice.columns:
        if name not in asked.columns:
            raise ConfigError(
                f"oddities.overrides.{choice.name}.columns names {name!r}, which is no input of the challenger that "
                "oddities may touch; name some of its inputs."
            )
    return dataclasses.replace(asked, columns=choice.columns)


def _asked(settings: Settings, models: Models, table: pa.Table, chosen: OdditySettings) -> Asked:
    """What oddities are told of the base case.

    They may touch what the challenger reads, but for what is to be left alone.
    """
    run, challenger = settings.run, models.challenger
    alone = {settings.label.column, settings.id, *settings.sensitive, *run.columns(), *chosen.leave}
    read = challenger.columns
    base = settings.source(gate.BASE_CASE)
    suite = settings.root / base.suite if base is not None and base.suite else None
    return Asked(
        columns=tuple(name for name in table.column_names if name not in alone and (read is None or name in read)),
        keys=row_identity(table, settings.id if settings.id in table.column_names else None),
        seed=run.seed,
        categories=chosen.categories,
        bounds={} if suite is None else bounds_of(suite, dataset=gate.BASE_CASE),
        time=settings.time,
        unit=run.unit,
        optional=challenger.optional,
    )


def _try(scene: _Scene, job: _Job) -> Trial | None:
    """One set made and put; None where the table has nothing to change and nobody asked for it by name."""
    chosen = scene.settings.oddities
    try:
        odd = make_odd(job.oddity, scene.table, job.asked)
    except DataError:
        if chosen is not None and chosen.named and not job.oddity.each:
            raise
        return None
    except ConfigError:
        raise
    except Exception as problem:  # a breakdown of the check is a finding that blocks, never a pass or a skip
        breakdown = f"{type(problem).__name__}: {problem}"
        return _trial(scene, job, rows=scene.table.num_rows, breakdown=breakdown)
    return _put(scene, job, odd)


def _put(scene: _Scene, job: _Job, odd: Odd) -> Trial:
    """Both models asked about one set, and their answers beside those to the same rows of the base case."""
    champion, challenger = ask_both(odd.table, scene.champion, scene.challenger)
    where = np.arange(odd.table.num_rows) if odd.rows is None else odd.rows
    matched = rows_of(scene.base, where)
    answers, problems = [], []
    for answer, clean in ((champion, matched.champion), (challenger, matched.challenger)):
        given = None if answer is None or isinstance(answer, ModelError) else _of_kind(scene.settings, answer)
        problem = str(answer) if isinstance(answer, ModelError) else ""
        if given is not None and clean is not None and job.oddity.alike:
            problem = astray(clean, given, scene.settings.run.classes)
        answers.append(None if problem else given)
        problems.append(problem)
    # A row that came twice is no second observation.
    first = np.unique(where, return_index=True)[1]
    once = slice(None) if odd.rows is None else np.sort(first)
    return dataclasses.replace(
        _trial(scene, job, rows=odd.table.num_rows),
        champion_problem=problems[0],
        challenger_problem=problems[1],
        touched=odd.touched,
        base=rows_of(matched, once),
        odd_champion=None if answers[0] is None else answers[0][once],
        odd_challenger=None if answers[1] is None else answers[1][once],
    )


def _of_kind(settings: Settings, answers: NDArray[Any]) -> NDArray[Any]:
    """Decisions where the base case is compared by decisions."""
    plain = settings.run.task is Task.MULTICLASS and not settings.run.scores
    return decided(answers) if plain else answers


def _trial(scene: _Scene, job: _Job, *, rows: int, breakdown: str = "") -> Trial:
    return Trial(
        name=job.name,
        title=job.title,
        family=job.oddity.family,
        rows=rows,
        champion=scene.champion is not None,
        breakdown=breakdown,
        expect=job.choice.expect or job.oddity.expect,
        level=job.choice.level,
        asked=_requirement(scene.settings, job.choice),
    )


def _requirement(settings: Settings, choice: OddityChoice) -> Requirement | None:
    """What may be lost on one set: what holds for all, with its own level and margin."""
    asked = settings.run.oddity
    if asked is None:
        return None
    if choice.level is not None:
        asked = dataclasses.replace(asked, level=choice.level)
    if choice.margin is not None:
        asked = dataclasses.replace(asked, margin=choice.margin, relative=choice.relative)
    return asked
