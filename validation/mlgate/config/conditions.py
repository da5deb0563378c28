"""The small language of ``where:``: ``loanprc > 0.9 and self = 1`` to conditions.

Separate from the other keys because it is a language of its own: ``column operator value`` joined by ``and``. There is
nothing more to it, since a slice that takes more to say is one that people cannot read in a report.
"""

from __future__ import annotations

import math
import re

from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.records.run import Condition

__all__ = ["parse_conditions"]

_EXAMPLE = "such as age < 25 and sex = F"
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*")|`(?P<column>[^`]+)`|(?P<sign>[=!<>≤≥≠]+)|(?P<word>[^\s=!<>≤≥≠'"`]+))"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    #: ``quoted``, ``column`` (in backquotes), ``sign``, ``word``, or ``end``.
    kind: str
    text: str
    #: first character, counted from 1.
    at: int


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """The conditions that a slice's rows meet, all of them.

    Parameters
    ----------
    text
        ``column operator value`` joined by ``and``; operators are ``= != < <= > >=``, besides ``column is missing``.
        A range is written ``25 <= age < 30``; ``≤``, ``≥`` and ``≠`` mean ``<=``, ``>=`` and ``!=``.
        Values are numbers, words, or text in quotes; a column whose name is more than a word stands in backquotes.

    Raises
    ------
    ConfigError
        The text is something else; the sentence says at which character.

    Examples
    --------
    >>> [(c.column, c.operator, c.value) for c in parse_conditions("loanprc > 0.9 and self = 1")]
    [('loanprc', '>', 0.9), ('self', '=', 1.0)]
    """
    tokens = _tokens(text)
    conditions: list[Condition] = []
    place = 0
    while True:
        found, place = _range(tokens, place) if _is_range(tokens, place) else _condition(tokens, place)
        conditions += found
        joint = tokens[place]
        if joint.kind == "end":
            return tuple(conditions)
        if joint.kind != "word" or joint.text != "and":
            raise _refusal(joint, 'expected "and" or the end')
        place += 1


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            start = len(text) - len(text[place:].lstrip())
            raise ConfigError(f"at character {start + 1}: a quote is opened and not closed, or encloses nothing.")
        kind = match.lastgroup
        value = match[kind][1:-1] if kind == "quoted" else match[kind]
        if kind == "sign":
            value = value.replace("≤", "<=").replace("≥", ">=").replace("≠", "!=")
        found.append(_Token(kind=kind, text=value, at=match.end() - len(match[0].lstrip()) + 1))
        place = match.end()
    return [*found, _Token(kind="end", text="", at=len(text) + 1)]


def _is_range(tokens: list[_Token], place: int) -> bool:
    """Whether a number, a sign, a column and a second sign stand here."""
    kinds = [token.kind for token in tokens[place : place + 4]]
    return kinds[1:] in (["sign", "word", "sign"], ["sign", "column", "sign"]) and _number(tokens[place]) is not None


def _range(tokens: list[_Token], place: int) -> tuple[list[Condition], int]:
    low, first, column, second, high = tokens[place : place + 5]
    for sign in (first, second):
        if sign.text not in ("<", "<="):
            raise _refusal(sign, "expected < or <= in a range such as 25 <= age < 30")
    limits = [_number(low), _number(high)]
    if limits[1] is None:
        raise _refusal(high, "expected the number that a range ends at, as in 25 <= age < 30")
    signs = (first.text.replace("<", ">"), second.text)
    return [
        Condition(column=column.text, operator=sign, value=limit)
        for sign, limit in zip(signs, limits, strict=True)
        if limit is not None
    ], place + 5


def _condition(tokens: list[_Token], place: int) -> tuple[list[Condition], int]:
    column = tokens[place]
    if column.kind not in ("word", "column") or column.kind == "word" and column.text in ("and", "is", "or", "not"):
        raise _refusal(column, f"expected the name of a column, {_EXAMPLE}")
    sign = tokens[place + 1]
    if sign.kind == "word" and sign.text == "is":
        if tokens[place + 2].text != "missing":
            raise _refusal(tokens[place + 2], 'after "is" only "missing" can stand')
        return [Condition(column=column.text, operator="missing", value="")], place + 3
    if sign.kind != "sign" or sign.text not in _OPERATORS:
        raise _refusal(sign, f'expected one of {" ".join(_OPERATORS)} or "is missing"')
    value = tokens[place + 2]
    if value.kind not in ("word", "quoted"):
        raise _refusal(value, f"expected a value, {_EXAMPLE}")
    number = _number(value)
    if number is None and sign.text not in ("=", "!="):
        raise _refusal(value, f'"{sign.text}" compares with a number')
    return [
        Condition(column=column.text, operator=sign.text, value=value.text if number is None else number)
    ], place + 3


def _number(token: _Token) -> float | None:
    """The number that a bare word is; text in quotes is never one."""
    if token.kind != "word" or not _NUMBER.fullmatch(token.text):
        return None
    number = float(token.text)
    return number if math.isfinite(number) else None


def _refusal(token: _Token, expected: str) -> ConfigError:
    found = "the end" if token.kind == "end" else f'"{token.text}"'
    return ConfigError(f"at character {token.at}: {expected}, found {found}.")
