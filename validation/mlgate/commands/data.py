"""``mlgate data``: check the data sets of mlgate.yaml against their suites, before any model is made."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate.commands.output import EXIT_CODES, progress, say, show_json
from mlgate.commands.settings import load_settings
from mlgate.errors import ConfigError, nearest
from mlgate.records.codec import dumps
from mlgate.records.decision import Finding
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Verdict

__all__ = ["SCHEMA", "main"]

SCHEMA = "mlgate/data/v1"


def main(options: argparse.Namespace) -> int:
    """Run the suites and say what was found.

    Returns
    -------
    int
        0 when nothing blocks, 1 when a finding that blocks failed, 3 when one cannot be told; always 0 in mode
        ``observe``, which blocks nothing.

    Raises
    ------
    ConfigError
        A data set is not declared or has no suite, or a suite is not valid.
    DataError
        A data file is missing or cannot be read.
    """
    settings = load_settings(options.config)
    checked = {source.name: _check(options, settings, source) for source in _chosen(settings, options.dataset)}
    findings = tuple(finding for some in checked.values() for finding in some)
    verdict = _verdict(findings)
    result = {
        "schema": SCHEMA,
        "verdict": verdict,
        "datasets": [{"dataset": name, **_counts(some)} for name, some in checked.items()],
        "findings": findings,
    }
    if options.out:
        from mlgate.edges.files import write_atomically

        write_atomically(Path(options.out) / "data.json", dumps(result))
    show_json(options, result)
    say(options, "\n".join(line for name, some in checked.items() for line in _lines(name, some)))
    if settings.mode == "observe":
        say(options, "mode observe: nothing is blocked")
        return 0
    return EXIT_CODES[verdict]


def _chosen(settings: Settings, names: Sequence[str]) -> tuple[DataSource, ...]:
    """The named data sets, or all that have a suite."""
    known = [source.name for source in settings.data]
    for name in names:
        source = settings.source(name)
        if source is None:
            raise ConfigError(f"--dataset {name}: is not declared under data; {nearest(name, known)}.")
        if not source.suite:
            raise ConfigError(f"--dataset {name}: has no suite; write one and name it under data.{name}.suite.")
    chosen = tuple(source for source in settings.data if source.suite and (not names or source.name in names))
    if not chosen:
        raise ConfigError("mlgate.yaml names no suite for any data set; add one under data.<name>.suite.")
    return chosen


def _check(options: argparse.Namespace, settings: Settings, source: DataSource) -> tuple[Finding, ...]:
    from mlgate.edges.data_suite import run_suite
    from mlgate.edges.files import read_table
    from mlgate.stages.judge import judge_observations

    progress(options, f"checking {source.name}")
    table = read_table(settings.root / source.path)
    suite = settings.root / source.suite
    seen = run_suite(
        table,
        suite=suite,
        dataset=source.name,
        level=source.level,
        id_column=settings.id,
        private=settings.private,
    )
    return judge_observations(seen)


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
    told = [f"{counts['passed']} of {counts['checks']} checks passed"]
    told += [f"{counts['failed']} failed"] if counts["failed"] else []
    told += [f"{counts['inconclusive']} cannot be told"] if counts["inconclusive"] else []
    lines = [f"{name}: {', '.join(told)}"]
    for finding in findings:
        if finding.verdict is not Verdict.PASS:
            lines.append(f"  {finding.verdict}  {finding.title} [{finding.level}]: {finding.reason}")
    return lines
