"""Build what can be built of the documentation, and check the rest: ``make docs``.

``docs/commands.md`` is written from the command line's own ``--help``, ``docs/metrics.md`` from the metrics themselves,
and the list in ``docs/oddities.md`` from the oddities, so they cannot say what the program does not do. Then every link
in the Markdown files of the repository is followed: a file or heading that is not there is an error. Addresses on the
web are left alone, so that this works without a network. The page of commands is what Python before 3.13 prints. With
``--check`` nothing is written, and a page that differs is an error; a test runs that.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "docs" / "commands.md"
METRICS = ROOT / "docs" / "metrics.md"
ODDITIES = ROOT / "docs" / "oddities.md"
METRIC_HEAD = """# Metrics

Written by `make docs` from the metrics themselves; change those, not this page. Names are scikit-learn's and
fairlearn's where those have one. *Better* says which direction is good; what has none is asked to be `unchanged` or
bounded. *Needs* is the smallest size that is judged: below it nothing passes. *Interval* is that of the paired
improvement when rows are independent; with `unit` or `weight`, shares keep their score interval at the effective number
of rows, and everything else gets a cluster-robust error (CR1). One model's own value, which `at_least` and `at_most`
are about, has an exact interval where it is a share (Clopper and Pearson); a mean's counts the skewness of its sample
up to one and a half times, that of squared errors up to three times, as a sample shows too little of it; what has a
range keeps within it (logit). Money is judged where 50 rows carry what decisions change, if rows have their own
amounts. How well the intervals hold is measured in [calibration](calibration.md).
"""
METRIC_TABLE = "| metric | better | needs | interval | what it is |\n| --- | --- | --- | --- | --- |"
HEAD = """# Commands

