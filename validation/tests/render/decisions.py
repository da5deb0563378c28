"""Decisions for the renderers' tests: fixed, realistic, and of every kind that a run can end in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mlgate.records.codec import decode
from mlgate.records.decision import Approval, Decision, Exhibit, Finding, ModelFacts, Provenance
from mlgate.records.words import ApprovalState, Section, Verdict
from tests.render.loans import SLICES, at_least, check, estimate, failing, overall, provenance, slice_of

__all__ = [
    "ALL",
    "clustered",
    "crashed",
    "failing",
    "first_champion",
    "hostile",
    "inconclusive",
    "many_slices",
    "much_used",
    "multiclass",
    "no_champion",
    "observing",
    "passing",
    "recorded",
    "regression",
    "shuffled",
]

RECORDED = Path(__file__).parent / "recorded"


def passing() -> Decision:
    """Nothing blocks; an approval is waited for."""
    whole = failing()
    findings = tuple(
        (
            replace(
                finding,
                verdict=Verdict.PASS,
                blocking=False,
                improvement=estimate(1.0, -3.0, 5.0),
                challenger=estimate(89.7),
                lost=2,
                gained=3,
            )
            if finding.blocking
            else finding
        )
        for finding in whole.findings
    )
    return replace(whole, verdict=Verdict.PASS, reason="every requirement is met", findings=findings)


def inconclusive() -> Decision:
    """A required finding cannot be told, and one slice deserves a look."""
    whole = passing()
    first = overall("accuracy", (90.1, 89.7, -0.4, -3.02, 2.2), 0.03, verdict="tell")
    rest = [
        (
            replace(
                finding,
                verdict=Verdict.INCONCLUSIVE,
                look_here=True,
                adjusted_p=0.031,
                improvement=estimate(-9.1, -15.0, -5.6),
                challenger=estimate(79.6),
            )
            if finding.metric == "accuracy" and finding.slice == "ltv>0.9"
            else finding
        )
        for finding in whole.findings[1:]
    ]
    return replace(whole, verdict=Verdict.INCONCLUSIVE, reason="accuracy cannot be told", findings=(first, *rest))


def shuffled() -> Decision:
    """A challenger trained on shuffled labels: the required findings themselves fail."""
    whole = failing()
    required = (
        overall("accuracy", (90.1, 87.7, -2.4, -3.9, -1.1), 0.01, verdict="fail"),
        overall("roc_auc", (80.3, 50.1, -30.2, -37.0, -23.4), 0.01, verdict="fail"),
        overall("log_loss", (28.1, 38.4, -10.3, -12.9, -7.7), 0.01, verdict="fail"),
        at_least(50.1, 44.0, 56.2, verdict="fail"),
    )
    slices = [finding for finding in whole.findings[3:] if not finding.blocking]
    return replace(whole, reason="4 required findings failed", findings=(*required, *slices))


def no_champion() -> Decision:
    """The first model, with nothing absolute required."""
    whole = failing()
    findings = tuple(_alone(finding) for finding in whole.findings if finding.section is not Section.ODDITIES)
    exhibits = tuple(exhibit for exhibit in whole.exhibits if exhibit.name not in ("cells", "oddities"))
    return replace(
        whole,
        verdict=Verdict.INCONCLUSIVE,
        reason="no champion, and no absolute requirement",
        findings=findings,
        provenance=provenance(champion=False),
        exhibits=exhibits,
        on_inconclusive="block",
    )


def _alone(finding: Finding) -> Finding:
    if finding.rule is None or not finding.rule.paired:
        return finding
    return replace(
        finding,
        verdict=Verdict.INCONCLUSIVE,
        blocking=False,
        reason="no champion",
        champion=None,
        improvement=None,
        gained=None,
        lost=None,
        differing=None,
        adjusted_p=None,
        family=None,
        smallest_detectable=None,
        rows_to_decide=None,
    )


def first_champion() -> Decision:
    """The first model, which meets an absolute requirement."""
    whole = no_champion()
    findings = (at_least(85.5, 80.1, 90.2, paired=False), *whole.findings)
    return replace(whole, verdict=Verdict.PASS, reason="every requirement is met", findings=findings)


def observing() -> Decision:
    """The failing decision while mlgate only observes."""
    return replace(failing(), mode="observe", approval=Approval(state=ApprovalState.NOT_NEEDED))


def crashed() -> Decision:
    """A check that broke down, and a challenger that gave no legal score."""
    whole = failing()
    broken = (
        check(Section.DATA, "base_case: the suite runs", "crashed: KeyError 'loanamt'", verdict="fail"),
        check(
            Section.BEHAVIOUR,
            "the challenger answers the base case",
            "gave 3 scores that are not numbers",
            verdict="fail",
        ),
    )
    return replace(whole, reason="2 checks failed", findings=broken, exhibits=())


def checked() -> Decision:
    """A decision of ``mlgate check`` on two columns of a file: no slices, no owner."""
    whole = passing()
    models = (ModelFacts(role="challenger", source="column new"), ModelFacts(role="champion", source="column old"))
    return replace(
        whole,
        findings=whole.findings[:3],
        exhibits=(),
        owner="",
        limits=(),
        noun="rows",
        provenance=replace(whole.provenance, command="check", models=models, data=whole.provenance.data[:1]),
    )


def many_slices(number: int = 300, metrics: int = 3) -> Decision:
    """Hundreds of slices with long names, for each of several metrics."""
    whole = failing()
    findings = list(whole.findings[:3])
    for metric in ("accuracy", "log_loss", "recall", "precision", "f1")[:metrics]:
        for place in range(number):
            row = slice_of(SLICES[place % len(SLICES)])
            name = f"region = R{place} and product = P{place % 7}"
            findings.append(
                replace(
                    row,
                    id=f"slices/base_case/{metric}/not_worse/{name}",
                    slice=name,
                    slice_title=name,
                    metric=metric,
                    blocking=row.verdict is Verdict.FAIL,
                )
            )
    return replace(whole, findings=tuple(findings))


def hostile(
    text: str = "<script>alert(1)</script> | `x` @all ‮evil‬ 😀 שלום مرحبا " + "very long " * 60,
    whole: Decision | None = None,
) -> Decision:
    """The same text in every field that data or a model can fill."""
    whole = whole or failing()
    findings = tuple(
        replace(
            finding,
            id=text + str(place),
            title=text,
            reason=text,
            because=text,
            dataset=text,
            slice=text + str(place),
            slice_title=text,
        )
        for place, finding in enumerate(whole.findings)
    )
    exhibits = tuple(
        replace(
            exhibit,
            rows=tuple(
                tuple(_spoilt(name, cell, text) for name, cell in zip(exhibit.columns, row)) for row in exhibit.rows
            ),
        )
        for exhibit in whole.exhibits
    )
    return replace(
        whole,
        model=text,
        title=text,
        reason=text,
        approval=Approval(state=ApprovalState.OVERRIDDEN, by=text, reason=text, at=text, expires=text, demo=True),
        findings=findings,
        provenance=_spoilt_provenance(whole.provenance, text),
        exhibits=exhibits,
        limits=(text,),
        owner=text,
        noun=text,
        positive=text,
        negative=text,
        unit=whole.unit and text,
        weight=whole.weight and text,
        currency=whole.currency and text,
    )


def _spoilt_provenance(whole: Provenance, text: str) -> Provenance:
    models = tuple(
        replace(model, source=text, name=text, version=text, digest=text, description=text) for model in whole.models
    )
    data = tuple(replace(part, name=text, source=text, digest=text, note=text) for part in whole.data)
    return replace(
        whole,
        run=text,
        models=models,
        data=data,
        config_digest=text,
        tally_digest=text,
        code_commit=text,
        versions=((text, text),),
        started=text,
        finished=text,
    )


def _spoilt(column: str, cell: str | float | int | None, text: str) -> str | float | int | None:
    # What binds an exhibit's rows together stays, or nothing would be drawn at all.
    return text if isinstance(cell, str) and column not in ("model", "metric") else cell


def much_used() -> Decision:
    """The passing decision on rows that have decided too often, with what they could have told at all."""
    power = Exhibit(
        name="power",
        columns=(
            "title",
            "metric",
            "slice",
            "rule",
            "margin",
            "rows",
            "smallest_detectable",
            "rows_to_decide",
            "decides",
            "proposed_margin",
        ),
        rows=(
            ("accuracy not worse by 0.01", "accuracy", "overall", "not_worse", 0.01, 797, 0.036, 5475, 0, 0.026),
            ("roc_auc not worse by 0.05", "roc_auc", "overall", "not_worse", 0.05, 797, 0.094, 618, 1, 0.044),
            ("log_loss better by 0", "log_loss", "overall", "better", 0.0, 797, 0.026, None, None, None),
            (
                "accuracy not worse by 0.05 on hispan=1",
                "accuracy",
                "hispan=1",
                "not_worse",
                0.05,
                41,
                0.237,
                535,
                0,
                0.18,
            ),
        ),
    )
    uses = Exhibit(
        name="uses",
        columns=("dataset", "uses", "budget"),
        rows=(("base_case", 27, 20), ("recent", 3, 20)),
    )
    whole = passing()
    return replace(whole, exhibits=(*whole.exhibits, power, uses))


def recorded(name: str) -> Decision:
    """A decision that the whole gate came to on simulated rows; ``record.py`` says which."""
    return decode(Decision, json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8")))


def multiclass() -> Decision:
    """Better overall, but the rarest class lost its recall."""
    return recorded("multiclass")


def regression() -> Decision:
    """Better in most places, worse in one city; margins are shares of the champion's value."""
    return recorded("regression")


def clustered() -> Decision:
    """Several weighted rows per customer, money, decisions that change, and rows that have decided too often."""
    return recorded("clustered")


#: Every kind of decision by name.
ALL = {
    "failing": failing,
    "passing": passing,
    "inconclusive": inconclusive,
    "shuffled": shuffled,
    "no_champion": no_champion,
    "first_champion": first_champion,
    "observing": observing,
    "crashed": crashed,
    "checked": checked,
    "much_used": much_used,
    "multiclass": multiclass,
    "regression": regression,
    "clustered": clustered,
}
