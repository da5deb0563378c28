"""Amounts of memory and of files as people write and read them: ``4GB``, ``200 MB``, ``1.5GiB``.

Separate because mlgate.yaml, checks, errors and reports all speak of them, and none of these imports another.
"""

from __future__ import annotations

__all__ = ["bytes_of", "size_text"]

_UNITS = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def bytes_of(text: str) -> int | None:
    """A size that people write, in bytes; None when it is none.

    >>> bytes_of("4GB"), bytes_of("1.5 GiB"), bytes_of("200 MB"), bytes_of("much")
    (4000000000, 1610612736, 200000000, None)
    """
    written = text.strip().replace(" ", "").lower()
    for power, letter in enumerate("kmgt", start=1):
        for ending, base in ((f"{letter}ib", 1024), (f"{letter}b", 1000)):
            if written.endswith(ending):
                try:
                    size = float(written[: -len(ending)]) * base**power
                except ValueError:
                    return None
                return int(size) if 1 <= size < 1e18 else None
    return None


def size_text(size: float) -> str:
    """Bytes as people read them.

    >>> size_text(4e9), size_text(305_000_000), size_text(12)
    ('4 GB', '305 MB', '12 bytes')
    """
    for name, unit in _UNITS:
        if size >= 0.9995 * unit:  # else rounding would print a thousand of the smaller one
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} bytes"
