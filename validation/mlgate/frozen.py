"""``dataclass`` for the frozen records of this package: the standard one, but quick to define and quick to make.

Separate because every command defines some hundred and fifty records and makes up to a hundred thousand of them. The
standard library writes and compiles six methods for each class, and its frozen records set every field through a
generic function. Here only ``__init__`` is written for a class, and it fills the slots directly; everything else is
shared. Type checkers see the standard decorator, and so do ``dataclasses.fields`` and ``dataclasses.replace``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from collections.abc import Callable
    from operator import attrgetter
    from typing import Any, TypeVar

    Kind = TypeVar("Kind")

    def dataclass(*, frozen: bool, kw_only: bool, slots: bool, eq: bool = True) -> Callable[[type[Kind]], type[Kind]]:
        """What ``dataclasses.dataclass`` of the same arguments makes of a class.

        Raises
        ------
        TypeError
            The record is not frozen, keyword-only and with slots, or uses what such records do without: bases that
            have fields, and fields that are not given to ``__init__``.
        """
        if not (frozen and kw_only and slots):
            raise TypeError("records are frozen, keyword-only and have slots; take dataclasses.dataclass otherwise.")

        def made(kind: type[Kind]) -> type[Kind]:
            own = vars(kind)
            record = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True, slots=True)(kind)
            fields = dataclasses.fields(record)
            if any(not part.init or part.name not in vars(record) for part in fields):
                raise TypeError(f"{record.__qualname__}: every field is its own, and is given to __init__.")
            record.__dataclass_params__.frozen = True
            record.__init__ = _init_of(record, fields)
            record.__setattr__, record.__delattr__ = _refuse_to_set, _refuse_to_delete
            record.__getstate__, record.__setstate__ = _state, _set_state
            if "__repr__" not in own:
                record.__repr__ = _repr
            if eq and "__eq__" not in own:
                record.__eq__, record.__hash__ = _comparing(record, [part.name for part in fields if part.compare])
            return record

        return made

    def _init_of(record: type[Any], fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
        """``__init__``, the one method that is compiled for each class: calling it is most of what records cost."""
        names: dict[str, Any] = {}
        header, body = ["self"], []
        for part in fields:
            # The slot's own setter, since the record's __setattr__ refuses.
            names[f"_set_{part.name}"] = getattr(record, part.name).__set__
            value = part.name
            if part.default is not dataclasses.MISSING:
                names[f"_default_{part.name}"] = part.default
                header.append(f"{part.name}=_default_{part.name}")
            elif part.default_factory is not dataclasses.MISSING:
                names[f"_make_{part.name}"], names["_missing"] = part.default_factory, dataclasses.MISSING
                header.append(f"{part.name}=_missing")
                value = f"_make_{part.name}() if {part.name} is _missing else {part.name}"
            else:
                header.append(part.name)
            body.append(f"    _set_{part.name}(self, {value})\n")
        if len(header) > 1:
            header.insert(1, "*")
        if hasattr(record, "__post_init__"):
            body.append("    self.__post_init__()\n")
        exec(f"def __init__({', '.join(header)}):\n{''.join(body) or '    pass'}", names)  # noqa: S102  names of fields only
        init: Callable[..., None] = names["__init__"]
        init.__qualname__, init.__module__ = f"{record.__qualname__}.__init__", record.__module__
        init.__annotations__ = {**{part.name: part.type for part in fields}, "return": None}
        return init

    def _comparing(record: type[Any], names: list[str]) -> tuple[Callable[..., Any], Callable[..., int]]:
        """``__eq__`` and ``__hash__`` over some fields."""
        read: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

        def __eq__(self: Any, other: object) -> Any:
            return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self: Any) -> int:
            return hash(read(self))

        __eq__.__qualname__ = f"{record.__qualname__}.__eq__"
        __hash__.__qualname__ = f"{record.__qualname__}.__hash__"
        return __eq__, __hash__

    def _repr(self: Any) -> str:
        shown = [f"{part.name}={getattr(self, part.name)!r}" for part in dataclasses.fields(self) if part.repr]
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def _refuse_to_set(self: Any, name: str, value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(self: Any, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self: Any) -> list[Any]:
        return [getattr(self, part.name) for part in dataclasses.fields(self)]

    def _set_state(self: Any, state: list[Any]) -> None:
        for part, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, part.name, value)
