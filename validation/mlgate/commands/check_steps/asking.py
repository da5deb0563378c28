"""What somebody asks of a comparison without a configuration file: on the command line, or from Python.

Separate from the reading of rows because the same questions are put to columns of predictions, to models, and to
arrays; from ``config``, which reads them off a file; and from ``run_asked_for.py``, which answers with a run.
"""

from __future__ import annotations

import argparse
import math

from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.records.words import Task

__all__ = ["EVERY_OTHER", "Asked", "asked_of", "legal_margin", "read_cuts", "read_margin"]

#: Stands for all labels but the positive one, where somebody means one against the rest.
EVERY_OTHER = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One question; everything but the label has a default."""

    #: column of truth.
    label: str
    #: columns of predictions; with a star, one column per class. Empty champion: there is none.
    champion: str = ""
    challenger: str = ""
    #: columns that slices are made of, and combinations of columns.
    by: tuple[str, ...] = ()
    cross: tuple[tuple[str, ...], ...] = ()
    #: attributes whose groups are compared with each other; with several columns, an intersection.
    sensitive: tuple[tuple[str, ...], ...] = ()
    #: per column that is cut into ranges: its name and the ascending cut points.
    cuts: tuple[tuple[str, tuple[float, ...]], ...] = ()
    #: columns that identify a row, say which rows belong together, and how much a row weighs.
    id: str | None = None
    unit: str = ""
    weight: str = ""
    #: None: read off the data.
    task: Task | None = None
    #: label value of the positive class; None: 1 or true.
    positive: str | None = None
    #: its other values: None: there is one; ``*`` alone: every other value is negative.
    negative: tuple[str, ...] | None = None
    #: multiclass: the classes in the order of the models' scores; empty: read off the data.
    classes: tuple[str, ...] = ()
    threshold: float = 0.5
    #: None: the same as the challenger's.
    champion_threshold: float | None = None
    #: whether the models' own metadata say the thresholds.
    thresholds_from_models: bool = False
    #: instead of the default requirements.
    metrics: tuple[str, ...] = ()
    #: None: the default margin.
    margin: float | None = None
    #: whether the margin is a fraction of the champion's value; None: where that is usual.
    relative: bool | None = None
    #: whether undeclared slices are searched for: None: on some rows of many, to an affordable depth; True: on all.
    discover: bool | None = None
    #: columns that the search for undeclared slices leaves alone.
    leave: tuple[str, ...] = ()
    seed: int = 0


def asked_of(options: argparse.Namespace) -> Asked:
    """The question that the options of ``check`` and ``power`` put.

    Raises
    ------
    ConfigError
        An option is missing or not legal.
    """
    margin, relative = (None, None) if options.margin is None else read_margin(options.margin)
    discover, leave = getattr(options, "discover", None), tuple(dict.fromkeys(getattr(options, "leave", ())))
    if leave and discover is False:
        raise ConfigError("--leave keeps a column out of the search that --no-discover leaves out; drop one of them.")
    thresholds_from_models = options.threshold == "model"
    threshold = 0.5 if options.threshold in (None, "model") else _threshold(options.threshold, "--threshold")
    champion_threshold = None
    if options.champion_threshold is not None:
        champion_threshold = _threshold(options.champion_threshold, "--champion-threshold")
    return Asked(
        label=options.label,
        champion=options.champion or "",
        challenger=options.challenger or "",
        by=tuple(options.by),
        cross=tuple(tuple(part.strip() for part in cross.split(",")) for cross in options.cross),
        sensitive=tuple(tuple(part.strip() for part in one.split(",")) for one in options.sensitive),
        cuts=tuple(read_cuts(one) for one in options.cuts),
        id=options.id,
        unit=options.unit or "",
        weight=options.weight or "",
        task=None if options.task is None else Task(options.task),
        positive=options.positive,
        negative=tuple(dict.fromkeys(options.negative)) or None,
        classes=tuple(part.strip() for part in options.classes.split(",")) if options.classes else (),
        threshold=threshold,
        champion_threshold=champion_threshold,
        thresholds_from_models=thresholds_from_models,
        metrics=tuple(dict.fromkeys(options.metric)),
        margin=margin,
        relative=relative,
        discover=discover,
        leave=leave,
    )


def read_margin(text: str) -> tuple[float, bool]:
    """A margin, and whether it is a fraction of the champion's value.

    >>> read_margin("0.01"), read_margin("2%")
    ((0.01, False), (0.02, True))

    Raises
    ------
    ConfigError
        It is no number of at least 0.
    """
    plain = text.strip().removesuffix("%")
    relative = text.strip().endswith("%")
    margin = legal_margin(plain, text)
    return (margin / 100 if relative else margin), relative


def legal_margin(number: object, written: object) -> float:
    """A margin of at least 0.

    Raises
    ------
    ConfigError
        It is none; ``written`` is how the user put it.
    """
    try:
        margin = float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        margin = math.nan
    if not 0 <= margin < math.inf:
        raise ConfigError(
            f"--margin {written} is no margin; give how much worse is still allowed, such as 0.01, or 2% of the "
            "champion's value."
        )
    return margin


def read_cuts(text: str) -> tuple[str, tuple[float, ...]]:
    """A column and where it is cut into ranges.

    >>> read_cuts("age=25,40.5")
    ('age', (25.0, 40.5))

    Raises
    ------
    ConfigError
        There is no column, or what follows are no ascending numbers.
    """
    column, _, written = text.rpartition("=")
    try:
        points = tuple(float(part) for part in written.split(","))
    except ValueError:
        points = ()
    rising = all(low < high for low, high in zip(points, points[1:])) and all(map(math.isfinite, points))
    if not column.strip() or not points or not rising:
        raise ConfigError(f"--cuts {text} is no column with ascending numbers; write it as --cuts age=25,40,60.")
    return column.strip(), points


def _threshold(text: str | float, flag: str) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not 0 < threshold < 1:
        raise ConfigError(f"{flag} {text} is not between 0 and 1; scores are probabilities.")
    return threshold
