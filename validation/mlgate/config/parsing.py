"""mlgate.yaml as a whole: its top keys, what they have to do with each other, and the record that comes of them.

Separate from the files that read single keys because only here all of them are known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mlgate.config.defaults import BLANK, default_gaps, default_groupings, default_requirements
from mlgate.config.document import Problem, Scalar, read, report
from mlgate.config.fields import Keys, open_table
from mlgate.config.groupings import read_groupings
from mlgate.config.requirements import KnownMetrics, read_gaps, read_oddities, read_requirements
from mlgate.config.sources import read_approval, read_data, read_label, read_train
from mlgate.errors import ConfigError
from mlgate.records.run import Run
from mlgate.records.settings import Settings

__all__ = ["MODES", "ON_INCONCLUSIVE", "TOP_KEYS", "parse"]

TOP_KEYS = (
    "model",
    "title",
    "owner",
    "noun",
    "label",
    "id",
    "sensitive",
    "private",
    "registry",
    "champion",
    "challenger",
    "train",
    "data",
    "threshold",
    "confidence",
    "seed",
    "slices",
    "requirements",
    "on_inconclusive",
    "fairness",
    "oddities",
    "suites",
    "model_timeout",
    "ledger",
    "mode",
    "approval",
    "limits",
)
MODES = ("gate", "observe")
ON_INCONCLUSIVE = ("block", "approve")

_MODEL_NAME = re.compile(r"[^/:@\\\s]([^/:@\\]*[^/:@\\\s])?")


def parse(
    text: str,
    *,
    source: str,
    root: Path,
    known_metrics: Collection[str],
    known_oddities: Collection[str],
    undirected_metrics: Collection[str] = (),
) -> Settings:
    """The settings that one mlgate.yaml describes. No file is opened.

    Parameters
    ----------
    text
        What stands in the file.
    source
        The file's name, for errors.
    root
        The folder that relative paths start from.
    known_metrics, known_oddities
        The names that requirements and oddities may use.
    undirected_metrics
        Those of the metrics of which neither more nor less is better: nothing can be worse or better by them.

    Raises
    ------
    ConfigError
        Something is wrong. The message lists **all** problems, sorted by line, one per line:
        ``mlgate.yaml:17: unknown metric "acuracy"; did you mean "accuracy"?``
    """
    document = read(text, source)
    problems = list(document.problems)
    if isinstance(document.root, Scalar) and document.root.value is None:
        sentence = "the file is empty; a minimal one has three lines: model: NAME, data: FILE, label: COLUMN."
        raise ConfigError(report(source, [Problem(line=1, sentence=sentence)]))
    keys = open_table(document.root, known=TOP_KEYS, what="the file", prefix="", problems=problems)
    metrics = KnownMetrics(names=known_metrics, undirected=undirected_metrics)
    settings = _settings(keys, root=root, metrics=metrics, known_oddities=known_oddities)
    if problems:
        raise ConfigError(report(source, problems))
    return replace(settings, digest="sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest())


def _settings(keys: Keys, *, root: Path, metrics: KnownMetrics, known_oddities: Collection[str]) -> Settings:
    model = _model(keys)
    label = read_label(keys)
    data = read_data(keys)
    sensitive = keys.texts("sensitive")
    identity = keys.text("id")
    _check_columns(keys, label=label.column, identity=identity, sensitive=sensitive)
    groupings = read_groupings(keys) if keys.has("slices") else default_groupings(sensitive)
    oddities, oddity = read_oddities(keys, metrics=metrics, oddities=known_oddities)
    names = [part.name for part in data]
    requirements = read_requirements(keys, metrics=metrics, datasets=names, groupings=groupings)
    if not keys.has("requirements"):
        requirements = default_requirements(scores=BLANK.run.scores, slices=bool(groupings))
    run = Run(
        requirements=requirements,
        groupings=groupings,
        gaps=read_gaps(keys, label=label.column) if keys.has("fairness") else default_gaps(sensitive),
        threshold=keys.number("threshold", BLANK.run.threshold, above=0, below=1),
        confidence=keys.number("confidence", BLANK.run.confidence, above=0.5, below=1),
        on_inconclusive=keys.word("on_inconclusive", ON_INCONCLUSIVE, BLANK.run.on_inconclusive),
        oddity=oddity,
        seed=keys.whole("seed", BLANK.run.seed),
    )
    approval = read_approval(keys)
    return Settings(
        root=root,
        model=model,
        title=keys.text("title", model),
        label=label,
        data=data,
        run=run,
        registry=keys.text("registry") or BLANK.registry,
        champion=keys.text("champion", f"models:/{model}@champion"),
        challenger=keys.text("challenger", BLANK.challenger),
        id=identity or BLANK.id,
        sensitive=sensitive,
        private=keys.texts("private"),
        oddities=oddities,
        train=read_train(keys),
        suites=keys.texts("suites"),
        model_timeout=keys.number("model_timeout", BLANK.model_timeout, above=0),
        ledger=keys.text("ledger", BLANK.ledger),
        mode=keys.word("mode", MODES, BLANK.mode),
        owner=keys.text("owner", BLANK.owner),
        approvers=approval.by,
        allow_demo=approval.allow_demo,
        noun=keys.text("noun", BLANK.noun),
        limits=keys.texts("limits"),
    )


def _model(keys: Keys) -> str:
    if not keys.has("model"):
        keys.complain(
            "model", "model is missing: give the name that the model is registered under, such as model: credit."
        )
    model = keys.text("model")
    if model and not _MODEL_NAME.fullmatch(model):
        keys.complain(
            "model", "model is a plain name, without / : @ or \\; addresses go under champion and challenger."
        )
    return model


def _check_columns(keys: Keys, *, label: str, identity: str, sensitive: tuple[str, ...]) -> None:
    """The label is what models are judged by: it can be neither an attribute of people nor a row's identity."""
    if not label:
        return
    if label in sensitive:
        keys.complain("sensitive", f'"{label}" is the label and cannot be sensitive; remove it from the list.')
    if label == identity:
        keys.complain("id", f'"{label}" is the label and cannot identify rows; name another column, or leave id out.')
