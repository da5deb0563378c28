"""Taking private values out of texts that others wrote: messages of models, words of tests, logs of services.

Separate from the checks, which know what is private and never tell it: an exception of a model may quote the very row
that it choked on. Values are looked up as whole words, up to some words long, so that a text of any length is gone
through once, however many values there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pyarrow as pa

from mlgate.edges.batches.columns import values_of
from mlgate.edges.rows.files import write_atomically
from mlgate.slices import value_text

__all__ = ["PRIVATE", "hide_in_files", "hiding"]

#: What stands in the place of a private value.
PRIVATE = "(private)"
#: Shorter values are common words and small numbers, which would be found everywhere and tell nobody anything.
_SHORTEST, _SHORTEST_NUMBER = 4, 5
#: The longest value that is looked for, in words.
_WORDS = 12
_WORD = re.compile(r"\w+")


def hiding(tables: Iterable[pa.Table], private: Collection[str]) -> Callable[[str], str]:
    """A function that replaces the values of private columns in a text.

    Parameters
    ----------
    tables
        All rows that a model or a test may have seen.
    private
        Columns of which no value may be told.

    >>> hide = hiding([pa.table({"name": ["Ann O'Hara", "Bo"], "card": [4711008, 12]})], ["name", "card"])
    >>> hide("ValueError: could not convert 'Ann O\\'Hara' (card 4711008) to float")
    "ValueError: could not convert '(private)' (card (private)) to float"
    """
    values: set[str] = set()
    for table in tables:
        for name in (one for one in private if one in table.column_names):
            values.update(_telling(table.column(name)))
    # By the words alone, since quotes and escapes differ from writer to writer.
    known = {tuple(_WORD.findall(value)) for value in values}
    lengths = sorted({len(words) for words in known if 0 < len(words) <= _WORDS}, reverse=True)
    return lambda text: _without(text, known, lengths) if known else text


def hide_in_files(paths: Iterable[Path], hide: Callable[[str], str]) -> None:
    """Replace private values in text files, each whole or not at all."""
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        hidden = hide(text)
        if hidden != text:
            write_atomically(path, hidden)


def _telling(column: pa.ChunkedArray) -> Iterable[str]:
    for value in values_of(column):
        if value is not None:
            text = value_text(value)
            if len(text) >= (_SHORTEST if isinstance(value, str) else _SHORTEST_NUMBER):
                yield text


def _without(text: str, known: Collection[tuple[str, ...]], lengths: Collection[int]) -> str:
    words = list(_WORD.finditer(text))
    parts, at, place = [], 0, 0
    while place < len(words):
        length = next((n for n in lengths if tuple(one[0] for one in words[place : place + n]) in known), 0)
        if length:
            parts += [text[at : words[place].start()], PRIVATE]
            at = words[place + length - 1].end()
        place += length or 1
    return "".join([*parts, text[at:]])
