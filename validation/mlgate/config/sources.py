"""The keys of mlgate.yaml that say where things are and what they are called: label, data, training, approval.

Separate from requirements and slices because none of this reaches the engine. Paths are taken as they stand: files are
opened by the commands that need them.
"""

from __future__ import annotations

import re

from mlgate.config.defaults import BLANK
from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.config.fields import Keys, open_table
from mlgate.frozen import dataclass
from mlgate.records.data_settings import SourceSettings
from mlgate.records.settings import DataSource, LabelSettings, TrainSettings
from mlgate.records.words import Level, Task

__all__ = [
    "APPROVAL_KEYS",
    "DATA_KEYS",
    "LABEL_KEYS",
    "NAME_KEYS",
    "ORIGIN_KEYS",
    "TRAIN_KEYS",
    "ApprovalSettings",
    "check_origin",
    "read_approval",
    "read_data",
    "read_label",
    "read_origin",
    "read_train",
]

LABEL_KEYS = ("column", "positive", "negative", "names", "classes")
NAME_KEYS = ("positive", "negative")
#: the keys that say where rows come from.
ORIGIN_KEYS = ("path", "url", "query", "callable", "options", "timeout")
DATA_KEYS = (*ORIGIN_KEYS, "suite", "without", "level", "note")
#: the keys of which a data set names one: where its rows come from.
ORIGINS = ("path", "url", "callable")
TRAIN_KEYS = ("callable", "config", "timeout", "seeds", "check_data")
APPROVAL_KEYS = ("by", "allow_demo")

