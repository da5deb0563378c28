"""Bring ``.venv`` to what a lock file says: ``python3 requirements/install.py {base,reference,dev}``.

Every make target calls this first, so it must cost nothing when there is nothing to do: a stamp in ``.venv`` remembers
which lock was installed, by content. The same lock: nothing happens. Another lock or another Python: the environment is
made anew. ``dev`` contains ``reference``, which contains ``base``, so a larger environment serves a smaller wish.

Separate from the Makefile because hashing and comparing differ between shells; the standard library only, because it
runs before anything is installed. Uses ``uv`` when it is there and works, else ``venv`` and ``pip``; both install with
``--require-hashes`` and from wheels only, so no code of a dependency is run while installing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.json"
#: Smallest first: each one contains those before it.
LEVELS = ("base", "reference", "dev")


def main(arguments: list[str]) -> int:
    """Install the level named on the command line unless the stamp says that it is there already."""
    if sys.version_info < (3, 11):
        print(
            f"mlgate needs Python 3.11 or newer and {sys.executable} is {sys.version.split()[0]}: "
            "install a newer one and say which, such as `make PYTHON=python3.12 run`.",
            file=sys.stderr,
        )
        return 2
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        print(f"usage: python3 requirements/install.py {{{','.join(LEVELS)}}}", file=sys.stderr)
        return 2
    wanted = arguments[0]
    before = installed()
    if before is not None and satisfies(before, wanted):
        return 0
    fresh = before is None or not usable(before)
    level = wanted if before is None else max(wanted, before["level"], key=LEVELS.index)
    installer = choose_installer()
    print(f"Installing requirements/{level}.txt into .venv with {installer} …", file=sys.stderr, flush=True)
    install(level, installer=installer, fresh=fresh)
    return 0


def facts(level: str) -> dict[str, str]:
    """Everything an environment of this level depends on, as digests."""
    return {
        "level": level,
        "python": sys.version,
        "place": str(ROOT),
        "locks": digest(*(LOCKS / f"{name}.txt" for name in (*LEVELS, "build"))),
        "project": project_digest(),
    }


def digest(*paths: Path) -> str:
    """SHA-256 over the contents of files, in order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def project_digest() -> str:
    """SHA-256 of the parts of pyproject.toml that an editable install reads; tool settings may change without one."""
    import tomllib  # not at the top: the sentence for an old Python must come before this import fails

    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    parts = tomllib.loads(text)
    relevant = [parts["build-system"], parts["project"], parts.get("tool", {}).get("setuptools", {})]
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


def installed() -> dict[str, str] | None:
    """The stamp of a finished install, or None when there is none that can be read."""
    if not STAMP.is_file() or not (ENVIRONMENT / "bin" / "python").exists():
        return None
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return stamp if stamp.get("level") in LEVELS else None


def satisfies(stamp: dict[str, str], wanted: str) -> bool:
    """Whether the environment holds the wanted level, or a larger one, in its present state."""
    return LEVELS.index(stamp["level"]) >= LEVELS.index(wanted) and stamp == facts(stamp["level"])


def usable(stamp: dict[str, str]) -> bool:
    """Whether the environment may be added to: same locks, same Python, same place."""
    now = facts(stamp["level"])
    return all(stamp.get(key) == now[key] for key in ("python", "place", "locks"))


def choose_installer() -> str:
    """``uv`` when a working one is found, else ``pip``; the variable INSTALLER decides instead when it is set."""
    asked = os.environ.get("INSTALLER", "")
    if asked:
        if asked not in ("uv", "pip"):
            raise SystemExit(f'INSTALLER is "{asked}": say uv or pip, or leave it unset.')
        return asked
    if shutil.which("uv") is None:
        return "pip"
    # A shim may exist for another Python version and refuse to run under this one.
    works = subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode == 0
    return "uv" if works else "pip"


def install(level: str, *, installer: str, fresh: bool) -> None:
    """Install the lock and mlgate itself; the stamp goes first and comes back last: half an install is never enough."""
    STAMP.unlink(missing_ok=True)
    python = str(ENVIRONMENT / "bin" / "python")
    if fresh:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if installer == "uv":
        make = ["uv", "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)]
        add = ["uv", "pip", "install", "--quiet", "--python", python]
    else:
        make = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
        add = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if fresh:
        run(make)
    locks = [argument for name in (level, "build") for argument in ("--requirement", str(LOCKS / f"{name}.txt"))]
    run([*add, "--require-hashes", "--only-binary", ":all:", *locks])
    run([*add, "--no-build-isolation", "--no-deps", "--editable", str(ROOT)])
    STAMP.write_text(json.dumps(facts(level), indent=1) + "\n", encoding="utf-8")


def run(command: list[str]) -> None:
    """Run one command and end with one sentence, not a traceback, when it fails."""
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode != 0:
        raise SystemExit(f"`{' '.join(command)}` failed (exit {finished.returncode}): see the lines above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
