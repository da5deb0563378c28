"""The keys ``cost``, ``privacy``, ``certainty``, ``model_memory`` and ``build_env`` of mlgate.yaml.

Every key of the first three is a field of its record in ``records/model_settings.py``; what kind of value it takes (a
share, a time, a size) shows in its name. Separate from ``config/data_checks.py``, which reads what is asked of data.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, TypeVar

from mlgate.config.document import Scalar, Table
from mlgate.config.fields import Keys, open_table
from mlgate.records.model_settings import CertaintySettings, CostSettings, PrivacySettings
from mlgate.records.sizes import bytes_of
from mlgate.records.words import Level

__all__ = ["MODEL_CHECKS", "model_keys", "read_memory", "read_model_check"]

Record = TypeVar("Record", CostSettings, PrivacySettings, CertaintySettings)

#: Name of the key, and the record that its mapping makes.
MODEL_CHECKS: dict[str, type] = {"cost": CostSettings, "privacy": PrivacySettings, "certainty": CertaintySettings}

_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(us|ms|s)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_SIZES = ("memory_at_most", "size_at_most")
_TIMES = re.compile(r"(row|batch)_p\d\d_at_most|load_at_most")


def model_keys(kind: type) -> tuple[str, ...]:
    """The keys of one mapping."""
    return tuple(part.name for part in dataclasses.fields(kind))


def read_model_check(keys: Keys, name: str, kind: type[Record]) -> Record | None:
    """One record: its defaults when the key is missing or true, None when it is false, else a mapping of its fields."""
    if not keys.has(name):
        return kind()
    node = keys.values[name]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return kind() if node.value else None
    known = model_keys(kind)
    if not isinstance(node, Table):
        keys.wrong(name, "true, false, or a mapping with keys such as " + ", ".join(known[:3]))
        return None
    part = open_table(node, known=known, what=name, prefix=f"{name}.", problems=keys.problems)
    plain = kind()
    given = {key: _value(part, key, getattr(plain, key)) for key in known if part.has(key)}
    return dataclasses.replace(plain, **given)


def _value(part: Keys, key: str, default: Any) -> Any:
    if key == "level":
        return part.choice(key, Level, default)
    if isinstance(default, int):
        return part.whole(key, default, least=1)
    if key == "seconds":
        return part.number(key, default, above=0)
    if key in _SIZES:
        return _size(part, key)
    if _TIMES.fullmatch(key):
        return _time(part, key)
    if key.endswith("margin"):
        # Margins of cost are shares of the champion's figure; the others are differences of shares, in points.
        share, _ = part.margin(key, percent=key != "margin")
        return default if share is None else share
    return part.number(key, default or 0.5, above=0, below=1)


def _time(part: Keys, key: str) -> float | None:
    written = _written(part, key)
    found = _TIME.fullmatch(written) if written is not None else None
    if found is None or float(found[1]) <= 0:
        part.wrong(key, 'a time, such as "50ms" or "2s"')
        return None
    return float(found[1]) * _SECONDS[found[2]]


def _size(part: Keys, key: str) -> float | None:
    written = _written(part, key)
    size = bytes_of(written) if written is not None else None
    if size is None:
        part.wrong(key, 'a size, such as "200MB" or "4GB"')
    return size


def _written(part: Keys, key: str) -> str | None:
    node = part.values[key]
    return node.value.strip() if isinstance(node, Scalar) and isinstance(node.value, str) else None


def read_memory(keys: Keys) -> int:
    """``model_memory`` in bytes; 0 when it is missing."""
    return int(_size(keys, "model_memory") or 0) if keys.has("model_memory") else 0
