"""Records to JSON and back: equal records give equal bytes, and what is not understood is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.records.codec import compact, compacted, decode, dumps, encode
from mlgate.records.decision import Decision, Exhibit, Finding
from mlgate.records.evidence import Estimate, Spread
from mlgate.records.run import Condition, Grouping, Requirement
from mlgate.records.settings import DataSource
from mlgate.records.words import Level, Rule, Verdict
from tests.making import finding
from tests.render.decisions import ALL


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A record with the two kinds of field that decisions do not have."""

    path: Path
    pair: tuple[str, float]
    count: int = 0


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_decision_survives_the_way_through_json(name: str) -> None:
    decision = ALL[name]()
    text = dumps(decision)
    assert dumps(decode(Decision, json.loads(text))) == text
    assert text.endswith("}\n") and "NaN" not in text and "Infinity" not in text


def spelled_out(value: Any, line: str = "\n") -> str:
    """The text of plain values by the rules that ``dumps`` states, with Python's own writer for every line."""

    def broken(value: Any, *, top: bool = False) -> bool:
        if isinstance(value, dict):
            return bool(value) and (top or any(broken(part) for part in value.values() if isinstance(part, list)))
        return isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value)

    if not broken(value, top=line == "\n"):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    inner = line + "  "
    if isinstance(value, list):
        return "[" + ",".join(inner + spelled_out(part, inner) for part in value) + line + "]"
    entries = [
        f"{inner}{json.dumps(name, ensure_ascii=False)}:{spelled_out(value[name], inner)}" for name in sorted(value)
    ]
    return "{" + ",".join(entries) + line + "}"


