"""Mergeable integer tables: all that is kept of the rows once both models have scored them.

A tally holds, per slice and jointly over champion and challenger, counts of decisions, exact sums of losses, and the
scores that ranking metrics need. Everything in it is an integer or a multiset, so ``+`` is exact, associative and
commutative: batch size, order and partitioning cannot change a bit of it. No metric has merge code of its own.

Losses are whole numbers in fixed point. A loss is at most 2^30 after scaling, so its square and each half of its cube
fit in 64 bits per row; sums over rows are Python integers and never overflow. (Split sums rather than floating-point
compensation, because compensated sums still depend on order in the last bit.)
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.records.rows import Batch, Membership

__all__ = ["LOSSES", "Loss", "Ranks", "SCORE_SCALE", "Tally", "count", "dump", "load", "merge"]

#: Scores in [0, 1] are rounded to this fraction before a loss is computed from them.
SCORE_SCALE = 2**24
#: Log loss clips scores to [2^-20, 1 - 2^-20].
LOG_LOSS_CLIP = 2.0**-20
#: Order of the sums of a loss: n, champion A, challenger B, their products, cubes, and cubes of B - A.
SUMS = ("n", "a", "b", "aa", "ab", "bb", "aaa", "bbb", "ddd")
_CHUNK = 1 << 20
#: What numpy and zipfile raise when bytes are not the archive they should be.
_UNREADABLE = (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """A per-row loss that is kept as exact sums."""

    name: str
    #: fixed-point units per 1; the largest loss times the scale stays within 2^30.
    scale: int
    #: (labels, rounded scores) -> loss per row, floats.
    of: Callable[[NDArray[np.int8], NDArray[np.float64]], NDArray[np.float64]]


def _log_loss(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(scores, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)
    return -np.log(np.where(labels == 1, clipped, 1 - clipped))


def _brier(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return (scores - labels) ** 2


LOSSES: tuple[Loss, ...] = (
    Loss(name="log_loss", scale=2**26, of=_log_loss),
    Loss(name="brier", scale=2**30, of=_brier),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ranks:
    """A multiset of (slices, label, champion score, challenger score), sorted; equal rows are counted once.

    Scores are the float64 values that the models gave, so ties are exact and rare-event scores near 0 keep their order.
    """

    #: (k, groupings + 1) index into the tally's slices, -1 for none.
    codes: NDArray[np.int32]
    #: (k,) 0 or 1.
    labels: NDArray[np.int8]
    #: (k,) all zero without a champion.
    champion: NDArray[np.float64]
    #: (k,)
    challenger: NDArray[np.float64]
    #: (k,) rows that share all of the above.
    counts: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tally:
    """All that is kept of some rows. Arrays run over the same slices in the same order."""

    #: whether a champion took part.
    paired: bool
    #: sorted slice names.
    slices: tuple[str, ...]
    #: per slice, the place of its grouping in the run counted from 1; 0 for ``overall``.
    groupings: tuple[int, ...]
    #: (slices, 8) counts by (label, champion decision, challenger decision); index 4 label + 2 champion + challenger.
    cells: NDArray[np.int64]
    #: per loss: (slices, 9) Python integers in the order of ``SUMS``; empty when models give decisions only.
    sums: Mapping[str, NDArray[np.object_]]
    #: None when no ranking metric is asked for.
    ranks: Ranks | None

    def __add__(self, other: Tally) -> Tally:
        return merge((self, other))


def count(batch: Batch, membership: Membership, *, threshold: float, losses: Iterable[str], ranks: bool) -> Tally:
    """The tally of one batch.

    Parameters
    ----------
    batch
        n rows with scores of one or both models.
    membership
        Slices of the same rows.
    threshold
        A score at or above it is the positive decision.
    losses
        Names of the losses to sum (see ``LOSSES``).
    ranks
        Whether to keep scores for ranking metrics.
    """
    names = tuple(sorted(membership.names))
    origin = dict(zip(membership.names, membership.groupings, strict=True))
    place = {name: index for index, name in enumerate(names)}
    table = np.array([*(place[name] for name in membership.names), -1], dtype=np.int32)
    codes = table[membership.codes]
    champion = batch.challenger if batch.champion is None else batch.champion
    decided = [(scores >= threshold).astype(np.int64) for scores in (champion, batch.challenger)]
    cell = 4 * batch.labels.astype(np.int64) + 2 * decided[0] + decided[1]
    cells = np.zeros((len(names), 8), dtype=np.int64)
    for group in codes.T:
        inside = group >= 0
        cells += np.bincount(group[inside] * 8 + cell[inside], minlength=cells.size).reshape(cells.shape)
    wanted = set(losses)
    sums = {
        loss.name: _sum_loss(loss, batch.labels, champion, batch.challenger, codes, len(names))
        for loss in LOSSES
        if loss.name in wanted
    }
    kept = None
    if ranks:
        first = np.zeros_like(batch.challenger) if batch.champion is None else champion
        # Adding 0.0 turns -0.0 into 0.0: the two are equal, so which of them is kept would depend on the order of rows.
        kept = _gather_ranks(codes, batch.labels, first + 0.0, batch.challenger + 0.0, np.ones_like(cell))
    return Tally(
        paired=batch.champion is not None,
        slices=names,
        groupings=tuple(origin[name] for name in names),
        cells=cells,
        sums=sums,
        ranks=kept,
    )


def _sum_loss(
    loss: Loss,
    labels: NDArray[np.int8],
    champion: NDArray[np.float64],
    challenger: NDArray[np.float64],
    codes: NDArray[np.int32],
    slices: int,
) -> NDArray[np.object_]:
    a, b = (
        np.rint(loss.of(labels, np.rint(scores * SCORE_SCALE) / SCORE_SCALE) * loss.scale).astype(np.int64)
        for scores in (champion, challenger)
    )
    d = b - a
    total: NDArray[np.object_] = np.zeros((slices, len(SUMS)), dtype=object)
    columns: list[list[tuple[NDArray[np.int64], int]]] = [
        [(np.ones_like(a), 1)],
        [(a, 1)],
        [(b, 1)],
        [(a * a, 1)],
        [(a * b, 1)],
        [(b * b, 1)],
        _cube(a),
        _cube(b),
        _cube(d),
    ]
    for column, parts in enumerate(columns):
        for values, weight in parts:
            for group in codes.T:
                total[:, column] += _sum_by(values, group, slices) * weight
    return total


def _cube(values: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
    """The cubes as two addends with weights, since 90 bits do not fit in 64: (v² // 2^30) v 2^30 + (v² mod 2^30) v."""
    square = values * values
    return [((square >> 30) * values, 1 << 30), ((square & ((1 << 30) - 1)) * values, 1)]


def _sum_by(values: NDArray[np.int64], group: NDArray[np.int32], slices: int) -> NDArray[np.object_]:
    """Exact sums of int64 values per group, (slices,) Python integers; rows of group -1 count nowhere.

    ``bincount`` adds in float64, which is exact below 2^53: values are split at 2^31 and rows taken in chunks.
    """
    total: NDArray[np.object_] = np.zeros(slices, dtype=object)
    for start in range(0, len(values), _CHUNK):
        chunk, where = values[start : start + _CHUNK], group[start : start + _CHUNK]
        inside = where >= 0
        if not inside.all():
            chunk, where = chunk[inside], where[inside]
        high = np.bincount(where, weights=(chunk >> 31).astype(np.float64), minlength=slices)
        low = np.bincount(where, weights=(chunk & ((1 << 31) - 1)).astype(np.float64), minlength=slices)
        total += high.astype(np.int64).astype(object) * (1 << 31) + low.astype(np.int64).astype(object)
    return total


def _gather_ranks(
    codes: NDArray[np.int32],
    labels: NDArray[np.int8],
    champion: NDArray[np.float64],
    challenger: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> Ranks:
    """Sort rows into their one canonical order and count equal ones together."""
    keys = [*codes.T[::-1], labels, champion, challenger]
    order = np.lexsort(keys)
    new = np.zeros(len(order), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    starts = np.flatnonzero(new)
    first = order[starts]
    return Ranks(
        codes=codes[first],
        labels=labels[first],
        champion=champion[first],
        challenger=challenger[first],
        counts=np.add.reduceat(counts[order], starts) if len(starts) else counts[:0],
    )


def merge(tallies: Iterable[Tally]) -> Tally:
    """The tally of all rows together; the only way that tallies combine.

    Raises
    ------
    DataError
        The tallies are not of one kind (other losses, or a champion in only some of them), or there is none.
    """
    parts = tuple(tallies)
    if not parts:
        raise DataError("there are no rows to judge; the data set is empty.")
    if len(parts) == 1:
        return parts[0]
    kinds = {(part.paired, tuple(part.sums), part.ranks is None) for part in parts}
    if len(kinds) > 1:
        raise DataError(
            "tallies of different kinds cannot be merged; score all parts with the same models and the same run."
        )
    origin = {name: group for part in parts for name, group in zip(part.slices, part.groupings, strict=True)}
    names = tuple(sorted(origin))
    place = {name: index for index, name in enumerate(names)}
    cells = np.zeros((len(names), 8), dtype=np.int64)
    sums = {name: np.zeros((len(names), len(SUMS)), dtype=object) for name in parts[0].sums}
    tables = []
    for part in parts:
        table = np.array([place[name] for name in part.slices], dtype=np.intp)
        cells[table] += part.cells
        for name, total in sums.items():
            total[table] += part.sums[name]
        tables.append(np.append(table, -1).astype(np.int32))
    return Tally(
        paired=parts[0].paired,
        slices=names,
        groupings=tuple(origin[name] for name in names),
        cells=cells,
        sums=sums,
        ranks=_merge_ranks(parts, tables),
    )


def _merge_ranks(parts: tuple[Tally, ...], tables: list[NDArray[np.int32]]) -> Ranks | None:
    held = [part.ranks for part in parts if part.ranks is not None]
    if not held:
        return None
    return _gather_ranks(
        np.concatenate([table[ranks.codes] for table, ranks in zip(tables, held, strict=True)]),
        *(
            np.concatenate([getattr(ranks, name) for ranks in held])
            for name in ("labels", "champion", "challenger", "counts")
        ),
    )


def dump(tallies: Mapping[str, Tally]) -> bytes:
    """All tallies of a run as the bytes of one ``.npz``; equal tallies give equal bytes.

    Sums are stored as two 64-bit limbs (high signed, low unsigned).
    """
    arrays: dict[str, NDArray[Any]] = {"datasets": np.array(sorted(tallies), dtype=np.str_)}
    for number, dataset in enumerate(sorted(tallies)):
        tally = tallies[dataset]
        arrays[f"{number}.paired"] = np.array(tally.paired)
        arrays[f"{number}.slices"] = np.array(tally.slices, dtype=np.str_)
        arrays[f"{number}.groupings"] = np.array(tally.groupings, dtype=np.int64)
        arrays[f"{number}.cells"] = tally.cells
        for name, total in tally.sums.items():
            flat = [int(value) for value in total.ravel()]
            arrays[f"{number}.sums.{name}.high"] = np.array([value >> 64 for value in flat], dtype=np.int64).reshape(
                total.shape
            )
            arrays[f"{number}.sums.{name}.low"] = np.array(
                [value & (2**64 - 1) for value in flat], dtype=np.uint64
            ).reshape(total.shape)
        if tally.ranks is not None:
            for name in ("codes", "labels", "champion", "challenger", "counts"):
                arrays[f"{number}.ranks.{name}"] = getattr(tally.ranks, name)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def load(content: bytes) -> dict[str, Tally]:
    """The tallies in the bytes that ``dump`` wrote.

    Raises
    ------
    DataError
        The bytes are not such a file.
    """
    try:
        with np.lib.npyio.NpzFile(io.BytesIO(content), allow_pickle=False) as file:
            return {str(dataset): _load_one(file, number) for number, dataset in enumerate(file["datasets"])}
    except _UNREADABLE as problem:
        raise DataError(f"the tally cannot be read ({problem}); it is cut off or was not written by mlgate.") from None


def _load_one(file: Mapping[str, NDArray[Any]], number: int) -> Tally:
    names = [key.split(".")[2] for key in file if key.startswith(f"{number}.sums.") and key.endswith(".high")]
    sums = {}
    for name in names:
        high, low = file[f"{number}.sums.{name}.high"], file[f"{number}.sums.{name}.low"]
        sums[name] = high.astype(object) * 2**64 + low.astype(object)
    ranks = None
    if f"{number}.ranks.codes" in file:
        parts = {
            name: file[f"{number}.ranks.{name}"] for name in ("codes", "labels", "champion", "challenger", "counts")
        }
        ranks = Ranks(
            codes=parts["codes"],
            labels=parts["labels"],
            champion=parts["champion"],
            challenger=parts["challenger"],
            counts=parts["counts"],
        )
    return Tally(
        paired=bool(file[f"{number}.paired"]),
        slices=tuple(str(name) for name in file[f"{number}.slices"]),
        groupings=tuple(int(group) for group in file[f"{number}.groupings"]),
        cells=file[f"{number}.cells"],
        sums=sums,
        ranks=ranks,
    )
