"""mlgate.yaml as a whole: its top keys, what they have to do with each other, and the record that comes of them.

Separate from the files that read single keys because only here all of them are known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from mlgate.config.behaviour import read_behaviour, read_golden
from mlgate.config.columns import check_columns, check_private
from mlgate.config.data_checks import read_data_checks
from mlgate.config.defaults import BLANK, default_groupings, default_requirements
from mlgate.config.discovered import Guards, read_discovered, read_guards, with_guarded
from mlgate.config.document import Problem, Scalar, read, report
from mlgate.config.explanations import read_explanations
from mlgate.config.fairness import read_gaps, read_sensitive
from mlgate.config.fields import Keys, open_table, shortened
from mlgate.config.groupings import read_groupings
from mlgate.config.measuring import LoadOwn, Thresholds, read_money, read_own_metrics, read_task, read_threshold
from mlgate.config.metrics import KnownMetrics, Traits
from mlgate.config.model_checks import read_memory, read_model_check
from mlgate.config.odd_sets import read_oddities
from mlgate.config.production import WINDOWS, read_production
from mlgate.config.requirements import Surroundings, read_requirements
from mlgate.config.sources import read_approval, read_data, read_label, read_train
from mlgate.errors import ConfigError
from mlgate.records.model_settings import CertaintySettings, CostSettings, PrivacySettings
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.settings import DataSource, LabelSettings, Settings
from mlgate.records.words import Task
from mlgate.stages.disclose import DISCLOSURES

__all__ = ["LEAST_REPLICATES", "MODES", "ON_INCONCLUSIVE", "TOP_KEYS", "parse"]

TOP_KEYS = (
    "model",
    "title",
    "owner",
    "noun",
    "task",
    "label",
    "id",
    "unit",
    "weight",
    "time",
    "sensitive",
    "private",
    "disclosure",
    "minimum_cell",
    "registry",
    "champion",
    "challenger",
    "train",
    "data",
    "log",
    "threshold",
    "costs",
    "values",
    "own_metrics",
    "replicates",
    "baseline",
    "confidence",
    "seed",
    "slices",
    "requirements",
    "on_inconclusive",
    "uses",
    "fairness",
    "discovered",
    "guard",
    "oddities",
    "golden",
    "behaviour",
    "checks",
    "suites",
    "cost",
    "privacy",
    "certainty",
    "explanations",
    "model_timeout",
    "model_memory",
    "build_env",
    "ledger",
    "mode",
    "approval",
    "limits",
)
MODES = ("gate", "observe")
ON_INCONCLUSIVE = ("block", "approve")
#: fewer say too little about how much a metric moves.
LEAST_REPLICATES = 100

_MODEL_NAME = re.compile(r"[^/:@\\\s]([^/:@\\]*[^/:@\\\s])?")


def parse(
    text: str,
    *,
    source: str,
    root: Path,
    look_up: Callable[[str, Run], Traits],
    load_own: LoadOwn,
    known_oddities: Collection[str],
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
    look_up
        Traits of the metric of a name in a run whose task, classes and money are known; raises ConfigError, in one
        sentence, when there is none.
    load_own
        The function behind the dotted name of a user's own metric; raises ConfigError, in one sentence, when there is
        none.
    known_oddities
        The names that oddities may use.

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
    settings = _settings(keys, root=root, look_up=look_up, load_own=load_own, known_oddities=known_oddities)
    if problems:
        raise ConfigError(report(source, problems))
    return replace(settings, digest="sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest())


def _settings(
    keys: Keys,
    *,
    root: Path,
    look_up: Callable[[str, Run], Traits],
    load_own: LoadOwn,
    known_oddities: Collection[str],
) -> Settings:
    judged = _judged(keys, root=root, look_up=look_up, load_own=load_own, known_oddities=known_oddities)
    approval = read_approval(keys)
    return replace(
        judged,
        registry=keys.text("registry") or BLANK.registry,
        champion=keys.text("champion", f"models:/{judged.model}@champion"),
        challenger=keys.text("challenger", BLANK.challenger),
        golden=read_golden(keys),
        time=keys.text("time"),
        production=read_production(keys),
        checks=read_data_checks(keys),
        train=read_train(keys),
        suites=keys.texts("suites"),
        cost=read_model_check(keys, "cost", CostSettings),
        privacy=read_model_check(keys, "privacy", PrivacySettings),
        certainty=read_model_check(keys, "certainty", CertaintySettings),
        model_timeout=keys.number("model_timeout", BLANK.model_timeout, above=0),
        model_memory=read_memory(keys),
        build_env=keys.flag("build_env", BLANK.build_env),
        uses=keys.whole("uses", BLANK.uses, least=1),
        ledger=keys.text("ledger", BLANK.ledger),
        mode=keys.word("mode", MODES, BLANK.mode),
        disclosure=keys.word("disclosure", DISCLOSURES, BLANK.disclosure),
        minimum_cell=keys.whole("minimum_cell", BLANK.minimum_cell, least=2),
        owner=keys.text("owner", BLANK.owner),
        approvers=approval.by,
        allow_demo=approval.allow_demo,
        noun=keys.text("noun", BLANK.noun),
        limits=keys.texts("limits"),
    )


def _judged(
    keys: Keys,
    *,
    root: Path,
    look_up: Callable[[str, Run], Traits],
    load_own: LoadOwn,
    known_oddities: Collection[str],
) -> Settings:
    """Model, rows and run, with all that is about their columns and metrics; everything else as it is by default."""
    model, task = _model(keys), read_task(keys)
    label, data, thresholds = read_label(keys, task), read_data(keys), read_threshold(keys, task)
    identity, attributes = keys.text("id"), read_sensitive(keys)
    sensitive = tuple(dict.fromkeys(column for one in attributes for column in one.columns))
    run = _measured(keys, task=task, label=label, thresholds=thresholds, sensitive=attributes, load_own=load_own)
    guards, added = read_guards(keys, run.groupings)
    run = replace(run, groupings=(*run.groupings, *added))
    parts = {
        "id": identity,
        "unit": run.unit,
        "weight": run.weight,
        "time": keys.text("time"),
        "baseline": run.baseline,
    }
    check_columns(keys, label=label.column, parts=parts, sensitive=sensitive, money=run.money)
    check_private(keys, label=label.column, run=run, sensitive=sensitive, private=keys.texts("private"))
    metrics = KnownMetrics(look_up=look_up, run=None if task is None else run)
    oddities, oddity = read_oddities(keys, metrics=metrics, oddities=known_oddities)
    run = replace(run, requirements=_asked(keys, run, metrics, data, guards), oddity=oddity)
    _check_use(keys, run)
    return Settings(
        root=root,
        model=model,
        title=keys.text("title", model),
        label=label,
        data=data,
        run=run,
        id=identity or BLANK.id,
        sensitive=sensitive,
        private=keys.texts("private"),
        oddities=oddities,
        discovered=read_discovered(keys, metrics),
        guards=bool(guards),
        behaviour=read_behaviour(keys, label=label.column, task=task, named_id=identity),
        explanations=read_explanations(keys, label=label.column),
        thresholds_from_models=thresholds.from_models,
    )


def _measured(
    keys: Keys,
    *,
    task: Task | None,
    label: LabelSettings,
    thresholds: Thresholds,
    sensitive: tuple[Grouping, ...],
    load_own: LoadOwn,
) -> Run:
    """Everything of the run but what is required of it."""
    gaps = read_gaps(keys, label=label.column, task=task, sensitive=sensitive)
    return Run(
        requirements=(),
        task=task or BLANK.run.task,
        classes=label.classes,
        groupings=read_groupings(keys) if keys.has("slices") else default_groupings(sensitive),
        attributes=gaps.attributes,
        gaps=gaps.requirements,
        threshold=thresholds.challenger,
        champion_threshold=thresholds.champion,
        confidence=keys.number("confidence", BLANK.run.confidence, above=0.5, below=1),
        on_inconclusive=keys.word("on_inconclusive", ON_INCONCLUSIVE, BLANK.run.on_inconclusive),
        seed=keys.whole("seed", BLANK.run.seed),
        unit=keys.text("unit"),
        weight=keys.text("weight"),
        money=read_money(keys, task),
        own_metrics=read_own_metrics(keys, load_own),
        replicates=keys.whole("replicates", BLANK.run.replicates, least=LEAST_REPLICATES),
        baseline=keys.text("baseline"),
    )


def _asked(
    keys: Keys, run: Run, metrics: KnownMetrics, data: tuple[DataSource, ...], guards: Guards
) -> tuple[Requirement, ...]:
    """The requirements of the file, or the default ones (whether there is a champion shows later), and guards."""
    names = [source.name for source in data] + ([WINDOWS] if keys.has("log") else [])
    around = Surroundings(metrics=metrics, datasets=names, groupings=run.groupings)
    if keys.has("requirements"):
        found = read_requirements(keys, around)
    else:
        found = default_requirements(run.task, scores=run.scores, slices=bool(run.groupings), champion=True)
    return with_guarded(guards, around, found, keys.problems)


def _check_use(keys: Keys, run: Run) -> None:
    """Note what is declared for requirements that are not there."""
    if run.baseline and not any(requirement.than == "baseline" for requirement in run.requirements):
        keys.complain(
            "baseline", "baseline is compared with nowhere: write than: baseline in a requirement, or remove it."
        )
    for metric in run.own_metrics:
        if metric.name not in run.metrics():
            sentence = f'the own metric "{shortened(metric.name)}" is asked about nowhere; name it in a requirement.'
            keys.complain("own_metrics", sentence)


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
