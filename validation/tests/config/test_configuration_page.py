"""``docs/configuration.md`` explains every key, states the defaults that hold, and shows examples that are accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = json.loads((files("mlgate.config") / "mlgate.schema.json").read_text(encoding="utf-8"))
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
MINIMAL = "model: credit\ndata: test.parquet\nlabel: default\n"

Problems = Callable[[str], list[str]]


def section(title: str) -> str:
    """One section of the page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def parts() -> Iterator[Any]:
    """Each section and the part of the schema that it explains."""
    top, defs = SCHEMA["properties"], SCHEMA["$defs"]
    yield pytest.param("Top keys", top, id="top")
    yield pytest.param("label", top["label"]["oneOf"][1]["properties"], id="label")
    yield pytest.param("data", defs["source"]["oneOf"][1]["properties"], id="data")
    yield pytest.param("train", top["train"]["oneOf"][1]["properties"], id="train")
    yield pytest.param("costs and values", defs["amounts"]["properties"], id="amounts")
    yield pytest.param("own_metrics", defs["own_metric"]["properties"], id="own_metrics")
    yield pytest.param("slices", defs["slice"]["properties"], id="slices")
    yield pytest.param("requirements", defs["requirement"]["properties"], id="requirements")
    yield pytest.param("fairness", defs["gap"]["properties"], id="fairness")
    yield pytest.param("sensitive", defs["attribute"]["properties"], id="sensitive")
    yield pytest.param("discovered and guard", top["discovered"]["oneOf"][1]["properties"], id="discovered")
    yield pytest.param("discovered and guard", defs["guarded_slice"]["properties"], id="guard")
    yield pytest.param("oddities", top["oddities"]["properties"], id="oddities")
    yield pytest.param("overrides of oddities", defs["oddity"]["properties"], id="oddity")
    yield pytest.param("golden", top["golden"]["oneOf"][1]["properties"], id="golden")
    yield pytest.param("behaviour", top["behaviour"]["oneOf"][1]["properties"], id="behaviour")
    yield pytest.param("behaviour", defs["monotone"]["properties"], id="monotone")
    yield pytest.param("behaviour", defs["counterfactual"]["properties"], id="counterfactual")
    yield pytest.param("approval", top["approval"]["properties"], id="approval")


@pytest.mark.parametrize(("title", "properties"), list(parts()))
def test_every_key_has_a_row_with_the_default_that_holds(title: str, properties: dict[str, Any]) -> None:
    rows = [line.split(" | ") for line in section(title).splitlines() if line.startswith("| `")]
    defaults = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(properties) <= set(defaults)
    for name, part in properties.items():
        # The default of `negative` depends on `positive` and is told in words.
        if "default" in part and name != "negative":
            assert f"`{json.dumps(part['default']).strip(chr(34))}`" in defaults[name], name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split(":")[0] + f" {len(example)}")
def test_every_example_is_accepted(problems: Problems, example: str) -> None:
    assert problems(example if "model:" in example else MINIMAL + example) == []


def test_every_top_key_stands_in_an_example() -> None:
    shown = {key for example in EXAMPLES for key in re.findall(r"^(\w+):", example, re.MULTILINE)}
    assert set(SCHEMA["properties"]) == shown


def test_the_mistakes_that_the_page_shows_are_told_in_these_words(problems: Problems) -> None:
    text = MINIMAL + "treshold: 0.4\nrequirements:\n  - {metric: acuracy, margin: 0.1}\n  - {metric: recall}\n"
    assert "\n".join(problems(text)) in PAGE


def test_the_metrics_that_the_page_names_are_those_that_exist() -> None:
    row = next(line for line in section("requirements").splitlines() if line.startswith("| `metric`"))
    assert re.findall(r"`([\w().]+)`", row)[1:] == SCHEMA["$defs"]["metric"]["anyOf"][0]["enum"]
