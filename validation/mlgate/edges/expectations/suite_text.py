"""The text of a suite file as people write it: an expectation to a line, long lists of values broken into lines.

Separate from ``suite_draft.py``, which says what is expected; ``suite_file.py`` reads such files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlgate.frozen import dataclass

__all__ = ["Entry", "suite_text"]

#: Letters in a line of the file.
WIDTH = 110


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One expectation; the sentence is made when the suite is read, unless there is a title."""

    kind: str
    kwargs: Mapping[str, Any]
    name: str = ""
    title: str = ""


def suite_text(name: str, notes: str, entries: Iterable[Entry]) -> str:
    """A suite as JSON.

    Parameters
    ----------
    name, notes
        Of the suite, and for whoever reads it.
    entries
        What it expects, in this order.
    """
    lines = ",\n".join(_text(entry) for entry in entries)
    return (
        f'{{\n  "name": {_json(name)},\n  "meta": {_json({"notes": notes})},\n  "expectations": [\n{lines}\n  ]\n}}\n'
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _text(entry: Entry) -> str:
    """One expectation as people write it: on one line when it is short, a list of many values broken into lines."""
    meta = {key: value for key, value in (("name", entry.name), ("title", entry.title)) if value}
    kind, ending = f'    {{"type": {_json("expect_" + entry.kind)},', f'"meta": {_json(meta)}' if meta else ""
    line = f'{kind} "kwargs": {_json(dict(entry.kwargs))}' + (f", {ending}" if meta else "") + "}"
    if len(line) <= WIDTH:
        return line
    parts = [f"{_json(key)}: {_broken(value)}" for key, value in entry.kwargs.items()]
    return f'{kind}\n     "kwargs": {{{", ".join(parts)}}}' + (f",\n     {ending}" if meta else "") + "}"


def _broken(value: Any) -> str:
    """A value as JSON, a long list in lines of ``WIDTH`` letters."""
    whole = _json(value)
    if not isinstance(value, list) or len(whole) < WIDTH // 2:
        return whole
    lines, line = [], ""
    for part in (_json(one) for one in value):
        if line and len(line) + len(part) + 2 > WIDTH - 8:
            lines.append(line)
            line = ""
        line = f"{line}, {part}" if line else part
    return "[\n       " + ",\n       ".join([*lines, line]) + "]"
