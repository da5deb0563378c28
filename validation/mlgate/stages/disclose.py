"""What of a decision may leave: private values never, ids of rows where they may, small cells not in aggregates.

The last stage before anything is written, so that every file of a run is made of what is left. A verdict never changes
here: a finding whose figures are withheld stays where it is, and says that and why they are withheld. What is withheld
in aggregates stands in ``mlgate/aggregates.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from mlgate.records.decision import NOT_TRAINED, Decision, Exhibit, Finding
from mlgate.records.words import Section

__all__ = ["AGGREGATES", "DISCLOSURES", "disclose", "disclose_findings", "full_reason", "with_examples"]

AGGREGATES = "aggregates"
#: From the most open to the most closed; see docs/configuration.md.
DISCLOSURES = ("public", "internal", AGGREGATES)

#: Sections whose reasons are the words of models and tests, which may quote rows.
_OTHERS = (Section.COMPARE, Section.ODDITIES, Section.BEHAVIOUR, Section.SERVICE, Section.SUITE)
#: Findings of these sections whose words are our own.
_OWN = (NOT_TRAINED, "suite/left_out")
Value = str | float | int | None


def disclose(decision: Decision, *, hide: Callable[[str], str] = str) -> Decision:
    """The decision as it may be written.

    Parameters
    ----------
    decision
        With ``disclosure`` and ``minimum_cell`` as they were declared.
    hide
        Takes private values out of a text.
    """
    decision = dataclasses.replace(
        decision,
        reason=hide(decision.reason) if any(map(_theirs, decision.findings)) else decision.reason,
        findings=tuple(_hidden(finding, hide) for finding in decision.findings),
        exhibits=tuple(_hidden_exhibit(exhibit, hide) for exhibit in decision.exhibits),
    )
    if decision.disclosure != AGGREGATES:
        return decision
    from mlgate.aggregates import aggregated_exhibits, aggregated_facts, aggregated_findings  # few ask for them

    least = decision.minimum_cell
    findings = aggregated_findings(decision.findings, least, quoting=_theirs)
    exhibits = aggregated_exhibits(decision.exhibits, least)
    held = sum(one != other for one, other in zip(findings, decision.findings, strict=True))
    held += sum(len(one.rows) - len(other.rows) for one, other in zip(decision.exhibits, exhibits, strict=True))
    said = (
        f"Disclosure: aggregates. No row is named, and figures about fewer than {least} rows are withheld (in {held:,} "
        "places); verdicts are those of all figures."
    )
    provenance = decision.provenance
    return dataclasses.replace(
        decision,
        findings=findings,
        exhibits=tuple(exhibit for exhibit in exhibits if exhibit.rows),
        limits=(*decision.limits, said),
        provenance=dataclasses.replace(provenance, data=tuple(aggregated_facts(one, least) for one in provenance.data)),
    )


def disclose_findings(
    findings: Sequence[Finding], *, disclosure: str, minimum_cell: int, hide: Callable[[str], str] = str
) -> tuple[Finding, ...]:
    """Findings as they may be told; see :func:`disclose`."""
    hidden = tuple(_hidden(finding, hide) for finding in findings)
    if disclosure != AGGREGATES:
        return hidden
    from mlgate.aggregates import aggregated_findings  # few ask for them

    return aggregated_findings(hidden, minimum_cell, quoting=_theirs)


def with_examples(decision: Decision) -> Decision:
    """The decision with the ids of example rows in its reasons, for readers who may see them.

    >>> from mlgate.records.words import Level, Verdict
    >>> seen = Finding(id="a", section=Section.DATA, title="t", verdict=Verdict.FAIL, level=Level.REQUIRED,
    ...                blocking=True, reason="2 of 9 rows", examples="row 3, 7")
    >>> full_reason(seen)
    '2 of 9 rows; row 3, 7'
    """
    if not any(one.examples for one in decision.findings):
        return decision
    findings = [dataclasses.replace(one, reason=full_reason(one)) if one.examples else one for one in decision.findings]
    return dataclasses.replace(decision, findings=tuple(findings))


def full_reason(finding: Finding) -> str:
    """The reason and the example rows."""
    return f"{finding.reason}; {finding.examples}" if finding.examples else finding.reason


def _theirs(finding: Finding) -> bool:
    """Whether the words are those of a model or a test, which may quote anything; ours know what is private."""
    said = finding.section in _OTHERS or not finding.dataset
    return said and finding.rule is None and finding.id not in _OWN


def _hidden(finding: Finding, hide: Callable[[str], str]) -> Finding:
    if not _theirs(finding):
        return finding
    return dataclasses.replace(finding, title=hide(finding.title), reason=hide(finding.reason))


def _hidden_exhibit(exhibit: Exhibit, hide: Callable[[str], str]) -> Exhibit:
    if "reason" not in exhibit.columns:
        return exhibit
    said = exhibit.columns.index("reason")

    def without(row: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(hide(str(cell)) if place == said and cell else cell for place, cell in enumerate(row))

    return dataclasses.replace(exhibit, rows=tuple(map(without, exhibit.rows)))
