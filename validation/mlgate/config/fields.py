"""Reading single keys of mlgate.yaml: each function asks for one kind of value and notes what is wrong with it.

Separate from the files that know which keys there are, so that one wrong value has one wording wherever it stands. A
wrong value is noted and replaced by the default, so that reading goes on and every problem is told at once; what is
read is used only when there was none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.errors import nearest
from mlgate.frozen import dataclass

__all__ = ["Keys", "canonical", "describe", "items", "open_table", "shortened"]

Word = TypeVar("Word", bound=StrEnum)

_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%")


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """One mapping of the file and where to note what is wrong with it."""

    #: the line on which the mapping starts.
    line: int
    values: Mapping[str, Node]
    lines: Mapping[str, int]
    #: put before a key's name in a sentence, such as ``label.``; empty at the top and within lists.
    prefix: str
    #: shared by all mappings of one file: what was wrong so far.
    problems: list[Problem]

    def has(self, key: str) -> bool:
        """Whether the key stands in the mapping."""
        return key in self.values

    def complain(self, key: str, sentence: str) -> None:
        """Note a problem at the key, or at the mapping when the key is missing."""
        self.problems.append(Problem(line=self.lines.get(key, self.line), sentence=sentence))

    def wrong(self, key: str, expected: str) -> None:
        """Note that the value of a key is not what is expected."""
        node = self.values[key]
        if isinstance(node, Scalar) and node.value is None:
            # The parser sees an empty value only on the line that follows.
            sentence = f"{self.prefix}{key} has no value: it must be {expected}; write one, or leave the key out."
            self.complain(key, sentence)
        else:
            sentence = f"{self.prefix}{key} must be {expected}, found {describe(node)}."
            self.problems.append(Problem(line=node.line, sentence=sentence))

    def text(self, key: str, default: str = "") -> str:
        """Words, without white space around them."""
        if key not in self.values:
            return default
        node = self.values[key]
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if node.value.strip():
                return node.value.strip()
            self.complain(key, f"{self.prefix}{key} is empty; write something, or leave the key out.")
        elif isinstance(node, Scalar) and node.value is not None:
            self.wrong(key, f'text, such as "{shortened(node.written)}" in quotes')
        else:
            self.wrong(key, "text")
        return default

    def number(self, key: str, default: float, *, above: float = -math.inf, below: float = math.inf) -> float:
        """A finite number strictly between two bounds."""
        if key not in self.values:
            return default
        value = _finite(self.values[key])
        if value is not None and above < value < below:
            return value
        words = [f"above {above:g}"] * (above > -math.inf) + [f"below {below:g}"] * (below < math.inf)
        self.wrong(key, " ".join(["a number", " and ".join(words)]).strip())
        return default

    def margin(self, key: str, *, percent: bool) -> tuple[float | None, bool]:
        """A margin and whether it is relative: ``0.02``, or where allowed ``"2%"`` of the champion's value."""
        node = self.values[key]
        written = node.value if isinstance(node, Scalar) else None
        share = _PERCENT.fullmatch(written.strip()) if isinstance(written, str) else None
        if share and percent:
            return float(share[1]) / 100, True
        value = _finite(node)
        if value is not None and value >= 0:
            return value, False
        share_too = ', or a share of the champion\'s value such as "2%"' if percent else ", such as 0.05"
        self.wrong(key, "a number that is not negative" + share_too)
        return None, False

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """A whole number that is not below ``least``."""
        if key not in self.values:
            return default
        node = self.values[key]
        if isinstance(node, Scalar) and type(node.value) is int and node.value >= least:
            return node.value
        self.wrong(key, f"a whole number that is {f'at least {least}' if least else 'not negative'}")
        return default

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        if key not in self.values:
            return default
        node = self.values[key]
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(key, "true or false")
        return default

    def word(self, key: str, known: Collection[str], default: str) -> str:
        """One of several words."""
        written = self.text(key)
        if not written:
            return default
        if written not in known:
            self.complain(key, f'unknown {key} "{shortened(written)}"; {nearest(written, known)}')
            return default
        return written

    def choice(self, key: str, words: type[Word], default: Word) -> Word:
        """One word of a fixed vocabulary."""
        return words(self.word(key, [str(member) for member in words], str(default)))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words, each once."""
        if key not in self.values:
            return ()
        node = self.values[key]
        if not isinstance(node, Items):
            self.wrong(key, "a list, such as [one, two]")
            return ()
        return self.each_once(key, node)

    def each_once(self, key: str, node: Items) -> tuple[str, ...]:
        """The words of a list; anything else in it, and words that come again, are noted."""
        found: list[str] = []
        for part in node.values:
            written = part.value if isinstance(part, Scalar) else None
            if not isinstance(written, str) or not written.strip():
                sentence = f"every entry of {self.prefix}{key} must be text, found {describe(part)}."
                self.problems.append(Problem(line=part.line, sentence=sentence))
            elif written.strip() in found:
                sentence = f'"{shortened(written.strip())}" stands twice in {self.prefix}{key}; remove one.'
                self.problems.append(Problem(line=part.line, sentence=sentence))
            else:
                found.append(written.strip())
        return tuple(found)

    def each_value(self, key: str) -> tuple[str, ...]:
        """A list of values that data may hold, as canonical text, each once."""
        if key not in self.values:
            return ()
        node = self.values[key]
        if not isinstance(node, Items):
            self.wrong(key, "a list of values, such as [a, b, c]")
            return ()
        found: list[str] = []
        for part in node.values:
            written = canonical(part)
            sentence = ""
            if written is None:
                sentence = f"every entry of {self.prefix}{key} must be one value, found {describe(part)}."
            elif written in found:
                sentence = f'"{shortened(written)}" stands twice in {self.prefix}{key}; remove one.'
            else:
                found.append(written)
            if sentence:
                self.problems.append(Problem(line=part.line, sentence=sentence))
        return tuple(found)

    def value(self, key: str) -> str | None:
        """A value that data may hold, as canonical text; None when the key is missing."""
        if key not in self.values:
            return None
        written = canonical(self.values[key])
        if written is None:
            self.wrong(key, "one value, such as 1, true or a word")
        return written


def open_table(node: Node, *, known: Collection[str], what: str, prefix: str, problems: list[Problem]) -> Keys:
    """The keys of a mapping; unknown ones, and a value that is no mapping, are noted.

    Parameters
    ----------
    node
        The value that should be a mapping.
    known
        The keys that have a meaning there.
    what
        What the mapping is, for the sentence: "a requirement".
    prefix
        Put before key names in sentences: ``label.``.
    problems
        Where problems are noted.
    """
    if not isinstance(node, Table):
        sentence = f"{what} must be a mapping with keys such as {', '.join(list(known)[:3])}, found {describe(node)}."
        problems.append(Problem(line=node.line, sentence=sentence))
        return Keys(line=node.line, values={}, lines={}, prefix=prefix, problems=problems)
    for key, line in node.lines.items():
        if key not in known:
            sentence = f'unknown key "{prefix}{shortened(key)}"; {nearest(key, known)}'
            problems.append(Problem(line=line, sentence=sentence))
    return Keys(line=node.line, values=node.values, lines=node.lines, prefix=prefix, problems=problems)


def items(keys: Keys, key: str) -> tuple[Node, ...]:
    """The values of a list of mappings; empty when the key is missing or its value is no list (which is noted)."""
    if not keys.has(key):
        return ()
    node = keys.values[key]
    if isinstance(node, Items):
        return node.values
    keys.wrong(key, 'a list, one entry per line, each starting with "- "')
    return ()


def canonical(node: Node) -> str | None:
    """A single value as the text by which labels and groups are compared; None when it is not a single value.

    The numbers ``1`` and ``1.0`` are ``1``, the truth values are ``true`` and ``false``, text stays as it is.
    """
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    return None if value is None or value == "" else str(value)


def describe(node: Node) -> str:
    """What a value is, for the end of a sentence."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Table):
        return "a mapping"
    if node.value is None:
        return "nothing"
    return f'"{shortened(node.value)}"' if isinstance(node.value, str) else shortened(node.written)


def shortened(text: str) -> str:
    """Text from the file as it may stand in a sentence: one line, no control characters, not longer than 60."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= 60 else line[:57] + "..."


def _finite(node: Node) -> float | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
