"""Run shellcheck on every ``run:`` of the workflows named on the command line.

Shell inside YAML is shell that no editor checks. Each ``run:`` is handed to shellcheck as the bash script that it will
be, with GitHub's ``${{ … }}`` replaced by a word, and a finding is told with the file and the step it stands in.
Separate from the library: it is a tool of this repository only.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

SHELLCHECK = Path(sys.executable).parent / "shellcheck"


def main(paths: list[str]) -> int:
    """Check all workflows and return 1 when shellcheck has something to say about one of them."""
    return max((check(Path(path)) for path in paths), default=0)


def check(path: Path) -> int:
    """Check the scripts of one workflow and print what is wrong with which step."""
    worst = 0
    for place, script in scripts(YAML(typ="safe").load(path.read_text(encoding="utf-8"))):
        # GitHub runs `bash -e`, so shellcheck reads the script with that line in front.
        text = "#!/usr/bin/env bash\nset -e\n" + re.sub(r"\$\{\{.*?\}\}", "value", script, flags=re.DOTALL)
        command = [str(SHELLCHECK), "--format=gcc", "--shell=bash", "-"]
        answer = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        if answer.returncode != 0:
            print(f"{path}: {place}\n{answer.stdout}{answer.stderr}", end="")
            worst = 1
    return worst


def scripts(workflow: dict[str, object]) -> Iterator[tuple[str, str]]:
    """The ``run:`` texts of a parsed workflow, each with the place where it stands."""
    jobs = workflow.get("jobs")
    if not isinstance(jobs, dict):
        raise SystemExit("a workflow without jobs is not a workflow: is this the right file?")
    for job, body in jobs.items():
        for number, step in enumerate(body.get("steps", []), start=1):
            if "run" in step:
                yield f"job {job}, step {number} ({step.get('name', 'unnamed')})", step["run"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
