"""Records to JSON and back, for every frozen record of this package: plain values, their text, and records again.

Separate from the renderers because promotion reads decisions without rendering any. NaN and infinities become null and
come back as NaN, since JSON has neither. Unknown keys are refused: a decision that this version does not
understand is not one to promote.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from json.encoder import encode_basestring
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, TypeVar

from mlgate.errors import DataError

__all__ = ["compact", "compacted", "decode", "dumps", "encode"]

T = TypeVar("T")
#: What writes a value of one type on one line.
_Text = Callable[[Any], str]


def encode(record: object) -> Any:
    """Plain JSON values for a record, recursively; tuples become lists, enums their value, NaN null."""
    kind: type[Any] = type(record)
    if kind in _PLAIN:
        return record
    if kind is float:
        return record if math.isfinite(record) else None  # type: ignore[arg-type]
    if kind is tuple or kind is list:
        return [encode(part) for part in record]  # type: ignore[attr-defined]
    reader = _reader_of(kind)  # type: ignore[arg-type]
    if reader is None:
        return _encode_rarer(record)
    names, values = reader
    found = dict(zip(names, values(record)))
    for name, value in found.items():
        if type(value) not in _PLAIN:
            found[name] = encode(value)
    return found


#: Written as they are; most fields of most records are one of these.
_PLAIN = frozenset({str, int, bool, type(None)})


@cache
def _reader_of(
    kind: type, *, by_name: bool = False
) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]]] | None:
    """Names of a record's fields and a function that reads them all at once; None for what is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    names = tuple(part.name for part in dataclasses.fields(kind))
    names = tuple(sorted(names)) if by_name else names
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda record: tuple(getattr(record, name) for name in names)


def _encode_rarer(record: object) -> Any:
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, dict):
        return {str(key): encode(part) for key, part in record.items()}
    if isinstance(record, float):  # a number of another library that is also Python's
        return float(record) if math.isfinite(record) else None
    return str(record) if isinstance(record, Path) else record


def dumps(record: object) -> str:
    """Canonical text of a record: keys sorted, a final newline; equal records give equal bytes.

    What holds lists of records or of rows is broken into lines, everything below stands on one line: a finding is a
    line, a row of an exhibit is a line. So the text is short to write, and lines can be read and compared. But for the
    ends of lines and what indents them it is ``compact``.
    """
    parts: list[str] = []
    _write(record, "\n", parts)
    return "".join([*parts, "\n"])


def compact(record: object, *, without: str = "") -> str:
    """A record on one line, keys sorted and without spaces: the text that its digest is taken from.

    Parameters
    ----------
    record
        Any record.
    without
        A field of it that is left out.

    >>> from mlgate.records.evidence import Estimate
    >>> compact(Estimate(value=0.5, low=0.25, high=float("nan")), without="low")
    '{"high":null,"value":0.5}'
    """
    entries = [f"{_quote(name)}:{_text(part)}" for name, part in _entries(record) if name != without]
    return "{" + ",".join(entries) + "}"


def compacted(text: str, *, without: str) -> str:
    """What ``compact`` gives for a record, from what ``dumps`` gave: no large record is walked through twice.

    Parameters
    ----------
    text
        Of ``dumps``.
    without
        A field of the record that is left out.

    >>> from mlgate.records.evidence import Estimate
    >>> compacted(dumps(Estimate(value=0.5, low=0.25, high=float("nan"))), without="low")
    '{"high":null,"value":0.5}'
    """
    # An end of line within a text is escaped, and only what belongs to the record itself is indented by two.
    first, *entries = text.rstrip("\n").removesuffix("\n}").split('\n  "')
    kept = [entry.rstrip(",") for entry in entries if not entry.startswith(without + '":')]
    return first + ",".join(['"' + "".join([line.lstrip(" ") for line in entry.split("\n")]) for entry in kept]) + "}"


def _write(value: Any, line: str, parts: list[str]) -> None:
    """Append the text of a value to ``parts``; ``line`` is what begins a new line where the value stands."""
    if not _is_broken(value, top=line == "\n"):
        parts.append(_text(value))
        return
    inner = separator = line + "  "
    if type(value) in _LISTS:
        parts.append("[")
        for part in value:
            parts.append(separator)
            _write(part, inner, parts)
            separator = "," + inner
        parts += (line, "]")
        return
    parts.append("{")
    for name, part in _entries(value):
        parts += (separator, _quote(name), ":")
        _write(part, inner, parts)
        separator = "," + inner
    parts += (line, "}")


def _is_broken(value: Any, *, top: bool = False) -> bool:
    """Whether a value is more than one line: the whole, a list of objects or rows, and an object that holds one."""
    if type(value) in _LISTS:
        return any(type(part) in _LISTS or _has_names(type(part)) for part in value)
    kind: type = type(value)
    if not _has_names(kind) or not (top or _may_hold_lists(kind)):
        return False
    reader = _fields_by_name(kind)
    held = value.values() if reader is None else reader[1](value)
    return (top and bool(held)) or any([_is_broken(part) for part in held if type(part) in _LISTS])


