"""How much a retrained model agrees with its champion, measured on real data: what ``mlgate power`` assumes.

Separate from the other benchmarks because it trains models. Run ``python -m benchmarks planning`` with the folders
``adult`` and ``bank_marketing`` in ``MLGATE_BENCH_DATA`` (else in ``shared/data`` beside the checkout); the table is
written into ``docs/planning.md`` between its markers. Everything is seeded, so a second run writes the same table.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.agreement import agreement_at, influence_variance
from mlgate.metrics import Confusion, Ranking, find
from mlgate.metrics.metric import Sorted
from mlgate.metrics.scenario import SCENARIOS

__all__ = ["main"]

Floats = NDArray[np.float64]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "planning.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
#: Rows that a champion is trained on (as few as many teams have; half of what there is), and the splits: what is
#: trained on few rows varies more.
SPLITS: tuple[tuple[int | None, tuple[int, ...]], ...] = ((1_000, (20261126, 20261127)), (None, (20261126,)))
#: Of a scenario's pairs, the share that agree less than is assumed: in three of four, the planned error is rather too
#: large.
QUARTER = 0.25
#: A champion that finds fewer of the positives than this hardly decides anything: nobody asks how much a model agrees
#: with it, and an equally good one would be as useless. Its scores are compared all the same.
LEAST_RECALL = 0.1
#: Rows that both models of a pair are compared on; the others are for training.
EVALUATED = 1 / 3
#: Recipes of each scenario and what is told of them.
KINDS = {
    "seed": ("close", "another seed"),
    "tenth": ("close", "a tenth more rows"),
    "parameters": ("close", "other parameters"),
    "twice": ("usual", "twice the rows"),
    "rows": ("far", "other rows altogether"),
    "algorithm": ("far", "another algorithm"),
}
#: What is measured of a pair, the field of ``Scenario`` that it speaks for, and how the table calls it.
MEASURES = {
    "agreement": ("agreement", "decisions (agreement)"),
    "log_loss": ("losses", "log loss"),
    "brier": ("losses", "Brier score"),
    "absolute error": ("losses", "absolute error"),
    "squared error": ("losses", "squared error"),
    "roc_auc": ("rankings", "ROC AUC"),
    "average_precision": ("rankings", "average precision"),
}
#: Metrics of decisions whose planned error is set beside the measured one.
PLANNED = ("accuracy", "recall", "false_positive_rate", "precision", "f1", "mcc")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Data:
    """One data set: numbers only, categories one-hot."""

    name: str
    features: Floats
    #: the binary label, and the number that regression predicts (which the features then leave out).
    label: NDArray[np.int64]
    number: Floats
    number_columns: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One figure of one pair."""

    kind: str
    #: whether the champion was trained on few rows.
    few: bool
    measure: str
    value: float


def main(*, quick: bool = False) -> int:
    """Train, measure, print the tables and write them into the page; ``quick``: one split, nothing written."""
    # One thread each: threads that wait for each other make the training many times slower on a busy machine.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = Path(os.environ.get("MLGATE_BENCH_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
    known = [(load, folder / name) for name, load in LOADERS.items()]
    missing = [path for _, path in known if not path.is_file()]
    if missing:
        print(f"planning: skipped, {missing[0].name} is not in {folder}; name its folder in MLGATE_BENCH_DATA.")
        return 0
    seen: list[Seen] = []
    for load, path in known:
        data = load(path)
        for size, seeds in SPLITS[:1] if quick else SPLITS:
            for seed in seeds[:1] if quick else seeds:
                seen += _measure(data, seed, size)
    text = _page(seen)
    print(text)
    if quick:
        return 0
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} lacks the line {BEGIN} or {END}; put both back where the table belongs.")
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    return 0


def _adult(path: Path) -> Data:
    import pandas as pd

    names = "age workclass fnlwgt education education-num marital-status occupation relationship race sex".split()
    names += "capital-gain capital-loss hours-per-week native-country income".split()
    table = pd.read_csv(path, header=None, names=names, skipinitialspace=True)
    label = (table.pop("income") == ">50K").to_numpy(dtype=np.int64)
    return _data("adult", table.drop(columns=["fnlwgt", "education"]), label)


def _bank(path: Path) -> Data:
    import pandas as pd

    table = pd.read_csv(path, sep=";")
    label = (table.pop("y") == "yes").to_numpy(dtype=np.int64)
    # How long the call took is known only when the answer is, too.
    return _data("bank_marketing", table.drop(columns=["duration"]), label)


