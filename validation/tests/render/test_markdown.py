"""The pull-request comment: short, safe, below GitHub's limit, and ending in the next command."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgate.render import markdown
from mlgate.render.markdown import escape
from tests.render import decisions

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


def visible(comment: str) -> list[str]:
    return [line for line in comment.split("<details>")[0].splitlines() if line.strip()]


@pytest.mark.parametrize("name", decisions.ALL)
def test_what_is_visible_is_some_twenty_lines_and_ends_in_a_command(name: str) -> None:
    lines = visible(markdown.render(decisions.ALL[name]()))
    assert len(lines) <= 26
    assert lines[-1] == "```" and lines[-2].startswith("mlgate ")
    assert lines[0].startswith("## mlgate: ")


@pytest.mark.parametrize("name", decisions.ALL)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(name: str) -> None:
    width = 0
    for line in markdown.render(decisions.ALL[name]()).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (cells and width) or cells == width
        width = cells


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=ANY_TEXT)
def test_no_text_from_data_breaks_out_of_its_place(text: str) -> None:
    spoilt, plain = markdown.render(decisions.hostile(text)), markdown.render(decisions.hostile("plain"))
    spoilt.encode()
    # Lines are the structure: a text that could add, end or open one would change their number.
    assert len(spoilt.splitlines()) == len(plain.splitlines())
    assert re.findall(r"</?[a-z]+>", re.sub(r"`[^`]*`", "", spoilt)) == re.findall(r"</?[a-z]+>", plain)


@given(text=ANY_TEXT)
def test_escaped_text_has_no_character_that_markdown_reads(text: str) -> None:
    bare = re.sub(r"\\.", "", escape(text))
    assert not re.search(r"[<>`*\[\]|~$\n\r]", bare)
    assert not re.search(r"@\w", bare) and "://" not in bare


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("roc_auc", "roc_auc"),
        ("_private_", "\\_private\\_"),
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("@team", "@\u200bteam"),
        ("see #12", "see #\u200b12"),
        ("https://x.example", "https://\u200bx.example"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_is_escaped_without_spoiling_plain_names(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_hundreds_of_slices_stay_below_the_limit_and_the_comment_says_what_is_left_out() -> None:
    comment = markdown.render(decisions.many_slices(metrics=5))
    assert len(comment) < 65_536
    assert re.search(r"… and [\d,]+ more findings, \w+ of them failed", comment)


def test_long_names_in_hundreds_of_slices_stay_below_the_limit() -> None:
    whole = decisions.many_slices(metrics=5)
    long = tuple(
        replace(finding, slice_title="<é>" * 200, title="|" * 900, because="$" * 900) for finding in whole.findings
    )
    assert len(markdown.render(replace(whole, findings=long)).encode()) < 65_536


def test_a_run_name_cannot_add_a_command() -> None:
    whole = decisions.failing()
    spoilt = replace(whole, provenance=replace(whole.provenance, run="x\n```\nrm -rf /; `id`"))
    commands = visible(markdown.render(spoilt))[-2]
    assert commands == "mlgate approve 'x ``` rm -rf /; `id`' --override --by NAME --reason TEXT --expires DATE"


def test_more_blocking_findings_than_fit_are_counted() -> None:
    assert "… and 61 more blocking findings, in the report." in markdown.render(decisions.many_slices())


def test_a_passing_finding_is_never_said_to_be_undecided() -> None:
    assert not re.search(r"✓ pass: ", markdown.render(decisions.failing()))
