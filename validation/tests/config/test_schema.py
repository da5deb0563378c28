"""``mlgate.schema.json`` and the reader describe one format: what editors underline is what mlgate refuses.

The schema cannot know everything (a slice that does not exist, a column that is the label), so it may accept what the
reader refuses; it never refuses what the reader accepts, and it knows every key.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mlgate.config import default_oddity
from mlgate.config.behaviour import BEHAVIOUR_KEYS, COUNTERFACTUAL_KEYS, GOLDEN_KEYS, MONOTONE_KEYS
from mlgate.config.data_checks import CHECKS, keys_of
from mlgate.config.defaults import BLANK, GAP_METRICS
from mlgate.config.discovered import DISCOVERED_KEYS, GUARD_KEYS
from mlgate.config.fairness import ATTRIBUTE_KEYS, GAP_KEYS
from mlgate.config.groupings import SLICE_KEYS
from mlgate.config.measuring import AMOUNT_KEYS, OWN_METRIC_KEYS, THRESHOLD_KEYS
from mlgate.config.odd_sets import CHOICE_KEYS, ODDITY_KEYS
from mlgate.config.parsing import LEAST_REPLICATES, MODES, ON_INCONCLUSIVE, TOP_KEYS
from mlgate.config.production import LOG_KEYS, WINDOW_KEYS
from mlgate.config.requirements import REQUIREMENT_KEYS, THAN
from mlgate.config.sources import APPROVAL_KEYS, DATA_KEYS, LABEL_KEYS, NAME_KEYS, ORIGIN_KEYS, TRAIN_KEYS
from mlgate.metrics import known_names
from mlgate.records.behaviour_settings import BehaviourSettings, Golden, Limit, Monotone
from mlgate.records.data_settings import DeclineSettings, SkewSettings
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.run import OwnMetric
from mlgate.records.settings import TrainSettings
from mlgate.records.words import Level, Rule, Task
from mlgate.stages.disclose import DISCLOSURES

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((files("mlgate.config") / "mlgate.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
TOP = SCHEMA["properties"]
DEFS = SCHEMA["$defs"]

HEAD = "model: m\ndata: {base_case: a}\nlabel: y\n"

Problems = Callable[[str], list[str]]


def fits(text: str) -> bool:
    return bool(VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(io.StringIO(text))))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        (SCHEMA, TOP_KEYS),
        (TOP["label"]["oneOf"][1], LABEL_KEYS),
        (TOP["label"]["oneOf"][1]["properties"]["names"], NAME_KEYS),
        (TOP["train"]["oneOf"][1], TRAIN_KEYS),
        (TOP["threshold"]["oneOf"][2], THRESHOLD_KEYS),
        (TOP["discovered"]["oneOf"][1], DISCOVERED_KEYS),
        (DEFS["guarded_slice"], GUARD_KEYS),
        (TOP["oddities"], ODDITY_KEYS),
        (DEFS["oddity"], CHOICE_KEYS),
        (TOP["golden"]["oneOf"][1], GOLDEN_KEYS),
        (TOP["behaviour"]["oneOf"][1], BEHAVIOUR_KEYS),
        (DEFS["monotone"], MONOTONE_KEYS),
        (DEFS["counterfactual"], COUNTERFACTUAL_KEYS),
        (TOP["approval"], APPROVAL_KEYS),
        (DEFS["source"]["oneOf"][1], DATA_KEYS),
        (DEFS["slice"], SLICE_KEYS),
        (DEFS["requirement"], REQUIREMENT_KEYS),
        (DEFS["gap"], GAP_KEYS),
        (DEFS["attribute"], ATTRIBUTE_KEYS),
        (DEFS["amounts"], AMOUNT_KEYS),
        (DEFS["own_metric"], OWN_METRIC_KEYS),
        (TOP["checks"], tuple(CHECKS)),
        (TOP["log"], LOG_KEYS),
        (TOP["log"]["properties"]["labels"]["oneOf"][1], ORIGIN_KEYS),
        (TOP["log"]["properties"]["windows"]["items"], WINDOW_KEYS),
        (TOP["log"]["properties"]["skew"]["oneOf"][1], keys_of(SkewSettings)),
        (TOP["log"]["properties"]["decline"]["oneOf"][1], keys_of(DeclineSettings)),
        *((TOP["checks"]["properties"][name]["oneOf"][1], keys_of(kind)) for name, kind in CHECKS.items()),
    ],
    ids=str,
)
def test_the_schema_has_the_keys_of_the_reader_each_with_a_description(
    part: dict[str, Any], keys: tuple[str, ...]
) -> None:
    assert set(part["properties"]) == set(keys)
    assert part["additionalProperties"] is False
    assert [key for key, value in part["properties"].items() if not value.get("description")] == []


def test_the_schema_has_the_words_of_the_reader() -> None:
    requirement, gap = DEFS["requirement"]["properties"], DEFS["gap"]["properties"]
    assert requirement["rule"]["enum"] == [str(rule) for rule in Rule]
    levels = [requirement["level"], gap["level"], TOP["oddities"]["properties"]["level"]]
    levels.append(DEFS["source"]["oneOf"][1]["properties"]["level"])
    assert all(level["enum"] == [str(word) for word in Level] for level in levels)
    assert gap["metric"]["enum"] == list(GAP_METRICS)
    assert TOP["disclosure"]["enum"] == list(DISCLOSURES)
    assert TOP["mode"]["enum"] == list(MODES) and TOP["on_inconclusive"]["enum"] == list(ON_INCONCLUSIVE)
    assert TOP["task"]["enum"] == [str(task) for task in Task]
    assert requirement["than"]["enum"] == list(THAN)
    assert TOP["replicates"]["minimum"] == LEAST_REPLICATES
    assert DEFS["metric"]["anyOf"][0]["enum"] == list(
        dict.fromkeys(name for task in Task for name in known_names(task))
    )


def test_the_schema_states_the_defaults_that_hold() -> None:
    stated = {key: part["default"] for key, part in TOP.items() if "default" in part}
    held = {key: getattr(BLANK.run if hasattr(BLANK.run, key) else BLANK, key) for key in stated}
    assert stated == held
    oddity = default_oddity(Task.BINARY, scores=True)
    parts = TOP["oddities"]["properties"]
    assert [parts[key]["default"] for key in ("metric", "margin", "level")] == [
        oddity.metric,
        oddity.margin,
        oddity.level,
    ]
    found, search = DiscoverySettings(), TOP["discovered"]["oneOf"][1]["properties"]
    stated = {key: part["default"] for key, part in search.items() if "default" in part}
    assert stated == {key: getattr(found, key) for key in stated}
    own = OwnMetric(name="", title="", function=float)
    parts = DEFS["own_metric"]["properties"]
    assert [parts[key]["default"] for key in ("greater_is_better", "minimum")] == [own.greater_is_better, own.minimum]
    parts = TOP["train"]["oneOf"][1]["properties"]
    assert parts["seeds"]["default"] == TrainSettings(callable="").seeds
    assert parts["check_data"]["default"] == TrainSettings(callable="").check_data
    for name, kind in CHECKS.items():
        parts = TOP["checks"]["properties"][name]["oneOf"][1]["properties"]
        stated = {key: part["default"] for key, part in parts.items() if "default" in part}
        assert stated == {key: getattr(kind(), key) for key in stated}, name
    for part, held_by in (
        (TOP["golden"]["oneOf"][1], Golden(path="")),
        (TOP["behaviour"]["oneOf"][1], BehaviourSettings()),
        (DEFS["monotone"], Monotone(column="", direction="")),
    ):
        told = {key: one["default"] for key, one in part["properties"].items() if "default" in one}
        told = {key: value for key, value in told.items() if hasattr(held_by, key)}
        assert told and told == {key: getattr(held_by, key) for key in told}
    for name in ("monotone", "counterfactual"):
        parts = DEFS[name]["properties"]
        assert [parts[key]["default"] for key in ("at_most", "level")] == [Limit().at_most, Limit().level]
    label = TOP["label"]["oneOf"][1]["properties"]
    assert str(label["positive"]["default"]) == BLANK.label.positive


ACCEPTED = {
    "reference": (ROOT / "mlgate.yaml").read_text(encoding="utf-8"),
    "minimal": "model: credit\ndata: test.parquet\nlabel: default\n",
    "anchors": HEAD + "suites: &a [s]\nprivate: *a\n",
    "percent": HEAD + 'requirements: [{metric: recall, margin: "2%"}]\n',
    "better": HEAD + "requirements: [{metric: recall, rule: better}]\n",
    "bound": HEAD + "requirements: [{metric: recall, rule: at_most, bound: 0.5}]\n",
    "slices": HEAD
    + "slices: [{by: a}, {by: [a, b], cuts: {a: [1, 2.5]}, titles: {b=1 and a=2: x}}, {where: a > 1, name: n}]\n",
    "no slices": HEAD + "slices: []\nfairness: []\n",
    "attributes": HEAD + "sensitive: [a, {by: b, cuts: {b: [1, 2]}}, {by: [a, b]}]\n",
    "disparity": HEAD
    + "fairness: [{metric: demographic_parity_ratio, attribute: [a, b], rule: at_least, bound: 0.8}]\n",
    "gap": HEAD + "fairness: [{metric: recall, attribute: a, rule: at_most, bound: 0.1, reference: 0}]\n",
    "oddities": HEAD + "oddities: {}\n",
    "golden": HEAD + "golden: a.csv\n",
    "golden columns": HEAD + "golden: {path: a.csv, name: n, expected: e, level: guarded, fill: typical}\n",
    "behaviour off": HEAD + "behaviour: false\n",
    "behaviour": HEAD
    + "id: i\nbehaviour: {unchanged_by: [id, batch_size, a], skip: [row_order], tolerance: 0, singles: 4, monotone: "
    + "[{column: a, direction: increasing, values: [1, 2.5], at_most: 0}], counterfactual: [{attribute: s, values: "
    + "[F, M], not_worse: 0.1}, {attribute: s, more_than: 0.05}]}\n",
    "behaviour of classes": "model: m\ndata: d\ntask: multiclass\nlabel: y\n"
    + "behaviour: {monotone: [{column: a, direction: decreasing, class: b}]}\n",
    "train": HEAD + "train: a.b:c\n",
    "negative": "model: m\ndata: d\nlabel: {column: y, positive: yes, negative: null}\n",
    "negatives": "model: m\ndata: d\nlabel: {column: y, positive: yes, negative: [no, 0]}\n",
    "threshold of each": HEAD + "threshold: {champion: 0.4, challenger: 0.35}\n",
    "threshold of the models": HEAD + "threshold: model\n",
    "multiclass": "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [a, 1, true]}\n",
    "regression": HEAD + "task: regression\nrequirements: [{metric: pinball(0.9), margin: 2%}]\n",
    "costs": HEAD + "costs: {false_positive: 100, false_negative: loanamt, currency: €}\n",
    "values": HEAD + "values: {true_positive: -0.5}\nrequirements: [{metric: value, margin: 0}]\n",
    "own": HEAD
    + "own_metrics: [{name: mymetrics.profit, title: P, greater_is_better: null, minimum: 10}]\nreplicates: 100\n"
    + "requirements: [{metric: mymetrics.profit, rule: unchanged, margin: 1}]\n",
    "baseline": HEAD + "baseline: b\nrequirements: [{metric: recall, rule: better, than: baseline}]\n",
    "columns": HEAD + "unit: u\nweight: w\nuses: 1\ntrain: {callable: a:b, seeds: 2}\n",
    "no seeds": HEAD + "train: {callable: a:b, seeds: 0}\n",
    "checks": HEAD
    + "time: t\nchecks: {leakage: false, domain: true, drift: {level: advisory, ignore: [a], least: 2, last: 3}, "
    + "bounds: {columns: {a: 0.5}}, features: {forbidden: [a], stamps: {b: c}, predicted_at: t}}\n",
    "origins": "model: m\nlabel: y\ndata: {base_case: {url: u, query: q, timeout: 5}, b: {callable: 'a:b', options: "
    + "{days: 7, full: true}}, c: {path: d, suite: s, without: [y]}}\n",
    "log": HEAD
    + "log: {path: l, labels: x, every: day, last: 3, selective: s, skew: false, "
    + "decline: {metrics: [recall], last: 1}}\n"
    + "requirements: [{metric: recall, margin: 0.1, dataset: windows}]\n",
    "log windows": HEAD
    + "log: {url: u, query: q, labels: {callable: 'a:b'}, "
    + "windows: [{name: a, start: '2026-01-01', end: '2026-02-01'}]}\n",
    "window": "model: m\ndata: {base_case: a, week-1: {path: b, suite: s, level: advisory, note: n}}\nlabel: y\n",
}
# A title names a slice in the order of by: what the schema cannot know.
ACCEPTED["slices"] = ACCEPTED["slices"].replace("titles: {b=1 and a=2: x}", "titles: {a <= 1 and b=1: x}")

REFUSED = {
    "unknown key": HEAD + "treshold: 0.5\n",
    "no model": "data: d\nlabel: y\n",
    "no data": "model: m\nlabel: y\n",
    "no label": "model: m\ndata: d\n",
    "no base case": "model: m\ndata: {train: d}\nlabel: y\n",
    "two origins": "model: m\ndata: {base_case: {path: a, callable: 'b:c'}}\nlabel: y\n",
    "no query": "model: m\ndata: {base_case: {url: a}}\nlabel: y\n",
    "no path": "model: m\ndata: {base_case: {suite: s}}\nlabel: y\n",
    "level without suite": "model: m\ndata: {base_case: {path: d, level: guarded}}\nlabel: y\n",
    "data name": "model: m\ndata: {base_case: d, a b: e}\nlabel: y\n",
    "data name taken": "model: m\ndata: {base_case: d, oddities: e}\nlabel: y\n",
    "label key": "model: m\ndata: d\nlabel: {column: y, postive: 1}\n",
    "label list": "model: m\ndata: d\nlabel: [y]\n",
    "label column": "model: m\ndata: d\nlabel: {positive: 1}\n",
    "model address": "model: models:/m/1\ndata: d\nlabel: y\n",
    "number as text": "model: 7\ndata: d\nlabel: y\n",
    "no value": HEAD + "title:\n",
    "threshold": HEAD + "threshold: 1\n",
    "threshold text": HEAD + "threshold: half\n",
    "confidence": HEAD + "confidence: 0.5\n",
    "seed": HEAD + "seed: -1\n",
    "timeout": HEAD + "model_timeout: 0\n",
    "mode": HEAD + "mode: watch\n",
    "list": HEAD + "suites: data_tests\n",
    "twice": HEAD + "suites: [a, a]\n",
    "train": HEAD + "train: train.py\n",
    "train key": HEAD + "train: {config: c}\n",
    "approval": HEAD + "approval: {allow_demo: 1}\n",
    "approval nobody": HEAD + "approval: {by: []}\n",
    "no requirement": HEAD + "requirements: []\n",
    "metric missing": HEAD + "requirements: [{margin: 0.1}]\n",
    "rule": HEAD + "requirements: [{metric: recall, rule: atleast, bound: 1}]\n",
    "level": HEAD + "requirements: [{metric: recall, margin: 0.1, level: requird}]\n",
    "margin missing": HEAD + "requirements: [{metric: recall}]\n",
    "margin missing unchanged": HEAD + "requirements: [{metric: recall, rule: unchanged}]\n",
    "margin negative": HEAD + "requirements: [{metric: recall, margin: -0.1}]\n",
    "margin with at_least": HEAD + "requirements: [{metric: recall, rule: at_least, bound: 0.1, margin: 0.1}]\n",
    "bound missing": HEAD + "requirements: [{metric: recall, rule: at_least}]\n",
    "bound with not_worse": HEAD + "requirements: [{metric: recall, margin: 0.1, bound: 0.1}]\n",
    "bound with better": HEAD + "requirements: [{metric: recall, rule: better, bound: 0.1}]\n",
    "by and where": HEAD + "slices: [{by: a, where: a > 1}]\n",
    "neither": HEAD + "slices: [{titles: {}}]\n",
    "empty by": HEAD + "slices: [{by: []}]\n",
    "by twice": HEAD + "slices: [{by: [a, a]}]\n",
    "cuts kind": HEAD + "slices: [{by: a, cuts: {a: [low]}}]\n",
    "cuts with where": HEAD + "slices: [{where: a > 1, cuts: {a: [1]}}]\n",
    "gap metric": HEAD + "fairness: [{metric: f1, attribute: a, margin: 0.1}]\n",
    "gap ratio": HEAD + "fairness: [{metric: demographic_parity_ratio, attribute: a, margin: 0.1}]\n",
    "gap ratio in percent": HEAD
    + "fairness: [{metric: demographic_parity_ratio, attribute: a, rule: at_least, bound: 80}]\n",
    "gap of a ratio's rule": HEAD + "fairness: [{metric: recall, attribute: a, rule: at_least, bound: 0.8}]\n",
    "gap with a reference": HEAD
    + "fairness: [{metric: equalized_odds_difference, attribute: a, margin: 0.1, reference: 1}]\n",
    "attribute": HEAD + "sensitive: [{cuts: {a: [1]}}]\n",
    "gap rule": HEAD + "fairness: [{metric: recall, attribute: a, rule: better}]\n",
    "gap percent": HEAD + "fairness: [{metric: recall, attribute: a, margin: 2%}]\n",
    "gap points": HEAD + "fairness: [{metric: recall, attribute: a, margin: 5}]\n",
    "gap attribute": HEAD + "fairness: [{metric: recall, margin: 0.1}]\n",
    "oddities list": HEAD + "oddities: [missing]\n",
    "no sets": HEAD + "oddities: {sets: []}\n",
    "golden without file": HEAD + "golden: {fill: typical}\n",
    "golden key": HEAD + "golden: {path: a.csv, expectd: e}\n",
    "golden fill": HEAD + "golden: {path: a.csv, fill: median}\n",
    "behaviour key": HEAD + "behaviour: {monoton: []}\n",
    "behaviour word": HEAD + "behaviour: {skip: [order]}\n",
    "behaviour two shares": HEAD + "behaviour: {counterfactual: [{attribute: a, at_most: 0, not_worse: 0}]}\n",
    "behaviour percent": HEAD + "behaviour: {counterfactual: [{attribute: a, at_most: 5}]}\n",
    "behaviour one value": HEAD + "behaviour: {counterfactual: [{attribute: a, values: [1]}]}\n",
    "behaviour direction": HEAD + "behaviour: {monotone: [{column: a, direction: up}]}\n",
    "behaviour no direction": HEAD + "behaviour: {monotone: [{column: a}]}\n",
    "behaviour no column": HEAD + "behaviour: {monotone: [{direction: increasing}]}\n",
    "task": HEAD + "task: ranking\n",
    "threshold of one": HEAD + "threshold: {champion: 0.5}\n",
    "no negative": "model: m\ndata: d\nlabel: {column: y, positive: yes, negative: []}\n",
    "negative twice": "model: m\ndata: d\nlabel: {column: y, positive: yes, negative: [a, a]}\n",
    "threshold of each": HEAD + "threshold: {champion: 0.5, challenger: 1}\n",
    "threshold words": HEAD + "threshold: models\n",
    "one class": "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [a]}\n",
    "costs and values": HEAD + "costs: {false_positive: 1}\nvalues: {true_positive: 1}\n",
    "costs of nothing": HEAD + "costs: {}\n",
    "amount": HEAD + "costs: {false_positive: [1]}\n",
    "own without name": HEAD + "own_metrics: [{title: P}]\n",
    "own callable": HEAD + "own_metrics: [{name: 'a:b'}]\n",
    "own none": HEAD + "own_metrics: []\n",
    "own minimum": HEAD + "own_metrics: [{name: a.b, minimum: 0}]\n",
    "replicates": HEAD + "replicates: 10\n",
    "uses": HEAD + "uses: 0\n",
    "seeds": HEAD + "train: {callable: a:b, seeds: 1}\n",
    "than": HEAD + "requirements: [{metric: recall, rule: better, than: base}]\n",
    "than of a bound": HEAD + "requirements: [{metric: recall, rule: at_least, bound: 1, than: baseline}]\n",
    "than unchanged": HEAD + "requirements: [{metric: recall, rule: unchanged, margin: 1, than: baseline}]\n",
    "than on slices": HEAD
    + "slices: [{by: a}]\nrequirements: [{metric: recall, rule: better, than: baseline, on: slices}]\n",
    "log of nowhere": HEAD + "log: {every: day}\n",
    "log key": HEAD + "log: {path: l, evry: day}\n",
    "log every": HEAD + "log: {path: l, every: year}\n",
    "log window": HEAD + "log: {path: l, windows: [{name: a, start: '2026-01-01'}]}\n",
    "log labels": HEAD + "log: {path: l, labels: {query: q}}\n",
    "check": HEAD + "checks: {leak: true}\n",
    "check word": HEAD + "checks: {drift: yes}\n",
    "check key": HEAD + "checks: {drift: {psi: 0.1}}\n",
    "check number": HEAD + "checks: {drift: {number_at_most: -1}}\n",
    "check whole": HEAD + "checks: {drift: {last: 0}}\n",
    "check measure": HEAD + "checks: {drift: {number_measure: kl}}\n",
    "check columns": HEAD + "checks: {bounds: {columns: [a]}}\n",
    "check list": HEAD + "checks: [drift]\n",
    "list file": "- model\n",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_reader_accepts_the_schema_accepts(problems: Problems, name: str) -> None:
    assert problems(ACCEPTED[name]) == []
    assert fits(ACCEPTED[name])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_built_wrongly_is_refused_by_both(problems: Problems, name: str) -> None:
    assert problems(REFUSED[name]) != []
    assert not fits(REFUSED[name])
