"""YAML text to a small tree of values that know their lines. Nothing here knows what the keys of mlgate.yaml mean.

Separate from the reading of keys because the text comes from outside and is judged before anything is made of it:
there are no tags, so nothing is constructed but text, numbers, lists and mappings; aliases count as often as they are
used, so that a file of one kilobyte cannot describe a billion values; nesting and size are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

__all__ = ["Document", "Items", "Node", "Problem", "Scalar", "Table", "read", "report"]

MAX_BYTES = 1_000_000
#: values in the file, those behind aliases counted at every use.
MAX_VALUES = 20_000
MAX_DEPTH = 20

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
#: Escapes can write them, and then they break terminals, paths and encoders far from here.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, and the line on which it stands."""

    line: int
    #: what is wrong and what to do.
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """One value: text, a number, true or false, or nothing."""

    line: int
    value: str | int | float | bool | None
    #: as it stands in the file, without quotes.
    written: str
    size: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """A list."""

    line: int
    values: tuple[Node, ...]
    #: values in it, itself included, those behind aliases counted at every use.
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A mapping of keys to values, in the order of the file."""

    line: int
    values: Mapping[str, Node]
    #: the line on which each key stands.
    lines: Mapping[str, int]
    size: int


Node = Scalar | Items | Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A whole file: its tree, and what was wrong with its keys."""

    root: Node
    problems: tuple[Problem, ...]


