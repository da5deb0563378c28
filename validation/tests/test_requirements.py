"""The locks: everything pinned with hashes, nothing that names one machine or one index, one version per package."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("base", "reference", "dev", "build")
#: What the base install may pull in, all of it: comparing files of predictions needs no more.
SMALL = {"numpy", "scipy", "pyarrow", "ruamel-yaml"}


def pins(name: str) -> dict[str, str]:
    """Version by package of one lock."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_line_names_a_place(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    requirements = [
        part for part in re.sub(r"\\\n\s*", " ", text).splitlines() if part and not part.lstrip().startswith("#")
    ]
    assert requirements
    assert [line for line in requirements if "--hash=sha256:" not in line or "==" not in line] == []
    assert re.findall(r"https?:|file:|--index|--find-links|@ ", text) == []


def test_one_package_has_one_version_in_all_locks() -> None:
    dev = pins("dev")
    for name in ("base", "reference"):
        assert {package: version for package, version in pins(name).items() if dev.get(package) != version} == {}


def test_the_base_install_stays_small() -> None:
    assert set(pins("base")) == SMALL


def test_what_pyproject_pins_is_what_is_locked() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name in ("reference", "dev"):
        wanted = dict(line.split("==") for line in extras[name] if "==" in line)
        locked = pins(name)
        assert wanted and {package: locked.get(package) for package in wanted} == wanted, "run `make lock`"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """requirements/install.py, looking at an environment of its own that is finished at the level ``reference``."""
    spec = importlib.util.spec_from_file_location("install", ROOT / "requirements" / "install.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(module, "STAMP", tmp_path / "installed.json")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "installed.json").write_text(json.dumps(module.facts("reference")), encoding="utf-8")
    return module


def test_an_unchanged_lock_installs_nothing_and_a_larger_environment_serves_a_smaller_wish(install: ModuleType) -> None:
    stamp = install.installed()
    assert install.satisfies(stamp, "reference")
    assert install.satisfies(stamp, "base")
    assert not install.satisfies(stamp, "dev")


def test_a_changed_lock_makes_the_environment_anew(install: ModuleType) -> None:
    stamp = {**install.installed(), "locks": "0" * 64}
    assert not install.satisfies(stamp, "reference")
    assert not install.usable(stamp)


def test_a_changed_project_is_installed_again_into_the_same_environment(install: ModuleType) -> None:
    stamp = {**install.installed(), "project": "0" * 64}
    assert not install.satisfies(stamp, "reference")
    assert install.usable(stamp)


@pytest.mark.parametrize("content", ["", "{", '{"level": "everything"}'])
def test_a_broken_stamp_counts_as_no_environment(install: ModuleType, content: str) -> None:
    install.STAMP.write_text(content, encoding="utf-8")
    assert install.installed() is None


def test_an_unknown_level_is_bad_usage() -> None:
    command = [sys.executable, str(ROOT / "requirements" / "install.py"), "everything"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert "base,reference,dev" in asked.stderr
