"""How much memory processes hold, and how much there is: read from ``/proc``, or by psutil where there is no ``/proc``.

Resident size is what is watched, never the address space: Arrow and numeric libraries reserve far more addresses than
they use, and a limit on those breaks them. Separate from ``child.py`` because only the system's way of telling is here.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["SHARE", "default_limit", "machine_memory", "peak", "resident"]

#: Of the machine's memory, what one model may hold unless somebody says otherwise: two of them run side by side.
SHARE = 0.4

_PROC = Path("/proc")
#: Where a container is told how much memory it has, by version of control groups.
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def resident(leader: int) -> int | None:
    """Bytes that a process and all its descendants hold in memory; None where the system does not tell.

    Pages that they share are counted for each, so that the figure is never too small.
    """
    if not _PROC.is_dir():
        return _by_psutil(leader)
    return sum(map(_own, _tree(leader)))


def _own(number: int) -> int:
    try:
        return int((_PROC / str(number) / "statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it has just ended
        return 0


def _tree(leader: int) -> Iterator[int]:
    """A process and its descendants; each thread lists the processes that it has started."""
    yield leader
    try:
        threads = os.listdir(_PROC / str(leader) / "task")
    except OSError:
        return
    for thread in threads:
        try:
            children = (_PROC / str(leader) / "task" / thread / "children").read_bytes().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _by_psutil(leader: int) -> int | None:
    try:
        psutil: Any = importlib.import_module("psutil")
    except ImportError:
        return None
    try:
        process = psutil.Process(leader)
        return sum(int(one.memory_info().rss) for one in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0


def peak(number: int) -> int | None:
    """Most bytes that one process alone has ever held in memory; None where the system does not tell."""
    try:
        lines = (_PROC / str(number) / "status").read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else int(kilobytes) * 1024


def machine_memory() -> int | None:
    """Bytes of memory that this machine, or the container we are in, has; None where the system does not tell."""
    found = []
    try:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):
        pass  # other systems do not say so
    for place in _GROUPS:
        try:
            found.append(int(place.read_text()))
        except (OSError, ValueError):  # not in a container, or one without a limit ("max")
            continue
    return min(found, default=None)


def default_limit() -> int | None:
    """What a model may hold when nobody says: a share of the machine; None where its size is not known."""
    whole = machine_memory()
    return None if whole is None else int(SHARE * whole)
