"""Records behave as the standard library's frozen ones do, method by method."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate import frozen


class Plain:
    """With a default, a factory, a field that is not shown and one that is not compared."""

    first: int
    second: tuple[float, ...] = ()
    third: list[int] = dataclasses.field(default_factory=list, compare=False)
    fourth: str = dataclasses.field(default="", repr=False)

    def doubled(self) -> int:
        """A method of its own."""
        return 2 * self.first


OPTIONS = {"frozen": True, "kw_only": True, "slots": True}


def made_by(decorate: Callable[..., Any]) -> Any:
    body = {name: value for name, value in vars(Plain).items() if name not in ("__dict__", "__weakref__")}
    return decorate(**OPTIONS)(type("Plain", (), body))


OURS, THEIRS = made_by(frozen.dataclass), made_by(dataclasses.dataclass)
VALUES = st.fixed_dictionaries(
    {"first": st.integers()},
    optional={
        "second": st.tuples(st.floats(allow_nan=False)),
        "third": st.lists(st.integers(), max_size=2),
        "fourth": st.text(max_size=2),
    },
)


@dataclasses.dataclass(frozen=True)
class Error:
    """What a call raised."""

    kind: type[Exception]
    text: str


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except Exception as problem:
        return Error(type(problem), str(problem))


@given(values=VALUES, others=VALUES)
def test_records_compare_hash_and_show_themselves_as_the_standard_ones(
    values: dict[str, Any], others: dict[str, Any]
) -> None:
    ours, theirs = OURS(**values), THEIRS(**values)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert (ours == OURS(**others)) == (theirs == THEIRS(**others))
    assert ours == OURS(**values) and hash(ours) == hash(OURS(**values)) and ours != theirs
    changed = dataclasses.replace(ours, **others)
    assert dataclasses.asdict(changed) == dataclasses.asdict(dataclasses.replace(theirs, **others))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda kind: kind(),
        lambda kind: kind(1),
        lambda kind: kind(first=1, fifth=2),
        lambda kind: kind(first=1).__setattr__("first", 2),
        lambda kind: kind(first=1).__delattr__("first"),
        lambda kind: vars(kind(first=1)),
    ],
)
def test_what_the_standard_ones_refuse_is_refused_in_the_same_words(wrong: Callable[[Any], object]) -> None:
    problem = outcome(lambda: wrong(OURS))
    assert isinstance(problem, Error) and problem == outcome(lambda: wrong(THEIRS))


def test_a_name_that_is_no_field_cannot_be_set_either() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'fifth'"):
        OURS(first=1).fifth = 2


def test_a_record_made_from_a_factory_shares_nothing() -> None:
    assert OURS(first=1).third is not OURS(first=1).third


def test_signatures_hints_and_parameters_are_the_standard_ones() -> None:
    assert get_type_hints(OURS.__init__, vars(dataclasses) | globals()) == get_type_hints(
        THEIRS.__init__, vars(dataclasses) | globals()
    )
    assert list(inspect.signature(OURS).parameters) == list(inspect.signature(THEIRS).parameters)
    assert OURS.__dataclass_params__.frozen and OURS.__slots__ == THEIRS.__slots__
    assert OURS.__match_args__ == THEIRS.__match_args__ == ()
    assert OURS(first=2).doubled() == 4


@frozen.dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A record that can be found by its name."""

    value: float
    parts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("below zero")


def test_records_survive_being_copied_and_pickled() -> None:
    kept = Kept(value=1.5, parts=(1, 2))
    for again in (copy.copy(kept), copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):
        assert again == kept and again is not kept


def test_what_a_class_says_itself_stands() -> None:
    with pytest.raises(ValueError, match="below zero"):
        Kept(value=-1.0)

    @frozen.dataclass(frozen=True, kw_only=True, slots=True)
    class Own:
        """With its own words for itself and for what equals it."""

        value: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert repr(Own(value=1)) == "own" and Own(value=1) == Own(value=2) and hash(Own(value=1)) == 7


def test_records_that_are_compared_by_identity_are() -> None:
    @frozen.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
    class Single:
        """Holds what cannot be compared."""

        value: int

    one = Single(value=1)
    assert one == one and one != Single(value=1) and {one: 1}[one] == 1


@pytest.mark.parametrize("lacking", sorted(OPTIONS))
def test_a_record_that_is_not_frozen_keyword_only_and_slotted_is_refused(lacking: str) -> None:
    with pytest.raises(TypeError, match="frozen, keyword-only"):
        frozen.dataclass(**{**OPTIONS, lacking: False})


def test_bases_subclasses_and_fields_that_nobody_gives_are_refused() -> None:
    with pytest.raises(TypeError, match="a record is no base"):
        type("More", (Kept,), {"__slots__": ()})
    with pytest.raises(TypeError, match="a record has no base"):
        frozen.dataclass(**OPTIONS)(type("More", (Exception,), {"__annotations__": {"more": int}}))
    with pytest.raises(TypeError, match="every field is given"):
        frozen.dataclass(**OPTIONS)(
            type("Set", (), {"__annotations__": {"more": int}, "more": dataclasses.field(init=False, default=1)})
        )