@cache
def _may_hold_lists(kind: type) -> bool:
    """Whether an object of this kind can be more than one line: most are records of words and numbers."""
    if not dataclasses.is_dataclass(kind):
        return True
    said = [str(part.type) for part in dataclasses.fields(kind)]
    return any(word in one for one in said for word in ("tuple", "list", "Sequence", "Any", "object"))


def _has_names(kind: type[Any]) -> bool:
    return kind is dict or _fields_by_name(kind) is not None


def _fields_by_name(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]]] | None:
    return _reader_of(kind, by_name=True)  # type: ignore[arg-type]


def _entries(value: Any) -> Iterable[tuple[str, Any]]:
    """Names and values of a record or of a dictionary, by name."""
    if type(value) is dict:
        return sorted(((str(key), part) for key, part in value.items()), key=itemgetter(0))
    reader = _fields_by_name(type(value))
    return () if reader is None else zip(reader[0], reader[1](value))


def _text(value: Any) -> str:
    """A value on one line."""
    return _TEXTS[type(value)](value)


class _Writers(dict[type[Any], _Text]):
    """What writes a value of each type; for a type that has not been met it is worked out, once."""

    def __missing__(self, kind: type[Any]) -> _Text:
        self[kind] = _writer_of(kind)
        return self[kind]


def _writer_of(kind: type[Any]) -> _Text:
    if kind in _LISTS:
        return lambda value: "[" + ",".join([_text(part) for part in value]) + "]"
    if kind is dict:
        return lambda value: _object((_quote(name), _text(part)) for name, part in _entries(value))
    if issubclass(kind, Enum):
        return {member: _text(member.value) for member in kind}.__getitem__
    reader = _fields_by_name(kind)
    if reader is None:
        return lambda value: _WRITER.encode(encode(value))
    names, read = reader
    template, writers = _object((_quote(name), "%s") for name in names), _TEXTS
    return lambda record: template % tuple([writers[type(part)](part) for part in read(record)])


def _object(entries: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join([name + ":" + part for name, part in entries]) + "}"


def _number(value: float) -> str:
    return float.__repr__(value) if math.isfinite(value) else "null"


_quote = encode_basestring
_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_LISTS = frozenset({tuple, list})
_TEXTS = _Writers(
    {
        str: _quote,
        float: _number,
        int: int.__repr__,
        bool: {True: "true", False: "false"}.__getitem__,
        type(None): {None: "null"}.__getitem__,
    }
)


def decode(kind: type[T], value: Any, *, where: str = "") -> T:
    """The record of type ``kind`` that ``value`` (parsed JSON) describes.

    Parameters
    ----------
    kind
        A frozen dataclass of ``mlgate.records``.
    value
        What ``json.loads`` gave.
    where
        Named in the error: the file, then the path of keys.

    Raises
    ------
    DataError
        A key is missing or unknown, or a value has another type than the record's field.
    """
    return typing.cast(T, _decode(kind, value, where or kind.__name__))


def _decode(kind: Any, value: Any, where: str) -> Any:
    if type(value) is kind and kind in _PLAIN:
        return value
    if kind is float and type(value) is float:
        return value
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), value, where)
    if origin is tuple:
        return _decode_tuple(typing.get_args(kind), value, where)
    if dataclasses.is_dataclass(kind):
        return _decode_record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            raise DataError(f"{where}: {value!r} is not one of {', '.join(str(m.value) for m in kind)}.") from None
    if kind is float and (value is None or isinstance(value, (int, float)) and not isinstance(value, bool)):
        return math.nan if value is None else float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if type(value) is not kind:
        raise DataError(f"{where}: expected {getattr(kind, '__name__', kind)}, found {value!r}.")
    return value


def _decode_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    # An exact type goes first, so that 1 in a cell of str | float | int stays an int.
    for kind in sorted(rest, key=lambda kind: type(value) is not kind):
        try:
            return _decode(kind, value, where)
        except DataError as problem:
            last = problem
    raise last


def _decode_tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DataError(f"{where}: expected a list, found {value!r}.")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], part, f"{where}[{place}]") for place, part in enumerate(value))
    if len(kinds) != len(value):
        raise DataError(f"{where}: expected {len(kinds)} values, found {len(value)}.")
    return tuple(_decode(kind, part, f"{where}[{place}]") for place, (kind, part) in enumerate(zip(kinds, value)))


def _decode_record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected an object, found {value!r}.")
    hints, needed = _fields_of(kind)
    if not value.keys() <= hints.keys():
        unknown = sorted(set(value) - set(hints))
        raise DataError(f"{where}: unknown key {unknown[0]!r}; it was written by another version of mlgate or edited.")
    if not needed <= value.keys():
        raise DataError(f"{where}: the key {sorted(needed - set(value))[0]!r} is missing.")
    return kind(
        **{
            # A whole word that is wanted as it is needs no path: most fields of most records are one.
            name: (
                part
                if type(part) is hints[name] and type(part) in _PLAIN
                else _decode(hints[name], part, f"{where}.{name}")
            )
            for name, part in value.items()
        }
    )


@cache
def _fields_of(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """Type of every field of a record, and the fields that have no default."""
    needed = {
        part.name for part in dataclasses.fields(kind) if part.default is part.default_factory is dataclasses.MISSING
    }
    return typing.get_type_hints(kind), frozenset(needed)
