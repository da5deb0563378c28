"""Test results: valid XML, telling names, and nothing undecided that looks green."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgate.records.words import Verdict
from mlgate.render import junit
from tests.render import decisions

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@pytest.mark.parametrize("name", decisions.ALL)
def test_counts_agree_with_the_cases_and_every_finding_is_one(name: str) -> None:
    decision = decisions.ALL[name]()
    root = ElementTree.fromstring(junit.render(decision).encode())
    suite = root[0]
    cases = suite.findall("testcase")
    assert len(cases) == len(decision.findings) == int(suite.attrib["tests"])
    assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"]) == int(root.attrib["failures"])
    assert len(suite.findall("testcase/skipped")) == int(suite.attrib["skipped"])
    names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", decisions.ALL)
def test_only_findings_that_pass_are_green(name: str) -> None:
    decision = decisions.ALL[name]()
    cases = ElementTree.fromstring(junit.render(decision).encode()).findall("testsuite/testcase")
    for finding, case in zip(decision.findings, cases, strict=True):
        assert (len(case) == 0) == (finding.verdict is Verdict.PASS)
        if decision.mode == "gate":
            assert (case.find("failure") is not None) == finding.blocking


def test_a_failure_carries_reason_and_figures() -> None:
    root = ElementTree.fromstring(junit.render(decisions.failing()).encode())
    (failure,) = root.findall("testsuite/testcase/failure")
    assert failure.attrib == {"type": "fail", "message": "real and beyond the margin"}
    assert failure.text is not None and "improvement, Accuracy: −11.3 (−18.0 to −6.1)" in failure.text
    assert "because: every group is served" in failure.text


def test_an_undecided_required_finding_is_a_failure_of_its_own_type() -> None:
    root = ElementTree.fromstring(junit.render(decisions.inconclusive()).encode())
    assert [failure.attrib["type"] for failure in root.iter("failure")] == ["inconclusive"]


def test_an_advisory_failure_is_skipped_with_its_reason() -> None:
    whole = decisions.failing()
    shown = tuple(replace(finding, blocking=False) for finding in whole.findings)
    root = ElementTree.fromstring(junit.render(replace(whole, findings=shown)).encode())
    messages = [skipped.attrib["message"] for skipped in root.iter("skipped")]
    assert "guarded, fails without blocking: real and beyond the margin" in messages


def test_observing_fails_nothing() -> None:
    root = ElementTree.fromstring(junit.render(decisions.observing()).encode())
    assert root.attrib["failures"] == "0"
    assert any(skipped.attrib["message"].startswith("observed only, would block") for skipped in root.iter("skipped"))


def test_findings_of_one_title_keep_names_of_their_own() -> None:
    whole = decisions.failing()
    same = tuple(replace(finding, title="the same") for finding in whole.findings)
    root = ElementTree.fromstring(junit.render(replace(whole, findings=same)).encode())
    names = [case.attrib["name"] for case in root.iter("testcase")]
    assert len(set(names)) == len(names) == len(same)


@pytest.mark.parametrize("name", decisions.ALL)
@pytest.mark.parametrize("text", ["", "a & b < c > d \"quoted\" 'so' &amp; ]]> é 行", "\ttab\r\nand lines\n"])
def test_the_text_is_what_a_writer_of_xml_makes_of_it(name: str, text: str) -> None:
    decision = decisions.ALL[name]()
    findings = tuple(replace(one, title=one.title + text, reason=one.reason + text) for one in decision.findings)
    written = junit.render(replace(decision, model=decision.model + text, findings=findings))
    root = ElementTree.fromstring(written.encode())
    ElementTree.indent(root)
    again = ElementTree.tostring(root, encoding="unicode")
    assert written == f'<?xml version="1.0" encoding="utf-8"?>\n{again}\n'


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=ANY_TEXT)
def test_any_text_gives_valid_xml(text: str) -> None:
    ElementTree.fromstring(junit.render(decisions.hostile(text)).encode())
