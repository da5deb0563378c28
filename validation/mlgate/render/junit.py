"""Decision to ``junit.xml``: one test case per finding, with names that say what was asked.

Every continuous-integration system reads this format. It has no third outcome, so what blocks is a failure, and what
cannot be told but does not block is skipped, with the reason: never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    results = [_result(finding, decision.mode == "observe", terms) for finding in decision.findings]
    outcomes = [name for name, _ in results]
    counts = {
        "tests": str(len(results)),
        "failures": str(outcomes.count("failure")),
        "errors": "0",
        "skipped": str(outcomes.count("skipped")),
    }
    cases = [_case(finding, result, names) for finding, (_, result) in zip(decision.findings, results)]
    asked = {"verdict": decision.verdict.value, "reason": decision.reason, "run": decision.provenance.run}
    properties = [_element("property", {"name": key, "value": clean(value)}) for key, value in asked.items()]
    about = {"name": f"mlgate {clean(decision.model)}", **counts, "time": "0"}
    if decision.provenance.started:
        about["timestamp"] = clean(decision.provenance.started)
    suite = _element("testsuite", about, _lines([_element("properties", {}, _lines(properties, 3)), *cases], 2))
    root = _element("testsuites", {"name": "mlgate", **counts}, _lines([suite], 1))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'


def _element(name: str, attributes: Mapping[str, str], content: str = "") -> str:
    """One element; its attributes are escaped, its content is markup already."""
    said = "".join([f' {key}="{_quotable(value)}"' for key, value in attributes.items()])
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said} />"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quotable(text: str) -> str:
    return _escape(text).replace('"', "&quot;")


def _lines(elements: Sequence[str], depth: int) -> str:
    """Elements on lines of their own, inside an element that stands one step less deep."""
    line = "\n" + "  " * depth
    return "".join([line + element for element in elements]) + line[:-2]


def _case(finding: Finding, result: str, names: dict[str, int]) -> str:
    title = clean(finding.title or finding.id)
    names[title] = names.get(title, 0) + 1
    # Readers of this format merge cases of one name, so the second one carries its id.
    name = title if names[title] == 1 else f"{title} [{clean(finding.id)}]"
    about = {"classname": f"mlgate.{finding.section}", "name": name, "time": "0"}
    return _element("testcase", about, _lines([result], 3) if result else "")


def _result(finding: Finding, observing: bool, terms: Terms) -> tuple[str, str]:
    """What a test case says besides its name: the kind of element and its markup; nothing for what passed."""
    if finding.verdict is Verdict.PASS:
        return "", ""
    reason = clean(finding.reason)
    if finding.blocking and not observing:
        about = {"type": finding.verdict.value, "message": reason}
        return "failure", _element("failure", about, _escape(_details(finding, terms)))
    if finding.blocking:
        said = "observed only, would block"
    elif finding.verdict is Verdict.FAIL:
        said = f"{finding.level}, fails without blocking"
    else:
        said = verdict_words(finding)
    return "skipped", _element("skipped", {"message": f"{said}: {reason}"})


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
