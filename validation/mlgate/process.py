"""This process: how it holds its memory, how often it looks for garbage, and how it ends.

For a command that has the process to itself, reads many rows once, and is over; separate because nothing that is
computed depends on it.
"""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["collect_seldom", "keep_memory", "leave"]

#: Names and values of glibc's ``mallopt``: at most two arenas, arrays of up to 32 MiB (the most that it takes) within
#: them, and nothing given back from their ends.
_ARENAS, _MAPPED, _TRIMMED = (-8, 2), (-3, 1 << 25), (-1, 1 << 30)


def collect_seldom(records: int) -> None:
    """Look for garbage after so many new records, not 700: what a command makes mostly lives until it ends."""
    gc.set_threshold(records)


def keep_memory() -> bool:
    """Let freed arrays be used again rather than given back to the system and fetched anew, page by page.

    Returns
    -------
    bool
        Whether that was told: only glibc can be, and what the environment says (``MALLOC_…``) stays.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    import ctypes  # which numpy brings anyway

    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all([tell(*option) == 1 for option in (_ARENAS, _MAPPED, _TRIMMED)])


def leave(code: int) -> None:
    """End this process at once: nothing is freed piece by piece first, and nothing that still runs is waited for.

    Only for a process that has done what it was started for. Where what it said cannot be handed on (a closed pipe) it
    returns, and Python ends the process in its own way.

    Parameters
    ----------
    code
        The exit code.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # as it is where the process was started without one
                stream.flush()
    except OSError:
        return
    os._exit(code)
