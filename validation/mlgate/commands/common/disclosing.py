"""What may stay in a run's folder, beside what the decision may say: ``private`` and ``disclosure`` of mlgate.yaml.

Separate from ``stages/disclose.py``, which knows findings and no files: logs and reports of suites are words of others,
and a folder of aggregates is the files that are made of the decision, and nothing else.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from mlgate.edges.private_texts import hide_in_files, hiding
from mlgate.records.settings import Settings
from mlgate.stages.disclose import AGGREGATES

__all__ = ["FILES", "disclosed"]

#: What is made of the decision; ``tally.npz`` holds no table in aggregates.
FILES = ("decision.json", "decision.intoto.json", "report.html", "summary.md", "junit.xml", "tally.npz")


@contextmanager
def disclosed(settings: Settings, folder: Path, tables: Mapping[str, pa.Table]) -> Iterator[Callable[[str], str]]:
    """What takes private values out of texts; at the end of the block, out of every other file of the run.

    In ``aggregates`` the other files go altogether.
    """
    hide = hiding(tables.values(), settings.private)
    yield hide
    others = [path for path in folder.iterdir() if path.name not in FILES]
    if settings.disclosure == AGGREGATES:
        for path in others:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    elif settings.private:
        # Great Expectations' pages are ours: they never hold values of private columns.
        hide_in_files((path for path in others if path.is_file()), hide)