#: File within the data's folder, and how it is read.
LOADERS: dict[str, Callable[[Path], Data]] = {
    "adult/adult.data.gz": _adult,
    "bank_marketing/bank-full.csv.gz": _bank,
}


def _data(name: str, table: Any, label: NDArray[np.int64]) -> Data:
    import pandas as pd

    wide = pd.get_dummies(table, dtype=float)
    return Data(
        name=name,
        features=wide.to_numpy(dtype=np.float64),
        label=label,
        number=table["age"].to_numpy(dtype=np.float64),
        number_columns=np.array([column == "age" for column in wide.columns]),
    )


def _recipes(seed: int, *, changed: bool = False, regression: bool = False) -> dict[str, Any]:
    """Unfitted models by algorithm; ``changed``: with other parameters."""
    from sklearn import ensemble, linear_model
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    boosting: dict[str, Any] = {"random_state": seed, "early_stopping": True, "max_iter": 80 if changed else 150}
    boosting |= {"learning_rate": 0.1 if changed else 0.06, "max_leaf_nodes": 15 if changed else 31}
    forest = {"random_state": seed, "n_estimators": 100, "min_samples_leaf": 5 if changed else 10}
    if regression:
        return {
            "boosting": ensemble.HistGradientBoostingRegressor(**boosting),
            "forest": ensemble.RandomForestRegressor(**{**forest, "n_estimators": 50, "max_features": 0.3}),
            "linear": make_pipeline(StandardScaler(), linear_model.Ridge(alpha=1000.0 if changed else 1.0)),
        }
    return {
        "boosting": ensemble.HistGradientBoostingClassifier(**boosting),
        "forest": ensemble.RandomForestClassifier(**forest),
        "linear": make_pipeline(
            StandardScaler(), linear_model.LogisticRegression(C=0.01 if changed else 1.0, max_iter=2000)
        ),
    }


