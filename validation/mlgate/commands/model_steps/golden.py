"""Golden examples put to both models: each row of the file becomes a finding with its name.

A model that fails on the file as a whole is asked row by row, so that one bad row does not take the others with it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mlgate.checks.golden import Example, Reply, observe_example
from mlgate.commands.model_steps.models import Models
from mlgate.edges.batches.scoring import Predict
from mlgate.edges.model_checks.golden_rows import golden_rows
from mlgate.edges.models.model_answers import as_decisions
from mlgate.errors import ModelError
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings
from mlgate.records.words import Task

__all__ = ["tell_golden"]


def tell_golden(settings: Settings, models: Models, base: pa.Table) -> tuple[tuple[Observation, ...], Exhibit]:
    """Every golden example, as both models answer it; the key ``golden`` must be there.

    Raises
    ------
    DataError
        The file cannot be used.
    """
    assert settings.golden is not None
    table, examples = golden_rows(settings.golden, base, root=settings.root, label=settings.label, run=settings.run)
    champion, challenger = models.predictors(settings)
    replies = {"challenger": _replies(settings, challenger, table, "challenger")}
    if champion is not None:
        replies["champion"] = _replies(settings, champion, table, "champion")
    seen = tuple(
        observe_example(
            example,
            replies["challenger"][place],
            replies["champion"][place] if "champion" in replies else None,
            settings.golden.level,
        )
        for place, example in enumerate(examples)
    )
    rows = tuple(
        _shown(example, role, said[place]) for place, example in enumerate(examples) for role, said in replies.items()
    )
    return seen, Exhibit(name="golden", columns=("name", "expected", "model", "answer", "right"), rows=rows)


def _shown(example: Example, role: str, reply: Reply) -> tuple[str | float | int | None, ...]:
    return (example.name, example.expected, role, reply.told or "no legal answer", int(reply.is_right(example)))


def _replies(settings: Settings, predict: Predict, table: pa.Table, role: str) -> list[Reply]:
    try:
        return _read(settings, predict, table, role)
    except ModelError:
        return [_reply(settings, predict, table.slice(row, 1), role) for row in range(table.num_rows)]


def _reply(settings: Settings, predict: Predict, row: pa.Table, role: str) -> Reply:
    try:
        return _read(settings, predict, row, role)[0]
    except ModelError as problem:
        return Reply(problem=str(problem).rstrip("."))


def _read(settings: Settings, predict: Predict, table: pa.Table, role: str) -> list[Reply]:
    """Answers in words."""
    run, label, answers = settings.run, settings.label, predict(table)
    if run.task is Task.REGRESSION:
        return [Reply(value=float(value), told=f"{value:.6g}") for value in answers]
    if run.task is Task.MULTICLASS:
        places = as_decisions(answers)
        scores = answers[np.arange(len(places)), places] if answers.ndim == 2 else [None] * len(places)
        return [
            Reply(decision=int(place), told=run.classes[place] + ("" if score is None else f" (score {score:.3g})"))
            for place, score in zip(places, scores, strict=True)
        ]
    own = run.champion_threshold if role == "champion" else None
    threshold = run.threshold if own is None else own
    names = (label.negative_name, label.positive_name)
    return [
        Reply(
            decision=int(score >= threshold),
            value=float(score),
            told=f"{names[int(score >= threshold)]} (score {score:.3g})",
        )
        for score in answers
    ]
