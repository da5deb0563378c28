"""The mortgage applications of the drawing: the findings, exhibits and provenance that most examples are made of.

The figures are invented but agree with one another: flips, slices and confusion matrices add up.
"""

from __future__ import annotations

import math
from dataclasses import replace

from mlgate.records.decision import Approval, DataFacts, Decision, Exhibit, Finding, ModelFacts, Provenance
from mlgate.records.evidence import Estimate
from mlgate.records.words import ApprovalState, Level, Rule, Section, Verdict

__all__ = ["at_least", "check", "estimate", "failing", "overall", "provenance", "slice_of", "SLICES"]

_VERDICT = {"pass": Verdict.PASS, "fail": Verdict.FAIL, "tell": Verdict.INCONCLUSIVE}
_NAN = math.nan

# title, slice, level, rows, lost, gained, champion, challenger, improvement, low, high, p, smallest, decide, verdict
SLICES = (
    (
        "Loan above 90 % of price",
        "ltv>0.9",
        "guarded",
        133,
        16,
        1,
        88.7,
        77.4,
        -11.3,
        -18.0,
        -6.1,
        0.0015,
        12.7,
        495,
        "fail",
    ),
    ("Hispanic", "hispan=1", "guarded", 41, 3, 1, 75.6, 70.7, -4.9, -17.5, 6.5, 1.0, 23.7, 535, "tell"),
    ("Black women", "black=1 and male=0", "guarded", 24, 2, 1, 75.0, 70.8, -4.2, -22.8, 13.8, None, _NAN, None, "tell"),
    ("Self-employed", "self=1", "guarded", 103, 5, 3, 87.4, 85.4, -1.9, -8.4, 4.1, 1.0, 12.2, 355, "tell"),
    ("Women", "male=0", "guarded", 150, 6, 6, 87.3, 87.3, 0.0, -5.1, 5.1, 1.0, 9.5, 315, "tell"),
    ("Public record", "pubrec=1", "advisory", 38, 2, 2, 71.1, 71.1, 0.0, -13.1, 13.1, None, 23.7, 534, "tell"),
    ("Not married", "married=0", "guarded", 272, 8, 9, 89.3, 89.7, 0.4, -2.8, 3.6, 1.0, 6.4, 230, "pass"),
    ("Black", "black=1", "guarded", 80, 5, 6, 77.5, 78.8, 1.2, -7.7, 10.3, 1.0, 16.7, 520, "tell"),
    ("Men", "male=1", "guarded", 641, 14, 30, 90.6, 93.1, 2.5, 0.5, 4.7, 1.0, 5.9, 211, "pass"),
    ("White", "black=0 and hispan=0", "guarded", 676, 12, 29, 92.5, 95.0, 2.5, 0.7, 4.5, 1.0, 5.8, 184, "pass"),
    ("Married", "married=1", "guarded", 525, 12, 27, 90.5, 93.3, 2.9, 0.6, 5.4, 1.0, 6.0, 228, "pass"),
    ("Two to four families", "unit>1", "advisory", 61, 1, 3, 86.9, 90.2, 3.3, -4.5, 12.2, None, 16.1, 302, "pass"),
    (
        "Loan 80 to 90 % of price",
        "0.8<ltv<=0.9",
        "guarded",
        167,
        2,
        9,
        88.6,
        92.8,
        4.2,
        0.4,
        8.9,
        1.0,
        7.2,
        200,
        "pass",
    ),
    ("Loan up to 80 % of price", "ltv<=0.8", "guarded", 497, 2, 26, 90.9, 95.8, 4.8, 3.0, 7.2, 1.0, 5.8, 136, "pass"),
)


def estimate(value: float, low: float = _NAN, high: float = _NAN) -> Estimate:
    """Percent as an estimate in shares."""
    return Estimate(value=value / 100, low=low / 100, high=high / 100)


def slice_of(row: tuple[object, ...]) -> Finding:
    title, name, level, rows, lost, gained, old, new, gain, low, high, p, smallest, decide, verdict = row
    small = int(str(rows)) < 30
    reason = {"pass": "the interval lies within the margin", "fail": "real and beyond the margin"}.get(
        str(verdict), "the interval crosses the margin"
    )
    return Finding(
        id=f"slices/base_case/accuracy/not_worse/{name}",
        section=Section.SLICES,
        title=f"accuracy not worse by 0.05 on {name}",
        verdict=_VERDICT[str(verdict)],
        level=Level(str(level)),
        blocking=verdict == "fail",
        reason=f"{rows} rows, at least 30 needed" if small else reason,
        because="every group is served" if level == "guarded" else "",
        dataset="base_case",
        slice=str(name),
        slice_title=str(title),
        metric="accuracy",
        rule=Rule.NOT_WORSE,
        margin=0.05,
        champion=estimate(_number(old), _number(old) - 6, _number(old) + 5),
        challenger=estimate(_number(new), _number(new) - 6, _number(new) + 5),
        improvement=estimate(_number(gain), _number(low), _number(high)),
        rows=int(_number(rows)),
        units=int(_number(rows)),
        differing=int(_number(lost) + _number(gained)),
        gained=int(_number(gained)),
        lost=int(_number(lost)),
        too_small=small,
        adjusted_p=None if p is None else _number(p),
        family=11 if level == "guarded" and not small else None,
        smallest_detectable=_number(smallest) / 100,
        rows_to_decide=None if decide is None else int(_number(decide)),
    )


