"""Tallies: exact whatever the size of the numbers, the same to the bit in any order, refused when not of one kind."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.records.run import Condition, Grouping
from mlgate.slices import assign
from mlgate.tables import LOSSES, SUMS, Tally, count, dump, load, merge
from tests.making import coded, random_rows, rows

GROUP = Grouping(columns=("group",))


def tally_of(
    labels: list[int],
    champion: list[float] | None,
    challenger: list[float],
    group: list[str] | None = None,
    *,
    losses: tuple[str, ...] = ("log_loss", "brier"),
    ranks: bool = True,
) -> Tally:
    batch = rows(labels, champion, challenger)
    by = [] if group is None else [GROUP]
    membership = assign(by, {} if group is None else {"group": coded(group)}, len(labels))
    return count(batch, membership, threshold=0.5, losses=losses, ranks=ranks)


SCORES = st.one_of(st.sampled_from([0.0, -0.0, 1.0, 0.5, 5e-324, 1 - 2**-53]), st.floats(0, 1))


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.tuples(st.integers(0, 1), SCORES, SCORES), min_size=1, max_size=20), seed=st.randoms())
def test_loss_sums_are_exact_and_any_order_gives_the_same_bytes(
    data: list[tuple[int, float, float]], seed: object
) -> None:
    labels, first, second = ([row[place] for row in data] for place in range(3))
    tally = tally_of([int(label) for label in labels], first, second)
    for loss in LOSSES:
        a, b = (
            [
                int(np.rint(value * loss.scale))
                for value in loss.of(np.array(labels, dtype=np.int8), np.rint(np.array(scores) * 2**24) / 2**24)
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
        assert tally.sums[loss.name][0].tolist() == expected
    for order in (sorted(data), sorted(data, reverse=True)):
        turned = tally_of([row[0] for row in order], [row[1] for row in order], [row[2] for row in order])
        assert dump({"d": turned}) == dump({"d": tally})


def test_zero_and_minus_zero_are_one_score_whichever_comes_first() -> None:
    files = {
        dump({"d": tally_of([0, 0], list(first), list(second))})
        for first, second in itertools.product([(0.0, -0.0), (-0.0, 0.0)], repeat=2)
    }
    assert len(files) == 1


def test_equal_rows_are_counted_once_with_their_number() -> None:
    ranks = tally_of([1, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], [0.2, 0.2, 0.2, 0.3]).ranks
    assert ranks is not None
    found = zip(ranks.labels.tolist(), ranks.challenger.tolist(), ranks.counts.tolist(), strict=True)
    assert sorted(found) == [(0, 0.2, 1), (1, 0.2, 2), (1, 0.3, 1)]


def test_counts_and_sums_beyond_64_bits_merge_without_loss() -> None:
    tally = tally_of([1], [0.0], [1.0], losses=("log_loss",))
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
    assert dump({"d": together}) == dump({"d": second + first})
    whole = tally_of([0, 1, 1], [0.1, 0.9, 0.4], [0.1, 0.9, 0.6], ["b", "b", "a"])
    assert dump({"d": together}) == dump({"d": whole})


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
    assert (found["oddity é"].paired, found["oddity é"].ranks, dict(found["oddity é"].sums)) == (False, None, {})
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


SMALL = tally_of([0, 1, 1], [0.1, 0.9, 0.4], [0.1, 0.9, 0.6], ["b", "b", "a"])


def test_rows_in_chunks_and_rows_at_once_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = random_rows(1, 500)
    membership = assign([GROUP], batch.columns, 500)
    whole = count(batch, membership, threshold=0.5, losses=["brier"], ranks=False)
    monkeypatch.setattr("mlgate.tables._CHUNK", 64)
    chunked = count(batch, membership, threshold=0.5, losses=["brier"], ranks=False)
    assert dump({"d": whole}) == dump({"d": chunked})


def test_rows_outside_a_slice_count_overall_and_nowhere_else() -> None:
    batch = rows([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.2], [0.1, 0.9, 0.6, 0.7], {"group": ["a", "b", "a", "b"]})
    only = Grouping(columns=("group",), conditions=(Condition(column="group", operator="=", value="a"),))
    inside = rows([0, 1], [0.1, 0.4], [0.1, 0.6], {"group": ["a", "a"]})
    part, whole = (
        count(one, assign([only], one.columns, len(one.labels)), threshold=0.5, losses=["brier"], ranks=True)
        for one in (inside, batch)
    )
    assert whole.slices == part.slices == ("group=a", "overall")
    assert whole.cells[0].tolist() == part.cells[0].tolist() == part.cells[1].tolist()
    assert whole.sums["brier"][0].tolist() == part.sums["brier"][0].tolist()
    assert whole.cells[1].sum() == 4
    assert whole.ranks is not None and (whole.ranks.codes[:, 1] == -1).sum() == 2
    none = tally_of([1], [0.1], [0.2], ranks=False)
    assert merge([none, none]).ranks is None
