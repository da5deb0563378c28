"""The vocabulary of fairness: which rates are reported per group, and which disparities are made of them.

Names are fairlearn's where it has one (``demographic_parity_difference``, ``equalized_odds_ratio``, …); what has none
is named in the same way, ``<rate>_difference``. Separate from ``run`` because configuration, engine and report all read
this one table.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.frozen import dataclass
from mlgate.records.words import Task

__all__ = [
    "DISPARITIES",
    "FAIRNESS",
    "GROUP_RATES",
    "MOST_GROUPS",
    "REFERENCE_RATES",
    "WORST",
    "Disparity",
    "disparities_of",
    "disparity",
    "group_rates",
]

#: Name of the tally of all groups, beside the data sets' own.
FAIRNESS = "fairness"
#: More groups than this of one attribute are refused: all pairs are compared, and 200 groups have 19,900.
MOST_GROUPS = 200
#: Classes whose own rates are reported per group in a multiclass task.
MOST_CLASSES = 10

#: What is measured per group of every sensitive attribute, by task.
GROUP_RATES: dict[Task, tuple[str, ...]] = {
    Task.BINARY: (
        "selection_rate",
        "recall",
        "false_positive_rate",
        "false_negative_rate",
        "precision",
        "accuracy",
        "calibration_in_the_large",
    ),
    Task.MULTICLASS: ("accuracy",),
    Task.REGRESSION: ("mae", "rmse", "bias"),
}
#: Rates of binary decisions whose gap to one reference group can be asked about.
REFERENCE_RATES = ("selection_rate", "recall", "false_positive_rate", "false_negative_rate", "precision", "accuracy")


@dataclass(frozen=True, kw_only=True, slots=True)
class Disparity:
    """The largest gap of some rates, or the smallest ratio, over all pairs of groups of an attribute."""

    name: str
    title: str
    #: with several, the largest gap (smallest ratio) of any of them counts.
    rates: tuple[str, ...]
    ratio: bool = False
    tasks: tuple[Task, ...] = (Task.BINARY,)


_ALL_CLASSES = (Task.BINARY, Task.MULTICLASS)

DISPARITIES: tuple[Disparity, ...] = (
    Disparity(name="demographic_parity_difference", title="Demographic parity difference", rates=("selection_rate",)),
    Disparity(name="demographic_parity_ratio", title="Demographic parity ratio", rates=("selection_rate",), ratio=True),
    Disparity(name="equal_opportunity_difference", title="Equal opportunity difference", rates=("recall",)),
    Disparity(name="equal_opportunity_ratio", title="Equal opportunity ratio", rates=("recall",), ratio=True),
    Disparity(
        name="equalized_odds_difference",
        title="Equalized odds difference",
        rates=("recall", "false_positive_rate"),
    ),
    Disparity(
        name="equalized_odds_ratio", title="Equalized odds ratio", rates=("recall", "false_positive_rate"), ratio=True
    ),
    Disparity(name="predictive_parity_difference", title="Predictive parity difference", rates=("precision",)),
    Disparity(name="predictive_parity_ratio", title="Predictive parity ratio", rates=("precision",), ratio=True),
    Disparity(
        name="false_positive_rate_difference", title="False positive rate difference", rates=("false_positive_rate",)
    ),
    Disparity(
        name="false_negative_rate_difference", title="False negative rate difference", rates=("false_negative_rate",)
    ),
    Disparity(name="accuracy_difference", title="Accuracy difference", rates=("accuracy",), tasks=_ALL_CLASSES),
    Disparity(name="calibration_difference", title="Calibration difference", rates=("calibration_in_the_large",)),
    Disparity(name="mae_difference", title="MAE difference", rates=("mae",), tasks=(Task.REGRESSION,)),
    Disparity(name="rmse_difference", title="RMSE difference", rates=("rmse",), tasks=(Task.REGRESSION,)),
    Disparity(name="bias_difference", title="Bias difference", rates=("bias",), tasks=(Task.REGRESSION,)),
)
#: Per rate that has a worst group worth telling: the name of the worst group's value, and whether low is bad.
WORST = {
    "accuracy": ("worst_group_accuracy", True),
    "recall": ("worst_group_recall", True),
    "precision": ("worst_group_precision", True),
    "mae": ("worst_group_mae", False),
    "rmse": ("worst_group_rmse", False),
}

_BY_NAME = {one.name: one for one in DISPARITIES}


def disparity(name: str) -> Disparity | None:
    """The disparity of that name; None when there is none.

    >>> disparity("equalized_odds_difference").rates
    ('recall', 'false_positive_rate')
    """
    return _BY_NAME.get(name)


def disparities_of(task: Task, *, scores: bool = True) -> tuple[Disparity, ...]:
    """The disparities of a task; without scores, those of calibration do not exist."""
    known = group_rates(task, (), scores=scores)
    return tuple(one for one in DISPARITIES if task in one.tasks and set(one.rates) <= set(known))


def group_rates(task: Task, classes: Sequence[str], *, scores: bool) -> tuple[str, ...]:
    """What is measured per group: in a multiclass task with few classes, recall and precision of each class too."""
    rates = GROUP_RATES[task]
    if task is Task.BINARY and not scores:
        rates = tuple(rate for rate in rates if rate != "calibration_in_the_large")
    if task is Task.MULTICLASS and len(classes) <= MOST_CLASSES:
        rates += tuple(f"{rate}({name})" for rate in ("recall", "precision") for name in classes)
    return rates
