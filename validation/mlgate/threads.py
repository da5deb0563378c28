"""Work on all cores of this process: the long steps are numpy's, which let other threads run meanwhile.

Separate from what is computed, so that no result can depend on the number of cores: parts are independent, and results
come in the order of the parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["FEW_ROWS", "cores", "in_threads", "meanwhile", "unfinished"]

Part = TypeVar("Part")
Result = TypeVar("Result")

#: A step of numpy on fewer rows is over before another thread has come to run.
FEW_ROWS = 50_000
#: More threads than this gain little, and each holds the columns that it works on.
_MOST = 4
#: What was begun ``meanwhile`` and is not done.
_BEGUN: set[Future[Any]] = set()


def in_threads(work: Callable[[Part], Result], parts: Iterable[Part], *, rows: int = FEW_ROWS) -> list[Result]:
    """What ``work`` makes of each part, in the order of the parts; its first exception is raised.

    Parameters
    ----------
    work
        On one part; of no other.
    parts
        In any number.
    rows
        That each part is about; where they are fewer than ``FEW_ROWS``, parts are taken one after the other, because
        waiting for each other would cost more than the second core gains.

    >>> in_threads(abs, [3, -2, 1])
    [3, 2, 1]
    """
    listed = list(parts)
    threads = min(cores(), len(listed), _MOST)
    if threads < 2 or rows < FEW_ROWS:
        return [work(part) for part in listed]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, listed))


def meanwhile(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin ``work`` in a thread of its own; what is returned waits for its result, or raises what it raised.

    >>> result = meanwhile(lambda: 2 + 2)
    >>> result()
    4
    """
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    _BEGUN.add(future)
    future.add_done_callback(_BEGUN.discard)
    return future.result


def unfinished() -> bool:
    """Whether something that was begun ``meanwhile`` still runs, for which the end of the interpreter would wait."""
    return bool(_BEGUN)


def cores() -> int:
    """Cores that this process may use; containers and batch systems often allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