_DATA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
#: the other value of a label, where the word for "no" is beyond doubt.
_OPPOSITES = {"1": "0", "0": "1", "true": "false", "false": "true"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalSettings:
    """Who may approve, and whether demonstration approvals count."""

    by: tuple[str, ...]
    allow_demo: bool


def read_label(keys: Keys, task: Task | None) -> LabelSettings:
    """The label: the name of its column, or a mapping that also says what its values mean."""
    if not keys.has("label"):
        keys.complain("label", "label is missing: name the column that holds the truth, such as label: default.")
        return BLANK.label
    node = keys.values["label"]
    if isinstance(node, Scalar):
        return LabelSettings(column=keys.text("label"))
    part = open_table(node, known=LABEL_KEYS, what="label", prefix="label.", problems=keys.problems)
    if isinstance(node, Table) and not part.has("column"):
        part.complain("column", "label.column is missing: name the column that holds the truth.")
    _refuse_others(part, task)
    positive, negative = _values(part)
    positive_name, negative_name = _names(part)
    return LabelSettings(
        column=part.text("column"),
        positive=positive,
        negative=negative,
        positive_name=positive_name,
        negative_name=negative_name,
        classes=_classes(part),
    )


def _refuse_others(label: Keys, task: Task | None) -> None:
    """Note keys that say what the values of another task's label mean."""
    if task is None:
        return
    if label.has("classes") and task is not Task.MULTICLASS:
        advice = "a binary label has positive and negative" if task is Task.BINARY else "a number has no classes"
        label.complain("classes", f"label.classes goes with task: multiclass; {advice}.")
    for key in ("positive", "negative", "names"):
        if label.has(key) and task is not Task.BINARY:
            advice = "name the values under classes" if task is Task.MULTICLASS else "a number is the label itself"
            label.complain(key, f"label.{key} goes with task: binary, and task is {task}; {advice}.")


def _classes(label: Keys) -> tuple[str, ...]:
    classes = label.each_value("classes")
    if label.has("classes") and isinstance(label.values["classes"], Items) and len(classes) < 2:
        label.complain("classes", "label.classes must name at least two values, in the order of the models' scores.")
    return classes


def _values(label: Keys) -> tuple[str, tuple[str, ...] | None]:
    """The positive value, and the negative ones; see ``LabelSettings``."""
    positive = label.value("positive") or BLANK.label.positive
    negative = _negative(label, positive)
    if negative is not None and positive in negative:
        sentence = f'label.positive and label.negative are both "{positive}"; a label has two values.'
        label.complain("negative" if label.has("negative") else "positive", sentence)
    return positive, negative


def _negative(label: Keys, positive: str) -> tuple[str, ...] | None:
    if not label.has("negative"):
        return (_OPPOSITES[positive],) if positive in _OPPOSITES else ()
    given = label.values["negative"]
    if isinstance(given, Scalar) and given.value is None:
        return None  # said on purpose: every other value is negative
    if not isinstance(given, Items):
        value = label.value("negative")
        return () if value is None else (value,)
    if not given.values:
        label.complain("negative", "label.negative names no value; name those that are negative, or write null.")
    return label.each_value("negative")


def _names(label: Keys) -> tuple[str, str]:
    default = (BLANK.label.positive_name, BLANK.label.negative_name)
    if not label.has("names"):
        return default
    node = label.values["names"]
    names = open_table(node, known=NAME_KEYS, what="label.names", prefix="label.names.", problems=label.problems)
    positive, negative = names.text("positive", default[0]), names.text("negative", default[1])
    if positive == negative:
        label.complain("names", f'both decisions are called "{positive}"; give them different names.')
    return positive, negative


def read_data(keys: Keys) -> tuple[DataSource, ...]:
    """The data sets: one path (the base case), or a mapping of names to paths."""
    if not keys.has("data"):
        keys.complain("data", "data is missing: give the evaluation rows, such as data: test.parquet.")
        return ()
    node = keys.values["data"]
    if isinstance(node, Scalar):
        path = keys.text("data")
        return (DataSource(name="base_case", path=path),) if path else ()
    if not isinstance(node, Table):
        keys.wrong("data", "a path, or a mapping of names to paths, such as {base_case: test.parquet}")
        return ()
    if "base_case" not in node.values:
        sentence = "data.base_case is missing: it holds the evaluation rows, such as base_case: test.parquet."
        keys.complain("data", sentence)
    sources = tuple(_source(name, part, node.lines[name], keys.problems) for name, part in node.values.items())
    paths = {source.name: source.path for source in sources if source.path}
    if "train" in paths and paths["train"] == paths.get("base_case"):
        keys.complain(
            "data", "data.base_case is the file of data.train; judge models on rows they were not trained on."
        )
    return sources


def _source(name: str, node: Node, line: int, problems: list[Problem]) -> DataSource:
    taken = name in ("oddities", "windows")
    if not _DATA_NAME.fullmatch(name) or taken:
        why = "means something else" if taken else "must be letters, digits, _ or -, a letter first"
        problems.append(Problem(line=line, sentence=f'the name of the data set "{name}" {why}; take another name.'))
    if isinstance(node, Scalar):
        whole = Keys(line=line, values={name: node}, lines={name: line}, prefix="data.", problems=problems)
        return DataSource(name=name, path=whole.text(name))
    part = open_table(node, known=DATA_KEYS, what=f"data.{name}", prefix=f"data.{name}.", problems=problems)
    if isinstance(node, Table):
        check_origin(part, f"data.{name}")
    if part.has("level") and not part.has("suite"):
        part.complain(
            "level", f"data.{name}.level weighs the findings of a suite, and there is none; add suite, or remove level."
        )
    origin = read_origin(part)
    return DataSource(
        name=name,
        path=origin.path,
        url=origin.url,
        query=origin.query,
        callable=origin.callable,
        options=origin.options,
        timeout=origin.timeout,
        suite=part.text("suite"),
        without=part.texts("without"),
        level=part.choice("level", Level, Level.REQUIRED),
        note=part.text("note"),
    )


def check_origin(part: Keys, what: str) -> None:
    """Note rows that come from nowhere, or from two places; ``what`` is where the keys stand."""
    named = [key for key in ORIGINS if part.has(key)]
    if not named:
        part.complain("path", f"{what}.path is missing: name the file that holds the rows, or url, or callable.")
    for key in named[1:]:
        part.complain(key, f"{what}.{key} stands beside {named[0]}, and rows come from one place; remove one.")
    if part.has("url") != part.has("query"):
        missing = "query" if part.has("url") else "url"
        part.complain(missing, f"{what}.{missing} is missing: a database takes both url and query.")
    for key, needs in (("options", ("callable",)), ("timeout", ("url", "callable"))):
        if part.has(key) and not any(part.has(one) for one in needs):
            part.complain(key, f"{what}.{key} goes with {' or '.join(needs)}; remove it.")
    function = part.text("callable") if part.has("callable") else ""
    if function and not _CALLABLE.fullmatch(function):
        part.wrong("callable", "module:function, such as data.orders:read")


def read_origin(part: Keys) -> SourceSettings:
    """Where rows come from."""
    return SourceSettings(
        path=part.text("path"),
        url=part.text("url"),
        query=part.text("query"),
        callable=part.text("callable"),
        options=_options(part),
        timeout=part.number("timeout", SourceSettings().timeout, above=0),
    )


def _options(part: Keys) -> tuple[tuple[str, str], ...]:
    """Keyword arguments of the callable, as text."""
    if not part.has("options"):
        return ()
    node = part.values["options"]
    if not isinstance(node, Table):
        part.wrong("options", "a mapping of keyword arguments to values")
        return ()
    inner = Keys(
        line=node.line, values=node.values, lines=node.lines, prefix=f"{part.prefix}options.", problems=part.problems
    )
    return tuple((name, inner.value(name) or "") for name in node.values)


def read_train(keys: Keys) -> TrainSettings | None:
    """The training callable: ``module:function``, or a mapping with what it gets; None when there is none."""
    if not keys.has("train"):
        return None
    node = keys.values["train"]
    default = TrainSettings(callable="")
    if isinstance(node, Scalar):
        part, name = keys, "train"
    else:
        part = open_table(node, known=TRAIN_KEYS, what="train", prefix="train.", problems=keys.problems)
        name = "callable"
        if isinstance(node, Table) and not part.has(name):
            part.complain(name, "train.callable is missing: name the function, such as callable: model.train:train.")
    function = part.text(name)
    if function and not _CALLABLE.fullmatch(function):
        part.wrong(name, "module:function, such as model.train:train")
    if part is keys:
        return TrainSettings(callable=function)
    timeout = part.number("timeout", default.timeout, above=0)
    seeds = part.whole("seeds", default.seeds)
    if seeds == 1:
        part.complain("seeds", "train.seeds must be 0 or at least 2, since one challenger shows no spread.")
    return TrainSettings(
        callable=function,
        config=part.text("config"),
        timeout=timeout,
        seeds=seeds,
        check_data=part.flag("check_data", default.check_data),
    )


def read_approval(keys: Keys) -> ApprovalSettings:
    """Who may approve; without the key, anyone, and demonstration approvals do not count."""
    if not keys.has("approval"):
        return ApprovalSettings(by=BLANK.approvers, allow_demo=BLANK.allow_demo)
    part = open_table(
        keys.values["approval"], known=APPROVAL_KEYS, what="approval", prefix="approval.", problems=keys.problems
    )
    people = part.texts("by")
    if part.has("by") and not people:
        part.complain("by", "approval.by names nobody; leave it out to let anyone approve, or name people.")
    return ApprovalSettings(by=people, allow_demo=part.flag("allow_demo", BLANK.allow_demo))
