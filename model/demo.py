"""The whole road on real data, through the public command line: ``make run`` calls ``python -m model.demo``.

From an empty registry of its own under ``reports/demo/``: train a first champion, check the data, judge the champion by
the absolute requirements, approve and promote it; train a challenger, take it through the whole gate, approve and
promote it, or leave it where the gate stopped it. Every command is printed before it runs, so that each can be repeated
by hand. The road is completed when the challenger was promoted, refused or held for a stated reason; it fails when a
command could not do its work (exit codes 2 and 70).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Done", "Stopped", "main", "take"]

ROOT = Path(__file__).resolve().parent.parent
#: Everything that the demonstration makes, its registry too; emptied at the start. The data lie beside it.
FOLDER = Path("reports") / "demo"
#: Who approves. Such approvals are marked, and a real policy refuses them.
PERSON = ("--by", "demo", "--reason", "demonstration by make run", "--demo")

#: What the exit codes of mlgate mean here: the road goes on, or it ends for a reason that is no breakdown.
WENT_WELL, REFUSED, HELD = 0, 1, 3
#: Commands that may say no: what they found stops a model and not the road.
JUDGES = ("data", "run", "approve", "promote")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """One command that has run."""

    code: int
    output: str


class Stopped(Exception):
    """A command could not do its work: this is a failure of the demonstration, not a verdict."""


def main() -> int:
    """Take the road; 0 when it was completed."""
    started = time.monotonic()
    shutil.rmtree(ROOT / FOLDER, ignore_errors=True)
    (ROOT / FOLDER).mkdir(parents=True)
    registry = f"sqlite:///{(ROOT / FOLDER / 'mlflow.db').as_posix()}"
    environment = {**os.environ, "MLFLOW_TRACKING_URI": registry}
    environment.pop("MLFLOW_REGISTRY_URI", None)
    _say(f"export MLFLOW_TRACKING_URI={registry}")
    try:
        ending = take(environment)
    except Stopped as problem:
        _say(f"\nThe road broke off: {problem}")
        return 1
    _say(f"\n{ending}\nTaken in {time.monotonic() - started:.0f} s.")
    return 0


def take(environment: Mapping[str, str]) -> str:
    """Go from the empty registry to the end of the road; the ending, told in sentences."""
    _run([["python", "-m", "model.data"]], environment)
    # Side by side wherever one does not need the other: two processors are enough to halve the waiting.
    _run([["mlgate", "train", "--with", "recipe=champion", "--out", str(FOLDER)], ["mlgate", "data"]], environment)
    first, second = FOLDER / "champion", FOLDER / "challenger"
    [judged] = _run([["mlgate", "run", "--challenger", "models:/loanapp/1", "--out", str(first)]], environment)
    training = ["mlgate", "train", "--with", "recipe=challenger", "--out", str(second.with_name("training"))]
    outcome = _decide(first, judged, environment, beside=[training])
    if outcome != "promoted":
        return f"The first champion was {outcome}, so there is nothing to compare a challenger with.\n{_where(first)}"
    [judged] = _run([["mlgate", "run", "--challenger", "models:/loanapp/2", "--out", str(second)]], environment)
    outcome = _decide(second, judged, environment)
    _run([["mlgate", "history"]], environment)
    return f"The challenger was {outcome}.\n{_where(second)}"


def _decide(folder: Path, judged: Done, environment: Mapping[str, str], beside: Sequence[Sequence[str]] = ()) -> str:
    """Approve and promote what the gate lets through, with other commands beside the approval; what became of it."""
    if judged.code == REFUSED:
        return "refused"
    approved, *_ = _run([["mlgate", "approve", str(folder), *PERSON], *beside], environment)
    if approved.code != WENT_WELL:
        return "held: its approval was not accepted"
    [promoted] = _run([["mlgate", "promote", str(folder)]], environment)
    return "promoted" if promoted.code == WENT_WELL else "held: its promotion was not accepted"


def _where(folder: Path) -> str:
    """Verdict, reason and report of a run."""
    decision = json.loads((ROOT / folder / "decision.json").read_text(encoding="utf-8"))
    report = folder / "report.html"
    return f"Verdict: {decision['verdict']}. {decision['reason']}\nReport: {report.as_posix()}"


def _run(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> list[Done]:
    """Run commands side by side, show each with its output, and stop the road where one could not do its work."""
    started = time.monotonic()
    for command in commands:
        _say(f"\n$ {shlex.join(command)}")
    running = [
        subprocess.Popen(
            _program(command),
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        for command in commands
    ]
    done = []
    # Each of them prints far less than a pipe holds, so none waits while another is read.
    for command, process in zip(commands, running):
        output, _ = process.communicate()
        done.append(Done(code=process.returncode, output=output))
        if len(commands) > 1:
            _say(f"\n[{' '.join(command[:2])}]")
        _say(output.rstrip())
    _say(f"({time.monotonic() - started:.0f} s)")
    for command, end in zip(commands, done):
        if end.code != WENT_WELL and (end.code not in (REFUSED, HELD) or command[1] not in JUDGES):
            raise Stopped(f"`{shlex.join(command)}` ended with exit code {end.code}.")
    return done


def _program(command: Sequence[str]) -> list[str]:
    """The same command with the programs of this very environment, whether or not it is activated."""
    if command[0] == "python":
        return [sys.executable, *command[1:]]
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
