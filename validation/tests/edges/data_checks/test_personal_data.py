"""Columns that look like personal data: every kind is found, everyday columns are not, and no value is ever told."""

from __future__ import annotations

import datetime as dt
import sys
import uuid

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.data_checks.personal_data import observe_personal_data
from mlgate.records.data_settings import PersonalDataSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

SETTINGS = PersonalDataSettings()
ROWS = 300
DRAW = np.random.default_rng(1)


def digits(count: int) -> str:
    return "".join(map(str, DRAW.integers(0, 10, count)))


def card() -> str:
    luhn = pytest.importorskip("stdnum.luhn", reason="python-stdnum is not installed")
    body = "4" + digits(14)
    return body + str(luhn.calc_check_digit(body))


def account() -> str:
    iban = pytest.importorskip("stdnum.iban", reason="python-stdnum is not installed")
    body = digits(18)
    return "DE" + str(iban.calc_check_digits("DE00" + body)) + body


def pesel() -> str:
    known = pytest.importorskip("stdnum.pl.pesel", reason="python-stdnum is not installed")
    body = f"{DRAW.integers(40, 99)}{DRAW.integers(1, 13):02d}{DRAW.integers(1, 29):02d}{digits(4)}"
    return body + str(known.calc_check_digit(body))


def look(
    table: pa.Table, settings: PersonalDataSettings = SETTINGS, private: tuple[str, ...] = ()
) -> list[Observation]:
    return list(observe_personal_data(table, dataset="train", settings=settings, private=private))


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("contact", [f"user{place}@mail.example.org" for place in range(ROWS)], "e-mail addresses"),
        ("x", [f"+49 30 {1_000_000 + place}" for place in range(ROWS)], "telephone numbers"),
        ("x", [f"(030) {100 + place}-{2000 + place}" for place in range(ROWS)], "telephone numbers"),
        ("host", [f"10.0.{place % 250}.{place // 3}" for place in range(ROWS)], "addresses of computers"),
        ("host", [f"2001:db8::{place:x}" for place in range(ROWS)], "addresses of computers"),
        ("lastName", [f"Meier{place}" for place in range(ROWS)], "names of people"),
        ("customer_name", [f"Meier{place}" for place in range(ROWS)], "names of people"),
        ("date_of_birth", [dt.date(1950, 1, 1) + dt.timedelta(days=place) for place in range(ROWS)], "dates of birth"),
        ("phone", [5_550_000 + place for place in range(ROWS)], "telephone numbers"),
    ],
)
def test_each_kind_is_found_with_nothing_but_the_base_install(
    name: str, values: list[object], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "stdnum.iban", None)
    seen, library = look(pa.table({name: values}))
    assert seen.id == f"data/train/personal_data/{name}"
    assert seen.reason.startswith(f"{name} looks like {kind}: ")
    assert judge_observations([seen])[0].verdict is Verdict.FAIL
    assert "python-stdnum, which knows their checksums, is not installed; run pip install" in library.reason
    assert judge_observations([library])[0].verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("whole_number", [False, True])
def test_card_numbers_are_found_as_text_and_as_numbers(whole_number: bool) -> None:
    cards = [card() for _ in range(ROWS)]
    (seen,) = look(pa.table({"x": [int(one) for one in cards] if whole_number else cards}))
    assert seen.reason.startswith("x looks like card numbers: 300 of 300 distinct values looked at match (100 %)")


def test_accounts_and_identity_numbers_are_found() -> None:
    table = pa.table(
        {
            "a": [account() for _ in range(ROWS)],
            "b": [pesel() for _ in range(ROWS)],
            "c": [f"{100 + place}-{10 + place % 90}-{1000 + place}" for place in range(ROWS)],
        }
    )
    told = [one.reason.partition(":")[0] for one in look(table)]
    assert told == [
        "a looks like account numbers",
        "b looks like identity numbers (PL)",
        "c looks like identity numbers (US)",
    ]


def test_everyday_columns_are_no_personal_data() -> None:
    pytest.importorskip("stdnum", reason="python-stdnum is not installed")
    table = pa.table(
        {
            "id9": DRAW.integers(10**8, 10**9, ROWS),
            "id11": DRAW.integers(10**10, 10**11, ROWS),
            "id16": DRAW.integers(10**15, 10**16, ROWS),
            "day": [f"2024-{place % 12 + 1:02d}-{place % 28 + 1:02d}" for place in range(ROWS)],
            "version": [f"1.{place}.0" for place in range(ROWS)],
            "code": [f"C-{place:06d}" for place in range(ROWS)],
            "zip": [f"{10_000 + place}-{1000 + place}" for place in range(ROWS)],
            "key": [uuid.UUID(int=int(number)).hex for number in DRAW.integers(0, 2**62, ROWS)],
            "phone": ["yes", "no"] * (ROWS // 2),
            "name": ["basic", "gold", "silver"] * (ROWS // 3),
            "note": [f"paid {place} of 12" for place in range(ROWS)],
            "amount": DRAW.normal(size=ROWS),
            "flag": [True, False] * (ROWS // 2),
            "void": pa.nulls(ROWS),
            "blob": [bytes([place % 256]) for place in range(ROWS)],
        }
    )
    (seen,) = look(table)
    assert (seen.id, seen.value) == ("data/train/personal_data/all", 0.0)


def test_a_column_of_few_matching_values_is_left_alone() -> None:
    mixed = ["user@example.org"] + [f"paid {place}" for place in range(ROWS)]
    assert [one.id for one in look(pa.table({"note": mixed}))] == ["data/train/personal_data/all"]


def test_private_and_accepted_columns_are_not_spoken_of() -> None:
    table = pa.table({name: [f"u{place}@example.org" for place in range(ROWS)] for name in ("a", "b", "c")})
    seen = look(table, PersonalDataSettings(accepted=("b",)), private=("c",))
    assert [one.id for one in seen] == ["data/train/personal_data/a"]
    assert not any(f"u{place}@" in repr(seen) for place in range(ROWS)), "a value was told"


def test_many_values_are_sampled_alike_whatever_their_order() -> None:
    values = np.array([f"u{place}@example.org" if place % 5 else f"word {place}" for place in range(9000)])
    one, other = (look(pa.table({"x": order})) for order in (values, DRAW.permutation(values)))
    assert one == other and one[0].value == pytest.approx(0.8, abs=0.03)
    assert "of 2,000 distinct values" in one[0].reason


def test_an_empty_table_is_no_trouble() -> None:
    (seen,) = look(pa.table({"name": pa.array([], pa.string()), "x": pa.array([], pa.float64())}))
    assert seen.value == 0.0
