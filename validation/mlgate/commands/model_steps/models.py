"""Two models and what is put to them: every data set, and the oddities of the base case.

Shared by ``run``, ``check`` and ``power``, which differ in where models and settings come from, not in what is done
with them.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from numpy.typing import NDArray

from mlgate.config.defaults import adapted
from mlgate.edges.batches.scoring import Predict, score
from mlgate.edges.model_checks.shap_values import ensure_shap
from mlgate.edges.models.model_answers import Expected, as_decisions
from mlgate.edges.models.worker import Model, open_model
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ConfigError, ModelError, RegistryError
from mlgate.frozen import dataclass
from mlgate.gate import BASE_CASE
from mlgate.metrics import find, needs_scores
from mlgate.records.decision import ModelFacts
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings
from mlgate.records.words import Task

__all__ = ["Models", "as_asked", "ask", "decided", "ensure_there", "expected", "models_facts", "opened", "started"]

#: A name that looks like one of a model and is none, such as ``model:/credit/7``.
_OTHER_KIND = re.compile(r"(?!(?:models|runs|file|dbfs|mlflow-artifacts):)[a-z][a-z-]*:/(?!/)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """The processes of both models; both start at once and load side by side."""

    challenger: Model
    challenger_source: str
    champion: Model | None
    champion_source: str | None

    def predictors(self, settings: Settings) -> tuple[Predict | None, Predict]:
        """How champion (None when there is none) and challenger answer."""
        wanted = expected(settings)

        def of(model: Model) -> Predict:
            return lambda table: model.predict(table, wanted)

        return None if self.champion is None else of(self.champion), of(self.challenger)


def expected(settings: Settings) -> Expected:
    """What is asked of a model in this task."""
    run, label = settings.run, settings.label
    if run.task is Task.MULTICLASS:
        return Expected(task=run.task, classes=run.classes, declared=bool(label.classes))
    if run.task is Task.BINARY and label.negative is not None and len(label.negative) == 1:
        return Expected(task=run.task, classes=(*label.negative, label.positive))
    return Expected(task=run.task)


def ensure_there(source: str, tracking_uri: str | None, *, role: str = "challenger") -> None:
    """Refuse a model that is not there, before anything starts and is written.

    Raises
    ------
    ConfigError, RegistryError
        It is a folder, or a version, alias, stage or run of the registry, that is not there, or the registry is out of
        reach: a slip of whoever named it, and no verdict about a model.
    """
    if _OTHER_KIND.match(source):
        raise ConfigError(
            f"{role} {source}: there is no such kind of name; write models:/NAME/7, runs:/RUN/NAME or the path of a"
            " model folder."
        )
    folder = unquote(urlsplit(source).path) if source.startswith("file:") else source
    if (folder != source or ":/" not in source) and not Path(folder).exists():
        raise ConfigError(
            f"{role} {source}: there is no such folder; check the path, or name a registered model such as"
            " models:/NAME/7."
        )
    if not source.startswith(("models:/", "runs:/")):
        return
    from mlgate.edges.mlflow_registry import connect
    from mlgate.edges.registry_names import ensure_held

    try:
        ensure_held(connect(tracking_uri, create=False), source)
    except RegistryError as problem:
        raise RegistryError(f"{role} {problem}") from None


@contextmanager
def opened(settings: Settings, *, challenger: str, champion: str | None, tracking_uri: str | None) -> Iterator[Models]:
    """Both models' processes, closed at the end of the block."""

    def start(source: str, role: str) -> Model:
        return stack.enter_context(started(settings, source, role, tracking_uri))

    with ExitStack() as stack:
        yield Models(
            challenger=start(challenger, "challenger"),
            challenger_source=challenger,
            champion=start(champion, "champion") if champion else None,
            champion_source=champion,
        )


