"""Family ``text``: what people, forms and copying do to text; columns of category names are text too."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from mlgate.oddities.cells import change, choose_cells, plain, present, replace_cells, text
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: Share of the texts that change, of those that can.
SHARE = 0.2
#: Share of the texts that become very long, and their length.
FEW, LENGTH = 0.01, 10_000
#: Latin letters and the Cyrillic ones that look the same.
_LATIN = "aceopxyABCEHKMOPTX"
_CYRILLIC = (
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425"
)
_LOOK_ALIKES = str.maketrans(_LATIN, _CYRILLIC)


def white_space(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts has white space before and after."""
    return _rewritten(table, asked, lambda words: f" {words}\t")


def other_case(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts has capital letters for small ones and small ones for capitals."""
    return _rewritten(table, asked, str.swapcase)


def look_alikes(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts has Cyrillic letters in place of Latin ones that look the same."""
    return _rewritten(table, asked, lambda words: words.translate(_LOOK_ALIKES))


def emoji(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts ends in an emoji of several code points."""
    return _rewritten(table, asked, lambda words: f"{words} \U0001f469\u200d\U0001f469\u200d\U0001f467")


def right_to_left(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts ends in a Hebrew word and is told to run from right to left."""
    return _rewritten(table, asked, lambda words: f"\u202e{words} \u05e9\u05dc\u05d5\u05dd\u202c")


def control_characters(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts has control characters, the character of value 0 among them."""
    return _rewritten(table, asked, lambda words: f"\x1b{words}\x00\x07")


def empty_text(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts is empty, which is not the same as missing."""
    return _rewritten(table, asked, lambda words: "")


def very_long_text(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A hundredth of the texts is repeated until it has ten thousand characters."""

    def longer(words: str) -> str:
        unit = f"{words} "
        return (unit * (LENGTH // len(unit) + 1))[: max(LENGTH, len(words))]

    return _rewritten(table, asked, longer, share=FEW, can=lambda words: len(words) < LENGTH)


def typos(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the texts has two neighbouring letters the wrong way round."""

    def swapped(words: str) -> str:
        places = [place for place in range(len(words) - 1) if words[place] != words[place + 1]]
        if not places:
            return words
        place = places[zlib.crc32(f"{asked.seed} {words}".encode(errors="replace")) % len(places)]
        return words[:place] + words[place + 1] + words[place] + words[place + 2 :]

    return _rewritten(table, asked, swapped)


def _rewritten(
    table: pa.Table,
    asked: Asked,
    rewrite: Callable[[str], str],
    *,
    share: float = SHARE,
    can: Callable[[str], bool] | None = None,
) -> pa.Table | None:
    """Chosen texts rewritten, of those that become others.

    Parameters
    ----------
    table, asked
        As every oddity gets them.
    rewrite
        From a text to another one.
    share
        Of the texts that can change.
    can
        Whether a text can, where that is quicker told than tried.
    """

    def changed(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        coded = plain(column).dictionary_encode()
        before = coded.dictionary.to_pylist()
        differs = np.array([*(can(words) if can else rewrite(words) != words for words in before), False])
        codes = coded.indices.fill_null(len(before)).to_numpy(zero_copy_only=False)
        places = choose_cells(present(column) & differs[codes], asked, share=share, name=name)
        if not len(places):
            return None
        distinct, back = np.unique(codes[places], return_inverse=True)
        fresh = pa.array([rewrite(before[code]) for code in distinct], type=coded.dictionary.type)
        return replace_cells(column, places, fresh.take(pa.array(back)))

    return change(table, text(table, asked), changed)


_NEEDS = "text to change"

ODDITIES: tuple[Oddity, ...] = tuple(
    declare("text", make, needs=_NEEDS)
    for make in (
        white_space,
        other_case,
        look_alikes,
        emoji,
        right_to_left,
        control_characters,
        empty_text,
        very_long_text,
        typos,
    )
)
