"""Frames: how anything passes through a pipe between two of our processes, its length first.

Separate from ``child.py`` because both sides need them, and so does the fork server; some of these processes run in
foreign environments, so this is the standard library alone.
"""

from __future__ import annotations

import os

__all__ = ["HEADER", "framed", "read_frame", "write_frame"]

#: Bytes that give the length of a frame.
HEADER = 8


def framed(content: bytes) -> bytes:
    """Some content as one frame.

    >>> framed(b"ab")
    b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02ab'
    """
    return len(content).to_bytes(HEADER, "big") + content


def read_frame(descriptor: int) -> bytes | None:
    """The next frame from a blocking pipe; None when the other side has closed it."""
    header = _read_exactly(descriptor, HEADER)
    return None if header is None else _read_exactly(descriptor, int.from_bytes(header, "big"))


def _read_exactly(descriptor: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(descriptor, min(size - len(parts), 1 << 20))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)


def write_frame(descriptor: int, content: bytes) -> None:
    """Write one frame to a blocking pipe."""
    rest = memoryview(framed(content))
    while rest:
        rest = rest[os.write(descriptor, rest) :]
