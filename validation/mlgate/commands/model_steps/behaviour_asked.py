"""Both models, the rows that they are asked about, and how one question is put to them.

Separate from the questions, in ``behaviour.py`` and ``directions.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.behaviour import Question, Seen, observe, share_of, worth_of
from mlgate.checks.moved_answers import distances, too_far
from mlgate.commands.model_steps.models import Models, expected
from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.scoring import ask_both
from mlgate.edges.data_checks.leakage_rows import row_names
from mlgate.edges.hashing import hash_column
from mlgate.edges.models.worker import Model
from mlgate.errors import DataError, ModelError, nearest
from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings

__all__ = [
    "NOBODY",
    "Answer",
    "Asked",
    "Places",
    "Told",
    "by_role",
    "compared",
    "elsewhere",
    "in_table",
    "moved",
    "moved_by",
    "nobody",
    "noted",
    "put",
    "row_name",
    "rows_at",
    "tell",
    "worst_of",
    "worth",
]

Answer = NDArray[Any] | ModelError
Places = NDArray[np.intp]
#: From a model's answers to the changed rows, and to the same rows as they are, to what it did; the role comes last.
Look = Callable[[Sequence[NDArray[Any]], NDArray[Any], str], Seen]
#: Why nothing else can be said of such a model.
RESTLESS = "it does not even give the same rows the same answers when it is asked twice"

#: No row: a model that gave no legal answer.
NOBODY = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One question, answered: the observation, and the shares of both models for the report."""

    observation: Observation
    #: (id, title, model, rows, left_out, hits, share, low, high); None where a model gave no legal answer.
    shown: tuple[tuple[str | float | int | None, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Asked:
    """The rows that are asked about, and who is asked."""

    settings: Settings
    #: processes that judge, and from which the id and sensitive columns are hidden.
    models: Models
    #: starts another process of a model, from which only the label is hidden, or gives the one that it has started.
    another: Callable[[str], Model]
    rows: pa.Table
    #: both models' answers to the rows as they are, by role, and once more to the same.
    before: dict[str, Answer]
    again: dict[str, Answer]

    @property
    def hidden(self) -> tuple[str, ...]:
        """Columns that the first processes are never handed."""
        named = (*((self.settings.id,) if self.settings.id else ()), *self.settings.sensitive)
        return tuple(name for name in named if name in self.rows.column_names)

    def ask(self, table: pa.Table) -> dict[str, Answer]:
        """How the first processes answer some rows."""
        return by_role(ask_both(table, *self.models.predictors(self.settings)))


def by_role(answers: tuple[Answer | None, Answer]) -> dict[str, Answer]:
    """Answers of champion and challenger, by role; without a champion there is one."""
    champion, challenger = answers
    return {"challenger": challenger} | ({} if champion is None else {"champion": champion})


def rows_at(table: pa.Table | pa.ChunkedArray, places: Places) -> Any:
    """Some rows of a table, or some values of a column."""
    return table.take(from_numbers(places.astype(np.int64)))


def tell(asked: Asked, question: Question, seen: dict[str, Seen]) -> Told:
    """What became of a question."""
    confidence = asked.settings.run.confidence
    shown: list[tuple[str | float | int | None, ...]] = []
    for role, one in seen.items():
        share = share_of(one.wrong, confidence, question.worth)
        known = not (one.problem or one.unsure) and share.rows > 0
        figures = (share.hits, share.value, share.low, share.high) if known else (None, None, None, None)
        shown.append((question.id, question.title, role, share.rows, question.left_out, *figures))
    observation = observe(question, seen["challenger"], seen.get("champion"), confidence)
    return Told(observation=observation, shown=tuple(shown))


def moved(asked: Asked, before: Answer, after: Answer, places: Places | None = None) -> Seen:
    """Rows whose answer is another one.

    Parameters
    ----------
    asked
        Who is asked.
    before, after
        Answers to the rows as they are, and as they were changed.
    places
        Which of the rows these are; all of them when None.
    """
    for answer in (before, after):
        if isinstance(answer, ModelError):
            return Seen(wrong=NOBODY, problem=str(answer))
    assert isinstance(before, np.ndarray) and isinstance(after, np.ndarray)
    if before.shape != after.shape:
        problem = "it answers once with labels and once with scores"
        return Seen(wrong=NOBODY, problem=problem)
    far = distances(before, after)
    wrong = too_far(before, far, asked.settings.behaviour.tolerance, asked.settings.run.task)
    worst, example = worst_of(asked, far, wrong, before, places)
    return Seen(wrong=wrong, worst=worst, example=example)


def compared(
    asked: Asked, after: Mapping[str, Answer], places: Places | None = None, order: Places | None = None
) -> dict[str, Seen]:
    """Answers to changed rows beside those to the rows as they are, by role.

    Parameters
    ----------
    asked
        Who is asked.
    after
        What the models answered.
    places
        Which of the rows these are; all of them when None.
    order
        Where each of them stands among the answers; where it stood before when None.
    """
    seen = {}
    for role, answer in after.items():
        before = asked.before[role]
        if places is not None and not isinstance(before, ModelError):
            before = before[places]
        if order is not None and not isinstance(answer, ModelError):
            answer = answer[order]
        seen[role] = _unless_restless(asked, role, moved(asked, before, answer, places))
    return seen


def worst_of(
    asked: Asked, far: NDArray[np.float64], wrong: NDArray[np.bool_], before: NDArray[Any], places: Places | None
) -> tuple[str, str]:
    """About the row that moved most, such as ``the most by 0.31``, and its id; empty when none did."""
    if not wrong.any():
        return "", ""
    place = int(np.argmax(np.where(wrong, far, -1.0)))
    name = row_name(asked, place if places is None else int(places[place]))
    return ("" if before.dtype.kind == "i" else f"the most by {moved_by(far[place])}"), name


def moved_by(distance: float) -> str:
    """How far an answer moved, as people write it.

    >>> moved_by(0.3149), moved_by(1523.4)
    ('0.31', '1,500')
    """
    return f"{distance:.2g}" if not 100 <= distance < 1e9 else f"{float(f'{distance:.2g}'):,.0f}"


def row_name(asked: Asked, place: int) -> str:
    """A row by its id; empty where there is none that may be told."""
    names = row_names(asked.rows, asked.settings.id, asked.settings.private)
    return "" if names is None else names([place])


def elsewhere(asked: Asked, table: pa.Table, roles: Collection[str]) -> dict[str, Answer]:
    """How other processes of the same models answer some rows."""
    wanted, first = expected(asked.settings), {"challenger": asked.models.challenger, "champion": asked.models.champion}

    def ask(role: str) -> Answer:
        model, same = asked.another(role), first[role]
        try:
            if same is None or same.facts.digest != model.facts.digest:
                raise ModelError(f"{role}: its files have changed during the run; make the run anew.", role=role)
            return model.predict(table, wanted)
        except ModelError as problem:
            return problem

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(roles, pool.map(ask, roles), strict=True))


def _notes(asked: Asked, column: str) -> dict[str, str]:
    """By role, why a model cannot be moved by a column; empty where it may be."""
    found = {}
    for role, model in (("challenger", asked.models.challenger), ("champion", asked.models.champion)):
        if model is None or isinstance(asked.before.get(role), ModelError):
            continue
        reads = model.columns
        if reads is not None and column not in reads:
            found[role] = f"the {role}'s signature does not ask for {column}"
        elif reads is None and column in asked.settings.run.columns():
            found[role] = f"the {role} is never shown {column}"
    return found


def put(asked: Asked, column: str, tables: Sequence[pa.Table], look: Look) -> dict[str, Seen]:
    """Changed tables put to both models, one after the other, and what their answers come to.

    A column that is hidden from the first processes is shown to the second ones. A model that refuses rows which hold
    it is not moved by it either.
    """
    notes = _notes(asked, column)
    roles = [role for role in asked.before if role not in notes]
    before, after = asked.before, list[dict[str, Answer]]()
    if roles and column in asked.hidden:
        kept = [name for name in asked.rows.column_names if name == column or name not in asked.hidden]
        before = elsewhere(asked, asked.rows.select(kept), roles)
        refused = {role for role in roles if isinstance(before[role], ModelError)}
        notes |= {role: f"the {role} refuses rows that hold {column}" for role in refused}
        after = [elsewhere(asked, table.select(kept), roles) for table in tables]
    elif roles:
        after = [asked.ask(table) for table in tables]
    seen = {}
    for role in asked.before:
        if role in notes:
            seen[role] = Seen(wrong=NOBODY, note=notes[role])
            continue
        answers = [one[role] for one in after]
        problem = next((one for one in answers if isinstance(one, ModelError)), None)
        good = [one for one in answers if not isinstance(one, ModelError)]
        first = before[role]
        if problem is not None or isinstance(first, ModelError):
            seen[role] = Seen(wrong=NOBODY, problem=str(problem or first))
        else:
            seen[role] = _unless_restless(asked, role, look(good, first, role))
    return seen


def _unless_restless(asked: Asked, role: str, seen: Seen) -> Seen:
    """Of a model that answers the same rows otherwise when it is asked again, nothing else can be told."""
    restless = moved(asked, asked.before[role], asked.again[role]).wrong
    return Seen(wrong=NOBODY, unsure=RESTLESS) if restless.any() else seen


def noted(seen: dict[str, Seen], rows: int) -> dict[str, Seen]:
    """Models that a column cannot move are right about all rows."""
    return {
        role: dataclasses.replace(one, wrong=np.zeros(rows, dtype=np.bool_)) if one.note else one
        for role, one in seen.items()
    }


def in_table(asked: Asked, name: str, key: str) -> None:
    """Refuse a column that the base case does not have."""
    if name not in asked.rows.column_names:
        known: Collection[str] = asked.rows.column_names
        raise DataError(f"behaviour.{key}: the column {name!r} is not in the base case; {nearest(name, known)}")


def worth(asked: Asked, places: Places) -> float:
    """Independent rows that each of some rows is worth."""
    unit = asked.settings.run.unit
    if not unit or unit not in asked.rows.column_names:
        return 1.0
    return worth_of(hash_column(asked.rows.column(unit))[places])


def nobody(asked: Asked) -> dict[str, Seen]:
    """No row to ask about, for each model."""
    return {role: Seen(wrong=NOBODY) for role in asked.before}
