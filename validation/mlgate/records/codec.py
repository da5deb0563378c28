"""Records to JSON and back: one function each way, for every frozen record of this package.

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
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from mlgate.errors import DataError

__all__ = ["decode", "dumps", "encode"]

T = TypeVar("T")


def encode(record: object) -> Any:
    """Plain JSON values for a record, recursively; tuples become lists, enums their value, NaN null."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {part.name: encode(getattr(record, part.name)) for part in dataclasses.fields(record)}
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, (tuple, list)):
        return [encode(part) for part in record]
    if isinstance(record, dict):
        return {str(key): encode(part) for key, part in record.items()}
    if isinstance(record, float):
        return record if math.isfinite(record) else None
    if isinstance(record, Path):
        return str(record)
    return record


def dumps(record: object) -> str:
    """Canonical text of a record: keys sorted, two spaces, a final newline; equal records give equal bytes."""
    return json.dumps(encode(record), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


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
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise DataError(f"{where}: unknown key {unknown[0]!r}; it was written by another version of mlgate or edited.")
    needed = {
        part.name for part in dataclasses.fields(kind) if part.default is part.default_factory is dataclasses.MISSING
    }
    missing = sorted(needed - set(value))
    if missing:
        raise DataError(f"{where}: the key {missing[0]!r} is missing.")
    return kind(**{name: _decode(hints[name], part, f"{where}.{name}") for name, part in value.items()})
