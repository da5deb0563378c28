"""The import rule of the design, and the promise that the command line answers at once.

The rule itself is written down once, in ``pyproject.toml`` under ``tool.importlinter``; ``make lint`` prints every
broken contract with its chain of imports. Here it is a test as well, so that ``make test`` alone cannot pass over it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "validation" / "mlgate"
#: The library's own names that may be imported while a module is loaded without loading anything heavy.
HEAVY = ("mlflow", "pandas", "great_expectations", "sklearn", "scipy.stats", "matplotlib", "sqlalchemy", "pydantic")


def test_no_layer_imports_what_is_above_it_and_siblings_do_not_import_each_other() -> None:
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_command_line_imports_only_the_standard_library_when_it_is_loaded() -> None:
    tree = ast.parse((PACKAGE / "__main__.py").read_text(encoding="utf-8"))
    # Top level only: imports inside functions are the lazy ones that the rule asks for.
    modules = [name for node in tree.body for name in imported(node)]
    outside = [name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names]
    assert outside == []
    assert modules, "no import found at all: this test reads the wrong file"


def imported(node: ast.stmt) -> list[str]:
    """Modules that a statement imports, with those of the blocks inside it (``if``, ``try``)."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "." * node.level]
    if isinstance(node, (ast.If, ast.Try)):
        return [name for inner in [*node.body, *node.orelse] for name in imported(inner)]
    return []


def modules_after(code: str) -> set[str]:
    """Names in ``sys.modules`` of a new interpreter that ran the code."""
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_help_loads_nothing_heavy() -> None:
    loaded = modules_after("import mlgate.__main__ as main\nmain.build_parser().format_help()")
    assert "mlgate.__main__" in loaded
    assert sorted(loaded & {*HEAVY, "numpy", "scipy", "pyarrow", "ruamel.yaml"}) == []


@pytest.mark.parametrize(
    "command", ["mlgate.gate", "mlgate.commands.check_steps.check_predictions", "mlgate.commands.report"]
)
def test_judging_predictions_loads_neither_pandas_nor_scipy_stats_nor_plotting(command: str) -> None:
    loaded = modules_after(f"import {command}")
    assert command in loaded
    assert sorted(loaded & set(HEAVY)) == []


def test_a_check_of_predictions_does_without_what_takes_long_to_import(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("y,old,new,town,day\n" + "0,0.2,0.3,a,2026-01-01\n1,0.8,0.6,b,2026-01-02\n" * 200)
    asked = ["check", "--predictions", str(rows), "--label", "y", "--champion", "old", "--challenger", "new"]
    asked += ["--by", "town", "--quiet", "--out", str(tmp_path / "run")]
    loaded = modules_after(f"from mlgate.__main__ import main\nassert main({asked!r}) in (0, 1, 3)")
    assert "pyarrow.csv" in loaded
    slow = {*HEAVY, "pyarrow.compute", "pyarrow.dataset", "scipy.special._basic", "scipy.sparse._base"}
    assert sorted(loaded & slow) == []


def test_every_file_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
