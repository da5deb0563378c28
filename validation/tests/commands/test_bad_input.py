"""Bad input as users have it: one clear sentence, exit code 2, and nothing half-written; strange input is judged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

ROWS = 400
SCRIPT = "<script>alert(1)</script>"
Spoil = Callable[[Path], str]


def table(seed: int, first: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=ROWS)
    score = 1 / (1 + np.exp(-x))
    return pa.table(
        {
            "id": np.arange(first, first + ROWS),
            "x": x,
            "town": rng.choice(["ash", "elm"], ROWS),
            "when": [f"2026-02-{1 + place % 28:02d}T10:00:00" for place in range(ROWS)],
            "y": (rng.random(ROWS) < score).astype(int),
            "old": score,
            "new": score,
        }
    )


@pytest.fixture(scope="module")
def base() -> pa.Table:
    return table(2, 10_000)


@pytest.fixture
def project(tmp_path: Path, base: pa.Table, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pyarrow.parquet.write_table(table(1, 0), tmp_path / "train.parquet")
    pyarrow.parquet.write_table(base, tmp_path / "good.parquet")
    pyarrow.csv.write_csv(base, tmp_path / "good.csv")
    return tmp_path


def truncated(at: Path) -> str:
    whole = (at / "good.parquet").read_bytes()
    (at / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    return "cut.parquet"


def lines(change: Callable[[list[str]], object]) -> Spoil:
    def spoil(at: Path) -> str:
        every = (at / "good.csv").read_text().splitlines()
        change(every)
        (at / "bad.csv").write_text("\n".join(every) + "\n")
        return "bad.csv"

    return spoil


def ragged(every: list[str]) -> None:
    every[5] += ",7,8"


def twice(every: list[str]) -> None:
    every[0] = every[0].replace('"town"', '"x"')


def undated(every: list[str]) -> None:
    every[200] = every[200].replace("2026-02", "32nd of May")


def latin(at: Path) -> str:
    (at / "latin.csv").write_bytes((at / "good.csv").read_bytes().replace(b'"ash"', b'"\xe4sh"'))
    return "latin.csv"


def empty(at: Path) -> str:
    (at / "empty.parquet").touch()
    return "empty.parquet"


def no_rows(at: Path) -> str:
    return lines(lambda every: every.__delitem__(slice(1, None)))(at)


def no_files(at: Path) -> str:
    (at / "folder").mkdir()
    return "folder"


def failing_query(at: Path) -> str:
    sqlite3.connect(at / "gate.db").close()
    return "{url: 'sqlite:///gate.db', query: select nothing from nowhere}"


def configure(at: Path, source: str, more: str = "") -> None:
    (at / "mlgate.yaml").write_text(
        f"model: credit\nlabel: y\nid: id\n{more}data: {{train: train.parquet, base_case: {source}}}\n"
    )


BAD = {
    "truncated Parquet": (truncated, "cannot be read", True),
    "ragged CSV": (lines(ragged), "row 5 has 9 columns where there are 7 names", True),
    "wrong encoding": (latin, "is not UTF-8", True),
    "a column twice": (lines(twice), "the column 'x' stands there twice", True),
    "a date that does not parse": (lines(undated), "holds a text that is no time in row 200", False),
    "an empty file": (empty, "the file is empty", True),
    "a file without rows": (no_rows, "holds no rows", True),
    "a folder without files": (no_files, "folder", True),
    "a failing query": (failing_query, "the query failed", False),
}


@pytest.mark.parametrize(("spoil", "told", "checked"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(
    project: Path, spoil: Spoil, told: str, checked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    source = spoil(project)
    configure(project, source, "time: when\n")
    before = sorted(project.iterdir())
    asked = [["data", "--out", "out"]]
    if checked:
        asked += [["check", "--predictions", source, "--label", "y", "--champion", "old", "--challenger", "new"]]
        asked[1] += ["--out", "out"]
    for command in asked:
        assert main(command) == 2, command
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith(f"mlgate {command[0]}: ") and told in said.err
        assert said.err.count("\n") == 1 and "Traceback" not in said.err
        assert sorted(project.iterdir()) == before, "nothing half-written"


def test_text_among_numbers_is_a_finding_that_says_what_happened(project: Path) -> None:
    def mixed(every: list[str]) -> None:
        cells = every[200].split(",")
        every[200] = ",".join([cells[0], "hello", *cells[2:]])

    configure(project, lines(mixed)(project))
    assert main(["data", "--quiet", "--out", "out"]) == 1
    found = {one["id"]: one for one in json.loads((project / "out" / "data.json").read_text())["findings"]}
    kind = found["data/base_case/drift/x"]
    assert kind["verdict"] == "fail" and "one text among numbers makes all of them texts" in kind["reason"]


@pytest.mark.parametrize("name", [SCRIPT, "long", "wide"])
def test_strange_columns_and_values_are_judged_and_are_no_markup(project: Path, base: pa.Table, name: str) -> None:
    changed = base
    if name == "wide":
        rng = np.random.default_rng(5)
        changed = pa.table(
            {**dict(zip(base.column_names, base.columns)), **{f"c{n}": rng.random(ROWS) for n in range(5000)}}
        )
    elif name == "long":
        changed = base.set_column(2, "town", pa.array(["k" * 200 + SCRIPT] * 100 + ["ash"] * 300))
    else:
        changed = base.append_column(SCRIPT, base["town"])
    pyarrow.parquet.write_table(changed, project / "strange.parquet")
    configure(project, "strange.parquet")
    assert main(["data", "--quiet"]) == (1 if name == "long" else 0)
    by = {SCRIPT: SCRIPT, "long": "town"}.get(name, "town")
    asked = ["check", "--predictions", "strange.parquet", "--label", "y", "--champion", "old", "--challenger", "new"]
    assert main([*asked, "--by", by, "--id", "id", "--out", "out", "--quiet"]) in (0, 1, 3)
    for report in ("report.html", "summary.md"):
        assert "<script>alert" not in (project / "out" / report).read_text()
    assert (project / "out" / "report.html").stat().st_size < 1_000_000


@pytest.mark.parametrize("more", [[], ["--champion-predictions", "good.parquet"]], ids=["one file", "two files"])
def test_a_challengers_column_with_few_or_no_legal_scores_is_a_finding_that_says_what_it_holds(
    project: Path, base: pa.Table, more: list[str]
) -> None:
    age = np.arange(ROWS) % 60 + 18
    some = np.where(np.arange(ROWS) < 5, 40.0, base.column("new").to_numpy())
    rows = base.append_column("age", pa.array(age)).append_column("some", pa.array(some))
    pyarrow.parquet.write_table(rows.append_column("none", pa.nulls(ROWS, pa.float64())), "rows.parquet")
    command = ["check", "--predictions", "rows.parquet", *more, "--label", "y", "--id", "id", "--champion", "old"]
    for name, count in (("some", 5), ("none", 400), ("age", 400)):
        assert main([*command, "--challenger", name, "--out", name]) == 1
        findings = json.loads((project / name / "decision.json").read_text())["findings"]
        (reason,) = [one["reason"] for one in findings if f"no legal score in {count} rows" in one["reason"]]
        assert any(one["blocking"] and one["reason"] == reason for one in findings)
        holds = "it holds numbers from 18 to 77 and none from 0 to 1; was another column meant? 'new' holds"
        assert (holds in reason) == (name == "age")