Written by `make docs` from the help texts of the program; change those, not this page.
Exit codes: 0 pass or done · 1 fail, refused · 2 bad usage or bad input · 3 inconclusive or waiting for approval ·
70 a bug of mlgate · 130 interrupted.
"""
#: From this version of Python on, argparse sets options with a value in another way.
OTHER_HELP = (3, 13)
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def main() -> int:
    """Write or check the written pages, check all links, and say what was found."""
    parser = argparse.ArgumentParser(description="Build the written pages and check the links of all Markdown files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is out of date")
    check = bool(parser.parse_args().check)
    problems, states = [], []
    for path, text in pages_of():
        stale = not path.is_file() or path.read_text(encoding="utf-8") != text
        name = path.relative_to(ROOT)
        if stale and not check:
            write(path, text)
        elif stale:
            problems.append(f"{name}: the program has changed since it was written; run `make docs`.")
        states.append(f"{name} {'is up to date' if not stale else 'is out of date' if check else 'written'}")
    if sys.version_info >= OTHER_HELP:
        states.append("docs/commands.md left out, since this Python sets help texts in another way")
    pages = markdown_files()
    problems += [problem for page in pages for problem in broken_links(page)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{', '.join(states)}; links of {len(pages)} pages checked, {len(problems)} problems.")
    return 1 if problems else 0


def pages_of() -> list[tuple[Path, str]]:
    """The pages that are written, with their text."""
    pages = [(METRICS, metric_page()), (ODDITIES, oddity_page())]
    return pages if sys.version_info >= OTHER_HELP else [(COMMANDS, command_page()), *pages]


def command_page() -> str:
    """The page: the overview, then the help text of every command that the overview lists."""
    overview = help_text()
    names = re.findall(r"^    (\w[\w-]*)(?:\s|$)", overview, re.MULTILINE)
    parts = [HEAD, f"```text\n{overview}```\n"]
    parts += [f"## mlgate {name}\n\n```text\n{help_text(name)}```\n" for name in names]
    return "\n".join(parts)


def metric_page() -> str:
    """The page: for every task its metrics, with direction, least size, interval, and what it is."""
    from mlgate.metrics import METRICS as KNOWN
    from mlgate.metrics import MONEY
    from mlgate.metrics.families import NUMBERED, OF_CLASS
    from mlgate.records.words import Task

    told = definitions()
    parts = [METRIC_HEAD]
    for task in Task:
        found: list[tuple[str, Any, str]] = [(metric.name, metric, told[metric.name]) for metric in KNOWN[task]]
        for family in NUMBERED[task]:
            metric = family.build(int(family.example) if family.whole else family.example)
            found.append((family.shown, metric, told[family.build.__name__]))
        if task is Task.MULTICLASS:
            found += [(f"{name}(CLASS)", make("CLASS", 0), told[make.__name__]) for name, make in OF_CLASS.items()]
        if task is Task.BINARY:
            found += [(metric.name, metric, told[metric.name]) for metric in MONEY]
        parts.append(f"## {task.value}\n\n" + "\n".join([METRIC_TABLE, *(metric_row(*one) for one in found)]) + "\n")
    return "\n".join(parts)


def oddity_page() -> str:
    """The page as it stands, with the list of sets as the code has it."""
    from mlgate.oddities import FAMILIES
    from mlgate.oddities import ODDITIES as KNOWN

    lines = []
    for family, title in FAMILIES.items():
        inside = [oddity for oddity in KNOWN if oddity.family == family]
        if inside:
            lines += [f"### {title}", "", "| set | where … | |", "| --- | --- | --- |"]
            lines += [f"| `{oddity.name}` | {oddity.title} | {oddity_marks(oddity)} |" for oddity in inside]
            lines.append("")
    begin, end = "<!-- catalogue: begin -->\n", "<!-- catalogue: end -->"
    before, _, rest = ODDITIES.read_text(encoding="utf-8").partition(begin)
    return "".join([before, begin, "\n", "\n".join(lines), "\n", end, rest.partition(end)[2]])


def oddity_marks(oddity: Any) -> str:
    """What else is to be known of a set, in signs that the page explains."""
    marks = ["="] * oddity.alike + ["r"] * (oddity.expect == "either") + ["per column"] * oddity.each
    return ", ".join(marks)


def metric_row(name: str, metric: Any, told: str) -> str:
    """One line of the table."""
    better = {True: "higher", False: "lower", None: "–"}[metric.greater_is_better]
    least = metric.minimum
    sizes = (
        ("rows", least.rows),
        ("positives", least.positives),
        ("negatives", least.negatives),
        ("of each class", least.each),
        ("decided positive", least.decided),
        ("rows that carry the label's spread", least.carrying),
    )
    needs = ", ".join(f"{count:,} {noun}" for noun, count in sizes if count)
    decides = "" if getattr(metric, "decides", True) else " Shown only."
    return f"| `{name}` | {better} | {needs or '–'} | {interval_of(metric)} | {told}{decides} |"


def interval_of(metric: Any) -> str:
    """By what the paired improvement gets its interval when rows are independent and weigh the same."""
    kind = type(metric).__name__
    if kind in ("Hits", "Flips") or kind == "Confusion" and metric.paired:
        return "Tango" if kind != "Flips" else "exact"
    if kind == "Ranking":
        return f"{'DeLong' if metric.by_class else 'influence'}, wider of t and Hall"
    if kind == "MeanLoss":
        return "wider of t and Hall"
    return "influence, wider of t and counts"


def definitions() -> dict[str, str]:
    """First paragraph and source of every metric's docstring, by the metric's name, or by that of its function."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "validation" / "mlgate" / "metrics").glob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node, after in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.FunctionDef):
                found[node.name] = first_paragraph(ast.get_docstring(node) or "")
            elif isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                name = next((one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)), None)
                found[str(name)] = first_paragraph(inspect.cleandoc(str(after.value.value)))
    return found


def first_paragraph(docstring: str) -> str:
    """The definition, and where it comes from, on one line."""
    paragraphs = [" ".join(part.split()) for part in docstring.split("\n\n")]
    source = next((part for part in paragraphs if part.startswith("Source:")), "")
    return f"{paragraphs[0]} {source}".strip().replace("|", "\\|").replace("``", "`")


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
