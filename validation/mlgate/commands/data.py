"""``mlgate data``: check the data sets of mlgate.yaml before any model is made.

mlgate data                                   # suites, leakage, drift, bounds, and whatever else is asked under checks
mlgate data --infer train.parquet             # draft a suite that a person then edits
mlgate data --diff before.json after.json     # what two suites expect differently
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate.commands.common.output import EXIT_CODES, progress, say, show_json
from mlgate.commands.common.settings import load_settings
from mlgate.errors import ConfigError, DataError, nearest
from mlgate.records.codec import dumps
from mlgate.records.decision import Finding
from mlgate.records.settings import Settings
from mlgate.records.words import Verdict
from mlgate.sentences import plural
from mlgate.stages.disclose import full_reason

__all__ = ["SCHEMA", "main"]

SCHEMA = "mlgate/data/v1"


def main(options: argparse.Namespace) -> int:
    """Check the data sets and say what was found; or draft a suite, or compare two.

    Returns
    -------
    int
        0 when nothing blocks, 1 when a finding that blocks failed, 3 when one cannot be told; always 0 in mode
        ``observe``, which blocks nothing.

    Raises
    ------
    ConfigError
        A data set is not declared, or a suite is not valid.
    DataError
        A data file is missing or cannot be read.
    """
    if options.infer and options.diff:
        raise ConfigError("data takes --infer or --diff, not both.")
    if options.infer:
        return _infer(options)
    if options.diff:
        return _diff(options)
    return _check(options, load_settings(options.config))


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from mlgate.commands.data_steps.data_checks import observe_data, write_data_docs
    from mlgate.commands.data_steps.window_checks import TRAIN
    from mlgate.edges.rows.sources import open_table
    from mlgate.stages.disclose import disclose_findings
    from mlgate.stages.judge import judge_observations

    known = [source.name for source in settings.data]
    for name in options.dataset:
        if name not in known:
            raise ConfigError(f"--dataset {name}: is not declared under data; {nearest(name, known)}.")
    # What the named ones are compared with is read too.
    needed = {*options.dataset, TRAIN if TRAIN in known else "base_case"} if options.dataset else set(known)
    tables = {}
    for source in settings.data:
        if source.name in needed:
            progress(options, f"reading {source.name}")
            tables[source.name] = open_table(source.rows, settings.root)
    progress(options, "checking")
    seen = observe_data(settings, tables, only=options.dataset)
    findings = disclose_findings(
        judge_observations(seen.observations), disclosure=settings.disclosure, minimum_cell=settings.minimum_cell
    )
    if not findings:
        raise ConfigError(
            "mlgate.yaml asks nothing of these data sets; name a suite under data.<name>.suite, or a check under "
            "checks."
        )
    if options.out:
        write_data_docs(settings, seen, Path(options.out))
    chosen = options.dataset or known
    named = [*chosen, *dict.fromkeys(one.dataset for one in findings if one.dataset not in chosen)]
    checked = {name: tuple(one for one in findings if one.dataset == name) for name in named}
    return _answer(options, settings, {name: some for name, some in checked.items() if some})


def _answer(options: argparse.Namespace, settings: Settings, checked: dict[str, tuple[Finding, ...]]) -> int:
    findings = tuple(finding for some in checked.values() for finding in some)
    verdict = _verdict(findings)
    result = {
        "schema": SCHEMA,
        "verdict": verdict,
        "datasets": [{"dataset": name, **_counts(some)} for name, some in checked.items()],
        "findings": findings,
    }
    if options.out:
        from mlgate.edges.rows.files import write_atomically

        write_atomically(Path(options.out) / "data.json", dumps(result))
    show_json(options, result)
    say(options, "\n".join(line for name, some in checked.items() for line in _lines(name, some)))
    if settings.mode == "observe":
        say(options, "mode observe: nothing is blocked")
        return 0
    return EXIT_CODES[verdict]


def _infer(options: argparse.Namespace) -> int:
    """Draft a suite from a file; what mlgate.yaml says of label, id and private columns is taken from there."""
    from mlgate.edges.expectations.suite_draft import draft
    from mlgate.edges.rows.files import read_table, write_atomically

    path = Path(options.infer)
    settings = load_settings(options.config) if Path(options.config).is_file() else None
    table = read_table(path)

    def there(name: str | None) -> str | None:
        return name if name in table.column_names else None

    text = draft(
        table,
        name=path.stem,
        label=there(settings.label.column) if settings else None,
        id=there(settings.id) if settings else None,
        private=settings.private if settings else (),
        sensitive=settings.sensitive if settings else (),
    )
    place = Path(options.out or "data_tests") / f"{path.stem}.json"
    if place.exists():
        raise DataError(f"{place}: exists, and somebody may have edited it; choose another --out, or remove it.")
    write_atomically(place, text)
    show_json(options, {"suite": str(place)})
    say(
        options, f"drafted {place}: read it, and change what the next data may be; then name it under data.<name>.suite"
    )
    return 0


def _diff(options: argparse.Namespace) -> int:
    from mlgate.edges.expectations.suite_diff import differences, tell
    from mlgate.edges.expectations.suite_file import read_entries

    before, after = (read_entries(Path(name), dataset=Path(name).stem) for name in options.diff)
    private = load_settings(options.config).private if Path(options.config).is_file() else ()
    told = tell(differences(before, after, private=private))
    show_json(options, {"changes": told.splitlines()})
    say(options, told)
    return 0


def _verdict(findings: Sequence[Finding]) -> Verdict:
    """Fail if a blocking finding failed, else inconclusive if there is a blocking one, else pass."""
    blocking = {finding.verdict for finding in findings if finding.blocking}
    if Verdict.FAIL in blocking:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE if blocking else Verdict.PASS


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    verdicts = [finding.verdict for finding in findings]
    return {
        "checks": len(verdicts),
        "passed": verdicts.count(Verdict.PASS),
        "failed": verdicts.count(Verdict.FAIL),
        "inconclusive": verdicts.count(Verdict.INCONCLUSIVE),
    }


def _lines(name: str, findings: Sequence[Finding]) -> list[str]:
    counts = _counts(findings)
    told = [f"{counts['passed']} of {plural(counts['checks'], 'check')} passed"]
    told += [f"{counts['failed']} failed"] if counts["failed"] else []
    told += [f"{counts['inconclusive']} cannot be told"] if counts["inconclusive"] else []
    lines = [f"{name}: {', '.join(told)}"]
    for finding in findings:
        if finding.verdict is not Verdict.PASS:
            lines.append(f"  {finding.verdict}  {finding.title} [{finding.level}]: {full_reason(finding)}")
    return lines
