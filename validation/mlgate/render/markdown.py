"""Decision to ``summary.md``: the pull-request comment, the report's story in some twenty lines and a fold.

It ends in the exact next command and who may give it. All text from data and models is escaped for Markdown and HTML
alike and cannot mention people, link anywhere or leave its table cell; the whole stays below GitHub's limit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.production import Production
from mlgate.records.words import Section, Verdict
from mlgate.render.classes import MODELS, class_rows, rows_in_class
from mlgate.render.discovered import found_said
from mlgate.render.figures import count, interval, number, percent, plural
from mlgate.render.forest_rows import row_label
from mlgate.render.groups import Group, group_sizes, groups, left_out, most_telling, required_overall, urgent_first
from mlgate.render.limits import families
from mlgate.render.metric_names import metric_title
from mlgate.render.next_step import next_step, told
from mlgate.render.oddities import oddities_said
from mlgate.render.plain import clean, clip
from mlgate.render.points import Point, blocks, uncertain
from mlgate.render.story import blocking, facts, headline, observed, verdict_word
from mlgate.render.telling import changed, money_said, power_said
from mlgate.render.terms import Terms, terms_of, unit_in, worth
from mlgate.render.words import (
    SYMBOLS,
    common_decimals,
    enough_decimals,
    kind,
    limit_of,
    share_of,
    subject,
    undecided,
    value_decimals,
    verdict_words,
)
from mlgate.stages.disclose import with_examples

__all__ = ["render"]

#: GitHub refuses comments of more than 65,536 characters; bytes are counted, which is stricter.
_LIMIT = 65_000
#: Rows of its tables about metrics, all together, and of each: the first number that fits is taken.
_MOST_ROWS = 330
_MOST = (60, 25, 8, 0)
_SPECIAL = re.compile(r"([\\`*\[\]{}~|$])")
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINKING = re.compile(r"(@|://|#(?=\d)|\bwww(?=\.)|\bGH(?=-\d))", re.IGNORECASE)
_FOLD_SECTIONS = {
    Section.ODDITIES: "Oddities",
    Section.DATA: "Data checks",
    Section.BEHAVIOUR: "Behaviour",
    Section.SERVICE: "Service",
    Section.SUITE: "Suites",
}


def escape(said: str) -> str:
    """Text that GitHub shows as it is: no markup, no HTML, no mention, no link, one line.

    >>> escape("a|b <c> @me")
    'a\\\\|b &lt;c&gt; @\\u200bme'
    """
    said = clean(said).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = _SPECIAL.sub(r"\\\1", said)
    said = _EDGE_UNDERSCORE.sub(r"\\_", said)
    return _LINKING.sub("\\1\u200b", said)


def render(decision: Decision, production: Production | None = None) -> str:
    """The decision, and what became of it where it was promoted, as a comment of at most 65,000 bytes.

    Tables give way, with a word on what was left out.
    """
    if decision.disclosure == "public":
        decision = with_examples(decision)  # else ids of rows stay where the run is, since comments travel
    sizes = group_sizes(decision)
    # A comment that will be too long need not be written first.
    fitting = [most for most in _MOST if sum(min(size, most) for size in sizes) <= _MOST_ROWS]
    for most in fitting:
        said = _comment(decision, most, production)
        if len(said.encode()) <= _LIMIT:
            return said
    return said


def _comment(decision: Decision, most: int, production: Production | None) -> str:
    lines = [f"## mlgate: {verdict_word(decision).lower()}", "", *_opening(decision), ""]
    lines += _blocks(decision)
    lines += _required(decision)
    lines += [f"**Uncertain:** {_point(point)}  " for point in uncertain(decision)[:4]]
    lines += _also(decision)
    lines += ["", *_next(decision, production)]
    if most:
        lines += ["", *_fold(decision, most)]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _opening(decision: Decision) -> list[str]:
    title, *rest = facts(decision)
    said = [f"**{escape(title)}** {escape(', '.join(rest))}.", escape(headline(decision))]
    note = observed(decision)
    return [f"{said[0]}  ", said[1], *(["", f"_{escape(note)}_"] if note else [])]


def _point(point: Point) -> str:
    sign = f"{SYMBOLS[point.sign]} " if point.sign else ""
    name = f"**{escape(point.subject)}**" if point.subject else ""
    return f"{sign}{name}{escape(clip(point.text, 600))}"


def _blocks(decision: Decision) -> list[str]:
    every = blocking(decision)
    if not every:
        return []
    word = "Would block" if decision.mode == "observe" else "Blocks"
    said = [f"**{word}:** {_point(point)}  " for point in blocks(decision, 5)]
    if len(every) > 5:
        said.append(f"… and {plural(len(every) - 5, 'more blocking finding')}, in the report.  ")
    return [*said, ""]


def _header(names: list[str], aligned: str) -> list[str]:
    """Table head; ``aligned`` says r for a column of figures, l for one of words."""
    rules = ["---:" if side == "r" else "---" for side in aligned]
    return [f"| {' | '.join(names)} |", f"| {' | '.join(rules)} |"]


def _cells(finding: Finding, terms: Terms, common: int | None = None) -> list[str]:
    """Champion, challenger, improvement with interval, margin or bound, verdict."""
    unit, whole = unit_in(finding, terms), value_decimals(finding, common)
    decimals = enough_decimals(finding, common)
    gain, challenger = finding.improvement, finding.challenger
    if challenger is not None and finding.bound is not None:
        middle = f"challenger alone ({interval(challenger, unit, signed=False, decimals=whole)})"
    elif gain is not None:
        size = number(gain.value, unit, signed=True, decimals=decimals)
        middle = f"{size} ({interval(gain, unit, decimals=decimals)})"
    else:
        middle = "–"
    return [
        number(finding.champion.value, unit, decimals=whole) if finding.champion else "–",
        number(challenger.value, unit, decimals=whole) if challenger else "–",
        middle,
        escape(f"{limit_of(finding, unit, common)}{share_of(finding)}"),
        f"{SYMBOLS[kind(finding)]} {escape(_words(finding))}",
    ]


def _words(finding: Finding) -> str:
    if undecided(finding).endswith("would decide") and finding.rows is not None:
        return f"{verdict_words(finding, short=True)}: {plural(finding.rows, 'row')}, {undecided(finding)}"
    return clip(verdict_words(finding), 120)


def _required(decision: Decision) -> list[str]:
    required = required_overall(decision)
    if not required:
        return []
    terms = terms_of(decision)
    shown = required[:12]
    names = ["required, overall", *_figures(terms, {finding.than for finding in shown})]
    rows = [f"| {' | '.join([_named(finding, terms), *_cells(finding, terms)])} |" for finding in shown]
    more = [f"… and {count(len(required) - 12)} more in the report."] if len(required) > 12 else []
    return [*_header(names, "lrrrrl"), *rows, "", *more]


def _named(finding: Finding, terms: Terms) -> str:
    """What a requirement is about, with its unit where that is money."""
    unit = unit_in(finding, terms)
    return escape(f"{subject(finding)}{f', {unit.name}' if unit.after else ''}")


def _figures(terms: Terms, than: set[str]) -> list[str]:
    """Heads of the columns that ``_cells`` fills."""
    other = " or ".join(sorted(than, reverse=True)) or "champion"
    return [other, "challenger", f"improvement, {terms.sure} interval", "margin or bound", "verdict"]


def _also(decision: Decision) -> list[str]:
    """What changes when the challenger takes over, and what the rows could tell: a line each, as far as known."""
    said = {
        "Found": found_said(decision),
        "Changed": changed(decision),
        "Money": money_said(decision),
        "Power": power_said(decision),
        "Oddities": oddities_said(decision),
    }
    return [f"**{name}:** {escape(sentence)}  " for name, sentence in said.items() if sentence]


def _next(decision: Decision, production: Production | None) -> list[str]:
    step = next_step(decision, production)
    commands = [" ".join(parts) for parts in step.commands]
    said = f"**{'What became of it' if production else 'Next'}:** {escape(told(step))}"
    return [said, "", "```", *commands, "```"] if commands else [said]


def _fold(decision: Decision, most: int) -> list[str]:
    terms, lines = terms_of(decision), []
    for group in groups(decision):
        lines += _group(group, most, terms)
    lines += _classes(decision, most)
    lines += _gaps(decision, most, terms)
    for section, title in _FOLD_SECTIONS.items():
        lines += _section(decision, section, title)
    lines += [part for said in families(decision) for part in (escape(said), "")]
    provenance = decision.provenance
    digests = [f"{escape(model.role)} `{_code(model.digest)}`" for model in provenance.models if model.digest]
    named = ", ".join([f"tally `{_code(provenance.tally_digest)}`", *digests])
    lines.append(f"Run {escape(clip(provenance.run, 80))}: {named}.")
    return ["<details><summary>All slices, fairness, oddities, suites, data</summary>", "", *lines, "", "</details>"]


def _gaps(decision: Decision, most: int, terms: Terms) -> list[str]:
    gaps = [finding for finding in decision.findings if finding.section is Section.FAIRNESS]
    if not gaps:
        return []
    shown = most_telling(urgent_first(tuple(gaps)), most)
    rows = []
    for finding in shown:
        values = [escape(subject(finding)), escape(clip(finding.metric, 60)), *_cells(finding, terms)]
        rows.append(f"| {' | '.join(values)} |")
    return [*_header(["gap", "metric", *_figures(terms, set())], "llrrrrl"), *rows, "", *_left(gaps, shown)]


def _classes(decision: Decision, most: int) -> list[str]:
    """Recall and precision of every class under both models, those that lost the most recall first."""
    found = class_rows(decision)
    if not found:
        return []
    metrics = list(dict.fromkeys(metric for row in found.values() for metric, _ in row))
    models = [role for role in MODELS if any((metric, role) in row for row in found.values() for metric in metrics)]
    pairs = [(metric, role) for metric in metrics for role in models]
    names = ["class", "rows", *(escape(f"{metric_title(metric).lower()}, {role}") for metric, role in pairs)]
    rows = []
    for name, row in list(found.items())[:most]:
        values = [percent(row[pair].value) if pair in row else "–" for pair in pairs]
        rows.append(f"| {' | '.join([escape(clip(name, 80)), count(rows_in_class(row)), *values])} |")
    more = [f"… and {count(len(found) - most)} more classes in decision.json.", ""] if len(found) > most else []
    return [*_header(names, "l" + "r" * (len(names) - 1)), *rows, "", *more]


def _code(said: str) -> str:
    return re.sub(r"[^\w:.…-]", "", clip(said, 80)) or "–"


def _left(findings: Sequence[Finding], shown: Sequence[Finding]) -> list[str]:
    said = left_out(findings, shown)
    return [f"… and {said}.", ""] if said else []


def _group(group: Group, most: int, terms: Terms) -> list[str]:
    shown = most_telling(group.findings, most)
    common = common_decimals(shown)
    unit = unit_in(group.findings[0], terms)
    own = f", {unit.name}" if unit.factor == 1.0 and unit.name else ""
    than = f" against the {group.than}" if group.than != "champion" else ""
    names = [escape(f"slice, {clip(group.metric, 60)}{own}{than}"), "level", "rows", *_figures(terms, {group.than})]
    rows = []
    for finding in shown:
        amount = f"{count(finding.rows)}{f' (worth {worth(finding)})' if worth(finding) else ''}"
        values = [escape(clip(row_label(finding), 100)), finding.level.value, amount, *_cells(finding, terms, common)]
        rows.append(f"| {' | '.join(values)} |")
    return [*_header(names, "llrrrrrl"), *rows, "", *_left(group.findings, shown)]


def _section(decision: Decision, section: Section, title: str) -> list[str]:
    """A line that counts a section's outcomes, and those that did not pass."""
    found = [finding for finding in decision.findings if finding.section is section]
    if not found:
        return []
    passed = sum(finding.verdict is Verdict.PASS for finding in found)
    others = [finding for finding in urgent_first(tuple(found)) if finding.verdict is not Verdict.PASS]
    said = f"{title}: {count(passed)} of {count(len(found))} pass"
    named = [f"{SYMBOLS[kind(finding)]} {escape(clip(finding.title, 120))} ({finding.level})" for finding in others[:5]]
    more = f", and {count(len(others) - 5)} more" if len(others) > 5 else ""
    return [f"{said}{'; ' + '; '.join(named) if named else ''}{more}.", ""]
