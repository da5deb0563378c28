"""From findings to the files of a run: the decision is put together here, rendered, bound by digests and written.

A run is built in a hidden folder beside its place and moved there whole, so that a run that breaks off leaves nothing
behind and never spoils an earlier one.
"""

from __future__ import annotations

import datetime
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mlgate import __version__
from mlgate.edges.rows.files import digest_bytes, write_atomically
from mlgate.edges.versions import versions_of
from mlgate.errors import DataError
from mlgate.gate import Outcome
from mlgate.process import copied
from mlgate.promotion.statement import build
from mlgate.records.decision import Approval, DataFacts, Decision, Exhibit, Finding, ModelFacts, Provenance
from mlgate.records.production import Production
from mlgate.records.settings import CONFIG, Settings
from mlgate.records.words import ApprovalState, Section
from mlgate.render import html, json, junit, markdown
from mlgate.stages.decide import decide
from mlgate.stages.disclose import AGGREGATES, disclose
from mlgate.tally_file import dump
from mlgate.where import conditions_of, where_text

__all__ = ["now", "put_together", "rewrite_reports", "run_folder", "shown", "write_reports", "write_run"]

#: Findings whose reports take longer to render than a copy of the process takes to make.
_MANY = 600
#: Packages whose version can change a result.
_PACKAGES = ("numpy", "scipy", "pyarrow", "pandas", "scikit-learn", "mlflow", "great-expectations", "skops")


def now() -> str:
    """The present moment, ISO 8601 in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def put_together(
    settings: Settings,
    *,
    name: str,
    command: str,
    outcome: Outcome,
    findings: Sequence[Finding],
    models: Sequence[ModelFacts],
    data: Sequence[DataFacts],
    started: str,
    hide: Callable[[str], str] = str,
) -> tuple[Decision, bytes]:
    """The decision over all findings, as it may be disclosed, and the content of ``tally.npz`` that it is bound to.

    ``hide`` takes private values out of texts. Aggregates are written without the tables that they were made of.
    """
    champion = any(facts.role == "champion" for facts in models)
    verdict, reason = decide(findings, champion=champion)
    tally = dump({} if settings.disclosure == AGGREGATES else outcome.tallies)
    commit, modified = _commit(settings.root)
    state = ApprovalState.WAITING if command == "run" else ApprovalState.NOT_NEEDED
    decision = Decision(
        model=settings.model,
        title=settings.title or settings.model,
        verdict=verdict,
        reason=reason,
        approval=Approval(state=state),
        findings=tuple(findings),
        exhibits=(
            *outcome.exhibits,
            *_conditions(settings, findings),
            *(_config(settings) if command == "run" else ()),
        ),
        provenance=Provenance(
            run=name,
            command=command,
            models=tuple(models),
            data=tuple(data),
            config_digest=settings.digest,
            tally_digest=digest_bytes(tally),
            code_commit=commit,
            code_modified=modified,
            seed=settings.run.seed,
            versions=_versions(),
            started=started,
            finished=now(),
        ),
        limits=settings.limits,
        mode=settings.mode,
        disclosure=settings.disclosure,
        minimum_cell=settings.minimum_cell,
        confidence=settings.run.confidence,
        on_inconclusive=settings.run.on_inconclusive,
        owner=settings.owner,
        noun=settings.noun,
        positive=settings.label.positive_name,
        negative=settings.label.negative_name,
        task=settings.run.task.value,
        unit=settings.run.unit,
        weight=settings.run.weight,
        currency=settings.run.money.currency if settings.run.money else "",
    )
    return disclose(decision, hide=hide), tally


def _conditions(settings: Settings, findings: Sequence[Finding]) -> tuple[Exhibit, ...]:
    """What the rows of every declared slice meet, for the lines of mlgate.yaml that the report prints."""
    named = dict.fromkeys(one.slice for one in findings if one.section is Section.SLICES and one.rule is not None)
    rows = []
    for name in named:
        conditions = conditions_of(name, settings.run.groupings)
        where = None if conditions is None else where_text(conditions)
        if where is not None:
            rows.append((name, where, int(not settings.guards)))
    return (Exhibit(name="conditions", columns=("slice", "where", "first"), rows=tuple(rows)),) if rows else ()


def _config(settings: Settings) -> tuple[Exhibit, ...]:
    """Which file the run was configured by, as it is typed from here; nothing where it is the usual one."""
    file = shown(Path(settings.config))
    return () if file == CONFIG else (Exhibit(name="config", columns=("file",), rows=((file,),)),)


def _commit(root: Path) -> tuple[str, bool]:
    """Commit of the code, and whether tracked files differ from it; empty where there is no git or no repository."""

    # One process says both; how far the branch is from another one is not asked, since that can take long.
    asked = [
        "git",
        "-C",
        str(root),
        "status",
        "--porcelain=v2",
        "--branch",
        "--no-ahead-behind",
        "--untracked-files=no",
    ]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", False
    oid = "# branch.oid "
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    commit = next((line.removeprefix(oid) for line in lines if line.startswith(oid)), "")
    if not commit or commit == "(initial)":
        return "", False
    return commit, not all(line.startswith("# ") for line in lines)


def _versions() -> tuple[tuple[str, str], ...]:
    return (("python", platform.python_version()), ("mlgate", __version__), *versions_of(_PACKAGES))


def shown(place: Path) -> str:
    """A run's folder as people type it: relative to the current folder where it lies inside."""
    absolute = place.resolve()
    here = Path.cwd().resolve()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else place.as_posix()


