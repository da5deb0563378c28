"""``docs/decision.schema.json`` and the records of ``records/decision.py`` describe the same file, or this fails.

The schema is written by hand, for its descriptions; everything else in it follows from the dataclasses and is compared
with them here, key by key and type by type.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlgate.records.codec import dumps, encode
from mlgate.records.decision import SCHEMA, Decision, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule, Section, Verdict

DOCUMENT = json.loads(
    (Path(__file__).resolve().parents[3] / "docs" / "decision.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(DOCUMENT)
NAMES = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}


def kinds_of(kind: Any) -> Iterator[type]:
    """The records that a record consists of, itself included."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        yield kind
        for hint in typing.get_type_hints(kind).values():
            yield from kinds_of(hint)
    for part in typing.get_args(kind):
        yield from kinds_of(part)


def shape_of(kind: Any) -> dict[str, Any]:
    """What a field of that type must look like in the schema; a number may be null, since JSON has no NaN."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return shape_of_union(parts)
    if origin is tuple and parts[1:] == (Ellipsis,):
        return {"type": "array", "items": shape_of(parts[0])}
    if origin is tuple:
        places = [shape_of(part) for part in parts]
        return {"type": "array", "prefixItems": places, "items": False, "minItems": len(parts)}
    if dataclasses.is_dataclass(kind):
        return {"$ref": f"#/$defs/{typing.cast(type, kind).__name__}"}
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return {"type": ["null", "number"]} if kind is float else {"type": NAMES[kind]}


def shape_of_union(parts: tuple[Any, ...]) -> dict[str, Any]:
    first, *others = [part for part in parts if part is not type(None)]
    if not others and dataclasses.is_dataclass(first):
        return {"oneOf": [shape_of(first), {"type": "null"}]}
    if not others and issubclass(first, Enum):
        return {"enum": [*(member.value for member in first), None]}
    names = {NAMES[part] for part in parts} | ({"null"} if float in parts else set())
    return {"type": sorted(names)}


def without_description(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "description"}


def described(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT if kind is Decision else DOCUMENT["$defs"][kind.__name__]
    return found


RECORDS = sorted(set(kinds_of(Decision)), key=lambda kind: kind.__name__)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(DOCUMENT)


def test_every_record_of_a_decision_is_described_and_nothing_else() -> None:
    assert {kind.__name__ for kind in RECORDS} == {"Decision", *DOCUMENT["$defs"]}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_keys_types_and_required_keys_are_those_of_the_record(kind: type) -> None:
    schema = described(kind)
    expected = {name: shape_of(hint) for name, hint in typing.get_type_hints(kind).items()}
    needed = {
        part.name
        for part in dataclasses.fields(kind)
        if part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
    }
    if kind is Decision:
        expected["schema"] = {"const": SCHEMA}
        needed.add("schema")
    assert {name: without_description(part) for name, part in schema["properties"].items()} == expected
    assert set(schema["required"]) == needed
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_and_key_has_a_description(kind: type) -> None:
    schema = described(kind)
    assert len(schema["description"]) > 10
    assert [name for name, part in schema["properties"].items() if not part.get("description")] == []


def any_value(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, every optional key of nested records included."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([any_value(part) for part in parts])
    if origin is tuple and parts[1:] == (Ellipsis,):
        return st.lists(any_value(parts[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(any_value(part) for part in parts))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(
            typing.cast(type, kind), **{name: any_value(hint) for name, hint in hints.items() if name != "schema"}
        )
    return st.text(max_size=5) if kind is str else st.from_type(kind)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_value(Decision))
def test_every_decision_that_can_be_written_fits_the_schema(decision: Decision) -> None:
    VALIDATOR.validate(json.loads(dumps(decision)))


def a_finding() -> dict[str, Any]:
    finding = Finding(
        id="compare/base_case/accuracy/not_worse/overall",
        section=Section.COMPARE,
        title="accuracy not worse by 0.03",
        verdict=Verdict.INCONCLUSIVE,
        level=Level.REQUIRED,
        blocking=True,
        reason="the interval reaches beyond the margin",
        rule=Rule.NOT_WORSE,
        improvement=Estimate(value=0.01, low=float("nan"), high=float("inf")),
    )
    return typing.cast(dict[str, Any], encode(finding))


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "maybe"},
        {"blocking": "yes"},
        {"rule": "worse"},
        {"surprise": 1},
        {"rows": 1.5},
        {"improvement": 0.1},
    ],
    ids=str,
)
def test_a_finding_of_another_shape_does_not_fit(change: dict[str, object]) -> None:
    checker = Draft202012Validator({"$ref": "#/$defs/Finding", "$defs": DOCUMENT["$defs"]})
    assert checker.is_valid(a_finding())
    assert not checker.is_valid(a_finding() | change)
