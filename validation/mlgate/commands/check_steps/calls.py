"""The comparison as a function: ``mlgate.check`` on tables, ``mlgate.compare`` on arrays.

Both go the way of ``mlgate check --predictions`` and return the decision that it would write; nothing is written unless
a folder is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mlgate.commands.check_steps.asking import Asked, legal_margin
from mlgate.commands.check_steps.check_predictions import judged
from mlgate.commands.check_steps.named_arrays import CHALLENGER, CHAMPION, ID, LABEL, UNIT, WEIGHT, named_arrays
from mlgate.commands.check_steps.scored import Scored, scored_table
from mlgate.commands.common.writing import now, put_together, run_folder, shown, write_run
from mlgate.edges.rows.files import checked_table, read_table
from mlgate.edges.rows.in_memory import table_of
from mlgate.errors import ConfigError
from mlgate.records.decision import Decision
from mlgate.records.words import Task

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["check", "compare"]


def check(
    data: object,
    *,
    label: str,
    challenger: str,
    champion: str | None = None,
    by: Iterable[str] = (),
    cross: Iterable[Sequence[str]] = (),
    sensitive: Iterable[str | Sequence[str]] = (),
    cuts: Mapping[str, Sequence[float]] | None = None,
    id: str | None = None,
    unit: str | None = None,
    weight: str | None = None,
    task: str | None = None,
    positive: object = None,
    negative: object = None,
    classes: Sequence[object] = (),
    threshold: float = 0.5,
    champion_threshold: float | None = None,
    metrics: Iterable[str] = (),
    margin: float | None = None,
    relative: bool = False,
    discover: bool | None = None,
    leave: Iterable[str] = (),
    out: str | Path | None = None,
) -> Decision:
    """Compare two columns of predictions of one table.

    Parameters
    ----------
    data
        n rows: a path, an Arrow table, a pandas or polars data frame, or a mapping of names to columns.
    label
        Column of truth.
    challenger, champion
        Columns of predictions: scores in [0, 1], label values, or numbers (regression). With a star (``old_*``), one
        column of scores per class. Without a champion only absolute requirements are judged.
    by, cross
        Columns, and combinations of columns, whose values make slices.
    sensitive
        Attributes whose groups are compared with each other: columns, or combinations of columns.
    cuts
        Per column of numbers, where it is cut into ranges, for slices and groups.
    id
        Column that identifies a row.
    unit
        Column that says which rows belong together; intervals are then cluster-robust.
    weight
        Column of row weights, at least 0.
    task
        ``binary``, ``multiclass`` or ``regression``; None: read off the data.
    positive
        Label value of the positive class; None: 1 or true.
    negative
        Label value, or values, of the negative class; None: the one other value; ``"*"``: every other value.
    classes
        Multiclass: all classes; empty: read off the data.
    threshold, champion_threshold
        A score at or above it is the positive decision; the champion's own, when it differs.
    metrics
        Judged instead of the default requirements: required over all rows, guarded on slices at twice the margin.
    margin, relative
        How much worse is still allowed, and whether that is a fraction of the champion's value.
    discover
        Whether slices that nobody named are searched for; None: on about 200,000 of more rows; True: on all rows.
    leave
        Columns that this search leaves alone, such as another model's answers.
    out
        Folder for the files of a run; None: nothing is written.

    Raises
    ------
    ConfigError, DataError
        Something that was asked for is not there, or not legal; the sentence says what, where, and how to mend it.

    Examples
    --------
    >>> rows = {"y": [0, 1] * 500, "old": [0.2, 0.8] * 500, "new": [0.1, 0.9] * 500}
    >>> decision = check(rows, label="y", champion="old", challenger="new")
    >>> decision.verdict.value, decision.findings[0].metric, decision.findings[0].improvement.value
    ('pass', 'accuracy', 0.0)
    """
    table = _table_of(data)
    asked = Asked(
        label=label,
        champion=champion or "",
        challenger=challenger,
        by=_names(by),
        cross=_crossed(cross),
        sensitive=_attributes(sensitive),
        cuts=tuple((name, tuple(float(point) for point in points)) for name, points in (cuts or {}).items()),
        id=id,
        unit=unit or "",
        weight=weight or "",
        task=_task_of(task),
        positive=None if positive is None else _text(positive),
        negative=_labels(negative),
        classes=tuple(_text(one) for one in classes),
        threshold=_threshold(threshold),
        champion_threshold=None if champion_threshold is None else _threshold(champion_threshold),
        metrics=tuple(dict.fromkeys(_names(metrics))),
        margin=None if margin is None else legal_margin(margin, margin),
        relative=relative,
        discover=discover,
        leave=tuple(dict.fromkeys(_names(leave))),
    )
    return _decided(scored_table(asked, table, _name_of(data)), out)


def compare(
    labels: ArrayLike,
    champion: ArrayLike | None,
    challenger: ArrayLike,
    *,
    slices: object = None,
    cross: Iterable[Sequence[str]] = (),
    sensitive: Iterable[str | Sequence[str]] = (),
    cuts: Mapping[str, Sequence[float]] | None = None,
    id: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    task: str | None = None,
    positive: object = None,
    negative: object = None,
    classes: Sequence[object] = (),
    threshold: float = 0.5,
    champion_threshold: float | None = None,
    metrics: Iterable[str] = (),
    margin: float | None = None,
    relative: bool = False,
    discover: bool | None = None,
    out: str | Path | None = None,
) -> Decision:
    """Compare two models' answers to the same rows, given as arrays.

    Parameters
    ----------
    labels
        (n,) what happened.
    champion, challenger
        (n,) scores, label values or numbers, or (n, classes) class scores; None without a champion.
    slices
        Columns whose values make slices: a mapping of names to n values each, or a data frame of n rows.
    cross
        Combinations of these columns.
    sensitive, cuts
        As for ``check``, of these columns.
    id, unit, weight
        (n,) each, as the columns of ``check``.
    classes
        Multiclass: the classes in the order of the columns of scores; empty: the label's values in order.
    task, positive, negative, threshold, champion_threshold, metrics, margin, relative, discover, out
        As for ``check``.

    Raises
    ------
    ConfigError, DataError
        As ``check``.

    Examples
    --------
    >>> decision = compare([0, 1] * 500, [0.2, 0.8] * 500, [0.1, 0.9] * 500, slices={"sex": ["f", "f", "m", "m"] * 250})
    >>> decision.verdict.value, sorted({finding.slice for finding in decision.findings})
    ('pass', ['overall', 'sex=f', 'sex=m'])
    """
    arrays = named_arrays(
        labels,
        {CHAMPION: champion, CHALLENGER: challenger},
        slices=None if slices is None else _table_of(slices),
        others={ID: id, UNIT: unit, WEIGHT: weight},
        classes=[_text(one) for one in classes],
    )
    return check(
        arrays.table,
        label=LABEL,
        challenger=arrays.answers[CHALLENGER],
        champion=arrays.answers.get(CHAMPION),
        by=arrays.slices,
        cross=cross,
        sensitive=sensitive,
        cuts=cuts,
        id=ID if id is not None else None,
        unit=UNIT if unit is not None else None,
        weight=WEIGHT if weight is not None else None,
        task=task,
        positive=positive,
        negative=negative,
        classes=classes,
        threshold=threshold,
        champion_threshold=champion_threshold,
        metrics=metrics,
        margin=margin,
        relative=relative,
        discover=discover,
        out=out,
    )


def _decided(scored: Scored, out: str | Path | None) -> Decision:
    started, outcome = now(), judged(scored)
    place = None if out is None else Path(out)
    decision, tally = put_together(
        scored.settings,
        name="" if place is None else shown(place),
        command="check",
        outcome=outcome,
        findings=outcome.findings,
        models=scored.models,
        data=(scored.data,),
        started=started,
    )
    if place is not None:
        with run_folder(place) as folder:
            write_run(folder, decision, tally)
    return decision


def _name_of(data: object) -> str:
    """What errors and reports call the rows."""
    return str(data) if isinstance(data, (str, Path)) else "data"


def _table_of(data: object) -> pa.Table:
    """Rows of any kind as an Arrow table."""
    if isinstance(data, (str, Path)):
        return read_table(Path(data), wanted=lambda names: names)
    return checked_table(table_of(data), "data")


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """Names of columns or metrics; a single text is one name, and not a name for each of its letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def _crossed(cross: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    combinations = tuple(cross)
    if isinstance(cross, str) or any(isinstance(one, str) for one in combinations):
        raise ConfigError('cross holds a name alone; give combinations of columns, such as [("sex", "region")].')
    return tuple(tuple(columns) for columns in combinations)


def _attributes(sensitive: Iterable[str | Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    several = (sensitive,) if isinstance(sensitive, str) else sensitive
    return tuple((one,) if isinstance(one, str) else tuple(one) for one in several)


def _text(value: object) -> str:
    from mlgate.slices import value_text

    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return value_text(float(value) if isinstance(value, (int, float, np.number)) else str(value))


def _labels(given: object) -> tuple[str, ...] | None:
    """One label value, or several; an array of them is taken apart like a list."""
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Iterable):
        return (_text(given),)
    return tuple(dict.fromkeys(_text(one) for one in given))


def _task_of(task: str | None) -> Task | None:
    if task is None:
        return None
    if task not in [known.value for known in Task]:
        raise ConfigError(f'task "{task}" is not known; it is one of {", ".join(known.value for known in Task)}.')
    return Task(task)


def _threshold(threshold: float) -> float:
    if not 0 < threshold < 1:
        raise ConfigError(f"the threshold {threshold} is not between 0 and 1; scores are probabilities.")
    return float(threshold)
