"""What a decision says to people: the verdict in words, the run line and the headline.

Plain sentences without any markup, so that the report and the comment tell one story in one wording. Every sentence is
computed from findings; nothing here has an opinion of its own.
"""

from __future__ import annotations

from mlgate.records.decision import NOT_TRAINED, DataFacts, Decision, Finding
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.accounts import loss, moved, sentence
from mlgate.render.figures import count, number, plural, times
from mlgate.render.groups import has_champion, is_overall, primary, required_overall, urgent_first
from mlgate.render.plain import clip, listed
from mlgate.render.terms import Terms, counted, sample, terms_of, unit_in, worth
from mlgate.render.words import enough_decimals, limit_of, model_facts, model_name, subject

__all__ = ["blocking", "facts", "headline", "observed", "verdict_word"]

#: Metrics whose pairs are rows that one model got right and the other did not.
_RIGHT_OR_WRONG = frozenset("accuracy error_rate recall specificity false_positive_rate true_positive_rate".split())


def verdict_word(decision: Decision) -> str:
    """The verdict in words: Pass, Fail, or Cannot tell."""
    return {Verdict.PASS: "Pass", Verdict.FAIL: "Fail", Verdict.INCONCLUSIVE: "Cannot tell"}[decision.verdict]


def observed(decision: Decision) -> str:
    """What observing changes about the verdict; empty in a gate that blocks."""
    if decision.mode != "observe":
        return ""
    would = {
        Verdict.PASS: "In mode: gate it would pass, too.",
        Verdict.FAIL: "In mode: gate it would have been blocked.",
        Verdict.INCONCLUSIVE: "In mode: gate it would have been held.",
    }
    return f"Observed only: mlgate.yaml says mode: observe, so nothing is blocked. {would[decision.verdict]}"


def facts(decision: Decision) -> tuple[str, ...]:
    """The run line: title, models, data."""
    said = [clip(decision.title or decision.model, 120)]
    for role, before in (("challenger", ""), ("champion", "against ")):
        model = model_facts(decision, role)
        if model is not None:
            about = f", {clip(model.description, 80)}" if model.description else ""
            said.append(f"{before}{role} {model_name(decision, role)}{about}")
    if len(said) == 3:
        said[1:] = [f"{said[1]}, {said[2]}"]
    elif not has_champion(decision):
        said.append("no champion yet")
    main = primary(decision)
    data = next((part for part in decision.provenance.data if main and part.name == main.dataset), None)
    data = data or next(iter(decision.provenance.data), None)
    if data is not None:
        positives = f", {_positives(data.positives, decision)}" if data.positives is not None else ""
        said.append(f"{clip(data.name.replace('_', ' '), 60)}: {_rows_of(decision, data)}{positives}")
    return tuple(said)


def _positives(number: int, decision: Decision) -> str:
    name = clip(decision.positive, 40)
    return f"{count(number)} {'with ' if '=' in name else ''}{name}"


def _rows_of(decision: Decision, data: DataFacts) -> str:
    """The rows of a data set; as a finding about all of them tells it, where rows are not independent."""
    terms = terms_of(decision)
    for finding in decision.findings:
        if worth(finding) and is_overall(finding) and finding.dataset == data.name and finding.rows == data.rows:
            return sample(finding, terms)
    return counted(data.rows, terms.noun)


def _standing(decision: Decision) -> str:
    """How the challenger stands on all rows: better overall, not worse overall; empty where that is not known."""
    paired = [
        finding
        for finding in required_overall(decision)
        if finding.improvement is not None
        and finding.rule in (Rule.NOT_WORSE, Rule.BETTER)
        and finding.than == "champion"
    ]
    if not paired or any(finding.verdict is not Verdict.PASS for finding in paired):
        return ""
    first = next((finding for finding in paired if finding.metric == "accuracy"), paired[0])
    gains = [finding.improvement for finding in paired if finding.improvement]
    better = first.improvement is not None and first.improvement.low > 0 and not any(gain.high < 0 for gain in gains)
    return "better overall" if better else "not worse overall"


def blocking(decision: Decision, verdict: Verdict | None = None) -> tuple[Finding, ...]:
    """Blocking findings, failures first; of one verdict if asked."""
    found = tuple(finding for finding in decision.findings if finding.blocking and finding.verdict is not Verdict.PASS)
    return urgent_first(tuple(finding for finding in found if verdict is None or finding.verdict is verdict))


def headline(decision: Decision) -> str:
    """The verdict's reason as one sentence."""
    if decision.verdict is Verdict.FAIL:
        return _failed(decision)
    return _passed(decision) if decision.verdict is Verdict.PASS else _untold(decision)


