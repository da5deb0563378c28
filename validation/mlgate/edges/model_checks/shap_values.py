"""SHAP values of models that are asked through their processes: rows put together by shap, answers given back to it.

The package shap is an optional extra: a run that asks for it imports it, and no other does. Its
permutation explainer (antithetic: every order of the columns forwards and backwards) wants a matrix of numbers, and
calls the model once for every row that is explained. Here

- the matrix holds *places of rows*: what stands in a column is the place of a row that has the value, so that columns
  of any type, missing values among them, are masked alike, and equal values count as equal;
- it runs twice over the same rows from the same seeds: first to write down which rows it wants answered, then, when
  all of them have been answered in a few large calls, to work with the answers. What it asks for does not depend on
  what it is answered, and both models get the very same rows.

The seed of a row is a hash of what the row is: neither the order of the file nor the other rows change its values.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, one_chunk
from mlgate.edges.hashing import hash_column, mix
from mlgate.errors import ConfigError, install

__all__ = ["ROWS_ASKED", "ensure_shap", "shap_values"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Hashes = NDArray[np.uint64]

#: Rows that models are asked about at a time, at most, where one explained row does not need more.
ROWS_ASKED = 50_000


def ensure_shap() -> None:
    """Say at once what is missing, before models are trained and asked.

    Raises
    ------
    ConfigError
        The package shap is not installed.
    """
    if importlib.util.find_spec("shap") is None:
        raise ConfigError(
            f"explanations.shap needs the package shap, which is not installed; run {install('shap')}, or set "
            "explanations.shap to false."
        )


def shap_values(
    rows: pa.Table,
    background: pa.Table,
    columns: Sequence[str],
    *,
    identity: Hashes,
    parts: int,
    ask: Callable[[pa.Table], Floats],
) -> Floats:
    """SHAP values of every explained row against each part of the background.

    Parameters
    ----------
    rows, background
        Tables of the same columns; the background's rows are dealt to the parts in turn.
    columns
        That are explained. In a row all others keep the row's own values.
    identity
        (n,) hashes of what the rows are.
    parts
        How many; in each one a row has an order of the columns of its own.
    ask
        The answers, (m, outputs), to a table of m rows; of an explained row and a part no more than one for each of
        2 x columns + 1 and each row of the part.

    Returns
    -------
    ndarray
        (columns, parts, n, outputs). Over the columns they add up to the row's answer less the mean answer of the row
        with the columns of each row of the part: to the last digit, whatever the model is.
    """
    # By name, so that the order of the file's columns does not matter to the order in which they are shown.
    names = sorted(columns)
    shap = _imported()
    some = max(1, ROWS_ASKED // ((2 * len(names) + 1) * background.num_rows))
    found = []
    state = np.random.get_state()
    try:
        # The explainer seeds the generator that everybody shares.
        for start in range(0, rows.num_rows, some):
            table = pa.concat_tables([rows.slice(start, some), background])
            found.append(_values(shap, table, names, identity[start : start + some], parts, ask))
    finally:
        np.random.set_state(state)
    return np.concatenate(found, axis=2)[[names.index(name) for name in columns]]


class _Noted(Exception):
    """What the explainer wants answered is known, and it need not go on."""


def _values(
    shap: Any,
    table: pa.Table,
    names: Sequence[str],
    identity: Hashes,
    parts: int,
    ask: Callable[[pa.Table], Floats],
) -> Floats:
    """The same, of so few rows, the first of the table, that all they need is asked at once; the rest is background."""
    count = len(identity)
    codes = np.column_stack([_codes(table.column(name)) for name in names]).astype(np.float64)
    explained, behind = codes[:count], [codes[count:][part::parts] for part in range(parts)]
    maskers = [shap.maskers.Independent(one, max_samples=len(one)) for one in behind]
    seeds = [_seeds(identity, part) for part in range(parts)]

    def explain(row: int, part: int, model: Callable[[Floats], Floats]) -> Floats:
        # One order, forwards and backwards, of the columns in which the row differs from any of the background.
        differing = int((explained[row] != behind[part]).any(axis=0).sum())
        explainer = shap.PermutationExplainer(model, maskers[part], seed=seeds[part][row])
        told = explainer.explain_row(
            explained[row],
            max_evals=2 * differing + 1,
            main_effects=False,
            error_bounds=False,
            batch_size="auto",
            outputs=None,
            silent=True,
        )
        return np.asarray(told["values"], dtype=np.float64)

    every = [(row, part) for row in range(count) for part in range(parts)]
    wanted = [_wanted(partial(explain, row, part)) for row, part in every]
    sizes = [len(one) for one in wanted]
    owners = np.repeat([row for row, _ in every], sizes)
    answers = np.split(ask(_decoded(table, names, np.concatenate(wanted), owners)), np.cumsum(sizes)[:-1])
    values = [explain(row, part, partial(_given, answer)) for (row, part), answer in zip(every, answers, strict=True)]
    return np.stack(values).reshape(count, parts, len(names), -1).transpose(2, 1, 0, 3)


def _wanted(explain: Callable[[Callable[[Floats], Floats]], Floats]) -> Floats:
    """The rows, as codes, to which the explainer wants answers."""
    noted: list[Floats] = []

    def note(asked: Floats) -> Floats:
        noted.append(asked.copy())
        raise _Noted

    with suppress(_Noted):
        explain(note)
    return noted[0]


def _given(answer: Floats, asked: Floats) -> Floats:
    """The answer to what was asked before."""
    assert len(answer) == len(asked), "the explainer asks for other rows than before"
    return answer


def _codes(column: pa.ChunkedArray) -> Places:
    """For each row, the place of the first row with the same value."""
    _, first, group = np.unique(hash_column(column), return_index=True, return_inverse=True)
    return np.asarray(first[group], dtype=np.intp)


def _seeds(identity: Hashes, part: int) -> list[int]:
    digest = hashlib.blake2b(f"shap {part}".encode(), digest_size=8).digest()
    mixed = mix(identity ^ np.uint64(int.from_bytes(digest, "big")))
    return [int(one) for one in mixed >> np.uint64(32)]  # NumPy's generator takes 32 bits


def _decoded(table: pa.Table, names: Sequence[str], codes: Floats, owners: NDArray[np.intp]) -> pa.Table:
    """The rows that are asked about: each column from the rows that its codes point to, all others from the owner."""
    own = from_numbers(owners)
    places = {name: from_numbers(codes[:, place].astype(np.intp)) for place, name in enumerate(names)}
    arrays = [one_chunk(table.column(name)).take(places.get(name, own)) for name in table.column_names]
    return pa.table(arrays, schema=table.schema)


def _imported() -> Any:
    with warnings.catch_warnings(), _interpreted():
        warnings.simplefilter("ignore")  # of its plots, which nobody asks for
        return importlib.import_module("shap")


@contextmanager
def _interpreted() -> Iterator[None]:
    """Keep numba, which versions of shap before 0.52 use, from compiling: that takes longer than all the work."""
    try:
        config: Any = importlib.import_module("numba.core.config")
    except ImportError:
        yield
        return
    before, config.DISABLE_JIT = config.DISABLE_JIT, True
    try:
        yield
    finally:
        config.DISABLE_JIT = before
