"""The section about the data: failures in the open, passes of one check in a fold, pages beside the report."""

from __future__ import annotations

import re
from dataclasses import replace

from mlgate.records.decision import Decision, Exhibit, Finding
from mlgate.records.words import Level, Section, Verdict
from mlgate.render import html
from tests.render import decisions


def finding(name: str, verdict: Verdict = Verdict.PASS) -> Finding:
    return Finding(
        id=f"data/recent/{name}",
        section=Section.DATA,
        title=f"asked of {name}",
        verdict=verdict,
        level=Level.GUARDED,
        blocking=verdict is Verdict.FAIL,
        reason="seen",
        dataset="recent",
    )


def page(*findings: Finding, pages: tuple[tuple[str, str], ...] = ()) -> str:
    decision: Decision = decisions.failing()
    exhibits = (*decision.exhibits, Exhibit(name="data_docs", columns=("dataset", "page"), rows=pages))
    kept = tuple(one for one in decision.findings if one.section is not Section.DATA)
    return html.render(replace(decision, findings=(*kept, *findings), exhibits=exhibits))


def test_passes_of_one_check_are_one_fold_and_what_failed_stands_before_it() -> None:
    many = [finding(f"drift/c{place}") for place in range(12)]
    told = page(*many, finding("drift/c99", Verdict.FAIL), finding("bounds/c1"))
    section = told[told.index('<section id="data"') :]
    section = section[: section.index("</section>")]
    assert "<summary>drift in recent: 12 passes</summary>" in section
    assert section.index("asked of drift/c99") < section.index("<details")
    assert section.index("<details") < section.index("asked of drift/c3") and "asked of bounds/c1" in section


def test_pages_of_the_suites_are_linked_relative_to_the_report_and_it_reads_without_them() -> None:
    told = page(finding("x/between"), pages=(("recent", "data_docs/recent.html"),))
    assert re.findall(r'<a href="(data_docs[^"]*)">([^<]*)</a>', told) == [("data_docs/recent.html", "recent")]
    assert "asked of x/between" in told and "default-src " in told


def test_nothing_but_a_page_in_the_folder_of_the_run_is_linked() -> None:
    bad = (
        "../x.html",
        "https://a.example/data_docs/x.html",
        "javascript:alert(1)",
        "data_docs/../x.html",
        "data_docs//x",
    )
    told = page(finding("x/between"), pages=tuple((f"set {place}", one) for place, one in enumerate(bad)))
    assert "lie in the folder of this run" not in told and not any(f'href="{one}"' in told for one in bad)
