"""What moves the models' answers: every question of ``behaviour`` in mlgate.yaml, put to both models.

Shared by ``run`` and ``check``. Both models are asked side by side about the same rows, changed in the same way; what
is said of their answers stands in ``checks/behaviour.py``. A second process of each model says whether its answers
depend on the process; it alone is shown the id and sensitive columns, and only when somebody asks about them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.behaviour import Question, Seen
from mlgate.commands.model_steps.behaviour_asked import (
    Asked,
    Told,
    by_role,
    compared,
    elsewhere,
    in_table,
    moved,
    noted,
    put,
    rows_at,
    tell,
)
from mlgate.commands.model_steps.directions import tell_counterfactual, tell_monotone
from mlgate.commands.model_steps.golden import tell_golden
from mlgate.commands.model_steps.models import Models, started
from mlgate.edges.batches.scoring import Predict, ask_both
from mlgate.edges.hashing import hash_column
from mlgate.edges.model_checks.probes import numbers_first, other_order, sample_of, with_column
from mlgate.edges.models.worker import Model
from mlgate.frozen import dataclass
from mlgate.records.behaviour_settings import Limit
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings

__all__ = ["Behaviour", "behaviour_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """What was seen, and the shares of both models for the report."""

    observations: tuple[Observation, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


def behaviour_of(
    settings: Settings, models: Models, table: pa.Table, rows: Iterable[Batch], *, tracking_uri: str | None
) -> Behaviour:
    """Ask both models everything that the settings ask about behaviour.

    Parameters
    ----------
    settings
        Of one mlgate.yaml, or those that a question without one stands for.
    models
        Both, started.
    table
        The base case.
    rows
        The base case as both models answered it; a challenger that did not is asked nothing more.
    tracking_uri
        Where the models come from.

    Raises
    ------
    ConfigError
        A column cannot hold a value that it should be given, or nobody says which values.
    DataError
        A column is not in the base case, or the file of golden examples cannot be used.
    """
    if not isinstance(rows, list):
        return Behaviour()
    examples = Behaviour()
    if settings.golden is not None:
        seen, exhibit = tell_golden(settings, models, table)
        examples = Behaviour(observations=seen, exhibits=(exhibit,))
    moved = _moved_by_changes(settings, models, table, tracking_uri)
    return Behaviour(
        observations=(*examples.observations, *moved.observations), exhibits=(*examples.exhibits, *moved.exhibits)
    )


def _moved_by_changes(settings: Settings, models: Models, table: pa.Table, tracking_uri: str | None) -> Behaviour:
    """What moves the answers to a sample of the base case."""
    asks = settings.behaviour
    if not (asks.invariances or asks.id or asks.columns or asks.monotone or asks.counterfactual):
        return Behaviour()
    places = sample_of(table, most=asks.rows, id_column=settings.id, seed=settings.run.seed)
    sample = rows_at(numbers_first(table), places)
    with ExitStack() as stack:

        @cache
        def another(role: str) -> Model:
            source = models.challenger_source if role == "challenger" else models.champion_source or ""
            open_to_all = dataclasses.replace(settings, id=None, sensitive=())
            model = started(open_to_all, source, role, tracking_uri)
            stack.callback(model.close, grace=0.0)
            return model

        if "determinism" in asks.invariances:
            another("challenger")  # it loads while the first questions are put to the others
        before, again = (by_role(ask_both(sample, *models.predictors(settings))) for _ in range(2))
        asked = Asked(settings=settings, models=models, another=another, rows=sample, before=before, again=again)
        told = tuple(_questions(asked))
    columns = ("id", "title", "model", "rows", "left_out", "hits", "share", "low", "high")
    exhibit = Exhibit(name="behaviour", columns=columns, rows=tuple(row for one in told for row in one.shown))
    return Behaviour(observations=tuple(one.observation for one in told), exhibits=(exhibit,))


def _questions(asked: Asked) -> Iterator[Told]:
    settings = asked.settings.behaviour
    invariances = {"row_order": _row_order, "column_order": _column_order, "batch_size": _batch_size}
    # Determinism comes last of these: by then the second processes have loaded.
    for name, question in {**invariances, "determinism": _determinism}.items():
        if name in settings.invariances:
            yield question(asked)
    for name in (*((asked.settings.id or "",) if settings.id else ()), *settings.columns):
        yield _column(asked, name)
    for direction in settings.monotone:
        yield tell_monotone(asked, direction)
    for flip in settings.counterfactual:
        yield tell_counterfactual(asked, flip)


def _invariance(asked: Asked, kind: str, title: str) -> Question:
    limit = Limit(at_most=0.0, level=asked.settings.behaviour.level)
    return Question(id=f"behaviour/{kind}", title=title, does="get another answer", limit=limit, yardstick=True)


def _row_order(asked: Asked) -> Told:
    order = other_order(asked.rows.num_rows, asked.settings.run.seed)
    seen = compared(asked, asked.ask(rows_at(asked.rows, order)), order=np.argsort(order))
    return tell(asked, _invariance(asked, "row_order", "answers do not depend on the order of rows"), seen)


def _column_order(asked: Asked) -> Told:
    seen = compared(asked, asked.ask(asked.rows.select(asked.rows.column_names[::-1])))
    return tell(asked, _invariance(asked, "column_order", "answers do not depend on the order of columns"), seen)


def _batch_size(asked: Asked) -> Told:
    settings = asked.settings
    places = sample_of(asked.rows, most=settings.behaviour.singles, id_column=settings.id, seed=settings.run.seed)

    def singly(predict: Predict) -> Predict:
        return lambda table: np.concatenate([predict(table.slice(row, 1)) for row in range(table.num_rows)])

    champion, challenger = asked.models.predictors(settings)
    after = ask_both(rows_at(asked.rows, places), champion and singly(champion), singly(challenger))
    seen = compared(asked, by_role(after), places)
    title = f"a row alone gets the answer that it gets among {asked.rows.num_rows:,}"
    return tell(asked, _invariance(asked, "batch_size", title), seen)


def _determinism(asked: Asked) -> Told:
    """The same rows once more in the same process, and in another.

    The champion is asked in another process only where the challenger answers otherwise there.
    """
    plain = asked.rows.drop_columns(list(asked.hidden))
    seen: dict[str, Seen] = {}
    for role, before in asked.before.items():
        seen[role] = _at(moved(asked, before, asked.again[role]), "asked twice")
        trouble = role == "challenger" or seen["challenger"].problem or seen["challenger"].wrong.any()
        if trouble and not (seen[role].problem or seen[role].wrong.any()):
            there = elsewhere(asked, plain, [role])[role]
            seen[role] = _at(moved(asked, before, there), "in another process")
    title = "the same rows get the same answers, asked twice and in another process"
    return tell(asked, _invariance(asked, "determinism", title), seen)


def _at(seen: Seen, where: str) -> Seen:
    return dataclasses.replace(seen, worst=f"{where}, {seen.worst}" if seen.worst else where)


def _column(asked: Asked, name: str) -> Told:
    """Values of one column dealt to other rows."""
    in_table(asked, name, "unchanged_by")
    column = asked.rows.column(name)
    dealt = rows_at(column, other_order(len(column), asked.settings.run.seed))
    apply = np.flatnonzero(hash_column(column) != hash_column(dealt))

    def look(after: Sequence[NDArray[Any]], before: NDArray[Any], role: str) -> Seen:
        return moved(asked, before[apply], after[0][apply], apply)

    seen = put(asked, name, [with_column(asked.rows, name, dealt)], look)
    question = dataclasses.replace(
        _invariance(asked, f"unchanged_by/{name}", f"another {name} does not change an answer"),
        left_out=len(column) - len(apply),
        because_left_out=f"since the {name} of another row was the same",
        yardstick=False,
    )
    return tell(asked, question, noted(seen, len(apply)))
