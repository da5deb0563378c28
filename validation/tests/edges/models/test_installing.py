"""uv or pip: which of them builds, what they are asked for, and what is told when they fail.

What uv says is recorded from uv 0.13; the last tests run the real one where there is one, and fetch nothing.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlgate.edges.models import installing
from mlgate.edges.models.installing import build, found_uv, what_it_said
from mlgate.edges.models.model_environment import NOTE, environments, python_for
from mlgate.edges.models.model_requirements import Wanted
from mlgate.errors import DataError
from tests.edges.models.test_model_environment import wheel

UV = found_uv()


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE", str(tmp_path / "cache"))


def program(folder: Path, text: str) -> Path:
    """An executable ``uv`` of a few lines of shell, first on the path of what it is made for."""
    folder.mkdir(exist_ok=True)
    place = folder / "uv"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


def wanted(*lines: str, python: str = "") -> Wanted:
    return Wanted(python=python, requirements=lines, file="requirements.txt")


def failing(folder: Path, said: str, *, step: str = "pip") -> Path:
    """A uv whose one step fails with these words."""
    words = folder / "said"
    words.parent.mkdir(exist_ok=True)
    words.write_text(said)
    return program(folder, f'[ "$1" = {step} ] || exit 0\ncat {words} >&2\nexit 2')


def test_uv_is_taken_from_the_path_or_from_beside_our_python_or_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path, beside = program(tmp_path / "path", "exit 0"), program(tmp_path / "beside", "exit 0")
    monkeypatch.setattr(sys, "executable", str(beside.parent / "python"))
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert found_uv() == str(on_path)
    on_path.chmod(0o644)
    assert found_uv() == str(beside)
    beside.unlink()
    assert found_uv() is None


def test_uv_gets_our_own_python_compiles_once_and_makes_no_editable_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "asked"
    text = f'echo "$@" >> {log}\n[ "$1" = venv ] || cat mlgate-requirements.txt >> {log}'
    monkeypatch.setenv("PATH", f"{program(tmp_path / 'bin', text).parent}:{os.environ['PATH']}")
    (folder := tmp_path / "model").mkdir()
    with (tmp_path / "lock").open("w") as lock:
        ours = installing.own_minor()
        build(tmp_path / "a", ["-e ./code", "numpy==1"], folder=folder, minor=ours, lock=lock.fileno())
        build(tmp_path / "b", [], folder=folder, minor="3.99", lock=lock.fileno())
    venv, install, code, numpy, other, _ = log.read_text().splitlines()
    assert venv.startswith("venv ") and f"--no-python-downloads --python {sys.executable} {tmp_path}/a" in venv
    assert f"--compile-bytecode --python {tmp_path}/a/bin/python --requirement" in install
    assert (code, numpy) == ("./code", "numpy==1")
    assert f"--python 3.99 {tmp_path}/b" in other
    assert not list(folder.iterdir())


SAID = [
    (
        "error: No solution found when resolving dependencies\n  cause: Because there is no version of a==9 and you "
        "require a==9, we can conclude that your requirements are unsatisfiable.\n",
        "has requirements that uv cannot install (No solution found when resolving dependencies: Because there is no "
        "version of a==9 and you require a==9, we can conclude that your requirements are unsatisfiable); mend them "
        "and log the model again.",
    ),
    (
        "error: Request failed after 3 retries in 9.4s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/a/\n"
        "  cause: error sending request for url (http://127.0.0.1:9/simple/a/)\n  cause: client error (Connect)\n"
        "  cause: tcp connect error\n  cause: Connection refused (os error 111)\n",
        "has requirements that uv cannot fetch (Request failed after 3 retries in 9.4s: Failed to fetch: "
        "http://127.0.0.1:9/simple/a/: Connection refused (os error 111)); check the network and uv's settings of its "
        "index.",
    ),
    (
        "\x1b[1m\x1b[31merror\x1b[39m\x1b[0m: No solution found\n  cause: a was not found in the cache.\n\n"
        "hint: Packages were unavailable because the network was disabled.\n",
        "has requirements that uv cannot fetch (No solution found: a was not found in the cache); check the network "
        "and uv's settings of its index.",
    ),
    (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on b<2\n"
        "      and you require b==3, your requirements are unsatisfiable.\n",
        "has requirements that uv cannot install (No solution found when resolving dependencies: Because a==1 depends "
        "on b<2 and you require b==3, your requirements are unsatisfiable); mend them and log the model again.",
    ),
    ("", "has requirements that uv cannot install (no message); mend them and log the model again."),
]


@pytest.mark.parametrize(("said", "sentence"), SAID)
def test_what_uv_cannot_install_is_one_sentence_and_leaves_nothing_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    monkeypatch.setenv("PATH", f"{failing(tmp_path / 'bin', said).parent}:{os.environ['PATH']}")
    with pytest.raises(DataError) as caught:
        python_for(wanted("a==9"), tmp_path)
    assert str(caught.value) == sentence
    assert not list(environments().glob("*/" + NOTE))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "error: No interpreter found for Python 3.99 in managed installations or search path\n",
            "asks for Python 3.99, and uv finds none; install it: uv python install 3.99.",
        ),
        (
            "error: Failed to create virtual environment\n  cause: No space left on device (os error 28)\n",
            "needs an environment that uv cannot make (Failed to create virtual environment: No space left on device "
            "(os error 28)); check disk and uv.",
        ),
    ],
)
def test_what_uv_cannot_make_is_no_fault_of_the_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    monkeypatch.setenv("PATH", f"{failing(tmp_path / 'bin', said, step='venv').parent}:{os.environ['PATH']}")
    with pytest.raises(DataError) as caught:
        python_for(wanted(python="3.99.1"), tmp_path)
    assert str(caught.value) == sentence


def test_nobody_builds_where_an_installer_still_writes_that_has_outlived_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"sleep 60 > {tmp_path}/out 2>&1 &\necho $! > {tmp_path}/number\nexit 1"
    monkeypatch.setenv("PATH", f"{program(tmp_path / 'bin', text).parent}:{os.environ['PATH']}")
    with pytest.raises(DataError, match="uv cannot make"):
        python_for(wanted("a"), tmp_path)
    [lock] = environments().glob("*.lock")
    with lock.open("w") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.kill(int((tmp_path / "number").read_text()), signal.SIGKILL)
        fcntl.flock(file, fcntl.LOCK_EX)


def test_an_index_that_does_not_answer_is_told_apart_from_a_package_that_it_does_not_have() -> None:
    retried = (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(refused)': /simple/a/\n"
        "ERROR: Could not find a version that satisfies the requirement a==9 (from versions: none)\n"
        "ERROR: No matching distribution found for a==9\n"
    )
    assert installing._unanswered(retried) and not installing._unanswered(retried.partition("\n")[2])
    said = what_it_said(retried)
    assert said.startswith("Could not find a version that satisfies") and said.endswith("found for a==9")
    assert len(what_it_said(f"error: {'x' * 9999}\n  cause: {'y' * 9999}\n  cause: {'z' * 9999}\n")) < 800


@pytest.mark.skipif(UV is None, reason="uv is not installed here; pip install uv")
def test_uv_itself_builds_an_environment_that_holds_what_was_asked_for_compiled(tmp_path: Path) -> None:
    borrowed = "\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n"
    lines = [
        wheel(tmp_path / "wheels", "oldlib", "3.0", {"oldlib.py": "VERSION = 3\n"}),
        wheel(tmp_path / "wheels", "borrowed", "1.0", {"borrowed.pth": borrowed}),
    ]
    python = python_for(wanted(*lines), tmp_path)
    assert "uv = " in (python.parents[1] / "pyvenv.cfg").read_text()
    told = subprocess.run([python, "-c", "import oldlib; print(oldlib.VERSION)"], capture_output=True, check=True)
    assert told.stdout == b"3\n"
    assert list(python.parents[1].rglob("oldlib.*.pyc"))
    assert (python.parents[1] / NOTE).is_file() and not (tmp_path / "mlgate-requirements.txt").exists()


@pytest.mark.skipif(UV is None, reason="uv is not installed here; pip install uv")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (wanted("no-such==9"), "has requirements that uv cannot fetch (No solution found"),
        (wanted("no/such.whl"), "has requirements that uv cannot install (The wheel filename"),
        (wanted(python="3.99"), "asks for Python 3.99, and uv finds none; install it: uv python install 3.99."),
    ],
)
def test_what_uv_itself_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Wanted, sentence: str
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(DataError) as caught:
        python_for(asked, tmp_path)
    assert str(caught.value).startswith(sentence) and str(caught.value).count("\n") == 0
    assert not list(environments().glob("*/" + NOTE))
