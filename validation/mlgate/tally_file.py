"""Tallies as bytes and back: what stays of the rows for good, so that evidence can be judged again without them.

Separate from ``tables`` because merging and keeping are different promises. Rows are never written: what is left of
them are the summaries of metrics.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.tables import Summary, Tally

__all__ = ["dump", "load"]

#: What numpy and zipfile raise when bytes are not the archive they should be.
_UNREADABLE = (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)
_SUMMARY = ("rows", "values", "errors", "freedoms", "skewness", "counted", "sizes", "moved")


def dump(tallies: Mapping[str, Tally]) -> bytes:
    """All tallies of a run as the bytes of one ``.npz``; equal tallies give equal bytes.

    Sums are stored as two 64-bit limbs (high signed, low unsigned).
    """
    arrays: dict[str, NDArray[Any]] = {"datasets": np.array(sorted(tallies), dtype=np.str_)}
    for number, dataset in enumerate(sorted(tallies)):
        tally = tallies[dataset]
        arrays[f"{number}.paired"] = np.array(tally.paired)
        arrays[f"{number}.classes"] = np.array(tally.classes)
        arrays[f"{number}.slices"] = np.array(tally.slices, dtype=np.str_)
        arrays[f"{number}.groupings"] = np.array(tally.groupings, dtype=np.int64)
        for name in ("rows", "cells", "triples"):
            arrays[f"{number}.{name}"] = getattr(tally, name)
        for name in ("units", "carrying"):
            if getattr(tally, name) is not None:
                arrays[f"{number}.{name}"] = getattr(tally, name)
        for place, (name, hits) in enumerate(sorted(tally.hits.items())):
            arrays |= {f"{number}.hits.{place}.name": np.array(name), f"{number}.hits.{place}": hits}
        for place, (name, total) in enumerate(sorted(tally.sums.items())):
            where = f"{number}.sums.{place}"
            arrays |= {f"{where}.name": np.array(name), f"{where}.scale": np.array(tally.scales[name])}
            arrays |= {f"{where}.{limb}": part for limb, part in _limbs(total).items()}
        for place, (name, summary) in enumerate(sorted(tally.summaries.items())):
            where = f"{number}.summaries.{place}"
            arrays |= {f"{where}.name": np.array(name), f"{where}.shape": np.array(summary.shape)}
            arrays |= {f"{where}.{column}": getattr(summary, column) for column in _SUMMARY}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _limbs(total: NDArray[np.object_]) -> dict[str, NDArray[Any]]:
    flat = [int(value) for value in total.ravel()]
    return {
        "high": np.array([value >> 64 for value in flat], dtype=np.int64).reshape(total.shape),
        "low": np.array([value & (2**64 - 1) for value in flat], dtype=np.uint64).reshape(total.shape),
    }


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
        raise DataError(
            f"the tally cannot be read ({problem}); it is cut off, or not written by this version of mlgate."
        ) from None


def _load_one(file: Mapping[str, NDArray[Any]], number: int) -> Tally:
    sums, scales = {}, {}
    for name, where in _named(file, f"{number}.sums"):
        sums[name] = file[f"{where}.high"].astype(object) * 2**64 + file[f"{where}.low"].astype(object)
        scales[name] = int(file[f"{where}.scale"])
    return Tally(
        paired=bool(file[f"{number}.paired"]),
        classes=int(file[f"{number}.classes"]),
        slices=tuple(str(name) for name in file[f"{number}.slices"]),
        groupings=tuple(int(group) for group in file[f"{number}.groupings"]),
        rows=file[f"{number}.rows"],
        cells=file[f"{number}.cells"],
        triples=file[f"{number}.triples"],
        hits={name: file[where] for name, where in _named(file, f"{number}.hits")},
        sums=sums,
        scales=scales,
        summaries={
            name: Summary(
                shape=str(file[f"{where}.shape"]), **{column: file[f"{where}.{column}"] for column in _SUMMARY}
            )
            for name, where in _named(file, f"{number}.summaries")
        },
        units=file[f"{number}.units"] if f"{number}.units" in file else None,
        carrying=file[f"{number}.carrying"] if f"{number}.carrying" in file else None,
    )


def _named(file: Mapping[str, NDArray[Any]], prefix: str) -> list[tuple[str, str]]:
    """Name and place of everything that was stored in turn under a prefix."""
    found: list[tuple[str, str]] = []
    while f"{prefix}.{len(found)}.name" in file:
        where = f"{prefix}.{len(found)}"
        found.append((str(file[f"{where}.name"]), where))
    return found