def _number(value: object) -> float:
    assert isinstance(value, (int, float))
    return float(value)


def overall(
    metric: str, values: tuple[float, float, float, float, float], margin: float, *, verdict: str = "pass"
) -> Finding:
    old, new, gain, low, high = values
    counted = metric == "accuracy"
    return Finding(
        id=f"compare/base_case/{metric}/not_worse/overall",
        section=Section.COMPARE,
        title=f"{metric} not worse by {margin}",
        verdict=_VERDICT[verdict],
        level=Level.REQUIRED,
        blocking=verdict != "pass",
        reason={"pass": "the interval lies within the margin", "fail": "the interval lies beyond the margin"}.get(
            verdict, "the interval crosses the margin"
        ),
        because="probabilities are priced on" if metric == "log_loss" else "",
        dataset="base_case",
        slice="overall",
        slice_title="Overall",
        metric=metric,
        rule=Rule.NOT_WORSE,
        margin=margin,
        champion=estimate(old, old - 2.3, old + 1.9),
        challenger=estimate(new, new - 2.1, new + 1.7),
        improvement=estimate(gain, low, high),
        rows=797,
        units=797,
        differing=56 if counted else None,
        gained=36 if counted else None,
        lost=20 if counted else None,
        smallest_detectable=margin + 0.026,
        rows_to_decide=5475,
    )


def at_least(value: float, low: float, high: float, *, verdict: str = "pass", paired: bool = True) -> Finding:
    return Finding(
        id="compare/base_case/roc_auc/at_least/overall",
        section=Section.COMPARE,
        title="roc_auc at least 0.65",
        verdict=_VERDICT[verdict],
        level=Level.REQUIRED,
        blocking=verdict == "fail",
        reason=f"{value / 100:.3f} ({low / 100:.3f} to {high / 100:.3f})",
        because="a model that hardly ranks is of no use",
        dataset="base_case",
        slice="overall",
        metric="roc_auc",
        rule=Rule.AT_LEAST,
        bound=0.65,
        champion=estimate(80.3, 75.2, 85.4) if paired else None,
        challenger=estimate(value, low, high),
        rows=797,
        units=797,
    )


def _gap(
    title: str, old: float, new: float, gain: tuple[float, float, float], verdict: str, decide: int | None
) -> Finding:
    return Finding(
        id=f"fairness/base_case/selection_rate/not_worse/{title}",
        section=Section.FAIRNESS,
        title=f"selection_rate gap not widened by 0.05, {title}",
        verdict=_VERDICT[verdict],
        level=Level.GUARDED,
        blocking=False,
        reason="the interval crosses the margin",
        dataset="base_case",
        slice=title,
        slice_title=title,
        metric="selection_rate",
        rule=Rule.NOT_WORSE,
        margin=0.05,
        champion=estimate(old, old - 8, old + 8),
        challenger=estimate(new, new - 8, new + 8),
        improvement=estimate(*gain),
        rows=756,
        adjusted_p=1.0,
        family=3,
        rows_to_decide=decide,
    )


def check(section: Section, name: str, reason: str, *, level: Level = Level.REQUIRED, verdict: str = "pass") -> Finding:
    return Finding(
        id=f"{section}/{name}",
        section=section,
        title=name,
        verdict=_VERDICT[verdict],
        level=level,
        blocking=verdict != "pass" and level is Level.REQUIRED,
        reason=reason,
        dataset="base_case" if section is Section.DATA else "",
    )


def _checks() -> tuple[Finding, ...]:
    return (
        check(Section.DATA, "base_case: 22 columns of the declared types", "22 of 22"),
        check(Section.DATA, "base_case: no row of the training data", "0 rows"),
        check(Section.DATA, "base_case: no application twice", "0 rows"),
        check(Section.DATA, "base_case: sex is missing in at most 2 %", "6 of 797 rows"),
        check(
            Section.DATA, "recent: income between 0 and 100", "1 row above, 666", level=Level.ADVISORY, verdict="tell"
        ),
        check(Section.BEHAVIOUR, "a larger income never raises the chance of denial", "0 of 200 pairs"),
        check(Section.BEHAVIOUR, "sex is not an input", "22 inputs"),
        check(Section.SERVICE, "the service answers as in process", "797 rows, largest difference 0"),
        check(Section.SERVICE, "a missing column is refused with its name", "status 400, names loanamt"),
    )


