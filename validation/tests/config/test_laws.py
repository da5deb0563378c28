"""Laws of the reader: any text gives settings or a ConfigError, and settings survive being written and read again."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mlgate.config import default_groupings
from mlgate.config.data_checks import CHECKS, keys_of
from mlgate.config.measuring import OUTCOMES, OWN_METRIC_KEYS
from mlgate.config.model_checks import MODEL_CHECKS, model_keys
from mlgate.edges.own_metrics import PutOff
from mlgate.errors import ConfigError
from mlgate.metrics import METRICS, Flips, Metric, Ranking
from mlgate.oddities import ODDITIES
from mlgate.records.data_settings import BoundsSettings, DataChecks, DriftSettings, FeatureUseSettings
from mlgate.records.model_settings import CertaintySettings, CostSettings, PrivacySettings
from mlgate.records.run import Condition, GapRequirement, Grouping, Money, OwnMetric, Requirement, Run
from mlgate.records.settings import DataSource, LabelSettings, OddityChoice, OdditySettings, Settings, TrainSettings
from mlgate.records.words import Level, Rule, Task
from mlgate.slices import condition_text
from mlgate.stages.disclose import DISCLOSURES

REFERENCE = (Path(__file__).resolve().parents[3] / "mlgate.yaml").read_text(encoding="utf-8")
VALIDATOR = Draft202012Validator(
    json.loads((files("mlgate.config") / "mlgate.schema.json").read_text(encoding="utf-8"))
)
TREE = YAML(typ="safe", pure=True).load(REFERENCE)
PROBLEM = re.compile(r"mlgate\.yaml:[1-9][0-9]*: .+")

Read = Callable[[str], Settings]

# --------------------------------------------------------------------------------------------- any text


def settings_or_problems(read: Read, text: str) -> Settings | None:
    """Anything but settings or a ConfigError (then None) with a place in every line is a bug."""
    try:
        found = read(text)
    except ConfigError as error:
        assert all(PROBLEM.fullmatch(line) for line in str(error).split("\n")), str(error)
        return None
    assert isinstance(found, Settings)
    return found


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
@example("\ud800")
@example("%YAML 1.")
@example("%TAG ! x\n--- !a b")
@example("a: &a [*a]\nb: *a")
@example('"\\x"')
@example("? ")
@example("- - -\n-")
@example("<<: *a")
def test_any_text_is_settings_or_a_config_error(read: Read, text: str) -> None:
    settings_or_problems(read, text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#<=~.01 \n\t\\", max_size=40))
def test_any_signs_of_yaml_are_settings_or_a_config_error(read: Read, text: str) -> None:
    settings_or_problems(read, text)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(REFERENCE) - 1),
    st.integers(0, 30),
    st.sampled_from(["", " ", "\n", ":", "[", "}", "'", "*a", "&a ", "- ", "~", "1e999", "true", "\x00", "\t"]),
)
def test_the_reference_file_with_a_piece_torn_out_is_settings_or_a_config_error(
    read: Read, start: int, length: int, patch: str
) -> None:
    settings_or_problems(read, REFERENCE[:start] + patch + REFERENCE[start + length :])


# ------------------------------------------------------------------------------------- any tree of values

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "recall", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key of a tree, so that one value in it can be replaced."""
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        found += [(value, key), *places(part)]
    return found