@contextmanager
def run_folder(place: Path) -> Iterator[Path]:
    """A folder to build a run in; it takes its place when the block ends well, and vanishes when it does not.

    Raises
    ------
    DataError
        The place is taken by something that is not a run, or cannot be written.
    """
    if place.exists() and not _is_run(place):
        raise DataError(f"{place}: exists and is not the folder of a run; choose another --out.")
    try:
        str(place).encode()
    except UnicodeEncodeError:
        raise DataError(f"{place}: is not UTF-8 text, as a decision has to be; choose another --out.") from None
    if Path.cwd().is_relative_to(place.resolve()):
        raise DataError(f"{place}: is the folder you are in, which cannot be replaced; choose another --out.")
    partial = place.parent / f".{place.name}.partial"
    former = place.parent / f".{place.name}.former"
    try:
        for left_over in (partial, former):
            shutil.rmtree(left_over, ignore_errors=True)
        partial.mkdir(parents=True)
    except OSError as problem:
        raise DataError(f"{place}: cannot be written ({problem.strerror}); choose another --out.") from None
    try:
        yield partial
        for left_over in partial.glob(".*"):  # by a process that was killed while it wrote
            left_over.unlink()
        if place.exists():
            place.rename(former)
        partial.rename(place)
    finally:
        if former.exists() and not place.exists():  # broken off between the two renames
            former.rename(place)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def _is_run(place: Path) -> bool:
    return place.is_dir() and ((place / "decision.json").is_file() or not any(place.iterdir()))


def write_run(folder: Path, decision: Decision, tally: bytes, *, alone: bool = False) -> str:
    """Write all files of a run, and return the statement that binds them.

    ``alone``: the process is there for nothing else, so a copy of it may render where there is much to render.
    """
    with copied(lambda: rewrite_reports(folder, decision), allowed=alone and len(decision.findings) > _MANY):
        text = json.render(decision)
        statement = build(decision, text=text, tally=tally)
        write_atomically(folder / "decision.json", text)
        write_atomically(folder / "tally.npz", tally)
        write_atomically(folder / "decision.intoto.json", statement)
    return statement


def write_reports(folder: Path, decision: Decision, production: Production | None = None) -> None:
    """Write the decision and everything that is rendered from it, with what became of it."""
    write_atomically(folder / "decision.json", json.render(decision))
    rewrite_reports(folder, decision, production)


def rewrite_reports(folder: Path, decision: Decision, production: Production | None = None) -> None:
    """Write what is made of a decision for people and for continuous integration; the decision stays as it is."""
    rendered: dict[str, Callable[[Decision], str]] = {
        "report.html": partial(html.render, production=production),
        "summary.md": partial(markdown.render, production=production),
        "junit.xml": junit.render,
    }
    # One file waits for the disk while the next is rendered; all are written when this returns or raises.
    with ThreadPoolExecutor(1) as disk:
        begun = [disk.submit(write_atomically, folder / name, render(decision)) for name, render in rendered.items()]
    for one in begun:
        one.result()
