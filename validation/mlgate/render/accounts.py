"""What a finding says in a sentence: its values, its loss against its margin, the rows behind it.

Separate from the story, which chooses the findings that are told.
"""

from __future__ import annotations

import math

from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Rule, Verdict
from mlgate.render.figures import interval, margin_text, number
from mlgate.render.groups import is_overall
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.terms import Terms, sample, unit_in, worth
from mlgate.render.words import enough_decimals, limit_of, share_of, undecided, value_decimals

__all__ = ["account", "has_figures", "loss", "moved", "sentence", "value_of", "values_of"]


def value_of(estimate: Estimate | None, finding: Finding) -> str:
    """One model's value, without its unit."""
    if estimate is None:
        return "undefined"
    return number(estimate.value, unit_of(finding.metric), decimals=value_decimals(finding))


def values_of(finding: Finding, terms: Terms) -> str:
    """Both values, the champion's or the baseline's first: "88.7 → 77.4"."""
    after = unit_in(finding, terms).after
    new = f"{value_of(finding.challenger, finding)}{after}"
    if finding.champion is None:
        return new
    old = value_of(finding.champion, finding)
    return f"{new}, {finding.than} {old}{after}" if finding.than != "champion" else f"{old} → {new}"


def moved(finding: Finding, terms: Terms) -> str:
    """A metric that is not as it should be, as a clause: "roc_auc falls from 80.3 to 50.1"."""
    unit, name = unit_in(finding, terms), clip(finding.metric, 60)
    if finding.challenger is None:
        return f"{name} is undefined"
    new = f"{value_of(finding.challenger, finding)}{unit.after}"
    if finding.rule in (Rule.AT_LEAST, Rule.AT_MOST):
        need = "at least" if finding.rule is Rule.AT_LEAST else "at most"
        return f"{name} is {new}, where {need} {margin_text(finding.bound, unit)}{unit.after} is required"
    if finding.champion is None:
        return f"{name} is {new}"
    old = f"{value_of(finding.champion, finding)}{unit.after}"
    if finding.than != "champion":
        return f"{name} is {new}, where the {finding.than} has {old}"
    rises = finding.challenger.value > finding.champion.value
    return f"{name} {'rises' if rises else 'falls'} from {old} to {new}"


def account(finding: Finding, terms: Terms) -> str:
    """Values, margin, loss, interval and rows of a finding; its reason where it has no such figures."""
    unit, decimals = unit_in(finding, terms), enough_decimals(finding)
    name = "" if is_overall(finding) else f"{clip(finding.metric, 60)} "
    gain = finding.improvement
    # All rows stand in the run line; what a slice is worth stands nowhere else.
    rows = f" {sample(finding, terms)}." if worth(finding) and not is_overall(finding) else ""
    if gain is not None and _paired(finding):
        span = interval(gain, unit, decimals=decimals)
        margin = f"{limit_of(finding, unit)}{unit.after}"
        size = f"{number(abs(gain.value), unit, decimals=decimals)}{unit.after}"
        share = share_of(finding)
        better = f"it must {'beat the baseline' if finding.than == 'baseline' else 'gain'}"
        better += (
            f" {'by ' if finding.than == 'baseline' else ''}more than {margin}{share_of(finding)}"
            if finding.margin
            else ""
        )
        asked = {
            Rule.NOT_WORSE: f"it may lose {margin}{share}, it {'loses' if gain.value < 0 else 'gains'} {size}",
            Rule.BETTER: f"{better}, it {'loses' if gain.value < 0 else 'gains'} {size}",
            Rule.UNCHANGED: f"it may move by {margin}{share}, it moves by {size}",
        }.get(finding.rule or Rule.NOT_WORSE, f"improvement {size}")
        tail = undecided(finding) if finding.verdict is Verdict.INCONCLUSIVE else ""
        return f"{name}{values_of(finding, terms)}; {asked} ({span}).{f' {_begun(tail)}.' if tail else ''}{rows}"
    if finding.challenger is not None and _alone(finding):
        span = interval(finding.challenger, unit, signed=False, decimals=value_decimals(finding))
        need = "at most" if finding.rule is Rule.AT_MOST else "at least"
        bound = f"{limit_of(finding, unit)}{unit.after}"
        return f"{name}{value_of(finding.challenger, finding)}{unit.after} ({span}), {need} {bound} is required.{rows}"
    return f"{sentence(finding.reason)}{rows}"


def has_figures(finding: Finding) -> bool:
    """Whether an account gives figures of a metric, in its unit; else it gives the reason."""
    return _paired(finding) or _alone(finding)


def _paired(finding: Finding) -> bool:
    gain = finding.improvement
    return bool(finding.metric) and gain is not None and finding.margin is not None and math.isfinite(gain.value)


def _alone(finding: Finding) -> bool:
    return bool(finding.metric) and finding.challenger is not None and finding.bound is not None


def _begun(tail: str) -> str:
    """The words of a verdict's cell as a sentence."""
    if tail.endswith(" would decide"):
        return tail.replace(" would decide", " rows would decide")
    return tail[:1].upper() + tail[1:]


def loss(finding: Finding) -> float:
    """How much was lost, in margins, so that metrics of different units can be put in one order; inf where unknown."""
    value = finding.improvement.value if finding.improvement else math.inf
    return value / (finding.margin or 1.0) if math.isfinite(value) else math.inf


def sentence(said: str) -> str:
    """Text of others as a sentence: cut, and with an end."""
    said = clip(said, 300)
    return said if said.endswith((".", "…", "!", "?")) else f"{said}."
