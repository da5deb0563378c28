"""The key ``log`` of mlgate.yaml: the prediction log of production, its windows, and what is asked of them.

Separate from ``data``, whose sets are fixed: the windows of a log move on with time.
"""

from __future__ import annotations

from dataclasses import replace

from mlgate.config.data_checks import read_record
from mlgate.config.document import Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.config.sources import ORIGIN_KEYS, check_origin, read_origin
from mlgate.records.data_settings import (
    DeclineSettings,
    LogSettings,
    ProductionSettings,
    SkewSettings,
    SourceSettings,
    WindowSettings,
)

__all__ = ["EVERY", "LOG_KEYS", "WINDOWS", "WINDOW_KEYS", "read_production"]

#: The name under which requirements speak of every window of the log.
WINDOWS = "windows"
EVERY = ("hour", "day", "week", "month")
WINDOW_KEYS = ("name", "start", "end")
LOG_KEYS = (
    *ORIGIN_KEYS,
    "id",
    "time",
    "model_version",
    "score",
    "label",
    "labels_time",
    "labels",
    "every",
    "last",
    "until",
    "windows",
    "selective",
    "skew",
    "decline",
)


def read_production(keys: Keys) -> ProductionSettings | None:
    """The prediction log; None when none is declared."""
    if not keys.has("log"):
        return None
    part = open_table(keys.values["log"], known=LOG_KEYS, what="log", prefix="log.", problems=keys.problems)
    if isinstance(keys.values["log"], Table):
        check_origin(part, "log")
    plain = LogSettings(source=read_origin(part))
    log = replace(
        plain,
        id=part.text("id", plain.id),
        time=part.text("time", plain.time),
        model_version=part.text("model_version", plain.model_version),
        score=part.text("score", plain.score),
        label=part.text("label", plain.label),
        labels_time=part.text("labels_time"),
        labels=_labels(part),
        every=part.word("every", EVERY, plain.every),
        last=part.whole("last", plain.last, least=1),
        until=part.text("until"),
        windows=_windows(part),
        selective=part.text("selective"),
    )
    return ProductionSettings(
        log=replace(log, every="") if log.windows else log,
        skew=read_record(part, "skew", SkewSettings) if part.has("skew") else SkewSettings(),
        decline=read_record(part, "decline", DeclineSettings) if part.has("decline") else DeclineSettings(),
    )


def _labels(part: Keys) -> SourceSettings | None:
    if not part.has("labels"):
        return None
    node = part.values["labels"]
    if not isinstance(node, Table):
        return SourceSettings(path=part.text("labels"))
    inner = open_table(node, known=ORIGIN_KEYS, what="log.labels", prefix="log.labels.", problems=part.problems)
    check_origin(inner, "log.labels")
    return read_origin(inner)


def _windows(part: Keys) -> tuple[WindowSettings, ...]:
    found = []
    for node in items(part, "windows"):
        inner = open_table(node, known=WINDOW_KEYS, what="a window", prefix="", problems=part.problems)
        for key in WINDOW_KEYS:
            if isinstance(node, Table) and not inner.has(key):
                inner.complain(key, f"{key} is missing: a window has a name, a start and an end.")
        found.append(WindowSettings(**{key: inner.value(key) or "" for key in WINDOW_KEYS}))
    return tuple(found)
