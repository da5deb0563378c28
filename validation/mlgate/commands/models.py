"""Two models and what is put to them: the base case, and its oddities.

Shared by ``run`` and ``check``, which differ in where models and settings come from, not in what is done with them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from mlgate.checks.oddity import Trial
from mlgate.edges.scoring import Predict, ask_both, batch_of, score
from mlgate.edges.worker import Model, open_model
from mlgate.errors import DataError, ModelError
from mlgate.oddities import ODDITIES
from mlgate.records.decision import ModelFacts
from mlgate.records.rows import Batch
from mlgate.records.settings import OdditySettings, Settings

__all__ = ["Models", "batches", "models_facts", "opened", "trials"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """The processes of both models; both start at once and load side by side."""

    challenger: Model
    challenger_source: str
    champion: Model | None
    champion_source: str | None

    @property
    def predict_champion(self) -> Predict | None:
        """How the champion scores; None when there is none."""
        return None if self.champion is None else self.champion.predict


@contextmanager
def opened(settings: Settings, *, challenger: str, champion: str | None, tracking_uri: str | None) -> Iterator[Models]:
    """Both models' processes, closed at the end of the block."""
    drop = tuple(name for name in (settings.label.column, settings.id, *settings.sensitive) if name)

    def start(source: str, role: str) -> Model:
        return stack.enter_context(
            open_model(source, role=role, tracking_uri=tracking_uri, timeout=settings.model_timeout, drop=drop)
        )

    with ExitStack() as stack:
        yield Models(
            challenger=start(challenger, "challenger"),
            challenger_source=challenger,
            champion=start(champion, "champion") if champion else None,
            champion_source=champion,
        )


def models_facts(models: Models) -> tuple[ModelFacts, ...]:
    """Which models they are; a challenger that cannot be loaded is known by its source only.

    Raises
    ------
    ModelError
        The champion cannot be loaded.
    """
    found = [] if models.champion is None else [models.champion.facts]
    try:
        found.append(models.challenger.facts)
    except ModelError:
        # That it cannot be loaded becomes a finding as soon as it is asked to score.
        name, version = _registered(models.challenger_source)
        found.append(ModelFacts(role="challenger", source=models.challenger_source, name=name, version=version))
    return tuple(found)


def _registered(source: str) -> tuple[str, str]:
    """Name and version in ``models:/name/7``; empty for other sources."""
    name, _, version = source.removeprefix("models:/").partition("/")
    return (name, version) if source.startswith("models:/") and version else ("", "")


def batches(settings: Settings, models: Models, table: pa.Table, source: str) -> Iterator[Batch]:
    """The base case, scored by both models; a failing champion ends the run, a failing challenger is a finding."""
    if models.champion is not None:
        models.champion.wait()
    models.challenger.wait()
    yield from score(
        table,
        run=settings.run,
        label=settings.label,
        source=source,
        champion=models.predict_champion,
        challenger=models.challenger.predict,
    )


def trials(settings: Settings, models: Models, table: pa.Table, source: str, *, declared: bool) -> Iterator[Trial]:
    """Every oddity set of the settings, put to both models.

    Parameters
    ----------
    declared
        Whether somebody asked for these sets: one that cannot be made of this table is then an error, else it is left
        out.
    """
    chosen = settings.oddities or OdditySettings(names=())
    columns = _columns(settings, models, table, chosen)
    for oddity in (one for one in ODDITIES if one.name in chosen.names):
        try:
            odd = oddity.make(table, columns=columns, categories=chosen.categories, seed=settings.run.seed)
        except DataError:
            if declared:
                raise
            continue
        except Exception as problem:  # a breakdown of the check is a finding that blocks, never a pass or a skip
            breakdown = f"{type(problem).__name__}: {problem}"
            yield Trial(
                name=oddity.name,
                title=oddity.title,
                rows=table.num_rows,
                champion=models.champion is not None,
                breakdown=breakdown,
            )
            continue
        first, second = ask_both(odd, models.predict_champion, models.challenger.predict)
        batch = None
        if not isinstance(first, ModelError) and not isinstance(second, ModelError):
            run = dataclasses.replace(settings.run, groupings=())
            batch = batch_of(odd, run=run, label=settings.label, source=source, champion=first, challenger=second)
        yield Trial(
            name=oddity.name,
            title=oddity.title,
            rows=odd.num_rows,
            champion=models.champion is not None,
            champion_problem=str(first) if isinstance(first, ModelError) else "",
            challenger_problem=str(second) if isinstance(second, ModelError) else "",
            batch=batch,
        )


def _columns(settings: Settings, models: Models, table: pa.Table, chosen: OdditySettings) -> tuple[str, ...]:
    """Columns that an oddity may touch: what the challenger reads, but for what is to be left alone."""
    alone = {settings.label.column, settings.id, *settings.sensitive, *chosen.leave}
    read = models.challenger.columns
    return tuple(name for name in table.column_names if name not in alone and (read is None or name in read))
