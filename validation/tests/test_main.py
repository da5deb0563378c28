"""The command line: exit codes, what goes to which stream, and a traceback for our own mistakes only."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from mlgate import __version__, commands
from mlgate.__main__ import COMMANDS, build_parser, main
from mlgate.errors import ConfigError, DataError, ModelError, RegistryError, ServiceError

ARGUMENTS = {
    "run": [],
    "check": [],
    "power": [],
    "data": [],
    "train": [],
    "report": ["somewhere"],
    "approve": ["somewhere", "--by", "me", "--reason", "fine"],
    "reject": ["somewhere", "--by", "me", "--reason", "bad"],
    "promote": ["somewhere"],
    "rollback": ["--by", "me", "--reason", "bad"],
    "history": [],
    "cache": [],
}


def behave(monkeypatch: pytest.MonkeyPatch, action: Callable[[Namespace], int]) -> None:
    """Let ``mlgate report`` do something else."""
    monkeypatch.setattr("mlgate.commands.report.main", action)


def raising(problem: BaseException) -> Callable[[Namespace], int]:
    def action(options: Namespace) -> int:
        raise problem

    return action


@pytest.mark.parametrize(("problem", "code"), [("KeyboardInterrupt", 130), ("ConfigError('no such thing.')", 2)])
def test_a_command_that_breaks_off_does_not_wait_for_what_it_began(problem: str, code: int) -> None:
    lines = [
        "import sys, threading",
        "from mlgate.__main__ import main",
        "from mlgate.commands import report",
        "from mlgate.errors import ConfigError",
        "from mlgate.threads import meanwhile",
        "def action(options):",
        "    meanwhile(threading.Event().wait)",
        f"    raise {problem}",
        "report.main = action",
        "sys.argv = ['mlgate', 'report', 'x']",
        "sys.exit(main())",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=30)
    assert done.returncode == code
    assert done.stderr in ("mlgate: interrupted\n", "mlgate report: no such thing.\n")


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_code_of_a_command_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    behave(monkeypatch, lambda options: code)
    assert main(["report", "x"]) == code


@pytest.mark.parametrize(
    "problem",
    [
        ConfigError("no such thing."),
        DataError("no such thing."),
        RegistryError("no such thing."),
        ServiceError("no such thing."),
        ModelError("no such thing.", role="champion"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: Exception
) -> None:
    behave(monkeypatch, raising(problem))
    assert main(["report", "x"]) == 2
    assert capsys.readouterr() == ("", "mlgate report: no such thing.\n")


def test_many_problems_begin_on_a_line_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    behave(monkeypatch, raising(ConfigError("f:1: one.\nf:2: two.")))
    assert main(["report", "x"]) == 2
    assert capsys.readouterr().err == "mlgate report:\nf:1: one.\nf:2: two.\n"


@pytest.mark.parametrize("problem", [ZeroDivisionError("oh"), BrokenPipeError("a worker died"), OSError("disk")])
def test_our_own_mistake_is_exit_70_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: Exception
) -> None:
    """A broken pipe to a worker is one of them: it must never look like a reader that went away, and so like a pass."""
    behave(monkeypatch, raising(problem))
    assert main(["report", "x"]) == 70
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" in told.err and type(problem).__name__ in told.err
    assert told.err.endswith("mlgate report: this is a bug of mlgate; please report the lines above.\n")


def test_an_interruption_is_exit_130_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    behave(monkeypatch, raising(KeyboardInterrupt()))
    assert main(["report", "x"]) == 130
    assert capsys.readouterr() == ("", "mlgate: interrupted\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check", "--treshold", "0.5"],
        ["check", "--task", "ranking"],
        ["report"],
        ["approve", "x", "--by", "me"],
        ["rollback"],
        ["history", "superfluous"],
    ],
)
def test_bad_usage_is_exit_2_and_says_so_on_stderr(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.out == "" and "usage: mlgate" in told.err and "Traceback" not in told.err


def test_the_version_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr() == (f"mlgate {__version__}\n", "")


def test_help_names_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, help_text in COMMANDS.items():
        assert f"{name} " in text and help_text.split(",")[0] in text
    for code in ("0 pass", "1 fail", "2 bad usage", "3 ", "70 "):
        assert code in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_file_with_a_main_and_the_options_that_all_have(name: str) -> None:
    assert callable(importlib.import_module(f"mlgate.commands.{name}").main)
    options = build_parser().parse_args([name, *ARGUMENTS[name]])
    plain = (options.command, options.config, options.out, options.json, options.quiet, options.verbose)
    assert plain == (name, "mlgate.yaml", None, False, False, 0)


def test_the_files_of_the_folder_commands_are_the_commands_and_nothing_else() -> None:
    assert commands.__file__
    assert {path.stem for path in Path(commands.__file__).parent.glob("[!_]*.py")} == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_repeated_options_gather() -> None:
    options = build_parser().parse_args(
        ["check", "--by", "a", "--by", "b", "--cross", "a,b", "--metric", "f1", "-vv", "--margin", "0.1"]
    )
    assert (options.by, options.cross, options.metric) == (["a", "b"], ["a,b"], ["f1"])
    assert (options.verbose, options.margin) == (2, "0.1")
    assert build_parser().parse_args(["check"]).by == [], "no default is shared between two calls"


def test_the_installed_command_and_the_module_are_the_same() -> None:
    script = Path(sys.executable).parent / "mlgate"
    for program in ([str(script)], [sys.executable, "-m", "mlgate"]):
        done = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"mlgate {__version__}\n"


@pytest.mark.parametrize("given", [None, "3"])
def test_a_command_leaves_the_environment_of_its_processes_as_it_was(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    name = "OPENBLAS_NUM_THREADS"
    monkeypatch.delenv(name, raising=False)
    if given is not None:
        monkeypatch.setenv(name, given)
    seen: list[str | None] = []

    def note(_: object) -> int:
        seen.append(os.environ.get(name))
        return 0

    def load(_: str) -> Namespace:
        note(None)
        return Namespace(main=note)

    monkeypatch.setattr(importlib, "import_module", load)
    assert main(["history"]) == 0
    assert seen == [given or "1", given]
