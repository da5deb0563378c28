"""``mlgate cache``: what answers of champions are kept between runs, and how to be rid of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlgate.commands.common.output import say, show_json
from mlgate.edges.models.cache import FOLDER, clear, held
from mlgate.sentences import plural

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Show, or remove, the answers beside the runs of the folder that ``options.config`` is in."""
    folder = Path(options.config).resolve().parent / FOLDER
    answers, size, age = held(folder)
    removed = clear(folder) if options.clear else 0
    if options.clear:
        said = f"{plural(removed, 'answer')} of champions removed, {size / 1e6:.1f} MB"
    elif answers:
        kept = f"{plural(answers, 'answer')} of champions kept, {size / 1e6:.1f} MB"
        said = f"{kept}, the oldest used {age / 3600:.1f} hours ago"
    else:
        said = "no answers of champions kept"
    say(options, f"{folder}: {said}.")
    show_json(options, {"folder": str(folder), "answers": answers, "bytes": size, "removed": removed})
    return 0
