"""One row is "1 row" in every sentence of every format, and what there is too little of keeps its plural."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Verdict
from mlgate.render import html, junit, markdown
from mlgate.render.lines import lines
from mlgate.render.terms import counted, sample, terms_of
from mlgate.render.words import undecided
from tests.render import decisions
from tests.render.test_html import words

MANY_OF_ONE = re.compile(r"(?<![\d.,])1 (rows|positive rows|slices|findings|requirements|columns|values|others)\b")


def of_one_row(decision: Decision) -> Decision:
    """The same decision about a single row wherever one is counted."""

    def one(finding: Finding) -> Finding:
        return replace(finding, rows=None if finding.rows is None else 1, rows_to_decide=2 if finding.metric else None)

    data = tuple(replace(part, rows=1, positives=None) for part in decision.provenance.data)
    exhibits = tuple(
        replace(
            part,
            rows=tuple(
                tuple(1 if name == "rows" else value for name, value in zip(part.columns, row)) for row in part.rows
            ),
        )
        for part in decision.exhibits
    )
    return replace(
        decision,
        noun="rows",
        findings=tuple(map(one, decision.findings)),
        exhibits=exhibits,
        provenance=replace(decision.provenance, data=data),
    )


@pytest.mark.parametrize("name", ["failing", "inconclusive", "multiclass", "regression", "clustered"])
def test_a_single_row_is_told_in_the_singular_in_every_format(name: str) -> None:
    decision = of_one_row(decisions.ALL[name]())
    formats = [words(html.render(decision)), markdown.render(decision), junit.render(decision)]
    for said in (*formats, *lines(decision, decision.findings)):
        found = MANY_OF_ONE.search(said)
        assert found is None, said[max(0, found.start() - 60) : found.end() + 60]
    assert re.search(r"\b1 row\b", "".join(formats))


def test_the_users_own_noun_is_left_as_it_was_written() -> None:
    assert counted(1, "applications") == "1 applications" and counted(1, "rows") == "1 row"
    decision = decisions.failing()
    finding = replace(decision.findings[0], rows=1)
    assert sample(finding, terms_of(replace(decision, noun="rows"))) == "1 row"


@pytest.mark.parametrize(
    ("reason", "needed"),
    [
        ("1 row, at least 30 needed", "at least 30 needed"),
        ("1 positive row, at least 20 needed", "at least 20 positive rows needed"),
        ("1 row of the rarest class, at least 5 needed", "at least 5 rows of the rarest class needed"),
        ("24 rows, at least 30 needed", "at least 30 needed"),
    ],
)
def test_what_is_needed_is_told_in_the_plural(reason: str, needed: str) -> None:
    finding = replace(decisions.failing().findings[0], verdict=Verdict.INCONCLUSIVE, too_small=True, reason=reason)
    assert undecided(finding) == needed
