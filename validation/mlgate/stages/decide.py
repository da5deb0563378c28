"""Findings to the verdict over all of them: the other stage that has an opinion.

Fail if any blocking finding failed; else inconclusive if any blocking finding is inconclusive; else pass. Without a
champion at least one absolute required finding must pass, or nothing has been shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.decision import Finding
from mlgate.records.words import Level, Verdict

__all__ = ["decide"]


def decide(findings: Sequence[Finding], *, champion: bool) -> tuple[Verdict, str]:
    """The verdict and one sentence why.

    Parameters
    ----------
    findings
        All of a run; their order does not matter.
    champion
        Whether there was a champion to compare with.
    """
    blocking = sorted((finding for finding in findings if finding.blocking), key=lambda finding: finding.id)
    failed = [finding for finding in blocking if finding.verdict is Verdict.FAIL]
    if failed:
        # A required finding that cannot be told blocks as well; what failed is named first.
        named = [*failed, *(finding for finding in blocking if finding.verdict is not Verdict.FAIL)]
        return Verdict.FAIL, f"{_count(named, 'finding blocks', 'findings block')}: {_titles(named)}."
    if blocking:
        return (
            Verdict.INCONCLUSIVE,
            f"{_count(blocking, 'required finding', 'required findings')} cannot be told: {_titles(blocking)}.",
        )
    required = [finding for finding in findings if finding.level is Level.REQUIRED]
    passed = [finding for finding in required if finding.verdict is Verdict.PASS]
    if not champion and not any(finding.rule is not None and not finding.rule.paired for finding in passed):
        return (
            Verdict.INCONCLUSIVE,
            "There is no champion to compare with, and no absolute requirement (at_least, at_most) passed.",
        )
    if not passed:
        return Verdict.INCONCLUSIVE, "No required finding passed: nothing has been shown."
    return Verdict.PASS, f"All {len(passed)} required findings pass and no guarded one fails."


def _count(findings: Sequence[Finding], one: str, many: str) -> str:
    return f"{len(findings)} {one if len(findings) == 1 else many}"


def _titles(findings: Sequence[Finding]) -> str:
    shown = "; ".join(finding.title for finding in findings[:3])
    return shown + (f"; and {len(findings) - 3} more" if len(findings) > 3 else "")
