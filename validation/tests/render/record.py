"""Real decisions for the renderers' tests: simulated rows taken through the gate, and kept as ``recorded/*.json``.

Recorded and not made anew by every test, because a report must not change when a statistic does. To record again::

    PYTHONPATH=validation python -m tests.render.record

* ``multiclass``: messages dealt to five queues; the rarest queue lost its recall.
* ``regression``: minutes of a delivery; better everywhere but in one city.
* ``clustered``: fraud with several rows per customer, row weights, money, churn, and the uses of the data set.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgate import gate
from mlgate.records.codec import dumps
from mlgate.records.decision import Approval, DataFacts, Decision, Exhibit, ModelFacts, Provenance
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Money, Requirement, Run
from mlgate.records.words import ApprovalState, Level, Rule, Task
from mlgate.stages.decide import decide

FOLDER = Path(__file__).parent / "recorded"
QUEUES = ("billing", "delivery", "returns", "technical", "other")
Floats = NDArray[np.float64]


def coded(values: NDArray[np.str_]) -> Coded:
    names, codes = np.unique(values, return_inverse=True)
    return Coded(codes=codes.astype(np.int32), values=tuple(str(name) for name in names))


def by_value(*columns: str) -> tuple[Grouping, ...]:
    return tuple(Grouping(columns=(column,)) for column in columns)


def asked(metric: str, margin: float, *, relative: bool = False) -> tuple[Requirement, Requirement]:
    """Required of all rows, and guarded at twice the margin on slices."""
    first = Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=margin, relative=relative)
    return first, replace(first, level=Level.GUARDED, on="slices", margin=2 * margin)


def than_baseline(metric: str) -> Requirement:
    return Requirement(metric=metric, rule=Rule.BETTER, level=Level.GUARDED, margin=0.0, than="baseline")


def decision(run: Run, batch: Batch, name: str, noun: str, title: str, more: tuple[Exhibit, ...] = ()) -> Decision:
    outcome = gate.run(run, batches=[batch])
    verdict, reason = decide(outcome.findings, champion=True)
    positives = int(batch.labels.sum()) if run.task is Task.BINARY else None
    models = (
        ModelFacts(role="challenger", source=f"models:/{name}/8", name=name, version="8", digest="sha256:" + "c8" * 32),
        ModelFacts(role="champion", source=f"models:/{name}/7", name=name, version="7", digest="sha256:" + "a7" * 32),
    )
    rows = DataFacts(
        name="base_case",
        source=f"data/{name}.parquet",
        digest="sha256:" + "d0" * 32,
        rows=len(batch.labels),
        positives=positives,
        note="simulated for a test",
    )
    return Decision(
        model=name,
        title=title,
        verdict=verdict,
        reason=reason,
        approval=Approval(state=ApprovalState.WAITING),
        findings=outcome.findings,
        exhibits=outcome.exhibits + more,
        provenance=Provenance(
            run=f"reports/{name}-v8",
            command="run",
            models=models,
            data=(rows,),
            config_digest="sha256:" + "b1" * 32,
            tally_digest="sha256:" + "e5" * 32,
            code_commit="0" * 40,
            code_modified=False,
            seed=0,
            versions=(("mlgate", "0.1.0"),),
            started="2026-11-24T13:20:00Z",
            finished="2026-11-24T13:20:04Z",
        ),
        noun=noun,
        task=run.task.value,
        unit=run.unit,
        weight=run.weight,
        currency=run.money.currency if run.money else "",
    )


def class_scores(labels: NDArray[np.int32], shared: Floats, skill: Floats, seed: int) -> Floats:
    scores = 0.85 * shared + 0.53 * np.random.default_rng(seed).normal(size=shared.shape)
    scores[np.arange(len(labels)), labels] += skill[labels]
    odds = np.exp(1.5 * scores)
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def multiclass() -> Decision:
    rng, n = np.random.default_rng(5), 1240
    labels = rng.choice(len(QUEUES), n, p=[0.30, 0.26, 0.20, 0.16, 0.08]).astype(np.int32)
    shared = rng.normal(size=(n, len(QUEUES)))
    batch = Batch(
        labels=labels,
        champion=class_scores(labels, shared, np.array([2.4, 2.3, 2.2, 2.0, 1.9]), 1),
        challenger=class_scores(labels, shared, np.array([3.1, 2.9, 2.6, 2.5, 0.5]), 2),
        columns={"language": coded(rng.choice(["en", "es", "fr", "de"], n, p=[0.55, 0.20, 0.15, 0.10]))},
    )
    run = Run(
        requirements=(
            *asked("accuracy", 0.01),
            *asked("log_loss", 0.01),
            Requirement(metric="recall(other)", rule=Rule.NOT_WORSE, level=Level.GUARDED, margin=0.05),
            Requirement(metric="f1_macro", rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=0.02),
            Requirement(metric="churn", rule=Rule.AT_MOST, level=Level.ADVISORY, bound=0.20),
            than_baseline("accuracy"),
        ),
        task=Task.MULTICLASS,
        classes=QUEUES,
        groupings=by_value("language"),
    )
    return decision(run, batch, "triage", "messages", "Messages to queues")


def regression() -> Decision:
    rng, n = np.random.default_rng(6), 1800
    km, rain = rng.gamma(3, 2.2, n), rng.random(n) < 0.22
    city = rng.choice(["Leeds", "York", "Hull"], n, p=[0.5, 0.3, 0.2])
    mean = 20 + 3.1 * km + 8 * rain
    spoilt = np.where(city == "Hull", -0.9 * km, 0.0)
    batch = Batch(
        labels=mean + rng.gamma(2, 4, n) - 8,
        champion=20 + 3.1 * km + 5 * rain + rng.normal(0, 3, n),
        challenger=mean + spoilt + rng.normal(0, 1.2, n),
        columns={"city": coded(city), "rain": coded(np.where(rain, "yes", "no"))},
    )
    run = Run(
        requirements=(
            *asked("mae", 0.02, relative=True),
            *asked("rmse", 0.02, relative=True),
            Requirement(metric="bias", rule=Rule.UNCHANGED, level=Level.ADVISORY, margin=1.0),
            Requirement(metric="within(10)", rule=Rule.AT_LEAST, level=Level.REQUIRED, bound=0.75),
            than_baseline("rmse"),
        ),
        task=Task.REGRESSION,
        groupings=by_value("city", "rain"),
    )
    return decision(run, batch, "delivery", "deliveries", "Minutes of a delivery")


def clustered() -> Decision:
    rng, customers = np.random.default_rng(7), 230
    unit = np.repeat(np.arange(customers), rng.geometric(1 / 5.2, customers))
    n = len(unit)
    risk = -2.2 + rng.normal(0, 0.8, customers)[unit] + rng.normal(size=n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-1.3 * risk))).astype(np.int8)
    amount = np.round(rng.lognormal(5, 0.6, n), 2)
    still = np.zeros(n)
    batch = Batch(
        labels=labels,
        champion=1 / (1 + np.exp(-(risk + rng.normal(0, 1.0, n)))),
        challenger=1 / (1 + np.exp(-(1.2 * risk + rng.normal(0, 0.7, n)))),
        columns={"channel": coded(rng.choice(["web", "app", "phone"], n, p=[0.5, 0.35, 0.15]))},
        units=unit.astype(np.uint64),
        weights=np.round(rng.uniform(0.5, 2.0, n), 2),
        money=np.column_stack([still, np.full(n, 12.0), amount, still]),
    )
    run = Run(
        requirements=(
            *asked("accuracy", 0.01),
            *asked("roc_auc", 0.02),
            Requirement(metric="cost", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=2.0),
            Requirement(metric="cost", rule=Rule.NOT_WORSE, level=Level.GUARDED, margin=5.0, on="slices"),
            Requirement(metric="churn", rule=Rule.AT_MOST, level=Level.GUARDED, bound=0.15),
            Requirement(metric="flips_to_positive", rule=Rule.AT_MOST, level=Level.ADVISORY, bound=0.05),
            than_baseline("log_loss"),
        ),
        groupings=by_value("channel"),
        unit="customer_id",
        weight="weight",
        money=Money(kind="cost", amounts=(0.0, 12.0, "amount", 0.0), currency="€"),
    )
    uses = Exhibit(name="uses", columns=("dataset", "uses", "budget"), rows=(("base_case", 31, 20),))
    found = decision(run, batch, "fraud", "transactions", "Card fraud", (uses,))
    return replace(found, positive="fraud", negative="honest", owner="payments")


#: What is recorded, by name.
MAKE = {"multiclass": multiclass, "regression": regression, "clustered": clustered}


def record() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in MAKE.items():
        (FOLDER / f"{name}.json").write_text(dumps(make()), encoding="utf-8")


if __name__ == "__main__":
    record()