def _odd_findings() -> tuple[Finding, ...]:
    named = (
        ("missing", "Income missing", "pass"),
        ("extreme", "Extreme values", "tell"),
        ("unseen_category", "Unseen category", "pass"),
    )
    return tuple(
        Finding(
            id=f"oddities/{name}/log_loss/not_worse",
            section=Section.ODDITIES,
            title=f"log_loss not worse by 0.06 under {title.lower()}",
            verdict=_VERDICT[verdict],
            level=Level.ADVISORY,
            blocking=False,
            reason="the interval crosses the margin" if verdict == "tell" else "the interval lies within the margin",
            dataset=name,
            slice="overall",
            metric="log_loss",
            rule=Rule.NOT_WORSE,
            margin=0.06,
            champion=estimate(29.0, 25.0, 33.0),
            challenger=estimate(26.0, 22.0, 30.0),
            improvement=estimate(3.0, -7.0 if verdict == "tell" else -1.0, 6.0),
            rows=797,
        )
        for name, title, verdict in named
    )


def _exhibits() -> tuple[Exhibit, ...]:
    counts = ("n000", "n001", "n010", "n011", "n100", "n101", "n110", "n111")
    cells = Exhibit(
        name="cells",
        columns=("dataset", "slice", "slice_title", *counts),
        rows=(
            ("base_case", "overall", "Overall", 659, 15, 17, 8, 35, 19, 5, 39),
            ("base_case", "ltv>0.9", "Loan above 90 % of price", 90, 14, 1, 5, 10, 0, 2, 11),
            ("base_case", "male=0", "Women", 120, 3, 3, 5, 8, 3, 3, 5),
        ),
    )
    rates: list[tuple[str | float | int | None, ...]] = []
    for attribute, group, title, rows, old, new in (
        ("black", "0", "Not Black", 717, 6.2, 7.2),
        ("black", "1", "Black", 80, 22.5, 26.2),
        ("hispan", "0", "Not Hispanic", 756, 8.0, 9.3),
        ("hispan", "1", "Hispanic", 41, 22.0, 26.8),
        ("male", "1", "Men", 641, 8.3, 9.8),
        ("male", "0", "Women", 150, 10.0, 11.3),
    ):
        for metric, factor in (("selection_rate", 1.0), ("false_positive_rate", 0.5), ("recall", 2.4)):
            for model, value in (("champion", old), ("challenger", new)):
                half = 130 / math.sqrt(rows) * math.sqrt(factor)
                share = value * factor
                rates.append(
                    (
                        attribute,
                        group,
                        title,
                        metric,
                        model,
                        rows,
                        share / 100,
                        max(share - half, 0.4) / 100,
                        (share + half) / 100,
                    )
                )
    odd: list[tuple[str | float | int | None, ...]] = []
    for name, title, old, new in (
        ("missing", "Income missing", 0.29, 0.26),
        ("extreme", "Extreme values", 0.36, 0.25),
        ("unseen_category", "Unseen category", 0.281, 0.248),
    ):
        for model, base, value in (("champion", 0.281, old), ("challenger", 0.248, new)):
            odd.append((name, title, model, 1, 797, "log_loss", base, value, ""))
    odd.append(
        ("text", "Text in a numeric column", "champion", 0, 797, "log_loss", 0.281, None, "refused, names the column")
    )
    odd.append(
        ("text", "Text in a numeric column", "challenger", 0, 797, "log_loss", 0.248, None, "refused, names the column")
    )
    curve: list[tuple[str | float | int | None, ...]] = []
    for model, points in (
        ("champion", ((1.8, 1), (3.1, 3), (4.6, 4), (6.3, 6), (8.5, 10), (11.8, 9), (17.6, 19), (44.7, 47))),
        ("challenger", ((1.2, 1), (2.4, 2), (3.5, 3), (4.6, 4), (6.2, 6), (8.8, 9), (13.8, 14), (60.0, 61))),
    ):
        for place, (mean, seen) in enumerate(points):
            half = 10 if seen > 30 else 2 + seen / 3
            curve.append(
                (
                    model,
                    place / 8,
                    (place + 1) / 8,
                    100,
                    mean / 100,
                    seen / 100,
                    max(0.2, seen - half) / 100,
                    (seen + half) / 100,
                )
            )
    return (
        cells,
        Exhibit(
            name="rates",
            columns=("attribute", "group", "group_title", "metric", "model", "rows", "value", "low", "high"),
            rows=tuple(rates),
        ),
        Exhibit(
            name="oddities",
            columns=("name", "title", "model", "answered", "rows", "metric", "base_value", "value", "reason"),
            rows=tuple(odd),
        ),
        Exhibit(
            name="calibration",
            columns=("model", "bin_low", "bin_high", "rows", "mean_score", "observed", "low", "high"),
            rows=tuple(curve),
        ),
        Exhibit(
            name="data_checks",
            columns=("dataset", "checks", "passed", "failed"),
            rows=(("base_case", 13, 13, 0), ("recent", 13, 12, 1)),
        ),
    )


