"""What the challenger asks for: nothing that it must not know, and nothing that would tell it the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.data import LEFT_OUT, SENSITIVE

if TYPE_CHECKING:
    from mlgate.edges.pytest_suites.suite_report import SuiteRun
    from mlgate.pytest_plugin import RunModel


def test_the_challenger_takes_no_sensitive_attribute(challenger: RunModel, mlgate_run: SuiteRun) -> None:
    assert challenger.columns is not None, "the challenger does not say what it takes; log it with a signature"
    taken = sorted(set(challenger.columns) & {*SENSITIVE, *mlgate_run.sensitive})
    assert not taken, f"the challenger takes {', '.join(taken)}"


def test_the_challenger_takes_no_column_that_was_left_out(challenger: RunModel) -> None:
    taken = [f"{name} ({LEFT_OUT[name]})" for name in challenger.columns or () if name in LEFT_OUT]
    assert not taken, f"the challenger takes {', '.join(taken)}"


def test_the_challenger_takes_neither_label_nor_row_number(challenger: RunModel, mlgate_run: SuiteRun) -> None:
    taken = set(challenger.columns or ()) & {mlgate_run.label, mlgate_run.id}
    assert not taken, f"the challenger takes {taken}"
