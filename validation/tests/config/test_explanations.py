"""The key explanations: read, refused, and told alike by schema and page."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mlgate.config.explanations import EXPLANATION_KEYS, SHAP_KEYS
from mlgate.records.explanation_settings import PARTS, ExplanationSettings, ShapSettings
from mlgate.records.settings import Settings
from mlgate.records.words import Level

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = json.loads((files("mlgate.config") / "mlgate.schema.json").read_text(encoding="utf-8"))
HEAD = "model: credit\ndata: test.parquet\nlabel: default\n"

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]


def fits(text: str) -> bool:
    return bool(Draft202012Validator(SCHEMA).is_valid(YAML(typ="safe", pure=True).load(text)))


def test_schema_and_page_have_the_keys_and_defaults_of_the_record() -> None:
    properties: dict[str, Any] = SCHEMA["properties"]["explanations"]["oneOf"][1]["properties"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.split("\n## explanations\n")[1].split("\n## ")[0], re.M))
    assert list(properties) == list(EXPLANATION_KEYS) == list(rows)
    plain = dataclasses.asdict(ExplanationSettings())
    for key, part in properties.items():
        default = part.get("default", ())
        assert default == (False if key == "shap" else plain[key])
        assert rows[key] in (f"`{default}`".lower(), "all", "none")


def test_schema_and_page_have_the_keys_and_defaults_of_shap() -> None:
    properties = SCHEMA["properties"]["explanations"]["oneOf"][1]["properties"]["shap"]["oneOf"][1]["properties"]
    rows = dict(re.findall(r"^\| `shap\.(\w+)` \| `(.*?)` \|", PAGE, re.M))
    assert list(properties) == list(SHAP_KEYS) == list(rows)
    plain = dataclasses.asdict(ShapSettings())
    assert {key: part["default"] for key, part in properties.items()} == plain
    assert rows == {key: str(value) for key, value in plain.items()}
    assert properties["background"]["multipleOf"] == PARTS


def test_it_is_asked_by_default_and_can_be_left_out(read: Read) -> None:
    assert read(HEAD).explanations == read(HEAD + "explanations: true\n").explanations == ExplanationSettings()
    assert read(HEAD + "explanations: false\n").explanations is None
    assert ExplanationSettings().level is Level.ADVISORY


def test_what_is_written_is_read(read: Read) -> None:
    text = HEAD + (
        "explanations: {level: guarded, columns: [age, income], leave: [town], repeats: 3, rows: 50, seconds: 0.5, "
        "margin: 5%}\n"
    )
    assert fits(text)
    assert read(text).explanations == ExplanationSettings(
        level=Level.GUARDED, columns=("age", "income"), leave=("town",), repeats=3, rows=50, seconds=0.5, margin=0.05
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", ShapSettings()),
        ("false", None),
        ("{}", ShapSettings()),
        ("{rows: 40, background: 20, seconds: 3}", ShapSettings(rows=40, background=20, seconds=3.0)),
    ],
)
def test_shap_is_asked_only_where_it_is_written(read: Read, written: str, expected: ShapSettings | None) -> None:
    text = HEAD + f"explanations: {{shap: {written}}}\n"
    assert fits(text)
    assert read(text).explanations == ExplanationSettings(shap=expected)
    assert ExplanationSettings().shap is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("explanations: often", "true, false, or a mapping"),
        ("explanations: {repeats: 1}", "a whole number that is at least 2"),
        ("explanations: {rows: 0}", "a whole number that is at least 1"),
        ("explanations: {seconds: 0}", "a number above 0"),
        ("explanations: {margin: -0.1}", "a number that is not negative"),
        ("explanations: {shap: often}", "true, false, or a mapping with keys such as rows, background, seconds"),
        ("explanations: {shap: {background: 12}}", "a multiple of 5, from 10 to 1,000"),
        ("explanations: {shap: {background: 1005}}", "a multiple of 5, from 10 to 1,000"),
        ("explanations: {shap: {background: 5}}", "a whole number that is at least 10"),
        ("explanations: {shap: {seconds: 0}}", "a number above 0"),
        ("explanations: {shap: {row: 3}}", 'unknown key "explanations.shap.row"; did you mean "rows"?'),
        ("explanations: {level: high}", 'unknown level "high"'),
        ("explanations: {repeat: 3}", 'unknown key "explanations.repeat"; did you mean "repeats"?'),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_refused_by_the_schema(
    problems: Problems, written: str, said: str
) -> None:
    assert not fits(HEAD + written + "\n")
    (problem,) = problems(HEAD + written + "\n")
    assert said in problem and ":4: " in problem


def test_the_label_is_no_feature_and_a_column_is_asked_about_or_left_out(problems: Problems) -> None:
    (problem,) = problems(HEAD + "explanations: {leave: [default]}\n")
    assert '"default" is the label' in problem
    (problem,) = problems(HEAD + "explanations: {columns: [age], leave: [age]}\n")
    assert "remove one" in problem
