"""The keys of mlgate.yaml that say how answers are measured: task, threshold, costs and values, own metrics.

Separate from requirements, which say what is asked of the measurements, and from the label, which only names the truth.
"""

from __future__ import annotations

from collections.abc import Callable

from mlgate.config.defaults import BLANK
from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.config.fields import Keys, items, open_table, shortened
from mlgate.config.metrics import MONEY_KEYS
from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.records.run import DOTTED, Money, OwnMetric
from mlgate.records.words import Task

__all__ = [
    "AMOUNT_KEYS",
    "OUTCOMES",
    "OWN_METRIC_KEYS",
    "THRESHOLD_KEYS",
    "LoadOwn",
    "Thresholds",
    "read_money",
    "read_own_metrics",
    "read_task",
    "read_threshold",
]

#: in the order of ``Money.amounts``: (label, decision) = (0, 0), (0, 1), (1, 0), (1, 1).
OUTCOMES = ("true_negative", "false_positive", "false_negative", "true_positive")
AMOUNT_KEYS = (*OUTCOMES, "currency")
THRESHOLD_KEYS = ("champion", "challenger")
OWN_METRIC_KEYS = ("name", "title", "greater_is_better", "minimum")

#: dotted name -> function; raises ConfigError, in one sentence, when there is none.
LoadOwn = Callable[[str], Callable[..., float]]

_THRESHOLD = (
    "a number above 0 and below 1, model (what each model's metadata say), or one for each, such as "
    "{champion: 0.4, challenger: 0.35}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """From which score on a decision is positive."""

    challenger: float = BLANK.run.threshold
    champion: float | None = None
    #: whether the models' metadata say it.
    from_models: bool = False


def read_task(keys: Keys) -> Task | None:
    """What the models answer; None when the word is unknown, so that nothing is told of what follows from it."""
    if not keys.has("task"):
        return BLANK.run.task
    written = keys.word("task", [str(task) for task in Task], "")
    return Task(written) if written else None


def read_threshold(keys: Keys, task: Task | None) -> Thresholds:
    """The threshold: one number, one for each model, or the models' own."""
    if not keys.has("threshold"):
        return Thresholds()
    if task not in (None, Task.BINARY):
        sentence = f"threshold makes decisions of the scores of a binary task, and task is {task}; remove it."
        keys.complain("threshold", sentence)
        return Thresholds()
    node = keys.values["threshold"]
    if isinstance(node, Scalar) and node.value == "model":
        return Thresholds(from_models=True)
    if not isinstance(node, Table):
        number = _threshold(node)
        if number is None:
            keys.wrong("threshold", _THRESHOLD)
            return Thresholds()
        return Thresholds(challenger=number)
    part = open_table(node, known=THRESHOLD_KEYS, what="threshold", prefix="threshold.", problems=keys.problems)
    for key in THRESHOLD_KEYS:
        if not part.has(key):
            part.complain(key, f"threshold.{key} is missing: give both thresholds, or one number for both models.")
    return Thresholds(
        champion=part.number("champion", BLANK.run.threshold, above=0, below=1),
        challenger=part.number("challenger", BLANK.run.threshold, above=0, below=1),
    )


def _threshold(node: Node) -> float | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        return None
    return float(value)


def read_money(keys: Keys, task: Task | None) -> Money | None:
    """What each outcome costs or is worth; None when neither key is there."""
    found: Money | None = None
    for kind, key in MONEY_KEYS.items():
        if not keys.has(key):
            continue
        if task not in (None, Task.BINARY):
            keys.complain(key, f"{key} counts the four outcomes of a binary task, and task is {task}; remove it.")
        if found is not None:
            sentence = "values stands beside costs, and money is counted one way; a gain is a cost below 0."
            keys.complain(key, sentence)
            continue
        found = _money(keys, key, kind)
    return found


def _money(keys: Keys, key: str, kind: str) -> Money:
    part = open_table(keys.values[key], known=AMOUNT_KEYS, what=key, prefix=f"{key}.", problems=keys.problems)
    one, two, three, four = (_amount(part, outcome) for outcome in OUTCOMES)
    if isinstance(keys.values[key], Table) and all(amount == 0 for amount in (one, two, three, four)):
        example = f"{key}: {{false_positive: 100, false_negative: 500}}"
        keys.complain(key, f"{key} counts nothing, since every outcome has 0; give amounts, such as {example}.")
    return Money(kind=kind, amounts=(one, two, three, four), currency=part.text("currency"))


def _amount(part: Keys, outcome: str) -> float | str:
    """A number, or the name of a column that holds one for every row; 0 when left out, 1 when it is wrong."""
    if not part.has(outcome):
        return 0.0
    node = part.values[outcome]
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return part.text(outcome, "?")
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        part.wrong(outcome, "a number, or the name of a column that holds one for every row")
        return 1.0
    return float(value)


def read_own_metrics(keys: Keys, load: LoadOwn) -> tuple[OwnMetric, ...]:
    """The user's own metrics under ``own_metrics``; a name twice is noted."""
    nodes = items(keys, "own_metrics")
    if keys.has("own_metrics") and isinstance(keys.values["own_metrics"], Items) and not nodes:
        keys.complain("own_metrics", "own_metrics is empty; name a function, or leave it out.")
    found: dict[str, OwnMetric] = {}
    for node in nodes:
        metric = _own_metric(node, keys, load)
        if metric is not None and metric.name in found:
            sentence = f'"{shortened(metric.name)}" stands twice in own_metrics; remove one.'
            keys.problems.append(Problem(line=node.line, sentence=sentence))
        elif metric is not None:
            found[metric.name] = metric
    return tuple(found.values())


def _own_metric(node: Node, keys: Keys, load: LoadOwn) -> OwnMetric | None:
    """One own metric; None when it has no name that requirements could use."""
    part = open_table(node, known=OWN_METRIC_KEYS, what="an own metric", prefix="", problems=keys.problems)
    if not isinstance(node, Table):
        return None
    if not part.has("name"):
        part.complain("name", "name is missing: give module.function, such as name: mymetrics.profit.")
    name = part.text("name")
    function: Callable[..., float] = float  # where none can be loaded the file is refused, and nothing calls it
    if name and not DOTTED.fullmatch(name):
        part.wrong("name", "module.function, such as mymetrics.profit")
    elif name:
        try:
            function = load(name)
        except ConfigError as problem:
            part.complain("name", str(problem))
    metric = OwnMetric(
        name=name,
        title=part.text("title", name.rpartition(".")[2].replace("_", " ")),
        function=function,
        greater_is_better=_direction(part),
        minimum=part.whole("minimum", 100, least=1),
    )
    return metric if name else None


def _direction(part: Keys) -> bool | None:
    """Whether more is better: true, false, or nothing when it is neither."""
    node = part.values.get("greater_is_better")
    if isinstance(node, Scalar) and node.value is None:
        return None
    return part.flag("greater_is_better", True)
