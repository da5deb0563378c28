"""What promotion needs from outside, and the one noun in which it answers.

Separate from ``edges/``, which implement it: promotion is told what a registry can do and never which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from mlgate.frozen import dataclass

__all__ = ["DONE", "REFUSED", "WAITING", "Answer", "Registry", "instant"]

#: Exit codes of the command line, as promotion uses them.
DONE, REFUSED, WAITING = 0, 1, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How it ended without anything left to do: already done, refused, or waiting for a person."""

    #: exit code: 0 done, 1 refused, 3 waiting.
    code: int
    #: one sentence, or one per line, for people: what, why, and what to do next.
    sentence: str


class Registry(Protocol):
    """The part of a model registry that promotion reads and the one alias that it moves."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        ...

    def champion(self, model: str) -> str | None:
        """Version that carries the alias ``champion``; None when there is no such model or alias."""
        ...

    def set_champion(self, model: str, version: str) -> None:
        """Move the alias ``champion`` to a version that exists."""
        ...

    def version_facts(self, model: str, version: str) -> Mapping[str, str]:
        """``source``, ``description``, ``digest`` (the tag ``mlgate.digest``); RegistryError if there is no version."""
        ...

    def artifact_digest(self, model: str, version: str) -> str:
        """Digest of the version's files as they are now, whatever its tags say."""
        ...


def instant(when: datetime) -> str:
    """A moment as it is written everywhere: ISO 8601 in UTC, to the second.

    >>> from datetime import timezone
    >>> instant(datetime(2026, 11, 24, 13, 5, 9, tzinfo=timezone.utc))
    '2026-11-24T13:05:09Z'
    """
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
