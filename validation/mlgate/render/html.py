"""Decision to ``report.html``: one file, no network, readable without script, on a phone, on paper and by ear.

Here stand the page and its first screen: the verdict in words, what blocks, what is uncertain, what to do next, and
the forest plot. The content security policy allows the one style and the one script of this package by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from mlgate.records.decision import Decision, Finding
from mlgate.records.production import Production
from mlgate.records.words import Level, Verdict
from mlgate.render.figures import interval, number, plural
from mlgate.render.forest import draw
from mlgate.render.forest_key import caption, legend
from mlgate.render.groups import (
    Group,
    first_groups,
    group_sizes,
    has_champion,
    is_overall,
    lower_is_better,
    required_overall,
)
from mlgate.render.markup import Child, Markup, asset, escape, icon, join, line, tag
from mlgate.render.next_step import next_step, told
from mlgate.render.plain import clip
from mlgate.render.points import Point, blocks, uncertain
from mlgate.render.prose import reasons
from mlgate.render.sections import SECTIONS
from mlgate.render.story import blocking, facts, headline, observed, verdict_word
from mlgate.render.tables import fold, group_table
from mlgate.render.terms import Terms, terms_of, unit_in
from mlgate.render.urgent import FIRST_SCREEN
from mlgate.render.words import enough_decimals, kind, model_name, subject, value_decimals
from mlgate.stages.disclose import with_examples

__all__ = ["render"]

#: A report is one file that people mail to one another.
_MOST_BYTES = 1_000_000
#: Rows of its tables about metrics, all together, and of each: the first number that fits is taken.
_MOST_ROWS = 1_000
_LIMITS = (400, 150, 60, 25, 10)
#: Requirements on all rows that the first screen lists, and slices that its picture draws.
_BRIEF, _DRAWN = 10, 30
_SIGNS = {
    "pass": (line("M-4 0l3 3.4l5.4-7", "stroke"),),
    "fail": (line("M-4 -4l8 8m0-8l-8 8", "stroke"),),
    "look": (line("M0 -5L5.2 4.2H-5.2z", "solid"),),
    "unsure": (tag("circle", {"class": "stroke", "r": 4.0}), line("M0 -4a4 4 0 0 1 0 8z", "solid")),
}


def render(decision: Decision, production: Production | None = None) -> str:
    """The decision, and what became of it where it was promoted, as one HTML page of less than a megabyte.

    Long tables are cut where the page would grow beyond that; they say how much is left out, and failures go last.
    """
    decision = with_examples(decision)
    sizes = group_sizes(decision)
    # A page that will be too large need not be drawn first.
    fitting = [limit for limit in _LIMITS if sum(min(size, limit) for size in sizes) <= _MOST_ROWS]
    for limit in fitting or _LIMITS[-1:]:
        page = _page(decision, limit, production)
        if len(page.encode()) < _MOST_BYTES:
            return page
    return page


@cache
def _asset(name: str) -> str:
    return resources.files("mlgate.render").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


def _page(decision: Decision, limit: int, production: Production | None) -> str:
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        {},
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("meta", {"name": "color-scheme", "content": "light dark"}),
        tag("meta", {"name": "referrer", "content": "no-referrer"}),
        tag("title", {}, _title(decision)),
        asset("style", style),
    )
    first = _first(decision, limit, production)
    sections = [section(decision, limit) for section in SECTIONS]
    sources = "decision.json and the ledger: run" if production else "decision.json of"
    body = tag(
        "body",
        {},
        _signs(),
        tag("a", {"class": "skip", "href": "#details"}, "Skip to the details"),
        tag("header", {}, _run_line(decision)),
        tag("main", {}, first, tag("span", {"id": "details"}), *sections),
        tag("footer", {}, tag("p", {}, f"Written by mlgate from {sources} {clip(decision.provenance.run, 120)}.")),
        asset("script", script),
    )
    return f'<!doctype html>\n<html lang="en">{head.code}\n{body.code}</html>\n'


def _signs() -> Markup:
    """The four signs of outcomes, drawn once and referred to everywhere."""
    symbols = (
        tag("symbol", {"id": f"sign-{name}", "viewBox": "-7 -7 14 14"}, *shapes) for name, shapes in _SIGNS.items()
    )
    return tag("svg", {"class": "signs", "aria-hidden": "true"}, *symbols)


def _title(decision: Decision) -> str:
    names = [name for name in (model_name(decision, "challenger"), model_name(decision, "champion")) if name]
    return f"{verdict_word(decision)}: {clip(decision.title or decision.model, 80)} {' against '.join(names)}".strip()


def _run_line(decision: Decision) -> Markup:
    return tag(
        "p",
        {"class": "run"},
        tag("b", {}, "mlgate"),
        " ",
        *(join([tag("span", {}, said), " "]) for said in facts(decision)),
    )


def _first(decision: Decision, limit: int, production: Production | None) -> Markup:
    note = observed(decision)
    said = tag(
        "div",
        {"class": "say"},
        tag("h1", {"id": "verdict"}, verdict_word(decision)),
        tag("p", {"class": "why"}, headline(decision)),
        tag("p", {"class": "note"}, note) if note else None,
        *_what_blocks(decision),
        *_what_is_uncertain(decision),
        *_what_next(decision, production),
    )
    picture = _pictures(decision, limit)
    return tag("section", {"class": "first" if picture else "first alone", "aria-labelledby": "verdict"}, said, picture)


def _paragraph(point: Point) -> Markup:
    bad = point.sign in ("fail", "look")
    name = tag("b", {"class": "accent" if bad else None}, point.subject) if point.subject else None
    sign = join([icon(point.sign), " "]) if point.sign else None
    return tag("p", {"class": None if point.sign else "note"}, sign, name, point.text)


def _what_blocks(decision: Decision) -> list[Child]:
    every = blocking(decision)
    # What has no room here is listed in a section of its own, the first one below.
    shown = blocks(decision, FIRST_SCREEN if len(every) <= FIRST_SCREEN else FIRST_SCREEN - 1)
    parts: list[Child] = [tag("h2", {}, "What would block" if decision.mode == "observe" else "What blocks")]
    parts += [_paragraph(point) for point in shown]
    listed = every[: len(shown)]
    if len(every) > len(shown):
        more = tag("a", {"href": "#blocking"}, f"{plural(len(every) - len(shown), 'more blocking finding')}")
        parts.append(tag("p", {}, "… and ", more, ", below."))
    required = required_overall(decision)
    if not every:
        parts.append(tag("p", {}, "Nothing blocks."))
    elif required and not any(finding in required for finding in every):
        parts.append(tag("p", {}, "Nothing else blocks:"))
    rest = tuple(finding for finding in required if finding not in listed)
    return [*parts, _brief(rest, decision), _also_required(decision, listed)]


def _brief(required: tuple[Finding, ...], decision: Decision) -> Markup | None:
    """What is required of all rows, with figures: the improvement, or the challenger's own value."""
    if not required:
        return None
    terms = terms_of(decision)
    first = "improvement" if has_champion(decision) else "challenger"
    head = [tag("th", {"scope": "col"}, "Required, overall")]
    head += [tag("th", {"scope": "col", "class": "n"}, title) for title in (first, f"{terms.sure} interval")]
    rows = [tag("tr", {}, *_brief_cells(finding, terms)) for finding in required[:_BRIEF]]
    more = len(required) - _BRIEF
    note = (
        tag("p", {"class": "note"}, f"… and {plural(more, 'more requirement')} on all rows, below.")
        if more > 0
        else None
    )
    body = tag("table", {"class": "brief"}, tag("thead", {}, tag("tr", {}, *head)), tag("tbody", {}, *rows))
    return join([body, note])