def _measure(data: Data, seed: int, size: int | None) -> Iterator[Seen]:
    """Every figure of every pair on one split of one data set, champions trained on that many rows."""
    order = np.random.default_rng(seed).permutation(len(data.label))
    evaluated, training = np.split(order, [round(EVALUATED * len(order))])
    first, second = np.array_split(training if size is None else training[: 2 * size], 2)
    tenth = np.concatenate([first, second[: len(first) // 10]])
    for regression in (False, True):
        target = data.number if regression else data.label
        columns = data.features[:, ~data.number_columns] if regression else data.features

        def fit(model: Any, rows: NDArray[np.intp]) -> Floats:
            model.fit(columns[rows], target[rows])
            wanted = columns[evaluated]
            return np.asarray(model.predict(wanted) if regression else model.predict_proba(wanted)[:, 1])

        recipes = _recipes(seed, regression=regression)
        champions = {name: fit(recipe, first) for name, recipe in recipes.items()}
        pairs: list[tuple[str, str, Floats]] = []
        for kind, rows, others in (
            ("seed", first, _recipes(seed + 1, regression=regression)),
            ("tenth", tenth, recipes),
            ("parameters", first, _recipes(seed, changed=True, regression=regression)),
            ("twice", np.concatenate([first, second]), recipes),
            ("rows", second, recipes),
        ):
            # A linear model has no seed: it would be compared with itself.
            names = [name for name in recipes if (kind, name) != ("seed", "linear")]
            pairs += [(name, kind, fit(others[name], rows)) for name in names]
        pairs += [(name, "algorithm", champions[other]) for name in recipes for other in recipes if name != other]
        for name, kind, challenger in pairs:
            figures = _numbers if regression else _scores
            for measure, value in figures(target[evaluated], champions[name], challenger):
                yield Seen(kind=kind, few=size is not None, measure=measure, value=value)
        told = f"{len(pairs)} pairs, {'regression' if regression else 'binary'}, trained on {len(first):,} rows"
        print(f"planning: {data.name}, {told}", flush=True)


def _scores(labels: NDArray[Any], champion: Floats, challenger: Floats) -> Iterator[tuple[str, float]]:
    """Figures of a binary pair."""
    old, new = (scores >= 0.5 for scores in (champion, challenger))
    table = np.array([[np.sum((labels == y) & (old == d)) for d in (0, 1)] for y in (0, 1)], dtype=np.float64)
    for name in ("log_loss", "brier"):
        yield name, _correlation(*(_loss(name, labels, scores) for scores in (champion, challenger)))
    for name in ("roc_auc", "average_precision"):
        yield name, _correlation(*(_influence(name, labels, scores) for scores in (champion, challenger)))
    if table[1, 1] < LEAST_RECALL * table[1].sum():
        return
    agreement = agreement_at(table, float(np.mean(old != new)))
    yield "differing", float(np.mean(old != new))
    yield "agreement", agreement
    for name in PLANNED:
        metric = find(name)
        assert isinstance(metric, Confusion)
        influences = [metric.influence(_cells(labels, decided)) for decided in (old, new)]
        rows = [influence[2 * labels + decided] for influence, decided in zip(influences, (old, new), strict=True)]
        _, planned = influence_variance(table, influences[0].reshape(2, 2), agreement)
        yield f"planned {name}", float(np.sqrt(planned / np.var(rows[1] - rows[0])))


def _numbers(labels: NDArray[Any], champion: Floats, challenger: Floats) -> Iterator[tuple[str, float]]:
    """Figures of a regression pair."""
    errors = [np.abs(labels - answers) for answers in (champion, challenger)]
    yield "absolute error", _correlation(*errors)
    yield "squared error", _correlation(*(error**2 for error in errors))


def _correlation(champion: Floats, challenger: Floats) -> float:
    """The one that gives the variance of the difference from the champion's own variance."""
    return float(1 - np.var(challenger - champion) / (2 * np.var(champion)))


def _loss(name: str, labels: NDArray[Any], scores: Floats) -> Floats:
    if name == "brier":
        return np.asarray((scores - labels) ** 2)
    right = np.where(labels == 1, scores, 1 - scores)
    return np.asarray(-np.log(np.clip(right, 2.0**-20, 1.0)))


def _cells(labels: NDArray[Any], decided: NDArray[np.bool_]) -> Floats:
    return np.bincount(2 * labels + decided, minlength=4).astype(np.float64)


def _influence(name: str, labels: NDArray[Any], scores: Floats) -> Floats:
    metric = find(name)
    assert isinstance(metric, Ranking)
    order, n = np.argsort(scores, kind="stable"), len(labels)
    rows = Sorted(
        labels=labels[order],
        scores=scores[order],
        weights=np.ones(n),
        slices=np.zeros(n, dtype=np.intp),
        starts=np.array([0, n], dtype=np.intp),
    )
    influence = np.empty(n)
    influence[order] = metric.of(rows)[1]
    return influence


def _page(seen: Sequence[Seen]) -> str:
    """The tables as Markdown."""
    shown = [*MEASURES, "differing"]
    titles = [title for _, title in MEASURES.values()] + ["decisions that differ"]
    lines = ["| scenario | challenger | trained on | " + " | ".join(titles) + " |"]
    lines += ["| --- | --- | --- |" + " --: |" * len(titles)]
    for kind, (scenario, told) in KINDS.items():
        for few, size in ((True, f"{SPLITS[0][0]:,} rows"), (False, "all rows")):
            found = [[one.value for one in seen if (one.kind, one.few, one.measure) == (kind, few, m)] for m in shown]
            if not any(found):
                continue  # not measured with --quick
            figures = [_spread(values, percent=name == "differing") for values, name in zip(found, shown, strict=True)]
            lines.append(f"| {scenario} | {told} | {size} | " + " | ".join(figures) + " |")
    lines += ["", "| scenario | figure | lower quartile of its pairs | taken |", "| --- | --- | --: | --: |"]
    for assumed in SCENARIOS:
        for field in ("agreement", "losses", "rankings"):
            measured, taken = _quartile(seen, assumed.name, field), getattr(assumed, field)
            lines.append(f"| {assumed.name} | {field} | {measured:.3f} | {taken:.2f} |")
    lines += ["", "| metric | planned error / measured error |", "| --- | --: |"]
    for name in PLANNED:
        values = [one.value for one in seen if one.measure == f"planned {name}"]
        lines.append(f"| `{name}` | {_spread(values)} |")
    return "\n".join(lines)


def _quartile(seen: Sequence[Seen], scenario: str, field: str) -> float:
    """Over the scenario's pairs; of a figure that several measures speak for, the least of their quartiles."""
    measures = [name for name, (belongs, _) in MEASURES.items() if belongs == field]
    kinds = [kind for kind, (belongs, _) in KINDS.items() if belongs == scenario]
    found = [[one.value for one in seen if one.measure == name and one.kind in kinds] for name in measures]
    return min(float(np.quantile(values, QUARTER)) for values in found)


def _spread(values: Sequence[float], *, percent: bool = False) -> str:
    low, middle, high = (float(np.quantile(values, share)) for share in (0.0, 0.5, 1.0))
    if percent:
        return f"{middle:.1%} ({low:.1%} to {high:.1%})"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    sys.exit(main())
