"""Words around a forest plot: its heading, and what its marks mean.

Separate from the drawing because both layouts of it share them.
"""

from __future__ import annotations

from mlgate.records.words import Level, Rule
from mlgate.render.groups import Group, is_overall
from mlgate.render.markup import Markup, line, tag
from mlgate.render.metric_names import metric_title
from mlgate.render.terms import Terms, unit_in
from mlgate.render.words import shares_of

__all__ = ["caption", "legend"]


def legend(group: Group) -> Markup:
    """Which mark means which level, below the picture."""
    levels = [level for level in Level if any(finding.level is level for finding in group.findings)]
    shapes = {
        Level.REQUIRED: tag("rect", {"class": "mark", "x": 2.4, "y": 2.4, "width": 9.2, "height": 9.2}),
        Level.GUARDED: tag("circle", {"class": "mark", "cx": 7.0, "cy": 7.0, "r": 4.1}),
        Level.ADVISORY: line("M7 1.8l5.2 5.2l-5.2 5.2l-5.2-5.2z", "mark open"),
    }
    keys = [(shapes[level], level.value, "icon") for level in levels]
    if any((finding.margin if group.paired else finding.bound) is not None for finding in group.findings):
        share = shares_of(group.findings)
        word = f"margin{f', {share}' if share else ''}" if group.paired else "bound"
        keys.append((line("M0 7H22", "margin"), word, "icon long"))
    if any(finding.too_small for finding in group.findings):
        keys.append((line("M0 7H22", "interval dim dotted"), "below the minimum size", "icon long"))
    return tag(
        "p",
        {"class": "legend"},
        *(
            tag("span", {}, tag("svg", {"class": classes, "aria-hidden": "true"}, shape), f" {word}")
            for shape, word, classes in keys
        ),
    )


def caption(group: Group, lower: bool, terms: Terms) -> tuple[str, str]:
    """Heading of a forest plot: what it shows, and how to read it."""
    unit = unit_in(group.findings[0], terms)
    title = metric_title(group.metric)
    unit_words = f"{unit.name[:1].upper()}{unit.name[1:]}" if unit.name else "In its own unit"
    tail = f"{unit_words} with {terms.sure} interval"
    if any(not is_overall(finding) for finding in group.findings):
        tail += "; overall, then slices, worst first"
    if not group.paired:
        return f"{title} of the challenger.", f"{tail.replace('Percentage points', 'Percent')}."
    turned = lower and group.rule is not Rule.UNCHANGED
    order = f"{group.than} less challenger" if turned else f"challenger less {group.than}"
    return f"{title}, {order}.", f"{tail}."
