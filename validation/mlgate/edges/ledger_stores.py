"""Where the ledger's lines are kept: in a file, or in tags of the registered model.

Both keep a line whole or not at all and never overwrite one. What a line means, and whether the lines fit together, is
``promotion/ledger.py``'s business.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from mlgate.errors import RegistryError
from mlgate.frozen import dataclass

__all__ = ["MAX_TAG", "FileStore", "RegistryStore", "TagBoard", "open_store"]

#: MLflow accepts tags of 100,000 characters, but its databases keep 5,000 of them.
MAX_TAG = 5000
#: Tags of the ledger: the number of the line, then the start of its own digest.
PREFIX = "mlgate.ledger."
_TAG = re.compile(re.escape(PREFIX) + r"(\d{6,})\.[0-9a-f]{16}")


class TagBoard(Protocol):
    """The part of a registry that keeps tags of a registered model."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        ...

    def tags(self, model: str) -> Mapping[str, str]:
        """All tags of the model; empty when it does not exist."""
        ...

    def set_tag(self, model: str, key: str, value: str) -> None:
        """Write a tag; the model is made when it is not there."""
        ...

    def delete_tag(self, model: str, key: str) -> None:
        """Take a tag away."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FileStore:
    """One line after the other in a file, under a lock, flushed to disk."""

    path: Path

    @property
    def place(self) -> str:
        """The path, for messages."""
        return str(self.path)

    def read(self) -> tuple[str, ...]:
        """All lines, oldest first; none when there is no file yet.

        Raises
        ------
        RegistryError
            The file cannot be read, or its last line was cut off by a crash.
        """
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                content = file.read()
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise RegistryError(f"{self.path}: the ledger cannot be read ({problem.strerror}).") from None
        return self._lines(content)

    def add(self, line: str, *, number: int) -> bool:
        """Append a line as the ``number``-th; False when there are not exactly ``number - 1`` of them.

        Raises
        ------
        RegistryError
            The file cannot be written, or its last line was cut off by a crash.
        """
        with self._locked() as handle:
            with os.fdopen(os.dup(handle), "rb") as file:
                content = file.read()
            if len(self._lines(content)) != number - 1:
                return False
            data = f"{line}\n".encode()
            try:
                written = os.write(handle, data)
                if written < len(data):
                    raise OSError(0, "the disk is full")
                os.fsync(handle)
            except OSError as problem:
                # Nobody has read it under the lock: a line that is not whole is taken back.
                os.ftruncate(handle, len(content))
                raise RegistryError(
                    f"{self.path}: the ledger cannot be written ({problem.strerror}); nothing was added."
                ) from None
        return True

    def _lines(self, content: bytes) -> tuple[str, ...]:
        try:
            *lines, rest = content.decode().split("\n")
        except UnicodeDecodeError:
            raise RegistryError(
                f"{self.path}: the ledger is damaged (it is not UTF-8); restore it from a copy."
            ) from None
        if rest:
            raise RegistryError(
                f"{self.path}: line {len(lines) + 1} is cut off, as a crash while writing leaves it; "
                f"the {len(lines)} lines before it are whole, so remove the last line and run the command again."
            )
        return tuple(lines)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, open for appending and locked against everybody else; made when it is not there."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as problem:
            raise RegistryError(
                f"{self.path}: the ledger cannot be opened ({problem.strerror}); check ledger: in mlgate.yaml."
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryStore:
    """One tag of the registered model for each line, so that the ledger is where the champion is.

    MLflow has no "write unless it is there". Each line therefore gets a tag of its own, named by its number and its
    content, so that two writers never overwrite each other; who finds a second line of that number after writing takes
    the own one back. Of two writers at least the later one sees both, so at most one of them succeeds.
    """

    board: TagBoard
    model: str

    @property
    def place(self) -> str:
        """The registered model, for messages."""
        return f"ledger of {self.model} in {self.board.address}"

    def read(self) -> tuple[str, ...]:
        """All lines, oldest first.

        Raises
        ------
        RegistryError
            The registry is out of reach, or a number is missing or stands there twice.
        """
        found = self._found()
        lines: list[str] = []
        for number in range(1, max(found, default=0) + 1):
            keys = found.get(number, {})
            if len(keys) != 1:
                what = (
                    "is missing: a tag was deleted"
                    if not keys
                    else f"stands there twice, in the tags {' and '.join(sorted(keys))}"
                )
                raise RegistryError(
                    f"{self.place}: entry {number} {what}; repair the tags of the model before you promote anything."
                )
            lines.extend(keys.values())
        return tuple(lines)

    def add(self, line: str, *, number: int) -> bool:
        """Write a line as the ``number``-th; False when there is another one of that number.

        Raises
        ------
        RegistryError
            The registry is out of reach or does not keep what was written, or the line is too long for it.
        """
        if len(line) > MAX_TAG:
            raise RegistryError(
                f"{self.place}: the entry has {len(line):,} characters and may have {MAX_TAG:,}; give a shorter reason."
            )
        if max(self._found(), default=0) != number - 1:
            return False
        key = f"{PREFIX}{number:06d}.{hashlib.sha256(line.encode()).hexdigest()[:16]}"
        self.board.set_tag(self.model, key, line)
        there = self._found().get(number, {})
        if there.get(key) != line:
            raise RegistryError(
                f"{self.place}: the registry did not keep entry {number} as it was written; see what it says of its"
                " tags."
            )
        if len(there) > 1:
            self.board.delete_tag(self.model, key)
            return False
        return True

    def _found(self) -> dict[int, dict[str, str]]:
        """Lines by number and tag."""
        found: dict[int, dict[str, str]] = {}
        for key, value in self.board.tags(self.model).items():
            match = _TAG.fullmatch(key)
            if match:
                found.setdefault(int(match[1]), {})[key] = value
        return found


def open_store(ledger: str, *, root: Path, model: str, board: Callable[[], TagBoard]) -> FileStore | RegistryStore:
    """The store that ``ledger:`` in mlgate.yaml names.

    Parameters
    ----------
    ledger
        ``registry``, or the path of a file.
    root
        Folder of mlgate.yaml, where a relative path starts.
    model
        Name of the registered model, which carries the tags.
    board
        Opens the registry; called only when the ledger is kept there.
    """
    return RegistryStore(board=board(), model=model) if ledger == "registry" else FileStore(path=root / ledger)