def assert_text(record: object) -> None:
    assert dumps(record) == spelled_out(encode(record)) + "\n"


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_text_of_a_decision_is_that_of_its_plain_values(name: str) -> None:
    decision = ALL[name]()
    assert_text(decision)
    assert_text(decision.findings)
    bare = {key: part for key, part in encode(decision).items() if key != "approval"}
    assert (
        compact(decision, without="approval")
        == compacted(dumps(decision), without="approval")
        == json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Anything:
    """A record with one field, which may be of any kind."""

    held: Any


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A record with two such fields."""

    approval: Any
    held: Any


_WORDS = st.sampled_from(
    [Verdict.PASS, Rule.BETTER, Path("a/b"), np.float64("nan"), np.float64(0.1), None, True, False]
)
_LEAVES = st.one_of(st.text(), st.integers(), st.floats(), _WORDS)


@given(
    value=st.recursive(
        _LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(st.text(max_size=3), inner, max_size=4),
            inner.map(lambda held: Anything(held=held)),
            st.floats().map(lambda value: Estimate(value=value, low=value, high=-value)),
        ),
        max_leaves=12,
    )
)
def test_the_text_of_anything_is_that_of_its_plain_values(value: object) -> None:
    assert_text(value)
    text = json.dumps(encode({"held": value}), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert compact(Anything(held=value)) == text == compact({"held": value})
    assert compact(Anything(held=value), without="held") == "{}"
    two = Pair(approval=value, held=value)
    assert compacted(dumps(two), without="approval") == compact(two, without="approval")
    assert compacted(dumps(two), without="held") == compact(two, without="held")


def test_what_json_cannot_say_is_an_error() -> None:
    for value in ({1, 2}, b"bytes", object()):
        with pytest.raises(TypeError):
            dumps(Anything(held=value))


@given(numbers=st.tuples(st.floats(), st.floats(), st.floats()))
def test_numbers_come_back_exactly_and_what_json_has_no_word_for_as_nan(numbers: tuple[float, float, float]) -> None:
    record = Estimate(value=numbers[0], low=numbers[1], high=numbers[2])
    back = decode(Estimate, json.loads(dumps(record)))
    for before, after in zip(numbers, (back.value, back.low, back.high), strict=True):
        assert after == before if math.isfinite(before) else math.isnan(after)


@given(cells=st.lists(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.none()), max_size=6))
def test_cells_of_an_exhibit_keep_their_kind(cells: list[str | int | float | None]) -> None:
    cells = [None if isinstance(cell, float) and math.isinf(cell) else cell for cell in cells]
    exhibit = Exhibit(name="x", columns=tuple("c" * len(cells)), rows=(tuple(cells),))
    back = decode(Exhibit, json.loads(dumps(exhibit)))
    assert back == exhibit
    assert [type(cell) for cell in back.rows[0]] == [type(cell) for cell in cells]


def test_equal_records_give_equal_bytes_whatever_the_order_of_keys() -> None:
    record = finding()
    mixed = dict(reversed(list(encode(record).items())))
    assert dumps(decode(Finding, mixed)) == dumps(record)


def test_nested_and_optional_parts_come_back_as_records() -> None:
    spread = Spread(method="mover", value=0.1, parts=(Spread(method="wilson", value=0.2, counts=(3.0,)),) * 2)
    back = decode(Spread, json.loads(dumps(spread)))
    assert back.parts[0].counts == (3.0,) and back.parts[1].method == "wilson"
    grouping = Grouping(
        columns=("age",),
        cuts=(("age", (1.0, 2.5)),),
        conditions=(Condition(column="a", operator="=", value=1.0), Condition(column="b", operator="=", value="1")),
    )
    assert decode(Grouping, json.loads(dumps(grouping))) == grouping
    for requirement in (
        Requirement(metric="f1", rule=Rule.BETTER, level=Level.REQUIRED),
        Requirement(metric="f1", rule=Rule.AT_LEAST, level=Level.REQUIRED, bound=1.0, relative=True),
    ):
        assert decode(Requirement, json.loads(dumps(requirement))) == requirement
    place = Place(path=Path("a/b"), pair=("x", 1.0), count=3)
    assert decode(Place, json.loads(dumps(place))) == place


def test_dictionaries_of_records_are_encoded_with_text_keys() -> None:
    assert encode({1: Verdict.PASS, "b": (math.nan, None)}) == {"1": "pass", "b": [None, None]}
    assert encode(Finding) is Finding, "a class is not a record"


BAD: list[tuple[type, dict[str, Any], str]] = [
    (Estimate, {"value": 1.0, "low": 0.0}, "the key 'high' is missing"),
    (Estimate, {"value": 1.0, "low": 0.0, "high": 2.0, "hihg": 1}, "unknown key 'hihg'"),
    (Estimate, {"value": "1", "low": 0.0, "high": 2.0}, "Estimate.value: expected float, found '1'"),
    (Estimate, {"value": True, "low": 0.0, "high": 2.0}, "expected float, found True"),
    (Place, {"path": 3, "pair": ["x", 1.0]}, "Place.path: expected Path, found 3"),
    (Place, {"path": "p", "pair": ["x"]}, "Place.pair: expected 2 values, found 1"),
    (Place, {"path": "p", "pair": ["x", 1.0], "count": True}, "Place.count: expected int, found True"),
    (Place, {"path": "p", "pair": ["x", 1.0], "count": 1.5}, "Place.count: expected int, found 1.5"),
    (Exhibit, {"name": "x", "columns": "abc", "rows": []}, "Exhibit.columns: expected a list, found 'abc'"),
    (Exhibit, {"name": "x", "columns": [], "rows": [[{}]]}, r"Exhibit.rows\[0\]\[0\]: expected .*, found {}"),
    (DataSource, {"name": "x", "path": "p", "level": "high"}, "'high' is not one of required, guarded, advisory"),
    (Requirement, {"metric": "f1", "rule": 3, "level": "required"}, "3 is not one of not_worse"),
    (Requirement, {"metric": "f1", "rule": "better", "level": "required", "margin": "1"}, "expected float, found '1'"),
]


@pytest.mark.parametrize(("kind", "value", "message"), BAD, ids=[case[2][:40] for case in BAD])
def test_what_is_not_a_record_is_told_with_the_path_to_it(kind: type, value: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        decode(kind, value)


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_a_record_has_to_be_an_object(value: object) -> None:
    with pytest.raises(DataError, match="^decision.json: expected an object, found "):
        decode(Estimate, value, where="decision.json")


def test_a_spoilt_finding_is_found_by_its_place_in_the_decision() -> None:
    value = json.loads(dumps(ALL[sorted(ALL)[0]]()))
    value["findings"][0]["verdict"] = "passed"
    with pytest.raises(DataError, match=r"f.json.findings\[0\].verdict: 'passed' is not one of pass, fail, inconclus"):
        decode(Decision, value, where="f.json")
