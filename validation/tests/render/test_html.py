"""The HTML report: what stands on it, that nothing from data is markup, and that it stays small and self-contained."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgate.records.decision import Approval, Decision
from mlgate.records.evidence import Estimate
from mlgate.records.words import ApprovalState, Level, Rule, Section, Verdict
from mlgate.render import html
from tests.render import decisions

#: Any text at all, lone surrogates and control characters included.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
VOID = {"meta", "link", "br", "path", "rect", "circle", "use"}


class Reader(HTMLParser):
    """Reads a page strictly: every element is closed in order; keeps tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "script" not in self.open:
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page: str) -> str:
    return " ".join(" ".join(read(page).text).split())


@pytest.mark.parametrize("name", decisions.ALL)
def test_every_kind_of_decision_gives_a_well_formed_page(name: str) -> None:
    page = html.render(decisions.ALL[name]())
    reader = read(page)
    ids = [value for key, value in reader.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(drawing)


@pytest.mark.parametrize("name", decisions.ALL)
def test_labels_of_drawings_point_at_their_title_and_description(name: str) -> None:
    reader = read(html.render(decisions.ALL[name]()))
    ids = {value for key, value in reader.attributes if key == "id"}
    named = [part for key, value in reader.attributes if key == "aria-labelledby" for part in value.split()]
    links = [value[1:] for key, value in reader.attributes if key == "href"]
    assert named and set(named) | set(links) <= ids


def test_the_policy_allows_exactly_the_style_and_the_script_of_the_page() -> None:
    page = html.render(decisions.failing())
    policy = next(value for key, value in read(page).attributes if key == "content" and "default-src" in value)
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        contents = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert len(contents) == 1
        digest = base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


@pytest.mark.parametrize("name", decisions.ALL)
def test_nothing_is_fetched_and_nothing_is_styled_or_scripted_inline(name: str) -> None:
    reader = read(html.render(decisions.ALL[name]()))
    for key, value in reader.attributes:
        assert key not in ("style", "src", "srcset", "action") and not key.startswith("on")
        assert key != "href" or value.startswith("#")
    assert "http" not in html.render(decisions.ALL[name]()).replace("http-equiv", "")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=ANY_TEXT)
def test_no_text_from_data_or_models_becomes_markup(text: str) -> None:
    page = html.render(decisions.hostile(text))
    page.encode()
    plain, spoilt = read(html.render(decisions.hostile("plain"))), read(page)
    assert set(spoilt.tags) <= set(plain.tags) and spoilt.tags.count("script") == 1 and spoilt.tags.count("style") == 1
    assert {key for key, _ in spoilt.attributes} <= {key for key, _ in plain.attributes}


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "&lt;b&gt;", "</style>"]
)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    page = html.render(decisions.hostile(text))
    assert text in words(page)
    assert "<img" not in page and "<script>alert" not in page


def test_text_that_reverses_its_surroundings_is_taken_out() -> None:
    page = html.render(decisions.hostile("safe\u202egpj.exe\u2066"))
    assert "\u202e" not in page and "\u2066" not in page and "safegpj.exe" in page


def test_three_hundred_slices_stay_below_a_megabyte_and_all_stand_in_the_table() -> None:
    page = html.render(decisions.many_slices())
    assert len(page.encode()) < 1_000_000
    assert page.count("region = R299 and product") >= 3
    assert "30 of 300 slices are drawn" in words(page)


def test_a_page_that_would_grow_beyond_a_megabyte_is_cut_and_says_so() -> None:
    whole = decisions.many_slices(number=320, metrics=5)
    long = tuple(replace(finding, slice_title=finding.slice + ' "<&>"' * 20) for finding in whole.findings)
    page = html.render(replace(whole, findings=long))
    assert len(page.encode()) < 1_000_000
    assert re.search(r"more findings, none of them failed, in decision\.json", words(page))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("failing", "it is newly wrong 16 times and newly right once."),
        ("failing", "accuracy 88.7 → 77.4; it may lose 5, it loses 11.3 (−18.0 to −6.1)."),
        ("failing", "Among 11 slices that is not chance: adjusted p 0.0015, at most 0.025 fails."),
        (
            "shuffled",
            "The challenger is worse overall: accuracy falls from 90.1 to 87.7, roc_auc falls from 80.3 to 50.1",
        ),
        ("shuffled", "50.1 (44.0 to 56.2), at least 65 is required."),
        ("inconclusive", "797 applications cannot tell whether the challenger keeps accuracy within its margin"),
        ("inconclusive", "look here: accuracy 88.7 → 79.6"),
        ("passing", "The challenger is better overall, and no slice or gap that is guarded fails."),
        ("no_champion", "There is no champion to compare with"),
        ("first_champion", "There is no champion yet: the challenger alone meets 9 requirements."),
        ("observing", "In mode: gate it would have been blocked."),
        ("observing", "What would block"),
        ("crashed", "crashed: KeyError 'loanamt'"),
    ],
)
def test_the_first_screen_says_why(name: str, said: str) -> None:
    page = html.render(decisions.ALL[name]())
    first = page[page.index('<section class="first') : page.index('<span id="details"')]
    assert said in words(first)


@pytest.mark.parametrize(
    ("name", "word"),
    [("failing", "Fail"), ("passing", "Pass"), ("inconclusive", "Cannot tell"), ("no_champion", "Cannot tell")],
)
def test_the_verdict_stands_in_words(name: str, word: str) -> None:
    page = html.render(decisions.ALL[name]())
    assert f'<h1 id="verdict">{word}</h1>' in page
    assert f"<title>{word}: Boston mortgage applications v2" in page