def _failed(decision: Decision) -> str:
    failed = blocking(decision, Verdict.FAIL)
    if any(finding.id == NOT_TRAINED for finding in decision.findings):
        named = listed([clip(finding.title, 140) for finding in failed[:3]])
        more = f", and {plural(len(failed) - 3, 'more finding')}" if len(failed) > 3 else ""
        return f"No challenger was trained, because the data are refused: {named}{more}."
    overall = [
        finding for finding in failed if is_overall(finding) and finding.metric and finding.level is Level.REQUIRED
    ]
    if overall:
        compared = [finding for finding in overall if finding.rule is not None and finding.rule.paired]
        worse = any(finding.than == "champion" for finding in compared)
        said = listed([moved(finding, terms_of(decision)) for finding in overall[:3]])
        rest = len(blocking(decision)) - len(overall[:3])  # what cannot be told blocks, too
        more = f"; {plural(rest, 'more finding')} {'blocks' if rest == 1 else 'block'}" if rest else ""
        return f"The challenger is {'worse overall' if worse else 'not good enough'}: {said}{more}."
    if not failed:
        return sentence(decision.reason)
    worst = min(failed, key=lambda finding: (finding.section is not Section.SLICES, loss(finding)))
    standing = _standing(decision)
    begin = f"The challenger is {standing}, but " if standing else "The challenger "
    others = len(blocking(decision)) - 1
    more = f", and {plural(others, 'more finding')} {'blocks' if others == 1 else 'block'}" if others else ""
    if worst.metric and worst.section in (Section.SLICES, Section.COMPARE) and worst.challenger is not None:
        return f"{begin}{_where(worst, bool(standing), terms_of(decision))}{more}."
    clause = f"one thing blocks: {clip(worst.title, 140)}" if standing else f"is blocked by: {clip(worst.title, 140)}"
    return f"{begin}{clause}{more}."


def _where(finding: Finding, standing: bool, terms: Terms) -> str:
    """The loss in one slice as a clause, in rows where the metric counts rows."""
    place = "overall" if is_overall(finding) else f"in the slice {subject(finding)}"
    if finding.metric in _RIGHT_OR_WRONG and finding.lost is not None and finding.gained is not None:
        wrong = f"newly wrong {times(finding.lost)}"
        right = f"newly right {times(finding.gained)}" if finding.gained else "never newly right"
        return f"{place} it is {wrong} and {right}" if standing else f"is {wrong} and {right} {place}"
    said = moved(finding, terms)
    if standing:
        return said if is_overall(finding) else f"{place} {said}"
    return f"is worse {place}: {said}"


def _passed(decision: Decision) -> str:
    failed = [finding for finding in decision.findings if finding.verdict is Verdict.FAIL]
    tail = f"; {plural(len(failed), 'advisory finding')} {'fails' if len(failed) == 1 else 'fail'}" if failed else ""
    if not has_champion(decision):
        asked = [
            finding
            for finding in decision.findings
            if finding.level is Level.REQUIRED and finding.verdict is Verdict.PASS
        ]
        return f"There is no champion yet: the challenger alone meets {plural(len(asked), 'requirement')}{tail}."
    standing = _standing(decision)
    sliced = any(finding.section in (Section.SLICES, Section.FAIRNESS) for finding in decision.findings)
    begin = f"The challenger is {standing}" if standing else "The challenger meets every requirement"
    return f"{begin}{', and no slice or gap that is guarded fails' if sliced else ''}{tail}."


def _untold(decision: Decision) -> str:
    held = [finding for finding in blocking(decision) if finding.improvement and finding.rule and finding.rule.paired]
    if not held:
        if has_champion(decision):
            return sentence(decision.reason)
        return (
            "There is no champion to compare with, and nothing absolute is required that the challenger alone has met."
        )
    terms, first = terms_of(decision), held[0]
    who = next((sample(finding, terms) for finding in held if finding.rows), "The data")
    kept = [finding for finding in held if not _beats(finding)]
    gained = [finding for finding in held if _beats(finding)]
    said = []
    if kept:
        said.append(f"keeps {listed(list(dict.fromkeys(map(_kept, kept)))[:3])} within its margin")
    if gained:
        said.append(f"beats {listed(list(dict.fromkeys(map(_beaten, gained)))[:3])}")
    reach = ""
    if first.improvement is not None and first.margin is not None and first.rule is Rule.NOT_WORSE and kept:
        unit = unit_in(first, terms)
        lose = f"{number(-first.improvement.low, unit, decimals=enough_decimals(first))}{unit.after}"
        most = f"{limit_of(first, unit)}{unit.after}"
        what = clip(first.metric, 60) if len(held) > 1 else "it"
        reach = f": {what} may lose {most}, and a loss of {lose} cannot be excluded"
    return f"{who} cannot tell whether the challenger {' and '.join(said)}{reach}."


def _beats(finding: Finding) -> bool:
    return finding.than != "champion" or finding.rule is Rule.BETTER


def _beaten(finding: Finding) -> str:
    return f"the {finding.than} in {_kept(finding).removesuffix(' against the baseline')}"


def _kept(finding: Finding) -> str:
    name = clip(finding.metric, 60)
    return name if is_overall(finding) else f"{name} in the slice {subject(finding)}"