def provenance(*, command: str = "run", champion: bool = True) -> Provenance:
    models = [
        ModelFacts(
            role="challenger",
            source="models:/loanapp/2",
            name="loanapp",
            version="2",
            digest="sha256:" + "e05b" * 16,
            description="gradient boosting",
        ),
        ModelFacts(
            role="champion",
            source="models:/loanapp@champion",
            name="loanapp",
            version="1",
            digest="sha256:" + "7c1e" * 16,
            description="logistic regression",
        ),
    ]
    return Provenance(
        run="reports/loanapp-v2",
        command=command,
        models=tuple(models if champion else models[:1]),
        data=(
            DataFacts(
                name="base_case",
                source="data/base_case.parquet",
                digest="sha256:" + "42aa" * 16,
                rows=797,
                positives=98,
            ),
            DataFacts(
                name="recent",
                source="data/recent.parquet",
                digest="sha256:" + "19f0" * 16,
                rows=99,
                note="simulated: a held-out draw, since the data have no time",
            ),
        ),
        config_digest="sha256:" + "b8d3" * 16,
        tally_digest="sha256:" + "90be" * 16,
        code_commit="4f9d2c1" + "0" * 33,
        code_modified=False,
        seed=7,
        versions=(("mlgate", "0.1.0"), ("numpy", "2.4.6")),
        started="2026-11-24T13:20:00Z",
        finished="2026-11-24T13:20:06Z",
    )


def _log_loss_slices() -> tuple[Finding, ...]:
    found = []
    for row in SLICES:
        finding = slice_of(row)
        gain = finding.improvement
        assert gain is not None
        half = 40 / math.sqrt(finding.rows or 1)
        value = gain.value * 100 / 4 + 1.5
        verdict = Verdict.PASS if value - half > -6 else Verdict.INCONCLUSIVE
        found.append(
            replace(
                finding,
                id=finding.id.replace("accuracy", "log_loss"),
                title=finding.title.replace("accuracy not worse by 0.05", "log_loss not worse by 0.06"),
                metric="log_loss",
                verdict=verdict,
                blocking=False,
                reason="300 rows at least are needed" if half > 4 else "the interval lies within the margin",
                margin=0.06,
                champion=estimate(28.0),
                challenger=estimate(28.0 - value),
                improvement=estimate(value, value - half, value + half),
                gained=None,
                lost=None,
                adjusted_p=1.0,
            )
        )
    return tuple(found)


def failing() -> Decision:
    """The story of the drawing: better overall, worse in one guarded slice."""
    gaps = (
        _gap("Black less Not Black", 16.3, 19.0, (-2.7, -11.0, 5.6), "tell", 4245),
        _gap("Hispanic less Not Hispanic", 15.7, 19.6, (-3.8, -13.5, 5.8), "tell", 5421),
        _gap("Women less Men", 1.7, 1.5, (0.2, -4.7, 5.2), "pass", 700),
    )
    findings = (
        overall("accuracy", (90.1, 92.1, 2.0, 0.2, 3.9), 0.01),
        overall("roc_auc", (80.3, 85.5, 5.2, 2.1, 8.3), 0.01),
        overall("log_loss", (28.1, 24.8, 3.3, 1.5, 5.1), 0.01),
        *map(slice_of, SLICES),
        *_log_loss_slices(),
        *gaps,
        *_odd_findings(),
        *_checks(),
    )
    return Decision(
        model="loanapp",
        title="Boston mortgage applications",
        verdict=Verdict.FAIL,
        reason="accuracy not worse by 0.05 on ltv>0.9 failed",
        approval=Approval(state=ApprovalState.WAITING),
        findings=findings,
        provenance=provenance(),
        exhibits=_exhibits(),
        limits=("1,989 applications of one city in 1990–91: nothing here speaks for other places or times.",),
        on_inconclusive="approve",
        owner="credit-risk",
        noun="applications",
        positive="denied",
        negative="approved",
    )
