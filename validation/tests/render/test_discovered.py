"""Undeclared slices and the lines that guard a slice, in the report and in the comment; nothing unescaped."""

from __future__ import annotations

import dataclasses
import html as entities
import re

import mlgate
from mlgate.records.decision import Decision, Exhibit
from mlgate.records.words import Level, Section
from mlgate.render import html, markdown
from mlgate.render.discovered import discovered, found_said, guard

HOSTILE = "x=<script>alert(1)</script> and y=a|b @me"
ABOUT = ("metric", "slices", "depth", "support", "searched", "confirming", "carried", "columns")
ROWS = (
    "kind slice conditions rows share suggested champion challenger improvement low high elsewhere adjusted_p "
    "confirmed line"
).split()


def decision(*rows: tuple[object, ...]) -> Decision:
    """A small decision with the exhibits of a search."""
    labels = [0, 1] * 200
    scores = [0.2, 0.8] * 200
    plain = mlgate.compare(labels, scores, scores, slices={"sex": ["f", "f", "m", "m"] * 100}, discover=False)
    exhibits = (
        *plain.exhibits,
        Exhibit(name="discovery", columns=ABOUT, rows=(("accuracy", 12345, 3, 50, 200, 200, len(rows), "age, job"),)),
        Exhibit(name="discovered", columns=tuple(ROWS), rows=rows),  # type: ignore[arg-type]
    )
    return dataclasses.replace(plain, exhibits=exhibits)


def row(kind: str, name: str, *, confirmed: int, line: str = "") -> tuple[object, ...]:
    return (kind, name, 2, 600, 0.03, -0.2, 0.9, 0.7, -0.2, -0.25, -0.15, 0.001, 0.0004, confirmed, line)


def test_what_was_searched_and_found_is_told_in_words() -> None:
    made = decision(row("worse", "age < 25", confirmed=1), row("worse", "job=cook", confirmed=0))
    section = discovered(made, 10)
    assert section is not None
    said = entities.unescape(re.sub(r"<[^>]*>", " ", section.code))
    assert "12,345 slices of up to 3 conditions over 2 columns were searched on one half of the rows" in said
    assert "of 2 that looked worst 1 is confirmed by the other half." in said
    assert said.index("age < 25") < said.index("job=cook") and "−20.0 (−25.0 to −15.0)" in said
    assert found_said(made) == "accuracy is worse where nobody looked: age < 25 (−20.0 (−25.0 to −15.0) on 600 rows)."


def test_errors_are_said_to_be_in_the_unit_of_the_label_once() -> None:
    made = decision(row("worse", "age < 25", confirmed=1))
    of_numbers = tuple(
        dataclasses.replace(one, rows=(("mae", *one.rows[0][1:]),)) if one.name == "discovery" else one
        for one in made.exhibits
    )
    section = discovered(dataclasses.replace(made, exhibits=of_numbers), 10)
    assert section is not None
    assert "measured on the other, in the label's unit" in entities.unescape(section.code)


def test_what_nothing_confirmed_is_not_told_in_the_comment() -> None:
    made = decision(row("worse", "age < 25", confirmed=0), row("bad", "job=cook", confirmed=1))
    assert found_said(made) == "" and "**Found:**" not in markdown.render(made)
    section = discovered(made, 10)
    assert section is not None and "1 slice where the challenger is simply bad" in section.code


def test_names_from_data_are_escaped_everywhere() -> None:
    line = f'guard: [{{where: "{HOSTILE}", metric: accuracy, margin: 0.02}}]'
    made = decision(row("worse", HOSTILE, confirmed=1, line=line))
    assert "<script>alert" not in html.render(made)
    comment = markdown.render(made)
    assert "<script>" not in comment and "a|b" not in comment and "@me" not in comment


def test_declared_slices_have_their_lines_too() -> None:
    section = guard(decision(), 10)
    assert section is not None
    lines = [entities.unescape(one) for one in re.findall("<code>(.*?)</code>", section.code)]
    assert "guard: [{where: \"sex = 'f'\", metric: accuracy, margin: 0.02}]" in lines


def test_what_the_file_guards_or_requires_already_has_no_line() -> None:
    line = "guard: [{where: \"sex = 'm'\", metric: accuracy, margin: 0.02}]"
    made = decision(row("worse", "sex=m", confirmed=1, line=line), row("worse", "age < 25", confirmed=1, line="new"))
    of_run = dataclasses.replace(made, provenance=dataclasses.replace(made.provenance, command="run"))
    found = dataclasses.replace(
        next(one for one in made.findings if one.slice == "sex=m" and one.metric == "accuracy"),
        id="slices/discovered/accuracy/not_worse/age < 25",
        slice="age < 25",
    )

    def lines(level: Level) -> list[str]:
        findings = tuple(
            dataclasses.replace(one, level=level) if one.section is Section.SLICES else one for one in of_run.findings
        )
        section = guard(dataclasses.replace(of_run, findings=(*findings, found)), 10)
        assert section is not None
        return [entities.unescape(one) for one in re.findall("<code>(.*?)</code>", section.code)]

    assert lines(Level.GUARDED) == lines(Level.REQUIRED) == ["new"], "guarded already, or forgotten"
    shown = lines(Level.ADVISORY)
    assert "new" in shown and line in shown
    assert "guard: [{where: \"sex = 'f'\", metric: accuracy, margin: 0.02}]" in shown


def test_without_a_search_there_is_no_section() -> None:
    plain = decision()
    bare = dataclasses.replace(plain, exhibits=())
    assert discovered(bare, 10) is None and guard(bare, 10) is None


def test_columns_that_were_not_searched_are_named_even_where_none_was_left() -> None:
    made = decision()
    named = Exhibit(name="not_searched", columns=("column", "because"), rows=(("<b>", "it tells the label"),))
    for others in (made.exhibits, tuple(one for one in made.exhibits if not one.name.startswith("discover"))):
        section = discovered(dataclasses.replace(made, exhibits=(*others, named)), 10)
        assert section is not None and "&lt;b&gt; (it tells the label)." in section.code
    many = dataclasses.replace(named, rows=tuple((f"c{place}", "it tells the label") for place in range(14)))
    section = discovered(dataclasses.replace(made, exhibits=(*made.exhibits, many)), 10)
    assert section is not None and "; and 2 more columns." in section.code and "c12" not in section.code
