"""Tables of figures in docs/*.md, between markers: the words around them stay when figures are measured anew."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

__all__ = ["DOCS", "machine", "table", "write"]

DOCS = Path(__file__).parents[2] / "docs"


def write(page: str, name: str, lines: Iterable[str]) -> None:
    """Replace what stands between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->`` in a page of the docs."""
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    if begin not in text or end not in text.partition(begin)[2]:
        raise SystemExit(f"docs/{page} lacks the lines {begin.strip()!r} and {end!r}; put them where figures belong.")
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    path.write_text(before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after, encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: int = 1) -> list[str]:
    """A Markdown table; columns from the ``right``-th on are set to the right."""
    marks = ["---" if place < right else "--:" for place in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rows)]


def machine() -> str:
    """What figures were measured on, in one sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pyarrow", "scikit-learn"))
    return f"Measured on {cores} cores ({platform.machine()}), Python {platform.python_version()}, {libraries}."
