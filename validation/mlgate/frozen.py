"""``dataclass`` for the frozen records of this package: the standard one, but quick to define and quick to make.

Separate because every command defines some hundred and fifty records and makes up to a hundred thousand of them. The
standard library writes and compiles six methods for each class, and its frozen records set every field through a
generic function. Here only ``__init__`` is written for a class, and it fills the slots directly; everything else is
shared. Type checkers see the standard decorator, and so do ``dataclasses.fields`` and ``dataclasses.replace``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

Fields = tuple[dataclasses.Field[Any], ...]


def _dataclass(*, frozen: bool, kw_only: bool, slots: bool, eq: bool = True) -> Callable[[type[Any]], type[Any]]:
    """What ``dataclasses.dataclass`` of the same arguments makes of a class.

    Raises
    ------
    TypeError
        The record is not frozen, keyword-only and with slots, or uses what such records do without: bases, and fields
        that are not given to ``__init__``. A class that takes a record for its base is refused when it is defined.
    """
    if not (frozen and kw_only and slots):
        raise TypeError("records are frozen, keyword-only and have slots; take dataclasses.dataclass otherwise.")
    return lambda kind: _made(kind, eq=eq)


def _made(kind: type[Any], *, eq: bool) -> type[Any]:
    own = vars(kind)
    if kind.__bases__ != (object,):
        raise TypeError(f"{kind.__qualname__}: a record has no base.")
    record: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True, slots=True)(kind)
    fields = dataclasses.fields(record)
    if any(not part.init for part in fields):
        raise TypeError(f"{record.__qualname__}: every field is given to __init__.")
    record.__dataclass_params__.frozen = True
    record.__init__ = _init_of(record, fields)
    record.__init_subclass__ = classmethod(_refuse_to_be_a_base)
    record.__setattr__, record.__delattr__ = _refuse_to_set, _refuse_to_delete
    record.__getstate__, record.__setstate__ = _state, _set_state
    if "__repr__" not in own:
        record.__repr__ = _repr
    if eq:
        equal, hashed = _comparing([part.name for part in fields if part.compare])
        if "__eq__" not in own:
            record.__eq__ = equal
        # Python itself puts None where a class says what equals it, and not what its hash is.
        if own.get("__hash__") is None:
            record.__hash__ = hashed
    made: type[Any] = record
    return made


def _init_of(record: type[Any], fields: Fields) -> Callable[..., None]:
    """``__init__``, the one method that is compiled for each class: calling it is most of what records cost.

    Python sets a slot in its quickest way only where the class has no ``__setattr__`` of its own. So what is made is of
    a class with the same slots and nothing else while they are filled, and of the record's class from then on.
    """
    names: dict[str, Any] = {
        "_missing": dataclasses.MISSING,
        "_record": record,
        "_open": type(record.__name__, (), {"__slots__": tuple(part.name for part in fields)}),
        "_become": object.__dict__["__class__"].__set__,
    }
    header, body = [], ["    _become(self, _open)"]
    for part in fields:
        argument = value = part.name
        if part.default is not dataclasses.MISSING:
            names[f"_default_{part.name}"] = part.default
            argument = f"{part.name}=_default_{part.name}"
        elif part.default_factory is not dataclasses.MISSING:
            names[f"_make_{part.name}"] = part.default_factory
            argument = f"{part.name}=_missing"
            value = f"_make_{part.name}() if {part.name} is _missing else {part.name}"
        header.append(argument)
        body.append(f"    self.{part.name} = {value}")
    body.append("    self.__class__ = _record")
    if hasattr(record, "__post_init__"):
        body.append("    self.__post_init__()")
    arguments = ", ".join(["self", *(["*", *header] if header else [])])
    exec("\n".join([f"def __init__({arguments}):", *body]), names)
    init: Callable[..., None] = names["__init__"]
    init.__qualname__, init.__module__ = f"{record.__qualname__}.__init__", record.__module__
    init.__annotations__ = {**{part.name: part.type for part in fields}, "return": None}
    return init


def _comparing(names: list[str]) -> tuple[Callable[..., Any], Callable[..., int]]:
    """``__eq__`` and ``__hash__`` over some fields."""
    read: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> Any:
        return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

    return equal, lambda self: hash(read(self))


def _repr(self: Any) -> str:
    shown = [f"{part.name}={getattr(self, part.name)!r}" for part in dataclasses.fields(self) if part.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_to_be_a_base(kind: type[Any]) -> None:
    raise TypeError(f"{kind.__qualname__}: a record is no base; what is made would be of the record's own class.")


def _refuse_to_set(_: Any, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, part.name) for part in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for part, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass
