"""The inside of a process of our own making: its ends of the pipes, and that it ends when we do.

The other side of ``child.py``, and separate from it because that starts and watches processes, which no child does.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from mlgate.edges.frames import read_frame, write_frame

__all__ = ["answer_once", "end_with_parent", "settle_in"]


def answer_once(arguments: list[str], answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> int:
    """Take one order, give one answer, both JSON; returns the exit code.

    Parameters
    ----------
    arguments
        Three file descriptors: requests, answers, lifeline.
    answer
        From the order to what is answered.
    """
    requests, answers, lifeline = map(int, arguments)
    settle_in(requests, answers, lifeline)
    order = read_frame(requests)
    if order is None:
        return 1
    write_frame(answers, json.dumps(answer(json.loads(order))).encode())
    return 0


def settle_in(requests: int, answers: int, lifeline: int) -> None:
    """Keep the pipes from whatever this process starts, and end with the parent."""
    for descriptor in (requests, answers, lifeline):
        os.set_inheritable(descriptor, False)  # what runs here must not hold our pipes open in processes of its own
    end_with_parent(lifeline)


def end_with_parent(lifeline: int) -> None:
    """End the whole group as soon as the parent is gone, even while a model hangs."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
