"""Text of others made plain: one line, cut to the room it has, nothing in it that could rewrite what stands around it.

Separate because every format needs it and it knows nothing of decisions.
"""

from __future__ import annotations

import re

__all__ = ["clean", "clip", "listed", "moment", "quoted"]

#: What text is freed from: line ends; marks that reorder or hide what stands around them, as a title must not be able
#: to rewrite the sentence that it stands in; and what cannot be written as UTF-8 or XML and would spoil a whole file.
_BREAKS = "\t\n\r\x0b\x0c\x85\u2028\u2029"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_ILLEGAL = "\x00-\x1f\x7f-\x9f\ud800-\udfff" + "".join(
    chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)
)
_UNCLEAN = re.compile(f"[{_BREAKS}{_BIDI}{_ILLEGAL}]")
_CLEANING = (
    (re.compile(f"[{_BREAKS}]+"), " "),
    (re.compile(f"[{_BIDI}]"), ""),
    (re.compile(f"[{_ILLEGAL}]"), "\ufffd"),
)


def clean(text: str) -> str:
    """Text that every format can hold: one line, no control characters, no marks that reorder what stands around them.

    >>> clean("a\\x00b\\nc\\u202ed")
    'a\\ufffdb cd'
    """
    # Nothing of what is taken out counts as printable, and to ask for that is faster than to search.
    if text.isprintable() or _UNCLEAN.search(text) is None:
        return text
    for pattern, instead in _CLEANING:
        text = pattern.sub(instead, text)
    return text


def clip(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, with an ellipsis where it was cut.

    >>> clip("abcdef", 4)
    'abc…'
    """
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def moment(at: str) -> str:
    """A time (ISO 8601, UTC) as it stands in a sentence, to the minute; anything else as it is.

    >>> moment("2026-11-24T13:05:09Z"), moment("tomorrow")
    ('2026-11-24 at 13:05 UTC', 'tomorrow')
    """
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?Z", at)
    return f"{found[1]} at {found[2]} UTC" if found else clip(at, 32)


def quoted(name: str) -> str:
    """A name as it stands in a sentence: in quotation marks unless it is made of words.

    >>> quoted("denied"), quoted("default=1")
    ('denied', '“default=1”')
    """
    return name if re.fullmatch(r"[^\W\d_]+([ -][^\W\d_]+)*", name) else f"“{name}”"


def listed(parts: list[str]) -> str:
    """Parts as one enumeration.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
