"""The forest plot: what is drawn where, and what is left out when there is too much."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Verdict
from mlgate.render.forest import draw
from mlgate.render.forest_key import caption, legend
from mlgate.render.groups import Group, groups, lower_is_better, most_telling, primary
from mlgate.render.scale import Scale, fit, ticks, width_of
from mlgate.render.terms import terms_of
from tests.render import decisions

TERMS = terms_of(decisions.failing())


def accuracy() -> Group:
    found = primary(decisions.failing())
    assert found is not None and found.metric == "accuracy"
    return found


def drawing(group: Group, limit: int = 30) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.fromstring(f"<both>{draw(group, TERMS, name='f', limit=limit).code}</both>")
    return root[0], root[1]


def labels(drawn: ElementTree.Element) -> list[str]:
    return [(text.text or "") for row in drawn.findall("g") for text in row.findall("text")[:1]]


def test_overall_comes_first_and_slices_follow_worst_first() -> None:
    wide, _ = drawing(accuracy())
    assert labels(wide)[:3] == ["Overall", "Loan above 90 % of price", "Hispanic"]
    assert labels(wide)[-1] == "Loan up to 80 % of price"


def test_a_limit_keeps_failures_and_the_worst() -> None:
    group = accuracy()
    failing_last = tuple(
        replace(finding, verdict=Verdict.FAIL) if finding.slice == "ltv<=0.8" else finding for finding in group.findings
    )
    wide, narrow = drawing(replace(group, findings=failing_last), limit=3)
    assert labels(wide) == ["Overall", "Loan above 90 % of price", "Hispanic", "Loan up to 80 % of price"]
    assert len(narrow.findall("g")) == 4


def test_marks_follow_the_level_and_dots_the_minimum_size() -> None:
    wide, _ = drawing(accuracy())
    rows = {label: row for label, row in zip(labels(wide), wide.findall("g"), strict=True)}

    def marked(label: str, tag: str) -> bool:
        return any("mark" in (element.get("class") or "") for element in rows[label].findall(tag))

    assert marked("Overall", "rect") and marked("Men", "circle") and marked("Public record", "path")
    dotted = [label for label, row in rows.items() if any("dotted" in (e.get("class") or "") for e in row.iter("path"))]
    assert dotted == ["Black women"]


def test_the_margin_steps_from_the_overall_one_to_that_of_the_slices() -> None:
    wide, _ = drawing(accuracy())
    (margin,) = [path for path in wide.findall("path") if path.get("class") == "margin"]
    stops = re.findall(r"[MH]([\d.]+)", margin.get("d") or "")
    assert len(set(stops)) == 2
    assert "margin −1" in [text.text for text in wide.findall("text")]


def test_one_tiny_slice_does_not_flatten_all_others() -> None:
    group = accuracy()
    tiny = tuple(
        replace(finding, improvement=Estimate(value=0.0, low=-0.99, high=0.99)) if finding.too_small else finding
        for finding in group.findings
    )
    wide, narrow = drawing(replace(group, findings=tiny))
    for drawn in (wide, narrow):
        for path in drawn.iter("path"):
            for x in re.findall(r"[MH]([-\d.]+)", path.get("d") or ""):
                assert 0 <= float(x) <= float((drawn.get("viewBox") or "").split()[2])
    (arrowed,) = [
        row
        for row in wide.findall("g")
        if len([p for p in row.iter("path") if "interval" in (p.get("class") or "")]) == 3
    ]
    assert (arrowed.findtext("title") or "").startswith("Black women")


def test_the_word_better_keeps_clear_of_the_head_of_the_champions_column() -> None:
    group, places = accuracy(), []
    for high in range(0, 400, 4):
        findings = tuple(
            replace(one, improvement=Estimate(value=-0.3, low=-0.6, high=high / 1000)) for one in group.findings
        )
        wide, _ = drawing(replace(group, findings=findings))
        heads = {text.text: float(text.get("x") or 0) for text in wide.findall("text")}
        if "better →" in heads:
            # Both are set at 11.5 px; the head ends at its x.
            room = 11.5 / 13 * (width_of("better") + 16 + width_of("champion"))
            places.append(heads["champion"] - heads["better →"] - room)
    assert places and min(places) > 0


@given(
    values=st.lists(st.tuples(st.floats(), st.floats(), st.floats()), min_size=1, max_size=6),
    metric=st.sampled_from(["accuracy", "mae"]),
)
def test_no_figure_however_strange_breaks_the_drawing(values: list[tuple[float, float, float]], metric: str) -> None:
    group = accuracy()
    strange = tuple(
        replace(finding, metric=metric, improvement=Estimate(value=value, low=low, high=high))
        for finding, (value, low, high) in zip(group.findings, values)
    )
    for drawn in drawing(replace(group, metric=metric, findings=strange)):
        assert not re.search(r"\b(nan|inf)\b", " ".join(path.get("d") or "" for path in drawn.iter("path")))


def test_undefined_rows_are_written_out_and_not_drawn() -> None:
    group = accuracy()
    gone = tuple(
        replace(finding, improvement=Estimate(value=math.nan, low=math.nan, high=math.nan))
        for finding in group.findings
    )
    wide, _ = drawing(replace(group, findings=gone))
    assert all("undefined" in [text.text for text in row.findall("text")] for row in wide.findall("g"))


def test_without_a_champion_the_challenger_is_drawn_alone() -> None:
    group = primary(decisions.no_champion())
    assert group is not None and not group.paired
    wide, _ = drawing(group)
    assert "champion" not in [text.text for text in wide.findall("text")]
    assert not [path for path in wide.iter("path") if path.get("class") in ("zone", "zero")]
    assert caption(group, False, TERMS)[0] == "Accuracy of the challenger."
    assert "margin" not in legend(group).code


def test_a_loss_is_captioned_the_other_way_round() -> None:
    group = next(group for group in groups(decisions.failing()) if group.metric == "log_loss")
    assert lower_is_better(group.findings[0])
    assert caption(group, True, TERMS)[0] == "Log loss, champion less challenger."


def test_the_first_group_is_accuracy_or_the_first_that_is_required() -> None:
    whole = decisions.failing()
    others = replace(whole, findings=tuple(finding for finding in whole.findings if finding.metric != "accuracy"))
    found = primary(others)
    assert found is not None and found.metric == "roc_auc"
    guarded = replace(whole, findings=tuple(replace(finding, level=Level.GUARDED) for finding in others.findings))
    assert primary(guarded) is not None
    assert primary(replace(whole, findings=())) is None


def test_most_telling_keeps_everything_when_there_is_room() -> None:
    findings = decisions.failing().findings
    assert most_telling(findings, 1000) is findings


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-6, 1e6))
def test_ticks_are_few_and_lie_inside(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert len(marks) <= 7
    assert all(low - width * 1e-6 - 1e-6 <= mark <= low + width * (1 + 1e-6) + 1e-6 for mark in marks)


@given(text=st.text(max_size=80), room=st.floats(20, 300), bold=st.booleans())
def test_a_label_never_needs_more_than_its_room(text: str, room: float, bold: bool) -> None:
    fitted = fit(text, room, bold=bold)
    assert width_of(fitted, bold=bold) <= room or len(fitted) <= 1


def test_a_scale_keeps_values_on_the_paper() -> None:
    scale = Scale(low=-10.0, high=10.0, left=100.0, right=300.0)
    assert (scale.at(-99.0), scale.at(0.0), scale.at(99.0)) == (100.0, 200.0, 300.0)
