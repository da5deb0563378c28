"""A plan as text for the terminal and as Markdown: one table, and sentences about what cannot be decided.

Separate from ``planning.py``, which shows the same of a finished decision: here there need not have been a challenger.
Figures are in the metric's own units, as they stand in mlgate.yaml, because margins are copied from here.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.prospect import Plan, Prospect
from mlgate.records.words import Level, Rule
from mlgate.render.figures import Unit, count, number, percent, plural

__all__ = ["as_markdown", "as_text", "said"]

_PLAIN = Unit(factor=1.0, name="", decimals=None)
#: Rows of the table: required ones always, of others so many that cannot be decided.
_OTHERS = 20
#: Requirements of which a sentence proposes a margin.
_PROPOSED = 5
_HEAD = ("requirement", "margin", "rows", "equal passes", "smallest loss seen", "rows to decide", "they resolve")
_WIDEST = 62
_SUPPOSED = {
    "close": "the same recipe with another seed, slightly more rows, or other parameters",
    "usual": "the same recipe on twice the rows",
    "far": "another algorithm, or rows that have nothing in common",
    "given": "decisions that differ as often as was said",
}


def said(plan: Plan) -> tuple[str, ...]:
    """The sentences: what is supposed, how much can be decided, and which margins would do."""
    return (_supposed(plan), _counted(plan), *_proposals(plan), *plan.notes)


def as_text(plan: Plan) -> str:
    """The table in aligned columns, and the sentences below it."""
    lines = [list(_HEAD), *(_cells(one) for one in _shown(plan))]
    lines = [[_clipped(line[0]), *line[1:]] for line in lines]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEAD))]
    rows = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*rows, *_left_out(plan), "", *said(plan)])


def as_markdown(plan: Plan) -> str:
    """The same for a pull request or a wiki, with every requirement."""
    head = [f"| {' | '.join(_HEAD)} |", "| --- |" + " --: |" * (len(_HEAD) - 1)]
    rows = [f"| {' | '.join(_escaped(cell) for cell in _cells(one))} |" for one in plan.prospects]
    sentences = [f"{_escaped(sentence)}\n" for sentence in said(plan)]
    return "\n".join(["# What these rows can decide", "", *sentences, *head, *rows, ""])


def _shown(plan: Plan) -> Sequence[Prospect]:
    required = [one for one in plan.prospects if one.level is Level.REQUIRED]
    others = [one for one in plan.prospects if one.level is not Level.REQUIRED and one.decides is False]
    return [*required, *others[:_OTHERS]]


def _left_out(plan: Plan) -> list[str]:
    left = len(plan.prospects) - len(_shown(plan))
    return [f"… {count(left)} more, not required: see --json or --out DIR"] if left else []


def _cells(one: Prospect) -> list[str]:
    chance = "–" if one.equal_passes is None else f"{100 * one.equal_passes:.0f} %"
    needed = "none would" if one.rows_to_decide is None else count(one.rows_to_decide)
    seen = "–" if one.smallest_detectable is None else number(one.smallest_detectable, _PLAIN)
    if one.decides is None:
        needed = "depends"
    return [
        one.title if one.level is Level.REQUIRED else f"{one.title} [{one.level}]",
        _limit(one, one.margin if one.bound is None else one.bound),
        count(one.rows),
        chance,
        seen,
        needed,
        _limit(one, one.proposed),
    ]


def _limit(one: Prospect, value: float | None) -> str:
    """A margin or bound as it is written in mlgate.yaml."""
    if value is None:
        return "–"
    if one.relative and one.champion:
        return f"{number(100 * value / abs(one.champion), _PLAIN)} %"
    return number(value, _PLAIN)


def _supposed(plan: Plan) -> str:
    share = "" if plan.differing is None else f"; decisions differ on {percent(plan.differing)} % of the rows"
    if plan.scenario == "measured":
        rows = "this one row" if plan.rows == 1 else f"these {count(plan.rows)} rows"
        return f"The spread is that of the two models on {rows}{share}."
    return f"Supposed is a challenger as good as {plan.champion}: {_SUPPOSED[plan.scenario]} ({plan.scenario}){share}."


def _counted(plan: Plan) -> str:
    required = [one for one in plan.prospects if one.level is Level.REQUIRED and one.decides is not None]
    able = sum(one.decides is True for one in required)
    if not required:
        return "No required requirement has a margin that rows could resolve."
    if able == len(required):
        every = "The one required requirement" if able == 1 else f"All {count(able)} required requirements"
        return f"{every} can be decided with these rows: an equal challenger passes each with 80 % power."
    return (
        f"{count(able)} of {plural(len(required), 'required requirement')} can be decided with these rows, which means "
        "that an equal challenger passes with 80 % power."
    )


def _proposals(plan: Plan) -> list[str]:
    """What these rows cannot resolve, and what they can instead."""
    open_ones = [one for one in plan.prospects if one.decides is False and one.level is Level.REQUIRED]
    sentences = [_proposal(one) for one in open_ones[:_PROPOSED]]
    if len(open_ones) > _PROPOSED:
        sentences.append(f"So it is with {plural(len(open_ones) - _PROPOSED, 'more requirement')}; see the table.")
    return sentences


def _proposal(one: Prospect) -> str:
    rows = "" if one.rows_to_decide is None else f"; {plural(one.rows_to_decide, 'row')} would decide it"
    if one.shortage:
        return f"Cannot be judged at all: {one.title} ({one.shortage}){rows}."
    what = "margin" if one.bound is None else "bound"
    limit = _limit(one, one.margin if one.bound is None else one.bound)
    instead = f"a {what} of {_limit(one, one.proposed)} they can"
    if one.proposed is None or (one.rule is Rule.NOT_WORSE and one.proposed <= 0):
        instead = "nor any other"
    return f"These rows cannot resolve the {what} {limit} of “{one.title}”: {instead}{rows}."


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _escaped(text: str) -> str:
    """Markdown and HTML taken literally: titles hold values of the data."""
    for sign in "\\`*_[]|<>#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
