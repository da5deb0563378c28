"""The keys cost, privacy, certainty, model_memory and build_env: read, refused, and told alike by schema and page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mlgate.config.model_checks import MODEL_CHECKS, model_keys
from mlgate.records.model_settings import CertaintySettings, CostSettings, PrivacySettings
from mlgate.records.settings import Settings
from mlgate.records.words import Level

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = json.loads((files("mlgate.config") / "mlgate.schema.json").read_text(encoding="utf-8"))
HEAD = "model: credit\ndata: test.parquet\nlabel: default\n"

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]


def fits(text: str) -> bool:
    return bool(Draft202012Validator(SCHEMA).is_valid(YAML(typ="safe", pure=True).load(text)))


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["properties"][name]["oneOf"][1]["properties"]
    return found


@pytest.mark.parametrize("name", MODEL_CHECKS)
def test_schema_and_page_have_the_keys_and_defaults_of_the_record(name: str) -> None:
    kind = MODEL_CHECKS[name]
    assert set(properties(name)) == set(model_keys(kind))
    section = PAGE.split(f"\n`{name}`: ")[1].split("\n\n")[1]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))
    assert set(rows) == set(properties(name))
    for key, part in properties(name).items():
        held = getattr(kind(), key)
        assert part.get("default") == held
        assert rows[key] == ("none" if held is None else f"`{json.dumps(held).strip(chr(34))}`")


def test_by_default_all_three_are_asked_and_block_nothing(read: Read) -> None:
    settings = read(HEAD)
    assert (settings.cost, settings.privacy, settings.certainty) == (
        CostSettings(),
        PrivacySettings(),
        CertaintySettings(),
    )
    assert settings.cost is not None and settings.cost.level is Level.ADVISORY
    assert settings.model_memory == 0 and not settings.build_env


def test_what_is_written_is_read(read: Read) -> None:
    text = (
        "cost: {level: required, seconds: 2.5, batch: 10, latency_margin: 10%, size_margin: 0, row_p95_at_most: 50ms, "
        "batch_p99_at_most: 1.5 s, load_at_most: 250us, memory_at_most: 1.5GiB, size_at_most: 200 MB}\n"
        "privacy: false\n"
        "certainty: {reject_below: 0.7, margin: 0.1}\n"
        "model_memory: 4GB\nbuild_env: true\n"
    )
    assert fits(HEAD + text)
    settings = read(HEAD + text)
    assert settings.cost == CostSettings(
        level=Level.REQUIRED,
        seconds=2.5,
        batch=10,
        latency_margin=0.1,
        size_margin=0.0,
        row_p95_at_most=0.05,
        batch_p99_at_most=1.5,
        load_at_most=0.00025,
        memory_at_most=1.5 * 1024**3,
        size_at_most=2e8,
    )
    assert settings.privacy is None
    assert settings.certainty == CertaintySettings(reject_below=0.7, margin=0.1)
    assert settings.model_memory == 4 * 10**9 and settings.build_env


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cost: fast\n", "cost must be true, false, or a mapping with keys such as level, seconds, batch"),
        ("cost: {p95: 1}\n", 'unknown key "cost.p95"'),
        ("cost: {row_p95_at_most: 50}\n", 'cost.row_p95_at_most must be a time, such as "50ms" or "2s", found 50'),
        ("cost: {row_p95_at_most: soon}\n", 'must be a time, such as "50ms"'),
        ("cost: {size_at_most: 200}\n", 'cost.size_at_most must be a size, such as "200MB" or "4GB", found 200'),
        ("cost: {seconds: 0}\n", "cost.seconds must be a number above 0"),
        ("cost: {batch: 0}\n", "cost.batch must be a whole number that is at least 1"),
        ("cost: {latency_margin: -0.1}\n", "cost.latency_margin must be a number that is not negative"),
        ("cost: {level: high}\n", 'unknown level "high"'),
        ("privacy: {at_most: 1}\n", "privacy.at_most must be a number above 0 and below 1"),
        ("privacy: {margin: 5%}\n", "privacy.margin must be a number that is not negative"),
        ("certainty: {threshold: 0}\n", "certainty.threshold must be a number above 0 and below 1"),
        ("model_memory: lots\n", 'model_memory must be a size, such as "200MB" or "4GB", found "lots"'),
        ("model_memory: 4\n", "model_memory must be a size"),
        ("build_env: maybe\n", "build_env must be true or false"),
    ],
)
def test_what_is_written_wrongly_is_told_and_refused_by_the_schema(
    problems: Problems, text: str, sentence: str
) -> None:
    [said] = problems(HEAD + text)
    assert said.startswith("mlgate.yaml:4: ") and sentence in said
    assert not fits(HEAD + text)