@dataclass(kw_only=True, slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    line: int
    anchor: str | None
    is_table: bool
    parts: list[Node] = field(default_factory=list)


class _Refused(Exception):
    """The text as a whole cannot be used; carries the line and the sentence."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(line=line, sentence=sentence)


def read(text: str, source: str) -> Document:
    """The tree of one YAML text.

    Parameters
    ----------
    text
        What stands in the file.
    source
        The name of the file, for errors.

    Raises
    ------
    ConfigError
        The text is not YAML, too large, nested too deeply, has tags, or holds more than one document. Keys that stand
        twice do not raise; they are in ``Document.problems``, so that they are told together with all other problems.
    """
    if len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        raise ConfigError(f"{source}:1: the file is larger than 1 MB; a configuration is a few hundred lines.")
    try:
        return _compose(_events(text))
    except _Refused as refused:
        raise ConfigError(report(source, [refused.problem])) from None


def report(source: str, problems: Iterable[Problem]) -> str:
    """All problems as ``file:line: sentence``, one per line, sorted by line, each once."""
    ordered = sorted(problems, key=lambda problem: problem.line)
    return "\n".join(dict.fromkeys(f"{source}:{problem.line}: {problem.sentence}" for problem in ordered))


def _events(text: str) -> Iterable[Event]:
    """The parser's events; every way in which it fails becomes one refusal with line and column."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    line = 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.start_mark.line + 1
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"column {mark.column + 1}: " if mark else ""
        what = " ".join(str(error.problem or error.context or "this cannot be read").split())
        opened = error.context_mark
        if opened and mark and opened.line != mark.line:
            what += f", in what starts on line {opened.line + 1}"
        sentence = f"{place}not YAML: {what}; check the indentation, colons and quotes there."
        raise _Refused(mark.line + 1 if mark else line, sentence) from None
    except ReaderError as error:
        before = text[: error.position]
        column = len(before) - (before.rfind("\n") + 1) + 1
        sentence = f"column {column}: a character that cannot stand in YAML (U+{error.character:04X}); remove it."
        raise _Refused(before.count("\n") + 1, sentence) from None
    except (ValueError, OverflowError):
        # The parser's own arithmetic on \U escapes and the %YAML line lets these through.
        sentence = "not YAML from here on: a number in an escape or directive is out of range; correct it."
        raise _Refused(line, sentence) from None


def _compose(events: Iterable[Event]) -> Document:
    """Put events together to a tree, without recursion, counting values as they come."""
    from ruamel.yaml import events as kinds

    problems: list[Problem] = []
    anchors: dict[str, Node] = {}
    stack: list[_Open] = []
    root: Node | None = None
    total = 0
    for event in events:
        line = event.start_mark.line + 1
        total += 1
        if isinstance(event, kinds.DocumentStartEvent) and root is not None:
            raise _Refused(line, "a second document starts here; one file holds one configuration.")
        if isinstance(event, (kinds.SequenceStartEvent, kinds.MappingStartEvent)):
            _refuse_tag(event.tag, line)
            if len(stack) >= MAX_DEPTH:
                raise _Refused(line, f"nested more than {MAX_DEPTH} levels deep; no key of mlgate needs that.")
            is_table = isinstance(event, kinds.MappingStartEvent)
            stack.append(_Open(line=line, anchor=event.anchor, is_table=is_table))
            continue
        if isinstance(event, kinds.AliasEvent):
            node = _aliased(event.anchor, anchors, line)
            total += node.size
        elif isinstance(event, kinds.ScalarEvent):
            _refuse_tag(event.tag, line)
            node = _scalar(event.value, line, plain=event.style is None)
            _anchor(event.anchor, node, anchors)
        elif isinstance(event, (kinds.SequenceEndEvent, kinds.MappingEndEvent)):
            closed = stack.pop()
            node = _close(closed, problems)
            _anchor(closed.anchor, node, anchors)
        else:
            continue
        if total > MAX_VALUES:
            raise _Refused(line, f"more than {MAX_VALUES:,} values, aliases written out; a configuration is smaller.")
        if stack:
            stack[-1].parts.append(node)
        else:
            root = node
    return Document(root=root or Scalar(line=1, value=None, written=""), problems=tuple(problems))


def _refuse_tag(tag: object, line: int) -> None:
    if tag is not None:
        raise _Refused(line, f'the tag "{tag}" is not read; write the plain value, in quotes if it is text.')


def _anchor(name: str | None, node: Node, anchors: dict[str, Node]) -> None:
    if name is not None:
        anchors[name] = node


def _aliased(name: str | None, anchors: Mapping[str, Node], line: int) -> Node:
    if name is None or name not in anchors:
        raise _Refused(line, f'the alias "*{name}" stands before the end of its anchor; write the value out.')
    return anchors[name]


def _close(part: _Open, problems: list[Problem]) -> Node:
    size = 1 + sum(node.size for node in part.parts)
    if not part.is_table:
        return Items(line=part.line, values=tuple(part.parts), size=size)
    values: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in zip(part.parts[::2], part.parts[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise _Refused(key.line, "a key is a list or a mapping; keys are words.")
        if key.written == "<<":
            problems.append(Problem(line=key.line, sentence='merging with "<<" is not read; write the keys out.'))
        elif key.written in values:
            sentence = f'the key "{key.written}" stands twice, first on line {lines[key.written]}; remove one.'
            problems.append(Problem(line=key.line, sentence=sentence))
        else:
            values[key.written], lines[key.written] = value, key.line
    return Table(line=part.line, values=values, lines=lines, size=size)


def _scalar(written: str, line: int, *, plain: bool) -> Scalar:
    """A scalar by the core rules of YAML 1.2: ``yes`` is a word; text in quotes is never a number."""
    control = _CONTROL.search(written)
    if control:
        sentence = (
            f"an escape makes the control character U+{ord(control[0]):04X}, which no text here needs; remove it."
        )
        raise _Refused(line, sentence)
    value: str | int | float | bool | None = written
    if plain and written in _WORDS:
        value = _WORDS[written]
    elif plain and _INTEGER.fullmatch(written):
        # Longer than any 64-bit number: an identifier, which must keep all its digits.
        value = int(written) if len(written) <= 18 else written
    elif plain and _FLOAT.fullmatch(written):
        value = float(re.sub(r"\.(?=[in])", "", written.lower()))
    return Scalar(line=line, value=value, written=written)
