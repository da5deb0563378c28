"""Tallies: exact whatever the size of the numbers, the same to the bit in any order, refused when not of one kind."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.metrics import find
from mlgate.metrics.metric import MeanLoss
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import Condition, Grouping, OwnMetric, Run
from mlgate.records.words import Task
from mlgate.stages.add_up import add_up
from mlgate.stages.settle import settle
from mlgate.tables import SUMS, Tally, merge
from mlgate.tally_file import dump, load
from tests.making import asked, coded, random_rows, rows, some

GROUP = Grouping(columns=("group",))
LOSSES = ("log_loss", "brier")


def run_of(*metrics: str, group: bool = False) -> Run:
    return Run(requirements=tuple(asked(name) for name in ("accuracy", *metrics)), groupings=(GROUP,) if group else ())


def tally_of(
    labels: list[int],
    champion: list[float] | None,
    challenger: list[float],
    group: list[str] | None = None,
    *,
    losses: tuple[str, ...] = LOSSES,
    ranks: bool = True,
) -> Tally:
    batch = rows(labels, champion, challenger, {} if group is None else {"group": group})
    return add_up(run_of(*losses, *(["roc_auc"] if ranks else []), group=group is not None), [batch])


def file_of(tally: Tally, *, group: bool = False) -> bytes:
    """What stays of the rows for good, ranks included."""
    return dump({"d": settle(run_of(*LOSSES, "roc_auc", group=group), tally)})


SCORES = st.one_of(st.sampled_from([0.0, -0.0, 1.0, 0.5, 5e-324, 1 - 2**-53]), st.floats(0, 1))


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.tuples(st.integers(0, 1), SCORES, SCORES), min_size=1, max_size=20), seed=st.randoms())
def test_loss_sums_are_exact_and_any_order_gives_the_same_bytes(
    data: list[tuple[int, float, float]], seed: object
) -> None:
    labels, first, second = ([row[place] for row in data] for place in range(3))
    tally = tally_of([int(label) for label in labels], first, second)
    for name in LOSSES:
        loss = find(name)
        assert isinstance(loss, MeanLoss) and loss.scale is not None
        a, b = (
            [
                int(np.rint(value * loss.scale))
                for value in loss.of(
                    Answers(
                        labels=np.array(labels, dtype=np.int8),
                        scores=np.rint(np.array(scores) * 2**24) / 2**24,
                        decisions=None,
                    )
                )
            ]
            for scores in (first, second)
        )
        assert max(*a, *b) <= 2**30
        expected = [
            len(a),
            sum(a),
            sum(b),
            *(sum(x * y for x, y in zip(one, other, strict=True)) for one, other in ((a, a), (a, b), (b, b))),
            sum(x**3 for x in a),
            sum(x**3 for x in b),
            sum((y - x) ** 3 for x, y in zip(a, b, strict=True)),
        ]
        assert tally.sums[name][0].tolist() == expected
    for order in (sorted(data), sorted(data, reverse=True)):
        turned = tally_of([row[0] for row in order], [row[1] for row in order], [row[2] for row in order])
        assert file_of(turned) == file_of(tally)


def test_zero_and_minus_zero_are_one_score_whichever_comes_first() -> None:
    files = {
        file_of(tally_of([0, 1], list(first), list(second)))
        for first, second in itertools.product([(0.0, -0.0), (-0.0, 0.0)], repeat=2)
    }
    assert len(files) == 1


def test_equal_rows_are_kept_as_often_as_they_occur() -> None:
    kept = tally_of([1, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], [0.2, 0.2, 0.2, 0.3]).kept
    assert kept is not None
    found = zip(kept.labels.tolist(), kept.challenger.tolist(), strict=True)
    assert sorted(found) == [(0, 0.2), (1, 0.2), (1, 0.2), (1, 0.3)]


def test_counts_and_sums_beyond_64_bits_merge_without_loss() -> None:
    tally = tally_of([1], [0.0], [1.0], losses=("log_loss",), ranks=False)
    many = tally
    for _ in range(36):  # 2^36 rows; a sum of cubes is then close to 2^127, all that the file can hold
        many = many + many
    assert many.cells[0].sum() == 2**36
    for name, total in many.sums.items():
        assert total[0].tolist() == [value * 2**36 for value in tally.sums[name][0].tolist()]
    assert dump(load(dump({"d": many}))) == dump({"d": many})
    assert load(dump({"d": many}))["d"].sums["log_loss"].tolist() == many.sums["log_loss"].tolist()


def test_negative_sums_survive_the_file() -> None:
    tally = tally_of([1] * 3, [0.1] * 3, [0.9] * 3, losses=("brier",))
    place = SUMS.index("ddd")
    assert tally.sums["brier"][0][place] < 0
    assert load(dump({"d": tally}))["d"].sums["brier"][0][place] == tally.sums["brier"][0][place]


def test_a_slice_that_only_one_part_has_is_kept() -> None:
    first = tally_of([0, 1], [0.1, 0.9], [0.1, 0.9], ["b", "b"])
    second = tally_of([1], [0.4], [0.6], ["a"])
    together = first + second
    assert together.slices == ("group=a", "group=b", "overall")
    assert together.groupings == (1, 1, 0)
    assert together.cells.sum(axis=1).tolist() == [1, 2, 3]
    assert file_of(together, group=True) == file_of(second + first, group=True)
    whole = tally_of([0, 1, 1], [0.1, 0.9, 0.4], [0.1, 0.9, 0.6], ["b", "b", "a"])
    assert file_of(together, group=True) == file_of(whole, group=True)


def test_nothing_cannot_be_merged_and_one_tally_is_itself() -> None:
    with pytest.raises(DataError, match="there are no rows to judge"):
        merge([])
    tally = tally_of([1], [0.1], [0.2])
    assert merge([tally]) is tally


@pytest.mark.parametrize(
    "other",
    [
        tally_of([1], None, [0.2]),
        tally_of([1], [0.1], [0.2], losses=("brier",)),
        tally_of([1], [0.1], [0.2], ranks=False),
    ],
    ids=["no champion", "other losses", "no ranks"],
)
def test_tallies_of_different_kinds_refuse_to_merge(other: Tally) -> None:
    with pytest.raises(DataError, match="tallies of different kinds cannot be merged"):
        merge([tally_of([1], [0.1], [0.2]), other])


def test_all_data_sets_of_a_run_are_in_one_file_in_one_order() -> None:
    one, other = tally_of([1], [0.1], [0.2]), tally_of([0], None, [0.7], losses=(), ranks=False)
    content = dump({"oddity é": other, "base_case": one})
    assert content == dump({"base_case": one, "oddity é": other})
    found = load(content)
    assert list(found) == ["base_case", "oddity é"]
    assert (found["oddity é"].paired, found["oddity é"].kept, dict(found["oddity é"].sums)) == (False, None, {})
    assert load(dump({})) == {}


def numpy_file() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def numpy_archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, something=np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK", b"not a tally at all", numpy_file(), numpy_archive()])
def test_a_file_that_is_no_tally_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(DataError, match="the tally cannot be read"):
        load(content)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.booleans())
def test_a_spoilt_tally_is_read_or_refused_and_never_breaks(place: int, value: int, cut: bool) -> None:
    content = bytearray(dump({"d": SMALL}))
    place %= len(content)
    if cut:
        content = content[:place]
    else:
        content[place] = value
    try:
        load(bytes(content))
    except DataError as refusal:
        assert "the tally cannot be read" in str(refusal)


SMALL = settle(
    run_of(*LOSSES, "roc_auc", group=True),
    tally_of([0, 1, 1], [0.1, 0.9, 0.4], [0.1, 0.9, 0.6], ["b", "b", "a"]),
)


def test_rows_in_chunks_and_rows_at_once_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, run = random_rows(1, 500), run_of("brier", "roc_auc", group=True)
    whole = dump({"d": settle(run, add_up(run, [batch]))})
    monkeypatch.setattr("mlgate.counting._CHUNK", 64)
    assert dump({"d": settle(run, add_up(run, [batch]))}) == whole


def test_rows_outside_a_slice_count_overall_and_nowhere_else() -> None:
    batch = rows([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.2], [0.1, 0.9, 0.6, 0.7], {"group": ["a", "b", "a", "b"]})
    only = Grouping(columns=("group",), conditions=(Condition(column="group", operator="=", value="a"),))
    inside = rows([0, 1], [0.1, 0.4], [0.1, 0.6], {"group": ["a", "a"]})
    run = dataclasses.replace(run_of("brier", "roc_auc"), groupings=(only,))
    part, whole = (add_up(run, [one]) for one in (inside, batch))
    assert whole.slices == part.slices == ("group=a", "overall")
    assert whole.cells[0].tolist() == part.cells[0].tolist() == part.cells[1].tolist()
    assert whole.sums["brier"][0].tolist() == part.sums["brier"][0].tolist()
    assert whole.cells[1].sum() == 4 and whole.rows.tolist() == [2, 4]
    assert whole.kept is not None and (whole.kept.codes[:, 1] == -1).sum() == 2
    none = tally_of([1], [0.1], [0.2], ranks=False)
    assert merge([none, none]).kept is None


def test_a_settled_tally_does_not_merge() -> None:
    with pytest.raises(DataError, match="merge before rows are settled"):
        merge([SMALL, SMALL])


# ---- many classes, hits, and everything that rows may bring along


def classes_run(classes: int = 4) -> Run:
    names = tuple(f"c{number}" for number in range(classes))
    metrics = ("accuracy", "f1_macro", "top_k_accuracy(2)", "log_loss", "churn")
    asks = tuple(asked(name) for name in metrics)
    return Run(task=Task.MULTICLASS, classes=names, requirements=asks, groupings=(GROUP,))


def classes_rows(seed: int, n: int, classes: int = 4) -> Batch:
    rng = np.random.default_rng(seed)
    first, second = (rng.dirichlet(np.ones(classes), n).round(2).clip(0, 1) for _ in range(2))
    group = {"group": coded([f"g{number}" for number in rng.integers(0, 3, n)])}
    labels = rng.integers(0, classes, n).astype(np.int32)
    return Batch(labels=labels, champion=first, challenger=second, columns=group)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(1, 59), min_size=1, max_size=4))
def test_tables_of_many_classes_add_up_in_any_order_to_the_bit(seed: int, cuts: list[int]) -> None:
    run, batch = classes_run(), classes_rows(seed, 60)
    order = np.random.default_rng(seed).permutation(60)
    parts = [add_up(run, [some(batch, chosen)]) for chosen in np.split(order, sorted(cuts))]
    whole = dump({"d": settle(run, add_up(run, [batch]))})
    forward, backward = merge(parts), merge(parts[::-1])
    nested = parts[0]
    for part in parts[1:]:
        nested = nested + part
    assert {dump({"d": settle(run, one)}) for one in (forward, backward, nested)} == {whole}
    assert dump(load(whole)) == whole


def test_sparse_cells_are_the_counts_of_the_rows() -> None:
    run, batch = classes_run(), classes_rows(3, 200)
    tally = add_up(run, [batch])
    assert batch.champion is not None
    first, second = batch.champion.argmax(axis=1), batch.challenger.argmax(axis=1)
    expected = Counter(zip(batch.labels.tolist(), first.tolist(), second.tolist(), strict=True))
    place = tally.slices.index("overall")
    found = {
        tuple(int(part) for part in np.unravel_index(cell, (4, 4, 4))): count
        for slice_, cell, count in tally.triples.tolist()
        if slice_ == place
    }
    assert found == expected
    assert tally.rows[place] == 200 and tally.rows.sum() == 400


def test_hits_are_counted_jointly() -> None:
    run, batch = classes_run(), classes_rows(4, 100)
    tally = add_up(run, [batch])
    assert batch.champion is not None
    a, b = (scores.argmax(axis=1) == batch.labels for scores in (batch.champion, batch.challenger))
    expected = [int((~a & ~b).sum()), int((~a & b).sum()), int((a & ~b).sum()), int((a & b).sum())]
    assert tally.hits["accuracy"][tally.slices.index("overall")].tolist() == expected


def test_whatever_the_density_of_cells_they_are_counted_alike() -> None:
    """Dense counting for few classes, sorting for many: 60 classes on 3 slices have more cells than rows."""
    run, batch = classes_run(60), classes_rows(5, 50, classes=60)
    whole = add_up(run, [batch])
    one_by_one = merge([add_up(run, [some(batch, np.array([row]))]) for row in range(50)])
    assert whole.triples.tolist() == one_by_one.triples.tolist()
    assert whole.triples[:, 2].sum() == 100


def test_scales_of_two_runs_refuse_to_merge() -> None:
    run = Run(task=Task.REGRESSION, requirements=(asked("mae"),), scales=(("mae", 10),))
    batch = Batch(labels=np.ones(3), champion=np.zeros(3), challenger=np.zeros(3), columns={})
    other = dataclasses.replace(run, scales=(("mae", 11),))
    with pytest.raises(DataError, match="tallies of different kinds"):
        merge([add_up(run, [batch]), add_up(other, [batch])])


def test_rows_with_and_without_units_weights_or_identity_refuse_to_merge() -> None:
    own = OwnMetric(name="m.f", title="f", function=lambda labels, scores, weights: 0.0)
    run = Run(requirements=(asked("roc_auc"), asked("m.f")), own_metrics=(own,))
    batch = dataclasses.replace(random_rows(1, 10), identity=np.arange(10, dtype=np.uint64))
    others = (
        dataclasses.replace(batch, units=np.arange(10, dtype=np.uint64)),
        dataclasses.replace(batch, weights=np.ones(10)),
        dataclasses.replace(batch, identity=None),
    )
    for other in others:
        with pytest.raises(DataError, match="tallies of different kinds"):
            merge([add_up(run, [batch]), add_up(run, [other])])
