"""The report below its first screen, one function per section; a section without content is left out.

Each takes the decision and returns markup, or None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Level, Section, Verdict
from mlgate.render.exhibits import Cell, Counts, cells, figure, rows_of, word
from mlgate.render.forest import caption, draw, legend
from mlgate.render.groups import Group, groups, has_champion, is_overall, lower_is_better, primary
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.plots import Bin, Flip, Rate, calibration_panel, flip_squares, rate_panel, rows_per_square
from mlgate.render.tables import Column, check_table, fold, gap_table, group_table, outcome, table
from mlgate.render.words import clip, count, interval, kind, listed, metric_title, model_name, number, percent, plural, unit_of

__all__ = ["SECTIONS", "confidence_text"]

_MODELS = ("champion", "challenger")
#: Groups that one panel of rates can show.
_MOST_GROUPS = 24
#: Further forest plots; beyond these a group has its table only.
_MOST_PLOTS = 8
_TESTS = {
    Section.BEHAVIOUR: "Behaviour",
    Section.SERVICE: "Service",
    Section.SUITE: "Suites",
}


def _section(name: str, title: str, *content: Child) -> Markup:
    inside = tag("div", {"class": "in"}, *content)
    return tag("section", {"id": name, "aria-labelledby": f"h-{name}"}, tag("h2", {"id": f"h-{name}"}, title), inside)


def _lead(said: str) -> Markup:
    return tag("p", {"class": "lead"}, said)


def _of(decision: Decision, section: Section) -> tuple[Finding, ...]:
    return tuple(finding for finding in decision.findings if finding.section is section)


def tallied(findings: Sequence[Finding]) -> str:
    """Outcomes counted in words: "13 pass, 1 advisory cannot tell; nothing blocks"."""
    parts = []
    for sign, verb in (("fail", "fail"), ("look", "deserve a look"), ("unsure", "cannot tell"), ("pass", "pass")):
        inside = [finding for finding in findings if kind(finding) == sign]
        if inside:
            levels = {finding.level for finding in inside}
            advisory = "advisory " if levels == {Level.ADVISORY} and sign != "pass" else ""
            parts.append(f"{count(len(inside))} {advisory}{verb}")
    blocking = sum(finding.blocking and finding.verdict is not Verdict.PASS for finding in findings)
    return f"{listed(parts)}; {f'{count(blocking)} of them block' if blocking else 'nothing blocks'}."


def changes(decision: Decision, limit: int) -> Markup | None:
    """What changed for whom: decisions that flipped, and both confusion matrices."""
    main = primary(decision)
    every = cells(decision, main.dataset) if main else ()
    whole = next((part for part in every if part.slice == OVERALL), None)
    if whole is None:
        return None
    noun, up, down = clip(decision.noun, 40), clip(decision.positive, 40), clip(decision.negative, 40)
    flips = (
        Flip(label=f"{down} → {up}, {count(whole.n001 + whole.n101)}", right=whole.n101, wrong=whole.n001),
        Flip(label=f"{up} → {down}, {count(whole.n010 + whole.n110)}", right=whole.n010, wrong=whole.n110),
    )
    each = rows_per_square(flips)
    old = whole.n010 + whole.n011 + whole.n110 + whole.n111
    new = whole.n001 + whole.n011 + whole.n101 + whole.n111
    changed = whole.wrong + whole.right
    said = f"{count(changed)} of {count(whole.rows)} decisions changed. The challenger says {up} {count(new)} times, the champion {count(old)} times."
    if changed:
        square = f"One square stands for {count(each)} {noun}" if each > 1 else f"Each square is one of the {noun}"
        said += f" {square}; a filled one is newly wrong."
    slices = sorted((part for part in every if part.slice != OVERALL), key=lambda part: (part.right - part.wrong, part.title))
    return _section(
        "changes",
        "What changed for whom",
        _lead(said),
        flip_squares(flips) if changed else None,
        fold(f"All {count(whole.rows)} {noun}, and both confusion matrices", _joint(whole, noun, up, down), _matrices(whole, up, down)),
        fold("Changes by slice", _slice_changes(slices[:limit], len(slices))) if slices else None,
    )


def _joint(whole: Counts, noun: str, up: str, down: str) -> Markup:
    columns = [Column(title="Label"), Column(title="Champion"), Column(title="Challenger"), Column(title="Rows", figures=True), Column(title="Reading")]
    rows: list[list[Child]] = []
    for label in (0, 1):
        for champion in (0, 1):
            for challenger in (0, 1):
                names = [(down, up)[value] for value in (label, champion, challenger)]
                lost = champion == label != challenger
                reading = "newly wrong" if lost else "newly right" if champion != label == challenger else "both right" if label == champion else "both wrong"
                value = getattr(whole, f"n{label}{champion}{challenger}")
                mark = join([icon("fail"), f" {reading}"]) if lost and value else reading
                rows.append([*names, count(value), mark])
    return table(f"All {count(whole.rows)} {noun}, by label and both decisions", columns, rows, classes="plain")


def _matrices(whole: Counts, up: str, down: str) -> Markup:
    champion = ((whole.n000 + whole.n001, whole.n010 + whole.n011), (whole.n100 + whole.n101, whole.n110 + whole.n111))
    challenger = ((whole.n000 + whole.n010, whole.n001 + whole.n011), (whole.n100 + whole.n110, whole.n101 + whole.n111))
    drawn = []
    for title, matrix in (("Champion", champion), ("Challenger", challenger)):
        columns = [Column(title=title), Column(title=f"says {down}", figures=True), Column(title=f"says {up}", figures=True)]
        rows: list[list[Child]] = [[f"label {name}", *map(count, values)] for name, values in zip((down, up), matrix)]
        drawn.append(table(f"{title}, confusion matrix", columns, rows, classes="plain"))
    return tag("div", {"class": "panels"}, *drawn)


def _slice_changes(slices: Sequence[Counts], total: int) -> Markup:
    columns = [Column(title="Slice")] + [Column(title=title, figures=True) for title in ("Rows", "Changed", "Newly wrong", "Newly right")]
    rows: list[list[Child]] = [
        [clip(part.title, 120), count(part.rows), count(part.wrong + part.right), count(part.wrong), count(part.right)] for part in slices
    ]
    caption_ = "Decisions that changed, the worst balance first" + (f"; {count(total - len(slices))} more in decision.json" if total > len(slices) else "")
    return table(caption_, columns, rows)


def slices(decision: Decision, limit: int) -> Markup | None:
    """Every metric but the one on the first screen: its forest plot and its numbers, in folds."""
    main = primary(decision)
    others = [group for group in groups(decision) if main is None or (group.dataset, group.metric, group.rule) != (main.dataset, main.metric, main.rule)]
    if not others:
        return None
    several = len({group.dataset for group in groups(decision)}) > 1
    found = [finding for group in others for finding in group.findings]
    folds = []
    for place, group in enumerate(sorted(others, key=lambda group: len(group.findings) < 2)):
        folds.append(_group_fold(group, place, limit, decision.confidence, several))
    first = f"{metric_title(main.metric)} stands at the top. " if main else ""
    return _section("slices", "Other metrics, overall and by slice", _lead(f"{first}{plural(len(found), 'finding')} here: {tallied(found)}"), *folds)


def _group_fold(group: Group, place: int, limit: int, confidence: float, several: bool) -> Markup:
    blocks = any(finding.blocking and finding.verdict is not Verdict.PASS for finding in group.findings)
    said = f"{metric_title(clip(group.metric, 80))}, {group.rule.replace('_', ' ')}"
    said += f", {clip(group.dataset, 60)}" if several and group.dataset else ""
    title, reading = caption(group, lower_is_better(group.findings[0]), confidence)
    picture = None
    if place < _MOST_PLOTS and len(group.findings) > 1:
        words = tag("figcaption", {}, tag("b", {}, title), f" {reading}")
        picture = tag("figure", {}, words, draw(group, name=f"forest-{place + 1}", limit=20), legend(group))
    return fold(f"{said}: {tallied(group.findings)}", picture, reasons(group.findings), group_table(group, limit), opened=blocks)


def reasons(findings: Sequence[Finding]) -> Markup | None:
    """Why the requirement exists, in the words of who declared it."""
    said = list(dict.fromkeys(clip(finding.because, 300) for finding in findings if finding.because))[:5]
    return tag("p", {"class": "note"}, f"Asked because: {'; '.join(said)}.") if said else None


def fairness(decision: Decision, limit: int) -> Markup | None:
    """Rates of every group under both models, and the findings about gaps."""
    findings = _of(decision, Section.FAIRNESS)
    rates = [_rate(row) for row in rows_of(decision, "rates", ("attribute", "group", "metric", "model", "value", "low", "high"))]
    if not findings and not rates:
        return None
    metrics = list(dict.fromkeys(metric for metric, _ in rates))[:6]
    panels = []
    for place, metric in enumerate(metrics):
        inside = [rate for name, rate in rates if name == metric]
        kept = list(dict.fromkeys(rate.group for rate in inside))[:_MOST_GROUPS]
        title = f"{metric_title(clip(metric, 60))}, %"
        panels.append(rate_panel(f"rates-{place}", title, [rate for rate in inside if rate.group in kept]))
    said = f"{plural(len(findings), 'gap')} between groups: {tallied(findings)}" if findings else "No gap between groups is required to stay within a bound."
    return _section(
        "fairness",
        "Fairness",
        _lead(said),
        _model_key(decision, "lines: intervals") if panels else None,
        tag("div", {"class": "panels"}, *panels) if panels else None,
        fold("The numbers behind the picture", _rate_table(rates[: 4 * limit])) if rates else None,
        reasons(findings),
        gap_table(findings[:limit]) if findings else None,
    )


def _model_key(decision: Decision, more: str) -> Markup:
    """Open is the champion, filled the challenger."""
    dots = []
    for role, classes in zip(_MODELS, ("mark open dim", "mark")):
        name = model_name(decision, role)
        if name:
            dot = tag("svg", {"class": "icon", "aria-hidden": "true"}, tag("circle", {"class": classes, "cx": 7.0, "cy": 7.0, "r": 4.0}))
            dots.append(tag("span", {}, dot, f" {role} {name}"))
    return tag("p", {"class": "legend"}, *dots, tag("span", {}, more))


def _rate(row: Mapping[str, Cell]) -> tuple[str, Rate]:
    rows = figure(row, "rows")
    return word(row, "metric"), Rate(
        group=clip(word(row, "group_title") or f"{word(row, 'attribute')}={word(row, 'group')}", 80),
        model=word(row, "model"),
        rows=int(rows) if math.isfinite(rows) else 0,
        value=figure(row, "value"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _rate_table(rates: Sequence[tuple[str, Rate]]) -> Markup:
    unit = unit_of("accuracy")
    columns = [Column(title="Group"), Column(title="Metric"), Column(title="Model")]
    columns += [Column(title=title, figures=True) for title in ("Rows", "Rate", "Interval")]
    rows: list[list[Child]] = [
        [
            rate.group,
            clip(metric, 60),
            clip(rate.model, 40),
            count(rate.rows),
            number(rate.value, unit),
            f"{number(rate.low, unit)} to {number(rate.high, unit)}" if math.isfinite(rate.low) else "–",
        ]
        for metric, rate in rates
    ]
    return table("Rates in percent, with intervals", columns, rows, classes="tight")


def oddities(decision: Decision, limit: int) -> Markup | None:
    """The base case again with one abnormality at a time: what each model did."""
    findings = _of(decision, Section.ODDITIES)
    rows = rows_of(decision, "oddities", ("name", "model", "answered", "value"))
    if not findings and not rows:
        return None
    names = list(dict.fromkeys(word(row, "name") for row in rows))[:limit]
    metric = next((word(row, "metric") for row in rows if word(row, "metric")), "")
    grid = [_odd_row(name, [row for row in rows if word(row, "name") == name], findings) for name in names]
    known = {id(finding) for name in names for finding in findings if _about(finding, name)}
    rest = [finding for finding in findings if id(finding) not in known]
    said = f"The base case again, with one abnormality at a time. {tallied(findings) if findings else ''}"
    columns = [Column(title="One abnormality each"), *(Column(title=role.capitalize()) for role in _MODELS), Column(title="Finding")]
    unit = unit_of(metric)
    caption_ = f"{metric_title(clip(metric, 60))}{f' in {unit.name}' if unit.name else ''} under each oddity, from the clean base case" if metric else "Under each oddity"
    return _section(
        "oddities",
        "Oddities",
        _lead(said),
        table(caption_.replace("percentage points", "percent"), columns, [_clean_row(rows), *grid]) if grid else None,
        check_table("Findings on oddities", rest, limit) if rest else None,
    )


def _about(finding: Finding, name: str) -> bool:
    return name in (finding.dataset, finding.slice) or name in finding.id.split("/")


def _clean_row(rows: Sequence[Mapping[str, Cell]]) -> list[Child]:
    said: list[Child] = ["Clean base case"]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role and math.isfinite(figure(row, "base_value"))), None)
        said.append(number(figure(row, "base_value"), unit_of(word(row, "metric"))) if row else "–")
    return [*said, "reference"]


def _odd_row(name: str, rows: Sequence[Mapping[str, Cell]], findings: Sequence[Finding]) -> list[Child]:
    title = next((word(row, "title") for row in rows if word(row, "title")), name)
    cells_: list[Child] = [clip(title, 160)]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role), None)
        cells_.append("–" if row is None else _odd_cell(row))
    about = [finding for finding in findings if _about(finding, name)]
    return [*cells_, join([tag("div", {}, outcome(finding), f" ({finding.level})") for finding in about]) if about else "–"]


def _odd_cell(row: Mapping[str, Cell]) -> Markup:
    reason = clip(word(row, "reason"), 200)
    if not figure(row, "answered") > 0:
        return join([icon("fail"), f" no answer{f': {reason}' if reason else ''}"])
    said = number(figure(row, "value"), unit_of(word(row, "metric")))
    return join([said, f", {reason}" if reason else None])


def calibration(decision: Decision, limit: int) -> Markup | None:
    """Predicted against observed shares: shown, never decides."""
    rows = rows_of(decision, "calibration", ("model", "rows", "mean_score", "observed"))
    bins = {role: [_bin(row) for row in rows if word(row, "model") == role and figure(row, "rows") > 0][:limit] for role in _MODELS}
    drawn = {role: parts for role, parts in bins.items() if parts}
    if not drawn:
        return None
    seen = [value for parts in drawn.values() for part in parts for value in (part.mean_score, part.observed, part.high) if math.isfinite(value)]
    highest = min(1.0, max(seen, default=1.0) * 1.05) or 1.0
    panels = [
        calibration_panel(f"calibration-{role}", role, f"{role.capitalize()} {model_name(decision, role)}".strip(), parts, highest)
        for role, parts in drawn.items()
    ]
    said = f"Predicted against observed shares of {clip(decision.positive, 40)}, in bins. Shown, never decides."
    key = "Across: mean score, %. Up: share observed, %. Bars: intervals; the dashed line is perfect calibration."
    return _section(
        "calibration",
        "Calibration",
        _lead(said),
        tag("div", {"class": "panels"}, *panels),
        tag("p", {"class": "note"}, key),
        fold("The numbers behind the picture", _bin_table(drawn)),
    )


def _bin(row: Mapping[str, Cell]) -> Bin:
    rows = figure(row, "rows")
    return Bin(
        rows=int(rows) if math.isfinite(rows) else 0,
        mean_score=figure(row, "mean_score"),
        observed=figure(row, "observed"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _bin_table(drawn: Mapping[str, Sequence[Bin]]) -> Markup:
    columns = [Column(title="Model and bin")] + [Column(title=title, figures=True) for title in ("Rows", "Mean score", "Observed", "Interval")]
    rows: list[list[Child]] = [
        [f"{role}, {place}", count(part.rows), percent(part.mean_score), percent(part.observed), f"{percent(part.low)} to {percent(part.high)}"]
        for role, parts in drawn.items()
        for place, part in enumerate(parts, start=1)
    ]
    return table("Scores and shares in percent", columns, rows, classes="plain")


def data_checks(decision: Decision, limit: int) -> Markup | None:
    """What the data suites saw."""
    findings = _of(decision, Section.DATA)
    totals = rows_of(decision, "data_checks", ("dataset", "checks", "passed", "failed"))
    if not findings and not totals:
        return None
    said = f"{plural(len(findings), 'check')}: {tallied(findings)}" if findings else "No check of the data was declared as a requirement."
    columns = [Column(title="Data set")] + [Column(title=title, figures=True) for title in ("Checks", "Passed", "Failed")]
    rows: list[list[Child]] = [[clip(word(row, "dataset"), 80), *(count(figure(row, name)) for name in ("checks", "passed", "failed"))] for row in totals]
    return _section(
        "data",
        "Data checks",
        _lead(said),
        table("Checks by data set", columns, rows[:limit], classes="plain") if rows else None,
        _foldable("Checks of the data", findings, limit),
    )


def _foldable(title: str, findings: Sequence[Finding], limit: int) -> Markup | None:
    """What did not pass in the open, passes in a fold once they are many."""
    if len(findings) <= 10:
        return check_table(title, findings, limit) if findings else None
    others = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    passed = [finding for finding in findings if finding.verdict is Verdict.PASS]
    return join(
        [
            check_table(f"{title}: what did not pass", others, limit) if others else None,
            fold(f"{plural(len(passed), 'check')} that passed", check_table(f"{title}: what passed", passed, limit)) if passed else None,
        ]
    )


def suites(decision: Decision, limit: int) -> Markup | None:
    """Findings of the behaviour, service and suite sections."""
    parts = []
    for section, title in _TESTS.items():
        findings = _of(decision, section)
        if findings:
            parts.append(_section(section.value, title, _lead(f"{plural(len(findings), 'test')}: {tallied(findings)}"), _foldable(title, findings, limit)))
    return join(parts) if parts else None


def limits(decision: Decision, limit: int) -> Markup | None:
    """What the verdict cannot say, and which defaults shaped it."""
    families = list(
        dict.fromkeys(
            (finding.metric, finding.rule, finding.dataset, finding.section, finding.family)
            for finding in decision.findings
            if finding.family and finding.level is Level.GUARDED
        )
    )
    said = [clip(sentence, 400) for sentence in decision.limits[:20]]
    said += [clip(f"{part.name}: {part.note}", 300) for part in decision.provenance.data if part.note][:10]
    said.append("The verdict is about this artifact, not about the recipe that trained it: another seed may give another verdict.")
    if families:
        named = [f"{clip(metric, 60)} in {section} ({count(size)})" for metric, _, _, section, size in families[:12]]
        said.append(f"Guarded findings are judged in {plural(len(families), 'family', 'families')}, Holm-adjusted within each: {listed(named)}.")
    held = "needs a person's approval" if decision.on_inconclusive == "approve" else "blocks"
    rules = [
        ("Intervals", f"two-sided, {confidence_text(decision)}"),
        ("Figures", "× 100 for rates and scores: percentage points for rates, hundredths for log_loss, brier, roc_auc; 0.03 in mlgate.yaml reads 3 here"),
        ("Undecided requirement", f"{held} (on_inconclusive: {clip(decision.on_inconclusive, 20)})"),
        ("Mode", "observe: nothing is blocked" if decision.mode == "observe" else "gate: what blocks cannot be promoted without an override"),
        ("To change", "requirements, slices, fairness, on_inconclusive and mode in mlgate.yaml; the next run judges by them"),
    ]
    return _section(
        "limits",
        "Limits and defaults",
        tag("ul", {}, *(tag("li", {}, sentence) for sentence in said)),
        _pairs([(name, value) for name, value in rules]),
    )


def confidence_text(decision: Decision) -> str:
    """ "95 %"."""
    return f"{decision.confidence * 100:.4g} %"


def _pairs(pairs: Sequence[tuple[str, Child]]) -> Markup:
    return tag("dl", {}, *(join([tag("dt", {}, name), tag("dd", {}, value)]) for name, value in pairs))


def provenance(decision: Decision, limit: int) -> Markup | None:
    """What the decision is about, by digest, and how it came about."""
    facts, approval = decision.provenance, decision.approval
    pairs: list[tuple[str, Child]] = []
    for model in facts.models:
        name = f"{model.source}{f' ({model.name} {model.version})' if model.name else ''}{f', {model.description}' if model.description else ''}"
        pairs.append((clip(model.role.capitalize(), 40), _digest(clip(name, 300), model.digest)))
    for part in facts.data[:limit]:
        positives = f", {count(part.positives)} {clip(decision.positive, 40)}" if part.positives is not None else ""
        pairs.append((clip(part.name.replace("_", " ").capitalize(), 60), _digest(f"{clip(part.source, 200)}, {count(part.rows)} rows{positives}", part.digest)))
    modified = ", with uncommitted changes" if facts.code_modified else ""
    state = approval.state.value.replace("_", " ")
    signed = [f"by {approval.by}" if approval.by else "", f"on {approval.at}" if approval.at else "", f"until {approval.expires}" if approval.expires else ""]
    signed += [f"“{approval.reason}”" if approval.reason else "", "with a demonstration key" if approval.demo else ""]
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    pairs += [
        ("Policy", _digest("mlgate.yaml" if facts.command == "run" else "command line", facts.config_digest)),
        ("Evidence", _digest("tally.npz", facts.tally_digest)),
        ("Code", _digest(f"commit{modified}, seed {facts.seed}", facts.code_commit)),
        ("Run", clip(f"{facts.run}, by mlgate {facts.command}", 200)),
        ("Made", clip(f"{facts.started} to {facts.finished}", 100)),
        ("Versions", clip(versions, 600) or "–"),
        ("Approval", clip(" ".join([state, *(part for part in signed if part)]), 500)),
    ]
    return _section("provenance", "Provenance", _pairs(pairs))


def _digest(said: str, digest: str) -> Markup:
    return join([said, " ", tag("code", {"title": clip(digest, 200)}, _shortened(digest))]) if digest else join([said])


def _shortened(digest: str) -> str:
    digest = clip(digest, 200)
    return f"{digest[:19]}…{digest[-6:]}" if len(digest) > 45 else digest


#: Order of the report.
SECTIONS = (changes, slices, fairness, oddities, calibration, data_checks, suites, limits, provenance)
