"""The key ``checks`` of mlgate.yaml: what is asked of the data themselves, one mapping for each kind of check.

Every key of such a mapping is a field of its record in ``records/data_settings.py``, read by the field's type, so that
a new setting is one field and nothing here. What a command fills in itself (the label, private columns) is no key.
"""

from __future__ import annotations

import dataclasses
import typing
from typing import TYPE_CHECKING, Any, TypeVar

from mlgate.config.document import Scalar, Table
from mlgate.config.fields import Keys, open_table
from mlgate.records.data_settings import (
    BoundsSettings,
    DataChecks,
    DomainSettings,
    DriftSettings,
    FeatureUseSettings,
    LeakageSettings,
    OutlierSettings,
    PersonalDataSettings,
)
from mlgate.records.words import Level
from mlgate.sentences import plural

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["CHECKS", "keys_of", "read_data_checks", "read_record"]

Record = TypeVar("Record", bound="DataclassInstance")

#: Name of the key, and the record that its mapping makes.
CHECKS: dict[str, type] = {
    "leakage": LeakageSettings,
    "drift": DriftSettings,
    "bounds": BoundsSettings,
    "domain": DomainSettings,
    "outliers": OutlierSettings,
    "features": FeatureUseSettings,
    "personal_data": PersonalDataSettings,
}
#: Run unless somebody switches them off, wherever the data sets that they compare are declared.
DEFAULT = ("leakage", "drift", "bounds")
#: Filled in by the command, from other keys of the file.
_FILLED = ("label", "predictions", "private")
#: Words that a text may be.
_WORDS = {
    "number_measure": ("kolmogorov_smirnov", "psi", "jensen_shannon", "wasserstein"),
    "category_measure": ("jensen_shannon", "psi", "largest_change"),
    "against": ("base_case", "older"),
}


def keys_of(kind: type) -> tuple[str, ...]:
    """The keys of one mapping: the record's fields, but for those that a command fills in."""
    return tuple(part.name for part in dataclasses.fields(kind) if part.name not in _FILLED)


def read_data_checks(keys: Keys) -> DataChecks:
    """The checks that are asked for: ``drift: {…}``, ``drift: true`` (as it is by default), ``drift: false`` (not)."""
    found: dict[str, Any] = {name: CHECKS[name]() for name in DEFAULT}
    if keys.has("checks"):
        part = open_table(
            keys.values["checks"], known=tuple(CHECKS), what="checks", prefix="checks.", problems=keys.problems
        )
        for name, kind in CHECKS.items():
            if part.has(name):
                found[name] = read_record(part, name, kind)
        drift = found["drift"]
        if drift is not None and drift.least > drift.last:
            last = plural(drift.last, "window")
            sentence = f"checks.drift.least is {drift.least}, more than the {last} of last; give both."
            part.complain("drift", sentence)
    return DataChecks(**found)


def read_record(keys: Keys, name: str, kind: type[Record]) -> Record | None:
    """One record of settings: true (as it is by default), false (None), or a mapping of its fields."""
    node = keys.values[name]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return kind() if node.value else None
    if not isinstance(node, Table):
        keys.wrong(name, "true, false, or a mapping with keys such as " + ", ".join(keys_of(kind)[:3]))
        return None
    known, prefix = keys_of(kind), f"{keys.prefix}{name}."
    part = open_table(node, known=known, what=prefix.rstrip("."), prefix=prefix, problems=keys.problems)
    types, plain = typing.get_type_hints(kind), kind()
    given = {key: _value(part, key, types[key], getattr(plain, key)) for key in known if part.has(key)}
    return dataclasses.replace(plain, **given)


def _value(part: Keys, key: str, kind: Any, default: Any) -> Any:
    if kind is Level:
        return part.choice(key, Level, default)
    if kind is float:
        number, _ = part.margin(key, percent=False)
        return default if number is None else number
    if kind is int:
        return part.whole(key, default, least=1)
    if key in _WORDS:
        return part.word(key, _WORDS[key], default)
    if kind == tuple[str, ...]:
        return part.texts(key)
    if typing.get_origin(kind) is tuple:
        return _pairs(part, key, number=float in typing.get_args(typing.get_args(kind)[0]))
    return part.text(key) or default


def _pairs(part: Keys, key: str, *, number: bool) -> tuple[tuple[str, Any], ...]:
    """A mapping of columns to numbers, or to other columns."""
    node = part.values[key]
    if not isinstance(node, Table):
        part.wrong(key, f"a mapping of columns to {'numbers' if number else 'columns'}")
        return ()
    inner = Keys(
        line=node.line, values=node.values, lines=node.lines, prefix=f"{part.prefix}{key}.", problems=part.problems
    )
    if number:
        return tuple((name, inner.margin(name, percent=False)[0] or 0.0) for name in node.values)
    return tuple((name, inner.text(name)) for name in node.values)
