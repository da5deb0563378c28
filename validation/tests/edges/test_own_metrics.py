"""A user's own metrics: what is found, what is refused with one sentence, and what the import leaves behind."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mlgate.edges.own_metrics import PutOff, load
from mlgate.errors import ConfigError

PROFIT = "def profit(labels, scores, weights):\n    return float((weights * (scores - labels)).sum())\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Writes modules into a project's folder; what their import changed is undone."""
    path, before = list(sys.path), set(sys.modules)

    def write_modules(**texts: str) -> Path:
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    yield write_modules
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_a_function_beside_mlgate_yaml_is_found_and_called(write: Write) -> None:
    function = load("own_a.profit", write(own_a=PROFIT))
    assert function(np.array([0, 1]), np.array([0.5, 1.0]), np.array([1.0, 2.0])) == 0.5


def test_a_function_in_a_package_is_found(write: Write, tmp_path: Path) -> None:
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("")
    (tmp_path / "own_package" / "money.py").write_text(PROFIT)
    write()
    assert load("own_package.money.profit", tmp_path)([0], np.array([1.0]), np.array([1.0])) == 1.0


def test_a_function_that_is_installed_is_found(tmp_path: Path) -> None:
    found: object = load("numpy.testing.assert_allclose", tmp_path)
    assert found is np.testing.assert_allclose


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (PROFIT, "own_gone.profit", 'there is no module "own_gone" in {root}, nor is one installed; check own_gone.'),
        (PROFIT, "own_b.deeper.profit", 'there is no module "own_b.deeper" in {root}'),
        (PROFIT, "own_b.proft", 'the module own_b has no function "proft"; did you mean "profit"?'),
        ("", "own_b.profit", 'the module own_b has no function "profit"; define it in {root}/own_b.py.'),
        ("profit = 3\n", "own_b.profit", "own_b.profit is not a function but of type int; name one of"),
        (
            "def profit(labels, scores):\n    return 0.0\n",
            "own_b.profit",
            "own_b.profit(labels, scores) cannot be called as own_b.profit(labels, scores, weights): too many",
        ),
        (
            "def profit(labels, scores, weights, currency):\n    return 0.0\n",
            "own_b.profit",
            "own_b.profit(labels, scores, weights, currency) cannot be called as own_b.profit(labels, scores, weights)",
        ),
        ("import own_needs\n", "own_b.profit", "own_b cannot be imported (No module named 'own_needs'); install what"),
        ("1 / 0\n", "own_b.profit", "own_b cannot be imported (ZeroDivisionError: division by zero); correct the"),
        ("def profit(\n", "own_b.profit", "own_b cannot be imported (SyntaxError: '(' was never closed"),
        ("raise SystemExit('no licence')\n", "own_b.profit", "own_b cannot be imported (SystemExit: no licence)"),
    ],
)
def test_what_cannot_be_a_metric_is_told_in_one_sentence(write: Write, text: str, name: str, told: str) -> None:
    root = write(own_b=text)
    with pytest.raises(ConfigError) as refusal:
        load(name, root)
    assert str(refusal.value).startswith(told.format(root=root))
    assert "\n" not in str(refusal.value)


def test_a_name_that_python_uses_itself_is_refused_instead_of_taking_the_wrong_module(write: Write) -> None:
    root = write(statistics=PROFIT)
    import statistics

    assert not hasattr(statistics, "profit")
    with pytest.raises(ConfigError, match=f'the name of the module "statistics" is taken .*; rename {root}'):
        load("statistics.profit", root)


def test_any_arguments_and_functions_written_in_c_are_accepted(write: Write) -> None:
    root = write(own_c="from builtins import iter as first\ndef profit(*arrays):\n    return 0.0\n")
    assert callable(load("own_c.profit", root))
    assert callable(load("own_c.first", root))


def test_the_projects_folder_shadows_nothing_after_the_import(write: Write) -> None:
    profit = "def profit(labels, scores, weights):\n    import own_e\n    return own_e.VALUE\n"
    root = write(own_d=profit, own_e="VALUE = 7\n")
    before = list(sys.path)
    function = load("own_d.profit", root)
    assert sys.path == [*before, str(root)]
    load("own_d.profit", root)
    assert sys.path == [*before, str(root)]
    # What a metric imports when it is called is found too.
    assert function(None, None, None) == 7


def test_a_function_that_is_put_off_is_imported_when_it_is_first_called(write: Write) -> None:
    root = write(own_f="from pathlib import Path\nPath(__file__).with_suffix('.seen').touch()\n" + PROFIT)
    function = PutOff("own_f.profit", root)
    assert function == PutOff("own_f.profit", root) and pickle.loads(pickle.dumps(function)) == function
    assert not (root / "own_f.seen").exists()
    assert function([0], np.array([1.0]), np.array([1.0])) == 1.0
    assert (root / "own_f.seen").exists()


def test_a_function_that_is_put_off_and_missing_is_told_when_it_is_called(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='there is no module "own_gone"'):
        PutOff("own_gone.profit", tmp_path)(None, None, None)
