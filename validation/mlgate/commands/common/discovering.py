"""The search for undeclared slices as commands do it: which columns, which rows, and what is told of it.

Shared by ``check`` and ``run``. Private columns are not searched: a slice by one would tell its values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.discovery import Discovered, discover
from mlgate.edges.arrays import distinct, from_numbers
from mlgate.edges.arrow_functions import take
from mlgate.edges.batches.outcome_columns import determining, ranking
from mlgate.edges.batches.search_columns import search_columns
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ConfigError, nearest
from mlgate.frozen import dataclass
from mlgate.inference.bootstrap import uniforms
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.settings import Settings
from mlgate.search.levels import SearchColumn

__all__ = ["Search", "discovered", "ensure_searchable", "with_discovered"]

#: A number of the bootstrap's kind that no replicate has: it chooses the rows that are searched.
CHOOSING = (1 << 40) + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What a search for undeclared slices adds to an outcome."""

    findings: tuple[Finding, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


def with_discovered(outcome: gate.Outcome, search: Callable[[], Search]) -> gate.Outcome:
    """The outcome, and what a search adds to it; without a tally of the base case there is nothing to search."""
    if gate.BASE_CASE not in outcome.tallies:
        return outcome
    found = search()
    return dataclasses.replace(
        outcome,
        findings=(*outcome.findings, *found.findings),
        exhibits=(*outcome.exhibits, *found.exhibits),
    )


def discovered(
    settings: Settings,
    table: pa.Table,
    batches: Iterable[Batch],
    identity: NDArray[np.uint64] | None = None,
    *,
    taken: Collection[str] = (),
) -> Search:
    """Search for undeclared slices; nothing that the gate concludes is needed for it.

    Parameters
    ----------
    settings
        Say whether and how.
    table
        The rows, with the columns that are searched.
    batches
        The same rows in the same order, as both models answered them.
    identity
        (n,) of each row, where it is known already.
    taken
        Columns that are no description of a row, such as predictions.

    Raises
    ------
    ConfigError
        A column that is to be searched is not there.
    """
    asked = settings.discovered
    if asked is None:
        return Search()
    names = _names(settings, asked, table, taken)
    identity = row_identity(table, settings.id) if identity is None else identity
    batch = dataclasses.replace(_joined(list(batches)), identity=identity)
    rows = _chosen(batch, identity, asked.rows, settings.run.seed)
    some = batch if rows is None else _some(batch, rows)
    columns, told = _searched(table.select(names), rows, some, settings.run, asked)
    if not columns:
        return Search(exhibits=told)
    found = discover(settings.run, some, columns, asked, guarded=settings.guards)
    if rows is not None:
        found = dataclasses.replace(found, examples=tuple(rows[places] for places in found.examples))
    return Search(findings=_with_ids(found, settings, table), exhibits=(*told, *found.exhibits))


def _searched(
    table: pa.Table, rows: NDArray[np.intp] | None, batch: Batch, run: Run, asked: DiscoverySettings
) -> tuple[list[SearchColumn], tuple[Exhibit, ...]]:
    """The columns that are searched; and what of the others tells the outcome, unless columns were asked for.

    As many are read at a time as may be searched, until that many are found: one that is left out costs none its place.
    """
    columns, left = list[SearchColumn](), dict[str, str]()
    for start in range(0, table.num_columns, asked.most_columns):
        if len(columns) >= asked.most_columns:
            break
        read = table.select(table.column_names[start : start + asked.most_columns])
        read = read if rows is None else take(read, from_numbers(rows))
        out = {} if asked.columns else ranking(read, batch, run)
        found = search_columns(read, [name for name in read.column_names if name not in out], asked.bins)
        if not asked.columns:
            out |= determining(found, batch, run)
        columns += [one for one in found if one.name not in out]
        left |= out
    told = Exhibit(name="not_searched", columns=("column", "because"), rows=tuple(sorted(left.items())))
    return columns[: asked.most_columns], (told,) if left else ()


def ensure_searchable(settings: Settings, table: pa.Table) -> None:
    """Refuse columns of the search that are not there or may not be searched, before any model is started.

    Raises
    ------
    ConfigError
        One that is to be searched, or left alone, is not in the base case, or one to be searched is private.
    """
    asked = settings.discovered
    if asked is None:
        return
    for name in (*asked.columns, *asked.leave):
        if name not in table.column_names:
            who = "discovered" if name in asked.columns else "discovered.leave (or --leave)"
            raise ConfigError(f'{who} names the column "{name}"; {nearest(name, table.column_names)}')
    private = [name for name in asked.columns if name in settings.private]
    if private:
        raise ConfigError(f'discovered names the private column "{private[0]}"; a slice would tell its values.')


def _names(settings: Settings, asked: DiscoverySettings, table: pa.Table, taken: Collection[str]) -> list[str]:
    """Columns that are searched, in the order of the table."""
    ensure_searchable(settings, table)
    if asked.columns:
        return [name for name in asked.columns if name not in asked.leave]
    known = {settings.label.column, settings.id, settings.time, *settings.run.columns(), settings.run.baseline}
    left = {*known, *settings.private, *asked.leave, *taken}
    return [name for name in table.column_names if name not in left]


def _joined(batches: Sequence[Batch]) -> Batch:
    """All rows in one batch; columns of declared slices and identities are not needed."""

    def whole(part: str) -> NDArray[Any] | None:
        found = [getattr(batch, part) for batch in batches]
        return None if found[0] is None else found[0] if len(found) == 1 else np.concatenate(found)

    labels, challenger = whole("labels"), whole("challenger")
    assert labels is not None and challenger is not None
    return Batch(
        labels=labels,
        champion=whole("champion"),
        challenger=challenger,
        columns={},
        units=whole("units"),
        weights=whole("weights"),
        money=whole("money"),
    )


def _chosen(batch: Batch, identity: NDArray[np.uint64], most: int, seed: int) -> NDArray[np.intp] | None:
    """Places of about ``most`` rows, chosen by what they are (whole units, where there are some); None: all rows."""
    rows = len(identity)
    if rows <= most:
        return None
    dealt = identity if batch.units is None else batch.units
    return np.flatnonzero(uniforms(dealt, CHOOSING, seed) < most / rows)


def _some(batch: Batch, rows: NDArray[np.intp]) -> Batch:
    def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[rows]

    return Batch(
        labels=batch.labels[rows],
        champion=cut(batch.champion),
        challenger=batch.challenger[rows],
        columns={},
        identity=cut(batch.identity),
        units=cut(batch.units),
        weights=cut(batch.weights),
        money=cut(batch.money),
    )


def _with_ids(found: Discovered, settings: Settings, table: pa.Table) -> tuple[Finding, ...]:
    """The findings with ids of some rows, where rows have ids that may be told."""
    name = settings.id
    if name is None or name in settings.private or name not in table.column_names:
        return found.findings
    column = table.column(name)
    return tuple(
        dataclasses.replace(one, examples="ids " + ", ".join(map(str, _values(column, rows)))) if len(rows) else one
        for one, rows in zip(found.findings, found.examples, strict=True)
    )


def _values(column: pa.ChunkedArray, rows: NDArray[np.intp]) -> list[object]:
    codes, values = distinct(take(column, from_numbers(rows)))
    return [values[code] for code in codes]
