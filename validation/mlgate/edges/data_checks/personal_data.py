"""Columns that look like personal data: by their name, and by how many of their values look like it.

Separate from the other checks because checksums of account, card and identity numbers come from python-stdnum, an
optional library. No value is ever told, not even in a log: counts, shares and the column's name only.
"""

from __future__ import annotations

import importlib
import ipaddress
import re
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlgate.edges.arrays import encodable, from_numbers, to_floats
from mlgate.edges.hashing import hash_column
from mlgate.errors import install
from mlgate.frozen import dataclass
from mlgate.records.data_settings import PersonalDataSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section

__all__ = ["observe_personal_data"]

#: Words of a column's name, and what it then looks like.
_NAMES = {
    "e-mail addresses": re.compile(r"e ?mails?|mail address"),
    "telephone numbers": re.compile(r"(tele)?phones?( numbers?| no)?|mobiles?( numbers?| no)?|cell ?phones?|fax"),
    "names of people": re.compile(
        r"(first|last|middle|full|given|family|maiden|birth|customer|client|patient|person|user|employee|contact|"
        r"applicant|borrower|owner|holder) ?names?|sur ?names?|fore ?names?|names?"
    ),
    "addresses": re.compile(r"((home|street|postal|billing|shipping|mailing) )?address( line)?( \d)?|street( name)?"),
    "dates of birth": re.compile(r"dob|(birth ?(date|day)|date (of )?birth)"),
    "identity numbers": re.compile(
        r"ssn|social security( number| no)?|(passport|national id|tax id|identity|driver s? ?licen[cs]e)( number| no)?"
        r"|nino"
    ),
    "account numbers": re.compile(r"iban|bank account( number| no)?"),
    "card numbers": re.compile(r"(credit |debit )?card (number|no|num)|pan"),
    "addresses of computers": re.compile(r"ip( ?address)?|ip ?v?[46]|mac ?address"),
}
_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{5,20}\d")
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([ T].*)?")
#: American social security numbers have no checksum: only this way of writing tells them from other digits.
_SOCIAL = re.compile(r"\d{3}-\d{2}-\d{4}")
#: Identity numbers with a checksum that a random number of their length seldom passes.
_IDENTITY = (
    "de.idnr", "fr.nir", "es.dni", "es.nie", "it.codicefiscale", "nl.bsn", "be.nn", "pl.pesel",
    "se.personnummer", "fi.hetu", "dk.cpr", "no.fodselsnummer", "pt.cc", "ro.cnp", "cz.rc", "bg.egn", "ch.ssn",
    "br.cpf", "cn.ric", "in_.aadhaar", "za.idnr", "ca.sin", "mx.curp",
)  # fmt: skip
#: A name alone counts only where so many values differ: a column "phone" with yes and no is none.
DIFFERENT = 20
#: A number's own digits leave so little room for chance that shorter ones are not looked at.
DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """One kind of personal data and how one value of it is told."""

    name: str
    matches: Callable[[str], bool]


def observe_personal_data(
    table: pa.Table, *, dataset: str, settings: PersonalDataSettings, private: Collection[str] = ()
) -> tuple[Observation, ...]:
    """Columns that look like personal data and are neither private nor accepted.

    Parameters
    ----------
    table
        The data, n rows.
    dataset
        Its name.
    settings
        Columns that are accepted, and the share of values that may match.
    private
        Columns that are known to be personal, of which nothing is said.

    Returns
    -------
    tuple of Observation
        One for each such column, or one that says there is none; and one more when python-stdnum is not installed.
    """
    kinds, complete = _kinds()
    seen = []
    looked = [name for name in table.column_names if name not in private and name not in settings.accepted]
    for name in looked:
        texts = _some_texts(table.column(name), settings.sample)
        found = _found(name, texts, kinds, settings.share)
        if found is not None:
            kind, share, reason = found
            title = f"{name} holds no personal data"
            said = f"{name} looks like {kind}: {reason}; declare it private, accept it, or leave it out"
            seen.append(_observation(table, dataset, settings, name, title, said, share, settings.share))
    if not seen:
        title = f"no column of {dataset} looks like personal data"
        reason = f"{len(looked):,} columns were looked through"
        seen.append(_observation(table, dataset, settings, "all", title, reason, 0.0, settings.share))
    if not complete:
        title = "account, card and identity numbers are looked for"
        reason = f"python-stdnum, which knows their checksums, is not installed; run {install('python-stdnum')}"
        seen.append(_observation(table, dataset, settings, "checksums", title, reason, float("nan"), 0.0))
    return tuple(seen)