def as_read(value: Any) -> Any:
    """A tree as the reader takes it: a whole number longer than any 64-bit number is an identifier, hence text."""
    if isinstance(value, dict):
        return {key: as_read(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_read(part) for part in value]
    return str(value) if type(value) is int and len(str(value)) > 18 else value


def dump(document: object) -> str:
    """JSON is YAML, and quicker to write; the reference file has shown the other ways to write things."""
    return json.dumps(document, ensure_ascii=False, indent=1)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_value_in_any_place_is_settings_or_a_config_error(read: Read, data: st.DataObject) -> None:
    document = copy.deepcopy(TREE)
    container, key = data.draw(st.sampled_from(range(len(places(document)))).map(lambda at: places(document)[at]))
    container[key] = data.draw(ANYTHING)
    text = dump(document)
    if settings_or_problems(read, text) is not None:
        # The schema for editors underlines nothing that is right.
        assert VALIDATOR.is_valid(as_read(document)), text


# --------------------------------------------------------------------------------------- settings and back

COLUMNS = st.sampled_from(["age", "sex", "region", "loan amount", "größe", "x-1", "a.b"])
TEXTS = st.text(alphabet="abc é:#'\"-{}[]&*!|>%@`,1=~\\", min_size=1, max_size=12).map(str.strip).filter(bool)
SHARES = st.floats(0.001, 0.999)
AMOUNTS = st.floats(0, 1e6, allow_subnormal=False)
UNBOUNDED = {"log_loss", "mae", "mse", "rmse"}
LEVELS = st.sampled_from(list(Level))
SHARES = st.floats(0, 1, exclude_min=True, exclude_max=True, allow_subnormal=False)
SIZES = st.none() | st.sampled_from([1e3, 2.5e5, 7e9])
OWN = "mymetrics.profit"


def rules_of(metric: Metric) -> list[Rule]:
    """What can be asked of a metric: of both models a bound, without direction no better and no worse."""
    if isinstance(metric, Flips):
        return [Rule.AT_LEAST, Rule.AT_MOST]
    if metric.greater_is_better is None:
        return [Rule.AT_LEAST, Rule.AT_MOST, Rule.UNCHANGED]
    return list(Rule)


def decides(metric: Metric) -> bool:
    return not isinstance(metric, Ranking) or metric.decides


#: by task, what can be asked of each metric; those of money need amounts.
ASKED = {
    task: {
        metric.name: rules_of(metric) for metric in metrics if decides(metric) and metric.name not in ("cost", "value")
    }
    for task, metrics in METRICS.items()
}


def lists(parts: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(parts, max_size=most, unique=True).map(tuple)


@st.composite
def groupings(draw: st.DrawFn) -> tuple[Grouping, ...]:
    found: list[Grouping] = []
    for columns in draw(
        st.lists(st.lists(COLUMNS, min_size=1, max_size=2, unique=True), max_size=3, unique_by=frozenset)
    ):
        points = draw(st.lists(st.integers(-9, 99), min_size=1, max_size=3, unique=True).map(sorted))
        cuts = ((columns[0], tuple(map(float, points))),) if draw(st.booleans()) else ()
        name = f"{columns[0]} is missing" + "".join(f" and {column}=v" for column in columns[1:])
        titles = ((name, draw(TEXTS)),) if draw(st.booleans()) else ()
        found.append(Grouping(columns=tuple(columns), cuts=cuts, titles=titles))
    for number in range(draw(st.integers(0, 2))):
        operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        words = st.sampled_from(["F", "not stated", "é"]) if operator in ("=", "!=") else st.nothing()
        first = Condition(column=draw(COLUMNS), operator=operator, value=draw(words | st.floats(-1e6, 1e6)))
        # A second condition that no other slice has keeps slices apart.
        second = Condition(column=f"c{number}", operator="missing", value="")
        columns_read = tuple(dict.fromkeys((first.column, second.column)))
        titles = ((f"slice {number}", draw(TEXTS)),)
        found.append(Grouping(columns=columns_read, conditions=(first, second), titles=titles))
    return tuple(found)


@st.composite
def requirements(
    draw: st.DrawFn, declared: tuple[Grouping, ...], asked: dict[str, list[Rule]]
) -> tuple[Requirement, ...]:
    found: list[Requirement] = []
    ons = ["overall", "slices", *(name for grouping in declared for name, _ in grouping.titles)]
    questions = st.tuples(
        st.sampled_from([(metric, rule) for metric, rules in asked.items() for rule in rules]),
        st.sampled_from(ons if declared else ["overall"]),
        st.sampled_from(["base_case", "recent"]),
    )
    for (metric, rule), on, dataset in draw(st.lists(questions, min_size=1, max_size=4, unique=True)):
        relative = rule.paired and draw(st.booleans())
        # A margin as wide as the range of its metric is refused; losses have no such range.
        amounts = AMOUNTS if metric in UNBOUNDED else st.floats(0, 0.99, allow_subnormal=False)
        margin = draw(st.integers(0, 500)) / 100 if relative else draw(amounts) if rule.paired else None
        bound = None if rule.paired else draw(st.floats(-1e6, 1e6))
        everywhere = (on, dataset) == ("overall", "base_case") and rule in (Rule.BETTER, Rule.NOT_WORSE)
        found.append(
            Requirement(
                metric=metric,
                rule=rule,
                level=draw(LEVELS),
                on=on,
                margin=margin,
                relative=relative,
                bound=bound,
                dataset=dataset,
                because=draw(st.just("") | TEXTS),
                than=draw(st.sampled_from(["champion", "baseline"])) if everywhere else "champion",
            )
        )
    return tuple(found)


@st.composite
def gaps(draw: st.DrawFn) -> tuple[GapRequirement, ...]:
    questions = st.tuples(
        st.sampled_from(["selection_rate", "precision", "equalized_odds_difference"]),
        COLUMNS,
        st.sampled_from([Rule.NOT_WORSE, Rule.AT_MOST]),
    )
    references = st.none() | TEXTS | st.sampled_from(["0", "1", "true", "0.5"])
    return tuple(
        GapRequirement(
            metric=metric,
            attribute=attribute,
            rule=rule,
            level=draw(LEVELS),
            margin=draw(SHARES) if rule is Rule.NOT_WORSE else None,
            bound=draw(SHARES) if rule is Rule.AT_MOST else None,
            reference=None if metric.endswith("_difference") else draw(references),
        )
        for metric, attribute, rule in draw(st.lists(questions, max_size=3, unique=True))
    )


@st.composite
def labels(draw: st.DrawFn, task: Task) -> LabelSettings:
    if task is Task.MULTICLASS:
        values = st.sampled_from(["setosa", "1", "true", "not stated"])
        return LabelSettings(column="y", classes=tuple(draw(st.lists(values, min_size=2, unique=True) | st.just([]))))
    if task is Task.REGRESSION:
        return LabelSettings(column="y")
    positive, negative = draw(
        st.sampled_from(
            [
                ("1", ("0",)),
                ("true", ("false",)),
                ("yes", ()),
                ("a", ("b",)),
                ("a", ("b", "c")),
                ("1", None),
                ("no", None),
            ]
        )
    )
    name, other = draw(st.lists(TEXTS, min_size=2, max_size=2, unique=True))
    return LabelSettings(column="y", positive=positive, negative=negative, positive_name=name, negative_name=other)


OWN_METRICS = st.builds(
    OwnMetric,
    name=st.just(OWN),
    title=TEXTS,
    function=st.just(PutOff(OWN, Path("/project"))),
    greater_is_better=st.sampled_from([True, False, None]),
    minimum=st.integers(1, 10**6),
)
MONEY = st.builds(
    Money,
    kind=st.sampled_from(["cost", "value"]),
    amounts=st.tuples(st.just(1.5), AMOUNTS, st.just("loan amount"), st.floats(-9, 9)),
    currency=st.sampled_from(["", "€"]),
)


@st.composite
def runs(draw: st.DrawFn, task: Task, label: LabelSettings) -> Run:
    declared = draw(groupings())
    asked = dict(ASKED[task])
    own = draw(st.none() | OWN_METRICS)
    money = draw(st.none() | MONEY) if task is Task.BINARY else None
    if money is not None:
        asked[money.kind] = list(Rule)
    chosen = draw(requirements(declared, asked))
    if own is not None:
        chosen += (Requirement(metric=own.name, rule=Rule.AT_MOST, level=Level.GUARDED, bound=1.0),)
    directed = sorted(name for name, rules in ASKED[task].items() if Rule.NOT_WORSE in rules)
    oddity = st.builds(
        Requirement,
        metric=st.sampled_from(directed),
        rule=st.just(Rule.NOT_WORSE),
        level=LEVELS,
        margin=AMOUNTS,
        dataset=st.just("oddities"),
    )
    binary = task is Task.BINARY
    compared = any(one.than == "baseline" for one in chosen)
    return Run(
        requirements=chosen,
        task=task,
        classes=label.classes,
        groupings=declared,
        gaps=draw(gaps()) if binary else (),
        threshold=draw(SHARES) if binary else 0.5,
        champion_threshold=draw(st.none() | SHARES) if binary else None,
        confidence=draw(st.floats(0.501, 0.999)),
        on_inconclusive=draw(st.sampled_from(["block", "approve"])),
        oddity=draw(oddity),
        seed=draw(st.integers(0, 2**31)),
        unit=draw(st.sampled_from(["", "customer"])),
        weight=draw(st.sampled_from(["", "w"])),
        money=money,
        own_metrics=() if own is None else (own,),
        replicates=draw(st.integers(100, 10**4)),
        baseline=draw(st.sampled_from(["", "last value"])) if compared else "",
    )


def data_checks() -> st.SearchStrategy[DataChecks]:
    """Each check as it is by default, with bounds of its own, or not made."""
    drift = st.builds(
        DriftSettings, level=LEVELS, ignore=lists(COLUMNS), number_at_most=AMOUNTS, last=st.integers(1, 9)
    )
    stamps = st.lists(st.tuples(COLUMNS, TEXTS), max_size=2, unique_by=lambda pair: pair[0]).map(tuple)
    features = st.builds(FeatureUseSettings, forbidden=lists(COLUMNS), stamps=stamps, predicted_at=st.none() | TEXTS)
    shares = st.lists(st.tuples(COLUMNS, AMOUNTS), max_size=2, unique_by=lambda pair: pair[0]).map(tuple)
    bounds = st.builds(BoundsSettings, at_most=AMOUNTS, columns=shares)
    given = {"drift": drift, "features": features, "bounds": bounds}
    made = {name: st.none() | st.just(kind()) | given.get(name, st.nothing()) for name, kind in CHECKS.items()}
    return st.builds(DataChecks, **made)


def oddity_settings() -> st.SearchStrategy[OdditySettings]:
    """Oddities by name, one of them with settings of its own."""
    sets = st.lists(st.sampled_from([one.name for one in ODDITIES]), min_size=1, unique=True).map(tuple)
    choice = st.builds(
        OddityChoice,
        name=st.just("missing"),
        level=st.none() | LEVELS,
        margin=st.none() | AMOUNTS,
        expect=st.sampled_from(["", "refuse", "answer"]),
        columns=lists(COLUMNS),
    )
    return st.builds(
        OdditySettings,
        names=sets.map(lambda names: tuple(dict.fromkeys((*names, "missing")))),
        named=st.just(True),
        leave=lists(TEXTS),
        categories=lists(TEXTS),
        choices=st.lists(choice, max_size=1).map(tuple),
    )


def training() -> st.SearchStrategy[TrainSettings]:
    """A training callable and how it is called."""
    return st.builds(
        TrainSettings,
        callable=st.just("a.b:c"),
        config=TEXTS,
        timeout=AMOUNTS.map(lambda x: x + 1),
        seeds=st.sampled_from([0, 2, 9]),
        check_data=st.booleans(),
    )


@st.composite
def valid_settings(draw: st.DrawFn) -> Settings:
    """Settings that a file can describe: everything but the digest, which is of the text."""
    task = draw(st.sampled_from(list(Task)))
    label = draw(labels(task))
    run = draw(runs(task, label))
    sensitive = draw(lists(COLUMNS))
    if run.gaps:
        # Without requirements the file says "fairness: []": then no attribute is looked at.
        run = replace(run, attributes=tuple(Grouping(columns=(column,)) for column in sensitive))
    suited = st.builds(DataSource, name=st.just("recent"), path=TEXTS, suite=TEXTS, level=LEVELS, note=TEXTS)
    plain = run.threshold == 0.5 and run.champion_threshold is None and task is Task.BINARY
    return Settings(
        root=Path("/project"),
        model=draw(st.sampled_from(["m", "credit risk", "a.b-c"])),
        title=draw(TEXTS),
        label=label,
        data=(DataSource(name="base_case", path=draw(TEXTS)), draw(suited)),
        run=run,
        registry=draw(st.none() | TEXTS),
        champion=draw(TEXTS),
        challenger=draw(TEXTS),
        id=draw(st.none() | COLUMNS),
        sensitive=sensitive,
        private=draw(lists(st.sampled_from(["name", "card"]))),
        disclosure=draw(st.sampled_from(DISCLOSURES)),
        minimum_cell=draw(st.integers(2, 100)),
        time=draw(st.sampled_from(["", "when it was"])),
        checks=draw(data_checks()),
        oddities=draw(oddity_settings()),
        train=draw(st.none() | training()),
        suites=draw(lists(TEXTS)),
        model_timeout=draw(st.floats(0.1, 1e6)),
        model_memory=draw(st.sampled_from([0, 4 * 10**9])),
        build_env=draw(st.booleans()),
        cost=draw(st.none() | st.builds(CostSettings, level=LEVELS, latency_margin=AMOUNTS, size_at_most=SIZES)),
        privacy=draw(st.none() | st.builds(PrivacySettings, margin=AMOUNTS, rows=st.integers(1, 10**6))),
        certainty=draw(st.none() | st.builds(CertaintySettings, threshold=SHARES, reject_below=st.none() | SHARES)),
        thresholds_from_models=draw(st.booleans()) if plain else False,
        uses=draw(st.integers(1, 10**6)),
        ledger=draw(TEXTS),
        mode=draw(st.sampled_from(["gate", "observe"])),
        owner=draw(TEXTS),
        approvers=draw(st.lists(TEXTS, min_size=1, max_size=2, unique=True).map(tuple)),
        allow_demo=draw(st.booleans()),
        noun=draw(TEXTS),
        limits=draw(lists(TEXTS)),
    )


def written(found: Settings) -> str:
    """The file that describes some settings, every key written out."""
    document: dict[str, Any] = {
        "model": found.model,
        "title": found.title,
        "owner": found.owner,
        "noun": found.noun,
        "label": written_label(found.label, found.run.task),
        "id": found.id,
        "sensitive": list(found.sensitive),
        "private": list(found.private),
        "registry": found.registry,
        "champion": found.champion,
        "challenger": found.challenger,
        "train": found.train
        and {part: getattr(found.train, part) for part in ("callable", "config", "timeout", "seeds", "check_data")},
        "data": {source.name: written_source(source) for source in found.data},
        "threshold": written_threshold(found),
        **written_run(found.run),
        "uses": found.uses,
        "time": found.time,
        "oddities": written_oddities(found),
        "checks": {name: written_check(getattr(found.checks, name)) for name in CHECKS},
        "suites": list(found.suites),
        "model_timeout": found.model_timeout,
        "model_memory": f"{found.model_memory // 10**9}GB" if found.model_memory else None,
        "build_env": found.build_env,
        **{name: written_model_check(getattr(found, name)) for name in MODEL_CHECKS},
        "ledger": found.ledger,
        "mode": found.mode,
        "disclosure": found.disclosure,
        "minimum_cell": found.minimum_cell,
        "approval": {"by": list(found.approvers), "allow_demo": found.allow_demo},
        "limits": list(found.limits),
    }
    return dump(given_only(**document))


def _negative(label: LabelSettings) -> object:
    """One value as itself, several as a list."""
    if label.negative is None:
        return None
    return label.negative[0] if len(label.negative) == 1 else list(label.negative)


def written_run(run: Run) -> dict[str, object]:
    """What is measured, and what is required of it."""
    document: dict[str, object] = {
        "task": str(run.task),
        "unit": run.unit,
        "weight": run.weight,
        "own_metrics": [written_own(metric) for metric in run.own_metrics] or None,
        "replicates": run.replicates,
        "baseline": run.baseline,
        "confidence": run.confidence,
        "seed": run.seed,
        "slices": [written_slice(grouping) for grouping in run.groupings],
        "requirements": [written_requirement(requirement) for requirement in run.requirements],
        "on_inconclusive": run.on_inconclusive,
        "fairness": [
            given_only(metric=gap.metric, attribute=gap.attribute, rule=str(gap.rule), level=str(gap.level))
            | given_only(margin=gap.margin, bound=gap.bound, reference=gap.reference)
            for gap in run.gaps
        ],
    }
    if run.money is not None:
        outcomes = dict(zip(OUTCOMES, run.money.amounts))
        document[f"{run.money.kind}s"] = outcomes | given_only(currency=run.money.currency)
    return document


def written_label(label: LabelSettings, task: Task) -> dict[str, object]:
    if task is Task.BINARY:
        names = {"positive": label.positive_name, "negative": label.negative_name}
        negative = {} if label.negative == () else {"negative": _negative(label)}
        return {"column": label.column, "positive": label.positive, "names": names} | negative
    return {"column": label.column} | ({"classes": list(label.classes)} if label.classes else {})


def written_threshold(found: Settings) -> object:
    if found.thresholds_from_models:
        return "model"
    if found.run.champion_threshold is not None:
        return {"champion": found.run.champion_threshold, "challenger": found.run.threshold}
    return found.run.threshold if found.run.task is Task.BINARY else None


def written_own(metric: OwnMetric) -> dict[str, object]:
    return {part: getattr(metric, part) for part in OWN_METRIC_KEYS}


def given_only(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None and value != ""}


def written_check(check: Any) -> object:
    """A check that is made as it is by default is one word."""
    if check is None or check == type(check)():
        return check is not None
    values = {key: getattr(check, key) for key in keys_of(type(check))}
    return {key: written for key, value in values.items() if (written := written_field(value)) is not None}


def written_model_check(check: Any) -> object:
    """Sizes stand with their unit, and what is not asked is left out."""
    if check is None:
        return False
    values = {key: written_field(getattr(check, key)) for key in model_keys(type(check))}
    if values.get("size_at_most") is not None:
        values["size_at_most"] = f"{values['size_at_most'] / 1000:.0f}kB"  # type: ignore[operator]
    return {key: value for key, value in values.items() if value is not None}


def written_field(value: Any) -> object:
    if isinstance(value, tuple):
        return dict(value) if value and isinstance(value[0], tuple) else list(value) or None
    return str(value) if isinstance(value, Level) else value


def written_source(source: DataSource) -> dict[str, object]:
    level = str(source.level) if source.suite else None
    return given_only(path=source.path, suite=source.suite, level=level, note=source.note)


def written_slice(grouping: Grouping) -> dict[str, object]:
    if grouping.conditions:
        ((name, title),) = grouping.titles
        return {"where": " and ".join(map(written_condition, grouping.conditions)), "name": name, "title": title}
    cuts = {column: list(points) for column, points in grouping.cuts}
    return {"by": list(grouping.columns), "cuts": cuts, "titles": dict(grouping.titles)}


def written_condition(condition: Condition) -> str:
    if condition.operator == "missing":
        return condition_text(condition)
    value = f"'{condition.value}'" if isinstance(condition.value, str) else repr(condition.value)
    return f"`{condition.column}` {condition.operator} {value}"


def written_requirement(requirement: Requirement) -> dict[str, object]:
    margin: object = requirement.margin
    if requirement.relative and requirement.margin is not None:
        margin = f"{round(requirement.margin * 100)}%"
    return given_only(
        metric=requirement.metric,
        rule=str(requirement.rule),
        level=str(requirement.level),
        on=requirement.on,
        margin=margin,
        bound=requirement.bound,
        dataset=requirement.dataset,
        because=requirement.because,
        than=requirement.than if requirement.rule.paired else None,
    )


def written_oddities(found: Settings) -> dict[str, object] | None:
    if found.oddities is None or found.run.oddity is None:
        return None
    oddity, made = found.run.oddity, found.oddities
    return {
        "sets": list(made.names),
        "metric": oddity.metric,
        "margin": oddity.margin,
        "level": str(oddity.level),
        "categories": list(made.categories),
        "leave": list(made.leave),
        "overrides": {one.name: written_choice(one) for one in made.choices},
    }


def written_choice(choice: OddityChoice) -> dict[str, object]:
    return given_only(
        level=None if choice.level is None else str(choice.level),
        margin=choice.margin,
        expect=choice.expect,
        columns=list(choice.columns),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(valid_settings())
def test_settings_that_are_written_out_are_read_as_they_were(read: Read, expected: Settings) -> None:
    text = written(expected)
    assert replace(read(text), digest="") == expected, text
    assert VALIDATOR.is_valid(json.loads(text))


def test_equal_texts_have_equal_digests_and_others_do_not(read: Read) -> None:
    assert read(REFERENCE) == read(REFERENCE)
    assert read(REFERENCE).digest != read(REFERENCE + "\n").digest


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True))
def test_sensitive_columns_in_any_order_become_slices_in_that_order(read: Read, columns: list[str]) -> None:
    text = f"model: m\ndata: d\nlabel: y\nsensitive: [{', '.join(columns)}]\n"
    found = read(text).run
    assert found.groupings == default_groupings(found.attributes) == tuple(Grouping(columns=(one,)) for one in columns)
