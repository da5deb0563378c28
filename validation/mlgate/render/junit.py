"""Decision to ``junit.xml``: one test case per finding, with names that say what was asked.

Every continuous-integration system reads this format. It has no third outcome, so what blocks is a failure, and what
cannot be told but does not block is skipped, with the reason: never a pass.
"""

from __future__ import annotations

from xml.etree import ElementTree

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Verdict
from mlgate.render.figures import interval, number
from mlgate.render.metric_names import metric_title
from mlgate.render.plain import clean
from mlgate.render.terms import Terms, terms_of, unit_in
from mlgate.render.words import enough_decimals, value_decimals, verdict_words
from mlgate.stages.disclose import with_examples

__all__ = ["render"]


def render(decision: Decision) -> str:
    """The decision as JUnit XML; blocking findings are failures, and in ``mode: observe`` nothing is."""
    if decision.disclosure == "public":
        decision = with_examples(decision)
    names: dict[str, int] = {}
    terms = terms_of(decision)
    cases = [_case(finding, decision.mode == "observe", names, terms) for finding in decision.findings]
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    root = ElementTree.Element("testsuites", {"name": "mlgate", **counts})
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": f"mlgate {clean(decision.model)}", **counts, "time": "0"}
    )
    if decision.provenance.started:
        suite.set("timestamp", clean(decision.provenance.started))
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (
        ("verdict", decision.verdict.value),
        ("reason", decision.reason),
        ("run", decision.provenance.run),
    ):
        ElementTree.SubElement(properties, "property", {"name": key, "value": clean(value)})
    suite.extend(cases)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(finding: Finding, observing: bool, names: dict[str, int], terms: Terms) -> ElementTree.Element:
    title = clean(finding.title or finding.id)
    names[title] = names.get(title, 0) + 1
    # Readers of this format merge cases of one name, so the second one carries its id.
    name = title if names[title] == 1 else f"{title} [{clean(finding.id)}]"
    case = ElementTree.Element("testcase", {"classname": f"mlgate.{finding.section}", "name": name, "time": "0"})
    reason = clean(finding.reason)
    if finding.blocking and finding.verdict is not Verdict.PASS:
        if observing:
            ElementTree.SubElement(case, "skipped", {"message": f"observed only, would block: {reason}"})
        else:
            failure = ElementTree.SubElement(case, "failure", {"type": finding.verdict.value, "message": reason})
            failure.text = _details(finding, terms)
    elif finding.verdict is Verdict.FAIL:
        ElementTree.SubElement(case, "skipped", {"message": f"{finding.level}, fails without blocking: {reason}"})
    elif finding.verdict is Verdict.INCONCLUSIVE:
        ElementTree.SubElement(case, "skipped", {"message": f"{verdict_words(finding)}: {reason}"})
    return case


def _details(finding: Finding, terms: Terms) -> str:
    """Figures of a failure, one per line."""
    lines = [f"id: {finding.id}", f"level: {finding.level}", f"reason: {finding.reason}"]
    if finding.because:
        lines.append(f"because: {finding.because}")
    unit, whole = unit_in(finding, terms), value_decimals(finding)
    for name, estimate, decimals in (
        (finding.than, finding.champion, whole),
        ("challenger", finding.challenger, whole),
        ("improvement", finding.improvement, enough_decimals(finding)),
    ):
        if estimate is not None:
            span = interval(estimate, unit, signed=False, decimals=decimals)
            value = number(estimate.value, unit, decimals=decimals)
            lines.append(f"{name}, {metric_title(finding.metric)}: {value}{unit.after} ({span})")
    return "\n".join(clean(line) for line in lines)
