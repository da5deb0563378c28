"""Frames through a pipe: whole, or none."""

from __future__ import annotations

import os

from mlgate.edges.frames import read_frame, write_frame


def test_a_pipe_that_closes_in_the_middle_of_a_frame_gives_none() -> None:
    read, write = os.pipe()
    write_frame(write, b"whole")
    os.write(write, (10).to_bytes(8, "big") + b"half")
    os.close(write)
    assert read_frame(read) == b"whole"
    assert read_frame(read) is None
    os.close(read)
