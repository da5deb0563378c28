"""How much the outcome moves when the challenger is trained again with other seeds: ``train.seeds`` of mlgate.yaml.

The verdict is about this artifact, not about the recipe. Where a training callable exists and somebody asks for it, the
variance of training is measured and added to the interval of what is required over all rows.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
import tempfile
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.common.output import progress
from mlgate.commands.model_steps.explanations import leanings_of
from mlgate.commands.model_steps.models import ask, opened
from mlgate.records.run import OVERALL, Requirement, TrainingSpread
from mlgate.records.settings import Settings

__all__ = ["with_training_spread"]


def with_training_spread(options: argparse.Namespace, settings: Settings, table: pa.Table) -> Settings:
    """The settings with the spread of every paired metric, and of reliance, over ``train.seeds`` retrained challengers.

    Parameters
    ----------
    options
        Of the command, for telling what is going on.
    settings
        Of one mlgate.yaml; unchanged when no seeds are asked for.
    table
        The base case.

    Raises
    ------
    ConfigError, ModelError, RegistryError
        Training with a seed failed.
    """
    asked = _asked(settings)
    if settings.train is None or not settings.train.seeds or not asked:
        return settings
    from mlgate.edges.models.training import throwaway_address, train_seed

    # The retrained challengers are measured one by one, against nobody.
    alone = dataclasses.replace(settings, run=dataclasses.replace(settings.run, requirements=asked, training=()))
    seeds = range(1, settings.train.seeds + 1)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="mlgate-seeds-", ignore_cleanup_errors=True) as folder:
        # One registry for all of them: MLflow takes seconds to set one up.
        place = Path(folder)
        address = throwaway_address(place)
        for seed in seeds:
            progress(options, f"training with seed {seed} of {len(seeds)}")
            trained = train_seed(settings, seed, place=place)
            with opened(alone, challenger=trained.uri, champion=None, tracking_uri=address) as models:
                measured, rows = ask(alone, models, {gate.BASE_CASE: (table, gate.BASE_CASE)})
                answered = list(rows[gate.BASE_CASE])
                values = gate.values(measured.run, answered)
                leaning = leanings_of(measured, models, table, answered)
                for metric, value in {**values, **leaning}.items():
                    found.setdefault(metric, []).append(value)
    spread = tuple(
        TrainingSpread(metric=metric, deviation=statistics.stdev(values), seeds=len(values))
        for metric, values in found.items()
        if len(values) == len(seeds) and all(math.isfinite(value) for value in values)
    )
    return dataclasses.replace(settings, run=dataclasses.replace(settings.run, training=spread))


def _asked(settings: Settings) -> tuple[Requirement, ...]:
    """The paired requirements over all rows of the base case, whose intervals the spread of training belongs to."""
    return tuple(
        one
        for one in settings.run.requirements
        if one.rule.paired and (one.on, one.dataset, one.than) == (OVERALL, gate.BASE_CASE, "champion")
    )