def test_sections_without_content_are_left_out() -> None:
    page = html.render(decisions.crashed())
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["data", "behaviour", "limits", "provenance"]
    everything = re.findall(r'<section id="(\w+)"', html.render(decisions.failing()))
    assert everything == [
        "changes",
        "slices",
        "fairness",
        "oddities",
        "calibration",
        "data",
        "behaviour",
        "service",
        "limits",
        "provenance",
    ]


def test_undefined_values_and_missing_estimates_are_said_in_words() -> None:
    nothing = Estimate(value=float("nan"), low=float("nan"), high=float("nan"))
    whole = decisions.failing()
    findings = tuple(
        replace(finding, champion=None, challenger=nothing, improvement=nothing, rows=0, smallest_detectable=None)
        for finding in whole.findings
    )
    page = html.render(replace(whole, findings=findings))
    said = words(page)
    assert "undefined" in said and not re.search(r"\bnan\b", said, re.IGNORECASE)


def test_exhibits_with_nothing_in_them_are_no_error() -> None:
    whole = decisions.failing()
    empty = tuple(replace(exhibit, rows=()) for exhibit in whole.exhibits)
    blank = tuple(
        replace(
            exhibit,
            rows=tuple(tuple(None if not isinstance(cell, str) else cell for cell in row) for row in exhibit.rows),
        )
        for exhibit in whole.exhibits
    )
    strange = tuple(
        replace(exhibit, columns=tuple(f"other {name}" for name in exhibit.columns)) for exhibit in whole.exhibits
    )
    for exhibits in (empty, blank, strange):
        read(html.render(replace(whole, exhibits=exhibits)))


def test_a_decision_without_findings_data_or_models_is_no_error() -> None:
    whole = decisions.failing()
    bare = replace(
        whole,
        findings=(),
        exhibits=(),
        provenance=replace(whole.provenance, models=(), data=(), versions=(), run=""),
        approval=Approval(state=ApprovalState.NOT_NEEDED),
        limits=(),
    )
    for verdict in Verdict:
        read(html.render(replace(bare, verdict=verdict)))


def test_provenance_names_a_column_once_and_claims_no_commit_that_there_is_not() -> None:
    whole = decisions.failing()
    column = replace(whole.provenance.models[0], source="column new", name="new", version="", description="")
    bare = replace(whole.provenance, models=(column,), code_commit="", code_modified=False)
    said = words(html.render(replace(whole, provenance=bare)))
    assert "column new sha256" in said and "(new" not in said
    assert f"Code of no commit, seed {bare.seed}" in said


def test_many_flips_share_squares_and_the_page_says_how_many() -> None:
    whole = decisions.failing()
    cells = replace(
        whole.exhibits[0], rows=(("base_case", "overall", "Overall", 10**6, 41_000, 39_000, 9, 8, 7, 6, 5),)
    )
    page = html.render(replace(whole, exhibits=(cells,)))
    assert "One square stands for 342 applications" in words(page)
    assert page.count('class="unit wrong"') < 400


def test_changes_of_no_row_draw_no_square() -> None:
    whole = decisions.failing()
    cells = replace(whole.exhibits[0], rows=(("base_case", "overall", "Overall", 700, 0, 0, 0, 0, 0, 0, 97),))
    said = words(html.render(replace(whole, exhibits=(cells,))))
    assert "0 of 797 decisions changed. The challenger says denied 97 times" in said and "square" not in said


def unchanged() -> Decision:
    whole = decisions.failing()
    moved = tuple(
        replace(finding, rule=Rule.UNCHANGED, metric="selection_rate", verdict=Verdict.FAIL, blocking=True)
        for finding in whole.findings
        if finding.metric == "accuracy"
    )
    return replace(whole, findings=moved)


def test_a_rule_with_two_sides_shades_both() -> None:
    page = html.render(unchanged())
    wide = page[page.index('<svg class="forest wide"') :].split("</svg>")[0]
    assert wide.count('class="zone"') == 2 and wide.count('class="margin"') == 2
    assert "it may move by 5, it moves by 11.3" in words(page)


def test_absolute_requirements_on_slices_are_drawn_against_their_bound() -> None:
    whole = decisions.failing()
    for rule, sign in ((Rule.AT_LEAST, "at least"), (Rule.AT_MOST, "at most")):
        absolute = tuple(
            replace(
                finding, rule=rule, bound=0.8, margin=None, verdict=Verdict.FAIL, blocking=True, level=Level.REQUIRED
            )
            for finding in whole.findings
            if finding.metric == "accuracy"
        )
        page = html.render(replace(whole, findings=absolute))
        wide = page[page.index('<svg class="forest wide"') :].split("</svg>")[0]
        assert "out of bounds" in wide if rule is Rule.AT_LEAST else 'class="zone"' in wide
        assert f"{sign} 80 is required" in words(page)


def test_a_failing_gap_or_check_is_named_in_the_headline() -> None:
    whole = decisions.passing()
    for section in (Section.FAIRNESS, Section.DATA):
        findings = list(whole.findings)
        place = next(place for place, finding in enumerate(findings) if finding.section is section)
        findings[place] = replace(findings[place], verdict=Verdict.FAIL, blocking=True, level=Level.GUARDED)
        page = html.render(replace(whole, verdict=Verdict.FAIL, findings=tuple(findings)))
        assert f"but one thing blocks: {findings[place].title}." in words(page)


def test_confidence_other_than_95_percent_is_said() -> None:
    assert "Percentage points with 90 % interval" in words(html.render(replace(decisions.failing(), confidence=0.9)))
