"""Build what can be built of the documentation, and check the rest: ``make docs``.

``docs/commands.md`` is written from the command line's own ``--help``, so it cannot say what the program does not do.
Then every link in the Markdown files of the repository is followed: a file or heading that is not there is an error.
Addresses on the web are left alone, so that this works without a network. With ``--check`` nothing is written, and a
``commands.md`` that differs is an error; a test runs that.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "docs" / "commands.md"
HEAD = """# Commands

Written by `make docs` from the help texts of the program; change those, not this page.
Exit codes: 0 pass or done · 1 fail, refused · 2 bad usage or bad input · 3 inconclusive or waiting for approval ·
70 a bug of mlgate · 130 interrupted.
"""
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def main() -> int:
    """Write or check ``docs/commands.md``, check all links, and say what was found."""
    parser = argparse.ArgumentParser(description="Build docs/commands.md and check the links of all Markdown files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is out of date")
    check = bool(parser.parse_args().check)
    text = command_page()
    stale = not COMMANDS.is_file() or COMMANDS.read_text(encoding="utf-8") != text
    if stale and not check:
        write(COMMANDS, text)
    pages = markdown_files()
    problems = [problem for page in pages for problem in broken_links(page)]
    if stale and check:
        problems.append("docs/commands.md: the command line has changed since it was written; run `make docs`.")
    for problem in problems:
        print(problem, file=sys.stderr)
    state = "is up to date" if not stale else "is out of date" if check else "written"
    print(f"docs/commands.md {state}; links of {len(pages)} pages checked, {len(problems)} problems.")
    return 1 if problems else 0


def command_page() -> str:
    """The page: the overview, then the help text of every command that the overview lists."""
    overview = help_text()
    names = re.findall(r"^    (\w[\w-]*)(?:\s|$)", overview, re.MULTILINE)
    parts = [HEAD, f"```text\n{overview}```\n"]
    parts += [f"## mlgate {name}\n\n```text\n{help_text(name)}```\n" for name in names]
    return "\n".join(parts)


def help_text(*command: str) -> str:
    """What ``mlgate … --help`` prints on a terminal of 100 columns, without colours."""
    width = {"COLUMNS": "100", "NO_COLOR": "1"}
    asked = [sys.executable, "-m", "mlgate", *command, "--help"]
    return subprocess.run(asked, env=os.environ | width, capture_output=True, text=True, check=True).stdout


def markdown_files() -> list[Path]:
    """Markdown pages that git knows or would take, so that no environment and no report is searched."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def broken_links(page: Path) -> Iterator[str]:
    """One sentence for every link of a page whose file or heading is not there."""
    source = page.read_text(encoding="utf-8")
    for line, target in links(source):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, heading = target.partition("#")
        goal = page if not name else (ROOT / name[1:] if name.startswith("/") else page.parent / name)
        place = f"{page.relative_to(ROOT)}:{line}"
        if not goal.exists():
            yield f"{place}: the link to {target} leads nowhere: there is no such file."
        elif heading and goal.suffix == ".md" and heading not in anchors(goal.read_text(encoding="utf-8")):
            yield f"{place}: the link to {target} leads nowhere: the page has no such heading."


def links(source: str) -> Iterator[tuple[int, str]]:
    """Line number and target of every link outside code."""
    text = CODE.sub(blank, FENCE.sub(blank, source))
    for match in LINK.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def blank(match: re.Match[str]) -> str:
    """As many lines as the match has, empty: line numbers stay right."""
    return "\n" * match.group().count("\n")


def anchors(source: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them; a second heading of the same name gets ``-1``."""
    found: set[str] = set()
    for title in HEADING.findall(FENCE.sub(blank, source)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


def write(path: Path, text: str) -> None:
    """Replace a file whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as unfinished:
        unfinished.write(text)
    os.chmod(unfinished.name, 0o644)
    os.replace(unfinished.name, path)


if __name__ == "__main__":
    sys.exit(main())
