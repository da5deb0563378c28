"""The documentation says what the program does, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """docs/build.py as a module."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_commands_is_what_the_command_line_says_and_no_link_is_broken() -> None:
    command = [sys.executable, str(ROOT / "docs" / "build.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_link_to_a_missing_file_and_to_a_missing_heading_is_found(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# First part\n\n## Twice\n\n## Twice\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[good](other.md#first-part) [good](other.md#twice-1) [web](https://example.org/x) `[code](no.md)`\n"
        "```\n[code](no.md)\n```\n"
        "[missing](no.md)\n[missing](other.md#second-part)\n",
        encoding="utf-8",
    )
    problems = list(build.broken_links(page))
    assert [problem.split(" leads")[0] for problem in problems] == [
        "page.md:5: the link to no.md",
        "page.md:6: the link to other.md#second-part",
    ]