def _kinds() -> tuple[tuple[_Kind, ...], bool]:
    """What is looked for, and whether the checksums are there."""
    built_in = [
        _Kind(name="e-mail addresses", matches=lambda text: _MAIL.fullmatch(text) is not None),
        _Kind(name="addresses of computers", matches=_is_address),
    ]
    phone = _Kind(name="telephone numbers", matches=_is_phone)
    try:
        iban, luhn = importlib.import_module("stdnum.iban"), importlib.import_module("stdnum.luhn")
    except ImportError:
        return (*built_in, phone), False
    built_in.append(_Kind(name="account numbers", matches=iban.is_valid))
    social = importlib.import_module("stdnum.us.ssn")
    built_in.append(
        _Kind(
            name="identity numbers (US)",
            matches=lambda text: _SOCIAL.fullmatch(text) is not None and bool(social.is_valid(text)),
        )
    )
    built_in.append(_Kind(name="card numbers", matches=lambda text: _is_card(text, luhn.is_valid)))
    for place in _IDENTITY:
        try:
            module = importlib.import_module(f"stdnum.{place}")
        except ImportError:  # an older version knows fewer countries
            continue
        built_in.append(
            _Kind(
                name=f"identity numbers ({place.partition('.')[0].strip('_').upper()})",
                matches=lambda text, valid=module.is_valid: _is_identity(text, valid),  # type: ignore[misc]
            )
        )
    # Last, since nearly everything with digits and separators could be dialled.
    return (*built_in, phone), True


def _is_address(text: str) -> bool:
    if "." not in text and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    """Digits after a plus sign or with a dialling code, or in several groups; a bare number could be anything.

    >>> [_is_phone(text) for text in ("+49 30 1234567", "030/1234567", "5551234567", "02139-1234", "12.5")]
    [True, True, False, False, False]
    """
    digits = sum(sign.isdigit() for sign in text)
    parts = sum(text.count(sign) for sign in " -/.")
    written = text.startswith(("+", "(")) or parts > 1 or (text.startswith("0") and ("/" in text or " " in text))
    return written and 7 <= digits <= 15 and _PHONE.fullmatch(text) is not None and _DATE.fullmatch(text) is None


def _is_card(text: str, valid: Callable[[str], bool]) -> bool:
    """A card's length, first digit and checksum.

    >>> _is_card("4111 1111 1111 1111", lambda digits: True), _is_card("9111111111111111", lambda digits: True)
    (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    return digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and digits[0] in "23456" and valid(digits)


def _is_identity(text: str, valid: Callable[[str], bool]) -> bool:
    """Long enough; and of digits alone, not of a length whose numbers nearly all are valid somewhere."""
    signs = sum(sign.isalnum() for sign in text)
    if signs < DIGITS or (text.isdigit() and len(text) < 11):
        return False
    return bool(valid(text))


def _some_texts(column: pa.ChunkedArray, most: int) -> list[str]:
    """Distinct values as texts, chosen by their hashes; numbers with a fraction are none."""
    if not len(column) or pa.types.is_null(column.type):
        return []
    column = encodable(column)
    if pa.types.is_boolean(column.type):
        return []
    if pa.types.is_floating(column.type):
        numbers = to_floats(column)
        held = numbers[np.isfinite(numbers)]
        if not len(held) or np.any(np.modf(held)[0]) or np.max(np.abs(held)) >= 2.0**53:
            return []
        column = pa.chunked_array([from_numbers(held.astype(np.int64))])
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return []
    values = pa.chunked_array([pc.unique(column)])
    hashes = hash_column(values)
    if len(hashes) > most:
        values = values.take(from_numbers(np.argpartition(hashes, most)[:most].astype(np.int64)))
    return [str(value).strip() for value in values.to_pylist() if value is not None and str(value).strip()]


def _found(name: str, texts: Sequence[str], kinds: Sequence[_Kind], share: float) -> tuple[str, float, str] | None:
    """What a column looks like, the share of values that say so, and in words why."""
    for kind in kinds if texts else ():
        hits = sum(kind.matches(text) for text in texts)
        if hits and hits / len(texts) > share:
            part = hits / len(texts)
            return kind.name, part, f"{hits:,} of {len(texts):,} distinct values looked at match ({100 * part:.3g} %)"
    words = " ".join(word.lower() for word in _BREAK.sub(" ", name).split())
    named = next((kind for kind, pattern in _NAMES.items() if pattern.fullmatch(words)), None)
    if named is None or len(set(texts)) < DIFFERENT:
        return None
    if named in ("names of people", "addresses", "e-mail addresses") and all(text.isdigit() for text in texts):
        return None
    return named, 1.0, f"its name says so, and {len(set(texts)):,} values differ"


def _observation(
    table: pa.Table,
    dataset: str,
    settings: PersonalDataSettings,
    subject: str,
    title: str,
    reason: str,
    value: float,
    allowed: float,
) -> Observation:
    return Observation(
        id=f"{Section.DATA}/{dataset}/personal_data/{subject}",
        section=Section.DATA,
        title=title,
        level=settings.level,
        reason=reason,
        dataset=dataset,
        value=value,
        at_most=allowed,
        rows=table.num_rows,
    )
