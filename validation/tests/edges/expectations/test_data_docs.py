"""Data Docs: the library's pages load nothing, run nothing and tell nothing private."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mlgate.edges.expectations.data_docs import build_data_docs
from mlgate.edges.expectations.data_suite import Examination, examine
from mlgate.errors import DataError
from mlgate.records.words import Level

EVIL = "<script>alert('$x {y} \\ `')</script>"
TABLE = pa.table(
    {
        EVIL: [1, 2, 3],
        "town": ["a", "<b>b</b>", "Sacred Rowvalue"],
        "passport": ["P4711", "P4712", "P4713"],
        "amount": [1.5, 2.5, None],
    }
)


def expect(kind: str, /, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs}


SUITE = [
    expect("table_columns_to_match_set", column_set=[EVIL, "town"]),
    expect("table_row_count_to_be_between", min_value=1, max_value=2),
    expect("column_values_to_be_between", column=EVIL, min_value=0, max_value=2),
    expect("column_mean_to_be_between", column=EVIL, min_value=1, max_value=3),
    expect("column_values_to_be_in_set", column="town", value_set=["a", "<img src=x onerror=alert(2)>"]),
    expect("column_value_z_scores_to_be_less_than", column="town", threshold=3, double_sided=True),
    expect("column_values_to_not_be_null", column="amount", mostly=0.5),
    expect("column_values_to_be_in_set", column="passport", value_set=["P4700"]),
    expect("column_values_to_match_regex", column="passport", regex="^P47"),
    expect("column_values_to_be_unique", column="absent"),
]


class Page(HTMLParser):
    """Tags, addresses and text of a page."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.words = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    path = tmp_path_factory.mktemp("suite") / "train.json"
    path.write_text(json.dumps({"expectations": SUITE}))
    private = ["passport"]
    return examine(TABLE, suite=path, dataset="train <&> set", level=Level.REQUIRED, id_column="town", private=private)


@pytest.fixture(scope="module")
def folder(examined: Examination, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    assert build_data_docs([examined], path) == (("train <&> set", "data_docs/train-set.html"),)
    return path / "data_docs"


def test_the_list_leads_to_every_page(folder: Path) -> None:
    page = Page((folder / "index.html").read_text())
    assert [address for address in page.addresses if not (folder / address).is_file()] == []
    assert page.addresses == ["train-set.html"]
    assert "train <&> set" in page.words and "3 of 10" in page.words


def test_pages_load_and_run_nothing(folder: Path) -> None:
    for path in folder.iterdir():
        content = path.read_text()
        page = Page(content)
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags), path
        assert [address for address in page.addresses if not re.fullmatch(r"#.*|[\w.-]+\.html", address)] == []
        assert page.handlers == [] and "url(" not in content and "@import" not in content
        assert "default-src 'none'" in content


def test_markup_in_names_and_values_is_text(folder: Path) -> None:
    page = Page((folder / "train-set.html").read_text())
    assert EVIL in page.words and "<img src=x onerror=alert(2)>" in page.words
    assert "b" not in page.tags and "\U000f0000" not in page.words and "U000f" not in page.words


def test_pages_hold_counts_and_no_value_of_a_row(folder: Path) -> None:
    words = Page((folder / "train-set.html").read_text()).words
    assert "2 unexpected values found" in words and "is a required field" not in words
    assert "Sacred" not in words


def test_private_columns_are_left_out_and_counted(folder: Path) -> None:
    content = (folder / "train-set.html").read_text()
    words = Page(content).words
    assert "P47" not in content
    assert "2 expectations about private columns left out." in words
    assert "1 expectation could not be put to the data" in words


def test_pages_with_equal_names_do_not_overwrite_each_other(examined: Examination, tmp_path: Path) -> None:
    build_data_docs([examined, examined], tmp_path)
    assert {path.name for path in (tmp_path / "data_docs").iterdir()} == {
        "index.html",
        "train-set.html",
        "train-set-2.html",
    }


def test_a_suite_that_broke_down_has_a_page_that_says_so(tmp_path: Path) -> None:
    broken = Examination(dataset="index", suite="train.json", rows=3, observations=())
    build_data_docs([broken], tmp_path)
    assert "The suite broke down" in (tmp_path / "data_docs" / "index-1.html").read_text()


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(examined: Examination, tmp_path: Path) -> None:
    (tmp_path / "data_docs").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        build_data_docs([examined], tmp_path)