def as_asked(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with what the command line says of how models run.

    Raises
    ------
    ConfigError
        Models are to be explained by a package that is not installed.
    """
    if settings.explanations is not None and settings.explanations.shap is not None:
        ensure_shap()  # a mistake is told before models are trained
    return dataclasses.replace(settings, build_env=settings.build_env or options.build_env)


def started(settings: Settings, source: str, role: str, tracking_uri: str | None) -> Model:
    """A process of a model within the limits of the settings; see ``open_model``."""
    return open_model(
        source,
        role=role,
        tracking_uri=tracking_uri,
        timeout=settings.model_timeout,
        drop=tuple(name for name in (settings.label.column, settings.id, *settings.sensitive) if name),
        spare=settings.run.columns(),
        memory=settings.model_memory,
        build=settings.build_env,
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


def ask(
    settings: Settings, models: Models, tables: Mapping[str, tuple[pa.Table, str]]
) -> tuple[Settings, dict[str, Iterable[Batch]]]:
    """Every data set, scored by both models, and the settings as the models' answers make them.

    Thresholds come from the models where the settings say so; where a model gives class labels instead of scores, both
    are compared by decisions.

    Parameters
    ----------
    settings
        With the classes of a multiclass task.
    models
        Both, started.
    tables
        By data set: the rows, and where they come from.

    Returns
    -------
    tuple
        The settings, and the batches by data set. Batches of a challenger that fails raise its error when they are
        read, so that it becomes a finding.

    Raises
    ------
    ConfigError
        A metric needs scores that the models do not give, or a model does not say its threshold.
    DataError
        A table cannot be judged.
    ModelError
        The champion failed.
    """
    settings = dataclasses.replace(
        settings, run=adapted(settings.run, scores=settings.run.scores, champion=models.champion is not None)
    )
    try:
        settings = _with_thresholds(settings, models)
        plain = _without_attributes(settings)
        answered = {
            name: _answered(settings if name == BASE_CASE else plain, models, table, source)
            for name, (table, source) in tables.items()
        }
        if settings.run.task is Task.MULTICLASS:
            settings, answered = _alike(settings, models, answered)
    except ModelError as problem:
        if problem.role != "challenger":
            raise
        return settings, {name: _failing(problem, []) for name in tables}
    return settings, dict(answered)


def _without_attributes(settings: Settings) -> Settings:
    """For other rows than the base case: groups of people are compared on that one, and the log may not know them."""
    return dataclasses.replace(settings, run=dataclasses.replace(settings.run, attributes=(), gaps=()))


def _with_thresholds(settings: Settings, models: Models) -> Settings:
    if not settings.thresholds_from_models:
        return settings
    champion = None if models.champion is None else models.champion.threshold
    run = dataclasses.replace(settings.run, threshold=models.challenger.threshold, champion_threshold=champion)
    return dataclasses.replace(settings, run=run)


def _answered(settings: Settings, models: Models, table: pa.Table, source: str) -> list[Batch]:
    if models.champion is not None:
        models.champion.wait()
    models.challenger.wait()
    champion, challenger = models.predictors(settings)
    return list(
        score(
            table,
            run=settings.run,
            label=settings.label,
            source=source,
            champion=champion,
            challenger=challenger,
            identity=row_identity(table, settings.id) if settings.run.own_metrics else None,
        )
    )


def _failing(problem: ModelError, none: list[Batch]) -> Iterator[Batch]:
    """Batches that cannot be had: the error comes when the first one is asked for."""
    yield from none
    raise problem


def _alike(
    settings: Settings, models: Models, answered: Mapping[str, list[Batch]]
) -> tuple[Settings, dict[str, list[Batch]]]:
    """Both models' answers of one kind: scores of the classes, or else decisions."""
    batches = [batch for rows in answered.values() for batch in rows]
    lacking = [
        role
        for role in ("champion", "challenger")
        if any((side := getattr(batch, role)) is not None and side.ndim == 1 for batch in batches)
    ]
    if not lacking:
        return settings, dict(answered)
    run = adapted(settings.run, scores=False, champion=models.champion is not None)
    needing = [name for name in run.metrics() if needs_scores(find(name, run))]
    if needing and lacking == ["challenger"] and models.champion is not None:
        raise ModelError(
            f"challenger {models.challenger_source}: answers with class labels, while {needing[0]} needs the scores "
            "that the champion gives.",
            role="challenger",
        )
    if needing:
        raise ConfigError(
            f"the metric {needing[0]} needs class scores, but the {' and the '.join(lacking)} answers with labels; log "
            'models with pyfunc_predict_fn="predict_proba", or take metrics of decisions such as accuracy.'
        )
    plain = dataclasses.replace(settings, run=run)
    return plain, {name: [_decided(batch) for batch in rows] for name, rows in answered.items()}


def decided(answers: NDArray[Any]) -> NDArray[Any]:
    """Answers as decisions, which they may be already."""
    return as_decisions(answers)


def _decided(batch: Batch) -> Batch:
    champion, baseline = (None if one is None else decided(one) for one in (batch.champion, batch.baseline))
    return dataclasses.replace(batch, champion=champion, challenger=decided(batch.challenger), baseline=baseline)