def _brief_cells(finding: Finding, terms: Terms) -> list[Markup]:
    unit, gain = unit_in(finding, terms), finding.improvement
    alone = gain is None or finding.bound is not None
    shown = finding.challenger if alone else gain
    decimals = value_decimals(finding) if alone else enough_decimals(finding)
    tone = "accent" if kind(finding) == "fail" else None
    own = tag("span", {"class": "soft"}, f", {unit.name}") if unit.after else None
    name = tag("span", {"class": tone}, subject(finding))
    return [
        tag("th", {"scope": "row"}, icon(kind(finding)), " ", name, own),
        tag("td", {"class": "n"}, number(shown.value, unit, signed=not alone, decimals=decimals) if shown else "–"),
        tag("td", {"class": "n"}, interval(shown, unit, signed=not alone, decimals=decimals)),
    ]


def _also_required(decision: Decision, listed: tuple[Finding, ...]) -> Markup | None:
    """Required findings that stand neither in the table nor above it, counted."""
    shown = (*required_overall(decision), *listed)
    others = [finding for finding in decision.findings if finding.level is Level.REQUIRED and finding not in shown]
    if not others:
        return None
    missed = sum(finding.verdict is not Verdict.PASS for finding in others)
    said = f"{plural(missed, 'does', 'do')} not pass" if missed else "passes" if len(others) == 1 else "all pass"
    return tag("p", {"class": "note"}, f"Also required: {plural(len(others), 'other check')}; {said}.")


def _what_is_uncertain(decision: Decision) -> list[Child]:
    points = uncertain(decision)
    return [tag("h2", {}, "What is uncertain"), *map(_paragraph, points)] if points else []


def _what_next(decision: Decision, production: Production | None) -> list[Child]:
    step = next_step(decision, production)
    # Each line is escaped by itself: escaping makes one line of a text, so that data cannot add a command.
    lines = [" \\\n  ".join(escape(part) for part in parts) for parts in step.commands]
    said: list[Child] = [
        tag("h2", {}, "What became of it" if production else "What to do next"),
        tag("p", {}, told(step)),
    ]
    if lines:
        commands = Markup(code="\n".join(lines))
        said.append(tag("pre", {"class": "command", "tabindex": "0"}, tag("code", {}, commands)))
    return said


def _pictures(decision: Decision, limit: int) -> Markup | None:
    """The forest plots of the first screen; None where no finding has one."""
    shown = first_groups(decision)
    if not shown:
        return None
    several = len({group.dataset for group in shown}) > 1
    figures = (_picture(decision, group, place, limit, several) for place, group in enumerate(shown))
    return tag("div", {"class": "pictures"}, *figures)


def _picture(decision: Decision, group: Group, place: int, limit: int, several: bool) -> Markup:
    terms = terms_of(decision)
    title, reading = caption(group, lower_is_better(group.findings[0]), terms)
    place_of = f" In {clip(group.dataset.replace('_', ' '), 60)}." if several else ""
    slices = sum(not is_overall(finding) for finding in group.findings)
    rest = "the table holds them all" if len(group.findings) <= limit else "the table holds more"
    cut = (
        f" {_DRAWN} of {plural(slices, 'slice')} are drawn, failures and the worst; {rest}." if slices > _DRAWN else ""
    )
    return tag(
        "figure",
        {"id": "forest" if not place else f"forest-of-{place}"},
        tag("figcaption", {}, tag("b", {}, title), f" {reading}{place_of}{cut}"),
        draw(group, terms, name="forest-0" if not place else f"forest-top-{place}", limit=_DRAWN),
        legend(group),
        fold("The numbers behind the picture", group_table(group, limit, terms), reasons(group.findings)),
    )
