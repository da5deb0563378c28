"""Both models, the rows that they are asked about, and how one question is put to them.

Separate from the questions, in ``commands/invariances.py`` and ``commands/directions.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.behaviour import Question, Seen, distances, observe, share_of, too_far, worth_of
from mlgate.commands.models import Models
from mlgate.edges.arrays import from_numbers
from mlgate.edges.hashing import hash_column
from mlgate.edges.leakage_rows import row_names
from mlgate.edges.scoring import Predict, ask_both
from mlgate.edges.worker import Model
from mlgate.errors import DataError, ModelError, nearest
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings

__all__ = [
    "NOBODY",
    "Answer",
    "Asked",
    "Places",
    "Told",
    "by_role",
    "in_table",
    "moved",
    "nobody",
    "noted",
    "put",
    "row_name",
    "rows_at",
    "same_models",
    "tell",
    "worst_of",
    "worth",
]

Answer = NDArray[Any] | ModelError
Places = NDArray[np.intp]
#: From a model's answer to the changed rows, and to the same rows as they are, to what it did; the role comes last.
Look = Callable[[Answer, Answer, str], Seen]

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
    #: other processes of the same models, from which only the label is hidden.
    second: Models
    rows: pa.Table
    #: both models' answers to the rows as they are, by role.
    before: dict[str, Answer]

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
        known = not one.problem and share.rows > 0
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
    return Seen(wrong=wrong, worst=worst_of(asked, far, wrong, before, places))


def worst_of(
    asked: Asked, far: NDArray[np.float64], wrong: NDArray[np.bool_], before: NDArray[Any], places: Places | None
) -> str:
    """About the row that moved most, such as ``the most by 0.31 (row 17)``; empty when none did."""
    if not wrong.any():
        return ""
    place = int(np.argmax(np.where(wrong, far, -1.0)))
    name = row_name(asked, place if places is None else int(places[place]))
    if before.dtype.kind == "i":
        return f"such as {name}" if name else ""
    return f"the most by {far[place]:.2g}" + (f" ({name})" if name else "")


def row_name(asked: Asked, place: int) -> str:
    """A row by its id; empty where there is none that may be told."""
    names = row_names(asked.rows, asked.settings.id, asked.settings.private)
    return "" if names is None else names([place])


def same_models(asked: Asked) -> tuple[Predict | None, Predict]:
    """How the second processes answer, once each is known to be the same model."""
    champion, challenger = asked.second.predictors(asked.settings)

    def checked(predict: Predict, first: Model, then: Model) -> Predict:
        def ask(table: pa.Table) -> NDArray[Any]:
            if first.facts.digest != then.facts.digest:
                role = first.facts.role
                raise ModelError(f"{role} {first.facts.source}: its files have changed during the run.", role=role)
            return predict(table)

        return ask

    if champion is not None and asked.models.champion is not None and asked.second.champion is not None:
        champion = checked(champion, asked.models.champion, asked.second.champion)
    return champion, checked(challenger, asked.models.challenger, asked.second.challenger)


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


def put(asked: Asked, column: str, table: pa.Table, look: Look) -> dict[str, Seen]:
    """One changed table put to both models, and what their answers come to.

    A column that is hidden from the first processes is shown to the second ones. A model that refuses rows which hold
    it is not moved by it either.
    """
    notes = _notes(asked, column)
    roles = [role for role in asked.before if role not in notes]
    before, after = asked.before, dict[str, Answer]()
    if roles and column in asked.hidden:
        kept = [name for name in asked.rows.column_names if name == column or name not in asked.hidden]
        before = by_role(ask_both(asked.rows.select(kept), *same_models(asked)))
        refused = {role for role in roles if isinstance(before[role], ModelError)}
        notes |= {role: f"the {role} refuses rows that hold {column}" for role in refused}
        after = by_role(ask_both(table.select(kept), *same_models(asked)))
    elif roles:
        after = asked.ask(table)
    return {
        role: Seen(wrong=NOBODY, note=notes[role]) if role in notes else look(after[role], before[role], role)
        for role in asked.before
    }


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
