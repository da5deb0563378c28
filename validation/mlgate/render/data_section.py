"""The section about the data: what did not pass first, passes of one check over many columns in folds.

Separate from the other sections because data checks are many and mostly pass, and because it leads to the pages that
Great Expectations made beside the report. The report says everything that was decided without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Section, Verdict
from mlgate.render.exhibits import figure, rows_of, word
from mlgate.render.figures import count, plural
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.tables import Column, check_table, fold, table

__all__ = ["data_checks", "foldable"]

#: Up to so many findings, all stand in one table.
_FEW = 10
#: From so many passes of one check of one data set on, they have a fold of their own.
_MANY = 4
#: A page in the folder of the run, and nothing else: a decision may come from anywhere.
_PAGE = re.compile(r"data_docs/[\w-][\w.-]*\.html", re.ASCII)


def data_checks(decision: Decision, limit: int) -> Markup | None:
    """What the checks of the data saw."""
    findings = findings_of(decision, Section.DATA)
    totals = rows_of(decision, "data_checks", ("dataset", "checks", "passed", "failed"))
    if not findings and not totals:
        return None
    said = (
        f"{plural(len(findings), 'check')}: {tallied(findings)}"
        if findings
        else "No check of the data was declared as a requirement."
    )
    columns = [Column(title="Data set")] + [
        Column(title=title, figures=True) for title in ("Checks", "Passed", "Failed")
    ]
    rows: list[list[Child]] = [
        [clip(word(row, "dataset"), 80), *(count(figure(row, name)) for name in ("checks", "passed", "failed"))]
        for row in totals
    ]
    return section_of(
        "data",
        "Data checks",
        lead(said),
        table("Checks by data set", columns, rows[:limit], classes="plain") if rows else None,
        foldable("Checks of the data", findings, limit),
        _pages(decision),
    )


def _pages(decision: Decision) -> Markup | None:
    """Links to Great Expectations' own pages about the suites, which lie beside the report."""
    links: list[Child] = []
    for row in rows_of(decision, "data_docs", ("dataset", "page")):
        if _PAGE.fullmatch(word(row, "page")):
            links += [", " if links else "", tag("a", {"href": word(row, "page")}, clip(word(row, "dataset"), 80))]
    if not links:
        return None
    said = "Great Expectations' own pages about the suites lie in the folder of this run: "
    return tag("p", {"class": "note"}, said, *links, ". Nothing was decided there that this page does not tell.")


def foldable(title: str, findings: Sequence[Finding], limit: int) -> Markup | None:
    """What did not pass in the open, passes in folds once they are many: one for each check over many columns."""
    if len(findings) <= _FEW:
        return check_table(title, findings, limit) if findings else None
    others = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    passed = [finding for finding in findings if finding.verdict is Verdict.PASS]
    groups: dict[str, list[Finding]] = {}
    for finding in passed:
        groups.setdefault(_question(finding), []).append(finding)
    alone = [finding for group in groups.values() if len(group) < _MANY for finding in group]
    inside = [
        fold(f"{clip(name, 120)}: {plural(len(group), 'pass', 'passes')}", check_table(f"{name}: passed", group, limit))
        for name, group in groups.items()
        if len(group) >= _MANY
    ]
    rest = check_table(f"{title}: what passed", alone, limit) if alone else None
    return join(
        [
            check_table(f"{title}: what did not pass", others, limit) if others else None,
            fold(f"{plural(len(passed), 'check')} that passed", *inside, rest) if passed else None,
        ]
    )


def _question(finding: Finding) -> str:
    """Which check of which data set it is, without the column.

    The ids of data checks are ``data/DATASET/CHECK/COLUMN``, those of suites ``data/DATASET/COLUMN/EXPECTATION``.
    """
    parts = finding.id.split("/")
    if finding.section is not Section.DATA or len(parts) < 4:
        return finding.id
    return f"{parts[2].replace('_', ' ')} in {finding.dataset or parts[1]}"
