"""The parts of scipy are scipy's own, and nobody who imports scipy as usual notices that its packages came late."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from mlgate import scipy_parts

FUNCTIONS = [name for name in scipy_parts.__all__ if name not in ("part_of", "sum_rows")]


def output_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_one_that_scipy_documents(name: str) -> None:
    assert getattr(scipy_parts, name) is getattr(scipy.special, name)


def test_the_packages_load_late_and_whole() -> None:
    program = """
import sys
from mlgate.scipy_parts import ndtri, part_of, sum_rows
part_of("scipy.sparse", "_sparsetools")
late = [name for name in ("scipy._lib._array_api", "numpy.f2py", "numpy.testing") if name in sys.modules]
import scipy
import scipy.special as special, scipy.sparse
from scipy.special import logsumexp
from scipy.sparse import csr_array, linalg
import scipy.stats
assert special.ndtri is ndtri and scipy.special is special and special._ufuncs.ndtri is ndtri
assert "gammaln" in special.__all__ and scipy.sparse.eye_array(2).sum() == 2
assert logsumexp([0.0]) == 0.0
assert not hasattr(special, "no_such_function") and not hasattr(scipy.sparse, "no_such_thing")
print(late)
"""
    assert output_of(program) == "[]"


def test_many_threads_find_the_whole_package() -> None:
    program = """
import threading
from mlgate import scipy_parts
start, found = threading.Barrier(8), []
def ask() -> None:
    start.wait()
    from scipy.special import logsumexp, softmax
    found.append((logsumexp, softmax))
threads = [threading.Thread(target=ask) for _ in range(8)]
[one.start() for one in threads], [one.join() for one in threads]
print(len(found), len(set(found)))
"""
    assert output_of(program) == "8 1"


def test_what_looks_through_all_modules_loads_nothing() -> None:
    program = """
import sys
from mlgate import scipy_parts
[getattr(module, "__warningregistry__", None) for module in list(sys.modules.values())]
print("scipy._lib._array_api" in sys.modules)
"""
    assert output_of(program) == "False"


def test_a_package_that_breaks_while_it_loads_says_so_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "breaks_late"
    package.mkdir()
    (package / "__init__.py").write_text("half = 1\nraise RuntimeError('half of it')\n")
    (package / "part.py").write_text("answer = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert scipy_parts.part_of("breaks_late", "part").answer == 42
    try:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="half of it"):
                getattr(sys.modules["breaks_late"], "other")
    finally:
        for name in ("breaks_late", "breaks_late.part"):
            sys.modules.pop(name, None)


def test_a_part_that_is_not_there_is_an_import_error() -> None:
    with pytest.raises(ImportError):
        scipy_parts.part_of("scipy.special", "_no_such_part")
    with pytest.raises(ImportError):
        scipy_parts.part_of("no_such_package_of_scipy", "_part")


@pytest.mark.parametrize("there", [True, False])
@given(data=st.data())
def test_sums_of_rows_are_those_of_a_loop(there: bool, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 5))
    groups = data.draw(st.lists(st.lists(st.integers(0, count - 1), max_size=4), max_size=20))
    values = np.array([[place, place**2 % 7] for place in range(len(groups))], dtype=float).reshape(-1, 2)
    expected = np.zeros((count, 2))
    for row, its in zip(values, groups, strict=True):
        for group in its:
            expected[group] += row
    starts = np.cumsum([0, *map(len, groups)]).astype(np.int32)
    flat = np.array([group for its in groups for group in its], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        if not there:
            patch.setattr(scipy_parts, "part_of", lambda *_: scipy.sparse)  # a version that keeps it elsewhere
        assert np.array_equal(scipy_parts.sum_rows(values, flat, starts, count), expected)
