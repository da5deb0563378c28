"""What a model's process and we say to each other comes over as it was said."""

from __future__ import annotations

import json

import pyarrow as pa

from mlgate.edges.models.messages import CALLS, loaded_of, streamed, table_of

SAID = {
    "name": "loans",
    "version": "2",
    "digest": "sha256:1",
    "description": "",
    "pinned": "models:/loans/2",
    "size": 12,
    "folder": "files",
    "wanted": {"python": "3.11", "requirements": [], "file": ""},
    "mismatches": [],
    "columns": None,
    "required": None,
    "classes": None,
    "threshold": None,
    "seconds": 1,
}


def test_a_table_comes_over_with_its_metadata() -> None:
    table = pa.table({"a": [1, None]}).replace_schema_metadata({CALLS: b"3"})
    assert table_of(streamed(table)).equals(table, check_metadata=True)


def test_what_a_model_does_not_say_stays_unsaid() -> None:
    told = loaded_of(json.dumps(SAID).encode())
    assert (told.columns, told.required, told.classes, told.threshold) == (None, (), None, None)
    assert (told.name, told.version, told.size, told.seconds) == ("loans", "2", 12, 1.0)


def test_inputs_and_classes_keep_their_order() -> None:
    told = loaded_of(json.dumps({**SAID, "columns": ["b", "a"], "required": ["b"], "classes": ["2", "10"]}).encode())
    assert (told.columns, told.required, told.classes) == (("b", "a"), ("b",), ("2", "10"))
