"""This process: how it holds its memory, how often it looks for garbage, what a copy of it does, and how it ends.

For a command that has the process to itself, reads many rows once, and is over; separate because nothing that is
computed depends on it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mlgate.threads import cores

__all__ = ["collect_seldom", "copied", "keep_memory", "leave"]

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


@contextmanager
def copied(work: Callable[[], None], *, allowed: bool = True) -> Iterator[None]:
    """Do ``work`` in a copy of this process while the block runs; what it writes is there when the block has ended.

    For Python's own steps, of which one process does one at a time. Where there can be no copy (not on Linux, on one
    core, beside another thread, whose locks would stay shut in the copy for ever), and where the copy breaks off, the
    work is done here at the end of the block: so it is done in any case, and what is wrong with it is raised here.

    Parameters
    ----------
    work
        What only writes files: nothing else comes back from a copy. It may be done twice.
    allowed
        Whether there may be a copy at all, which nobody makes of a process that is not his.
    """
    copy = _copy_that_does(work) if allowed else None
    try:
        yield
        done = copy is not None and _ended_well(copy)
    except BaseException:
        if copy is not None:
            with suppress(ProcessLookupError):  # it has ended, and nobody saw it
                os.kill(copy, signal.SIGKILL)  # it must not write where the caller cleans up
            _ended_well(copy)
        raise
    if not done:
        work()


def _ended_well(copy: int) -> bool:
    """Wait for a copy, and whether it did what it was to do; where ends of processes go unseen, nobody can say."""
    try:
        return os.waitpid(copy, 0)[1] == 0
    except ChildProcessError:  # SIGCHLD is ignored, as whoever started this process may have it
        return False


def _copy_that_does(work: Callable[[], None]) -> int | None:
    """The process id of a copy that does something and ends."""
    if sys.platform != "linux" or cores() < 2 or threading.active_count() > 1:
        return None
    try:
        with warnings.catch_warnings():
            # Threads of libraries, such as Arrow's, are at rest, and the copy calls none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            copy = os.fork()
    except OSError:  # no memory or process to be had
        return None
    if copy:
        return copy
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)  # without a word: whoever waits does the work again and tells what is wrong


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
