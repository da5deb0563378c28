"""Sentences about what changes for people and money, for every task: the same in the report and in the comment."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.render.exhibits import Cell, Counts, figure, money_rows, rows_of, whole_cells, word
from mlgate.render.figures import count, number, percent, plural, significant_decimals
from mlgate.render.groups import is_overall, primary
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.terms import counted, terms_of

__all__ = ["changed", "money_kind", "money_said", "power_rows", "power_said", "whole_change"]

_POWER = ("title", "metric", "margin", "rows", "smallest_detectable", "rows_to_decide", "decides", "proposed_margin")


def whole_change(decision: Decision) -> Finding | None:
    """The finding that counts changed decisions over all rows; one that also says right and wrong is preferred."""
    main = primary(decision)
    counted = [
        finding
        for finding in decision.findings
        if finding.differing is not None
        and is_overall(finding)
        and finding.than == "champion"
        and main is not None
        and finding.dataset == main.dataset
    ]
    return next((finding for finding in counted if finding.gained is not None), next(iter(counted), None))


def changed(decision: Decision) -> str:
    """How many decisions changed, and which way; empty in regression, and where that is not known."""
    if decision.task == "binary":
        main = primary(decision)
        whole = whole_cells(decision, main.dataset) if main is not None else None
        return _changed_of_two(decision, whole) if whole is not None else ""
    found = whole_change(decision) if decision.task == "multiclass" else None
    if found is None or found.differing is None:
        return ""
    said = plural(found.differing, "decision")
    if found.rows:
        share = percent(found.differing / found.rows)
        said = f"{count(found.differing)} of {count(found.rows)} decisions ({share} %)"
    if found.gained is None or found.lost is None:
        return f"{said}."
    both = found.differing - found.gained - found.lost
    third = f", {count(both)} from one wrong class to another" if both > 0 else ""
    return f"{said}: {count(found.gained)} newly right, {count(found.lost)} newly wrong{third}."


def _changed_of_two(decision: Decision, whole: Counts) -> str:
    up, down = whole.n001 + whole.n101, whole.n010 + whole.n110
    terms = terms_of(decision)
    return (
        f"{plural(up + down, 'decision')}. "
        f"{count(up)} {terms.negative} → {terms.positive} ({count(whole.n001)} wrongly), "
        f"{count(down)} {terms.positive} → {terms.negative} ({count(whole.n110)} wrongly)."
    )


def money_kind(decision: Decision) -> str:
    """``cost`` or ``value``: which of the two metrics the decision's money is."""
    return "value" if any(finding.metric == "value" for finding in decision.findings) else "cost"


def money_said(decision: Decision) -> str:
    """The difference in money, per row and in total, with intervals; empty without money."""
    models = next((found for name, found in money_rows(decision).items() if name.casefold() == OVERALL), None)
    if models is None:
        return ""
    terms, kind, own = terms_of(decision), money_kind(decision), unit_of("cost")
    currency = f"\u00a0{terms.currency}" if terms.currency else ""
    means = {role: figure(row, "mean") for role, row in models.items() if role != "improvement"}
    gain = models.get("improvement")
    if gain is None:
        alone = number(means.get("challenger", math.nan), own)
        return f"{kind.capitalize()} per row under the challenger: {alone}{currency}."
    rows, low, high = (figure(gain, name) for name in ("rows", "low", "high"))
    total = significant_decimals(high - low)
    each = significant_decimals((high - low) / rows if rows else math.nan)
    said = [f"{role} {number(value, own, decimals=each)}{currency}" for role, value in means.items()]

    def signed(value: float, decimals: int | None) -> str:
        return number(value, own, signed=True, decimals=decimals)

    return (
        f"{kind.capitalize()} per row: {', '.join(said)}. "
        "Improvement, positive is better: "
        f"{signed(figure(gain, 'mean'), each)}{currency} per row "
        f"({signed(low / rows if rows else math.nan, each)} to {signed(high / rows if rows else math.nan, each)}), "
        f"{signed(figure(gain, 'total'), total)}{currency} in total on {counted(rows, terms.noun)} "
        f"({signed(low, total)} to {signed(high, total)})."
    )


def power_rows(decision: Decision) -> tuple[Mapping[str, Cell], ...]:
    """The exhibit ``power``: what cannot be decided comes first, the farthest from it before the others."""
    return tuple(sorted(rows_of(decision, "power", _POWER), key=_open_first))


def _open_first(row: Mapping[str, Cell]) -> tuple[float, float]:
    decides, needed, have = (figure(row, name) for name in ("decides", "rows_to_decide", "rows"))
    ratio = needed / have if have and math.isfinite(needed) else math.inf
    return (decides if math.isfinite(decides) else 0.5), -ratio


def power_said(decision: Decision) -> str:
    """In how many requirements an equal challenger would pass, and what the farthest would need; empty if not known.

    Nothing is said of this challenger here: it may have passed all of them by being better, or failed clearly.
    """
    rows = power_rows(decision)
    known = [row for row in rows if math.isfinite(figure(row, "decides"))]
    if not known:
        return "No requirement here has a margin that rows could resolve." if rows else ""
    able, worst = sum(figure(row, "decides") > 0 for row in known), known[0]
    told = "On these rows a challenger exactly as good as the champion would pass "
    if able == len(known):
        each = "the one requirement" if able == 1 else f"each of the {count(able)} requirements"
        return f"{told}{each} with 80 % power."
    needed = figure(worst, "rows_to_decide")
    would = f"{count(needed)} would do" if math.isfinite(needed) else "no number of rows would do"
    farthest = f"“{clip(word(worst, 'title'), 160)}”: {plural(figure(worst, 'rows'), 'row')}, {would}."
    if len(known) == 1:
        return f"{told}the one requirement with less than 80 % power, {farthest}"
    many = f"{count(able) if able else 'none'} of {plural(len(known), 'requirement')}"
    return f"{told}{many} with 80 % power; farthest from it is {farthest}"
