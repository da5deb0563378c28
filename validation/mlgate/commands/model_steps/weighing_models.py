"""What models cost, give away, are sure of and lean on, beside what their answers are worth: for ``run`` and ``check``.

Separate from ``models.py``, which puts rows to models: here the models themselves are looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from mlgate import gate
from mlgate.checks.certainty import observe_certainty
from mlgate.checks.cost import exhibit, figures, observe_broken, observe_cost
from mlgate.checks.interval_bound import about, exhibit_of
from mlgate.checks.membership import TITLE, observe_membership
from mlgate.commands.common.output import progress
from mlgate.commands.data_steps.window_checks import TRAIN
from mlgate.commands.model_steps.explanations import explanations_of
from mlgate.commands.model_steps.models import Models, started
from mlgate.edges.model_checks.model_rows import losses_of, scored_of
from mlgate.edges.models.model_cost import measure
from mlgate.errors import DataError, ModelError
from mlgate.frozen import dataclass
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Section

__all__ = ["Weighed", "weigh_models"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """What was seen of the models, and what the report draws of it."""

    observations: tuple[Observation, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


def weigh_models(
    options: argparse.Namespace,
    settings: Settings,
    models: Models,
    tables: Mapping[str, pa.Table],
    rows: Mapping[str, Iterable[Batch]],
    tracking_uri: str | None,
) -> Weighed:
    """Everything about the models themselves; nothing of a challenger that does not answer.

    Parameters
    ----------
    options
        Of the command line: whether cost is left out.
    settings
        As the models' answers have made them.
    models
        Both, loaded.
    tables
        Data sets by name, the base case at least.
    rows
        What the models answered, by data set.
    tracking_uri
        Where processes that are started anew find their models.
    """
    if not all(isinstance(batches, list) for batches in rows.values()):
        return Weighed()
    answered = [batch for batch in rows[gate.BASE_CASE] if isinstance(batch, Batch)]
    parts = [
        _environments(models),
        _certainty(settings, tables, answered),
        _privacy(settings, models, tables, answered),
        _reliance(options, settings, models, tables[gate.BASE_CASE], answered),
    ]
    parts += [_cost(options, settings, models, tables[gate.BASE_CASE], tracking_uri)]
    return Weighed(
        observations=tuple(one for part in parts for one in part.observations),
        exhibits=tuple(one for part in parts for one in part.exhibits),
    )


def _environments(models: Models) -> Weighed:
    """Models that load, but not with the packages that they were saved with: what they answer may be something else."""
    seen = []
    for model, role in ((models.champion, "champion"), (models.challenger, "challenger")):
        if model is None or not model.mismatches:
            continue
        seen.append(
            Observation(
                id=f"behaviour/environment/{role}",
                section=Section.BEHAVIOUR,
                title=f"the {role} runs with the packages that it was saved with",
                level=Level.ADVISORY,
                reason=f"it needs {', '.join(model.mismatches)}; --build-env runs it with what it needs",
                value=0.0,
                at_least=1.0,
            )
        )
    return Weighed(observations=tuple(seen))


def _shown(settings: Settings, name: str) -> str:
    source = settings.source(name)
    return name if source is None else source.shown


def _certainty(settings: Settings, tables: Mapping[str, pa.Table], answered: Sequence[Batch]) -> Weighed:
    """How often both models are unsure."""
    asked = settings.certainty
    scored = scored_of(settings, tables[gate.BASE_CASE], _shown(settings, gate.BASE_CASE), answered) if asked else None
    if asked is None or scored is None:
        return Weighed()
    seen, shown = observe_certainty(scored, asked, settings.run.confidence)
    return Weighed(observations=seen, exhibits=(exhibit_of("certainty", shown),))


def _privacy(settings: Settings, models: Models, tables: Mapping[str, pa.Table], answered: Sequence[Batch]) -> Weighed:
    """How well training rows are told from others; nothing without training rows."""
    asked = settings.privacy
    if asked is None or TRAIN not in tables:
        return Weighed()
    try:
        losses = losses_of(
            settings,
            (tables[TRAIN], tables[gate.BASE_CASE]),
            (_shown(settings, TRAIN), _shown(settings, gate.BASE_CASE)),
            answered,
            models.predictors(settings),
            asked.rows,
        )
    except (DataError, ModelError) as problem:
        # The base case was answered: what is wrong with the training rows leaves this question open, not the run.
        seen = about("privacy/advantage/measured", f"{TITLE} can be measured", asked.level, str(problem), rows=0)
        return Weighed(observations=(seen,))
    observations, shown = observe_membership(losses, asked, settings.run.confidence)
    return Weighed(observations=observations, exhibits=(exhibit_of("privacy", shown),))


def _reliance(
    options: argparse.Namespace, settings: Settings, models: Models, table: pa.Table, answered: Sequence[Batch]
) -> Weighed:
    """Which columns the models lean on; see ``explanations.py``."""
    if (asked := settings.explanations) is not None:
        seconds = asked.seconds + (0.0 if asked.shap is None else asked.shap.seconds)
        progress(options, f"asking what the models lean on, for {seconds:g} s at most")
    told = explanations_of(settings, models, table, answered)
    return Weighed(observations=told.observations, exhibits=told.exhibits)


def _cost(
    options: argparse.Namespace, settings: Settings, models: Models, table: pa.Table, tracking_uri: str | None
) -> Weighed:
    asked, run = settings.cost, settings.run
    if asked is None or options.no_cost or not table.num_rows:
        return Weighed()
    warm = {"challenger": models.challenger}
    sources = {"challenger": models.challenger_source}
    if models.champion is not None and models.champion_source is not None:
        warm["champion"], sources["champion"] = models.champion, models.champion_source
    progress(options, f"measuring what the models cost, for {asked.seconds:g} s")
    try:
        costs = measure(
            warm,
            lambda role: started(settings, sources[role], role, tracking_uri),
            table,
            settings=asked,
            seed=run.seed,
        )
    except ModelError as problem:
        return Weighed(observations=(observe_broken(str(problem), problem.role, asked.level),))
    found = figures(costs, confidence=run.confidence, seed=run.seed)
    return Weighed(observations=observe_cost(found, asked), exhibits=(exhibit(found),))
