"""Models in environments of their own: an old library beside a new one, built once, never used half-built.

Nothing is fetched: the libraries are wheels made here, and what our own code needs is borrowed from this environment
by a path file in another such wheel.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.models import model_environment
from mlgate.edges.models.model_environment import NOTE, environments, python_for
from mlgate.edges.models.model_requirements import Wanted, mismatches, wanted_by
from mlgate.edges.models.worker import open_model
from mlgate.edges.pytest_suites.suites import run_suites
from mlgate.errors import DataError, ModelError
from tests.edges.pytest_suites.test_suites import write_root

MODEL = """
import numpy as np
import oldlib

class Model:
    def predict(self, frame, params=None):
        import sys
        print(sys.prefix)
        return np.full(len(frame), oldlib.VERSION / 10)

def _load_pyfunc(path):
    return Model()
"""
MLMODEL = "flavors:\n  python_function:\n    loader_module: fixed\n    code: code\n"
ROWS = pa.table({"x": [1.0, 2.0]})
SERVED = """
    import pyarrow as pa
    from mlgate.edges.pytest_suites.service import payload

    def test_the_same_library_answers_by_both_roads(service, challenger):
        rows = pa.table({"x": [1.0, 2.0]})
        assert challenger(rows).tolist() == [0.7, 0.7]
        assert service.ask(payload(rows)).scores().tolist() == [0.7, 0.7]
"""
#: An MLflow of another time, which loads, and serves, without the seconds of import of the real one.
OTHER_MLFLOW = {
    "mlflow/__init__.py": "",
    "mlflow/models.py": "class Model: pass\n",
    "mlflow/pyfunc.py": """
import sys

class About:
    metadata = None
    def get_input_schema(self): return None

class Loaded:
    metadata = About()

    def __init__(self, path):
        sys.path.insert(0, path + "/code")
        import fixed
        self.predict = fixed._load_pyfunc(path).predict

    def get_raw_model(self): raise NotImplementedError

def load_model(path):
    return Loaded(path)
""",
    "mlflow/__main__.py": """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from mlflow.pyfunc import load_model

told = dict(zip(sys.argv, sys.argv[1:]))
model = load_model(told["--model-uri"])

class Handler(BaseHTTPRequestHandler):
    def do_GET(self, rows=None):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"predictions": [] if rows is None else model.predict(rows).tolist()}).encode())

    def do_POST(self):
        self.do_GET(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["dataframe_split"]["data"])

HTTPServer((told["--host"], int(told["--port"])), Handler).serve_forever()
""",
}


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> str:
    """A wheel made by hand; the line that installs it."""
    folder.mkdir(exist_ok=True)
    place = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    content = files | {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(place, "w") as archive:
        for path, text in content.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text.encode())}\n"
            archive.writestr(path, text)
        archive.writestr(f"{about}/RECORD", f"{record}{about}/RECORD,,\n")
    return f"wheels/{place.name}"


def save(folder: Path, version: int) -> Path:
    """A model that needs one version of a library that is not installed here."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "fixed.py").write_text(MODEL)
    (folder / "MLmodel").write_text(MLMODEL)
    lines = [
        wheel(folder / "wheels", "oldlib", f"{version}.0", {"oldlib.py": f"VERSION = {version}\n"}),
        wheel(folder / "wheels", "borrowed", "1.0", {"borrowed.pth": sysconfig.get_paths()["purelib"] + "\n"}),
    ]
    (folder / "requirements.txt").write_text("# what it was made with\n" + "\n".join(lines) + "\n")
    (folder / "python_env.yaml").write_text(f"python: {sys.version_info[0]}.{sys.version_info[1]}.0\n")
    return folder


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE", str(tmp_path_factory.mktemp("cache")))
    # pip alone; test_installing.py is about uv.
    monkeypatch.setattr("mlgate.edges.models.installing.found_uv", lambda: None)


def opened(folder: Path, role: str, *, build: bool = True) -> tuple[float, str]:
    """What a model answers, and where its interpreter lives."""
    with open_model(str(folder), role=role, tracking_uri=None, timeout=300.0, drop=(), build=build) as model:
        answer = model.predict(ROWS)
        assert model.mismatches == () and model.facts.digest.startswith("sha256:")
        assert model._child is not None
        model._child.stop()
        return float(answer[0]), model._child.tail()


def test_an_old_library_runs_beside_a_new_one_and_is_built_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, challenger = save(tmp_path / "old", 3), save(tmp_path / "new", 7)
    answer, prefix = opened(champion, "champion")
    assert answer == 0.3 and str(environments()) in prefix
    # The challenger, with an MLflow of its own too, through the fixtures of a suite: its process and its server.
    with (challenger / "requirements.txt").open("a") as lines:
        lines.write(wheel(challenger / "wheels", "mlflow", "0.1", OTHER_MLFLOW) + "\n")
    run_dir = write_root(tmp_path / "project", {"api_tests": {"test_served.py": SERVED}})
    run = json.loads((run_dir / "run.json").read_text()) | {"challenger": str(challenger), "build": True}
    (run_dir / "run.json").write_text(json.dumps(run))
    [seen] = run_suites(run_dir, [Path("api_tests")], root=tmp_path / "project")
    assert (seen.reason, seen.value) == ("passed", 1.0)
    built = {path.name: path.stat().st_mtime_ns for path in environments().glob("*/" + NOTE)}
    assert len(list(environments().glob("*/" + NOTE))) == 2

    def refuse(*asked: object, **more: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(model_environment, "build", refuse)
    assert python_for(wanted_by(champion), champion).is_relative_to(environments())
    assert built == {path.name: path.stat().st_mtime_ns for path in environments().glob("*/" + NOTE)}
    # Without an environment of its own it does not even load, and the error says what to do.
    with pytest.raises(ModelError, match="No module named 'oldlib'"):
        opened(champion, "champion", build=False)


def test_a_half_built_environment_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    wanted = Wanted(python="", requirements=("nothing",), file="requirements.txt")
    built: list[Path] = []

    def interrupted(place: Path, *asked: object, **more: object) -> None:
        (place / "bin").mkdir(parents=True)
        (place / "bin" / "python").write_text("half")
        built.append(place)
        raise KeyboardInterrupt

    monkeypatch.setattr(model_environment, "build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        python_for(wanted, folder)
    assert (built[0] / "bin" / "python").is_file() and not (built[0] / NOTE).exists()

    def whole(place: Path, *asked: object, **more: object) -> None:
        assert not place.exists()
        (place / "bin").mkdir(parents=True)
        os.symlink(sys.executable, place / "bin" / "python")

    monkeypatch.setattr(model_environment, "build", whole)
    monkeypatch.setattr(model_environment, "_check", lambda python: None)
    python = python_for(wanted, folder)
    assert python == built[0] / "bin" / "python"
    assert json.loads((built[0] / NOTE).read_text())["requirements"] == ["nothing"]
    # One whose Python has been removed since is no better than a half-built one.
    python.unlink()
    (built[0] / "left").touch()
    assert python_for(wanted, folder) == python and python.exists() and not (built[0] / "left").exists()


def test_environments_differ_by_lines_files_and_python(tmp_path: Path) -> None:
    def digest(python: str, *lines: str) -> str:
        wanted = Wanted(python=python, requirements=lines, file="requirements.txt")
        return model_environment._digest(wanted, tmp_path, python)

    (tmp_path / "a.whl").write_bytes(b"1")
    first = digest("3.11", "a.whl", "b==1")
    assert first == digest("3.11", "b==1", "a.whl")
    assert len({first, digest("3.12", "a.whl", "b==1"), digest("3.11", "a.whl", "b==2")}) == 3
    (tmp_path / "a.whl").write_bytes(b"2")
    assert digest("3.11", "a.whl", "b==1") != first


@pytest.mark.parametrize(
    "line",
    [
        "./deep/a.whl",
        "file:deep/a.whl",
        "a[extra] @ file:deep/a.whl",
        "deep/a.whl[extra]; python_version > '3'",
        "deep/a.whl --hash=sha256:" + 300 * "0",
        "-r deep/list.txt",
        "-cdeep/list.txt",
        "--constraint=deep/list.txt",
        "-e deep",
        "deep",
    ],
)
def test_an_environment_is_built_anew_when_a_file_has_changed_that_its_requirements_lead_to(
    tmp_path: Path, line: str
) -> None:
    def digest() -> str:
        return model_environment._digest(Wanted(python="", requirements=(line,), file="f"), tmp_path, "3.11")

    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.whl").write_bytes(b"1")
    (tmp_path / "deep" / "list.txt").write_text("-r list.txt\n# a list that names itself\na.whl\n")
    first = digest()
    assert digest() == first
    (tmp_path / "deep" / "a.whl").write_bytes(b"2")
    assert digest() != first


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted(python="", requirements=(), file=""), "holds neither requirements.txt nor pip packages in conda.yaml"),
        (Wanted(python="3.8.1", requirements=(), file="f"), "asks for Python 3.8, and a model process needs 3.11"),
        (Wanted(python="new", requirements=(), file="f"), "asks for Python 'new'; a version such as 3.11 is needed"),
        (Wanted(python="3.99", requirements=(), file="f"), "asks for Python 3.99, and there is no python3.99 on the"),
        (
            Wanted(python="", requirements=("no/such.whl",), file="f"),
            "has requirements that pip cannot install (",
        ),
    ],
)
def test_what_cannot_be_built_is_one_sentence(tmp_path: Path, wanted: Wanted, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        python_for(wanted, tmp_path)
    assert str(caught.value).startswith(sentence[:20]) and sentence in str(caught.value)
    assert not list(environments().glob("*/" + NOTE))


def test_an_environment_without_what_our_code_needs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="requirements without mlflow, pandas, pyarrow, numpy, which a model process"):
        python_for(Wanted(python="", requirements=(), file="requirements.txt"), tmp_path)


def test_packages_that_do_not_work_together_are_told_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {f"{name}.py": "" for name in ("mlflow", "pandas", "numpy")}
    modules["pyarrow.py"] = "raise ImportError('pyarrow requires NumPy 2.0 or newer')\n"

    def built(place: Path, *asked: object, **more: object) -> None:
        (place / "bin").mkdir(parents=True)
        packages = place / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        packages.mkdir(parents=True)
        for name, text in modules.items():
            (packages / name).write_text(text)
        (place / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
        os.symlink(os.path.realpath(sys.executable), place / "bin" / "python")

    monkeypatch.setattr(model_environment, "build", built)
    with pytest.raises(DataError, match=r"do not work together \(ImportError: pyarrow requires NumPy 2.0 or newer\)"):
        python_for(Wanted(python="", requirements=("a",), file="requirements.txt"), tmp_path)
    assert not list(environments().glob("*/" + NOTE))


def test_a_model_whose_environment_cannot_be_built_is_a_model_error(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", 1)
    (folder / "requirements.txt").unlink()
    with open_model(str(folder), role="challenger", tracking_uri=None, timeout=300.0, drop=(), build=True) as model:
        for _ in range(2):
            with pytest.raises(ModelError, match="challenger .*: holds neither requirements.txt") as caught:
                model.wait()
            assert caught.value.role == "challenger"


def test_what_a_model_needs_is_read_from_any_of_its_files(tmp_path: Path) -> None:
    assert wanted_by(tmp_path) == Wanted(python="", requirements=(), file="")
    (tmp_path / "conda.yaml").write_text("dependencies:\n- python=3.9.2\n- pip:\n  - mlflow==2.1\n  - numpy<2  # old\n")
    assert wanted_by(tmp_path) == Wanted(python="3.9.2", requirements=("mlflow==2.1", "numpy<2"), file="conda.yaml")
    (tmp_path / "python_env.yaml").write_text("python: 3.10.1\n")
    (tmp_path / "requirements.txt").write_text("# a note\nmlflow==2.2 \\\n  --hash=sha256:00\n\nskops\n")
    found = wanted_by(tmp_path)
    assert (found.python, found.file) == ("3.10.1", "requirements.txt")
    assert [line.split()[0] for line in found.requirements] == ["mlflow==2.2", "skops"]
    (tmp_path / "conda.yaml").write_text("a: [")
    assert wanted_by(tmp_path).python == "3.10.1"


def test_what_is_not_here_as_it_is_needed_is_named() -> None:
    here = np.__version__
    lines = (f"numpy=={here}", "numpy<1", "no-such-package==2", "wheels/a.whl", 'numpy<1; python_version<"3"', "-r x")
    assert mismatches(Wanted(python="", requirements=lines, file="f")) == [
        f"numpy<1 (here {here})",
        "no-such-package==2 (not here)",
    ]
    [python] = mismatches(Wanted(python="3.1.4", requirements=(), file="f"))
    assert python.startswith("Python 3.1.4 (here 3.")


def test_a_model_that_loads_with_other_packages_says_so(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", 1)
    (folder / "code" / "fixed.py").write_text(MODEL.replace("import oldlib", "").replace("oldlib.VERSION", "1"))
    (folder / "requirements.txt").write_text("numpy<1\n")
    with open_model(str(folder), role="challenger", tracking_uri=None, timeout=300.0, drop=()) as model:
        assert model.mismatches == (f"numpy<1 (here {np.__version__})",)
        assert model.predict(ROWS).tolist() == [0.1, 0.1]
    (folder / "code" / "fixed.py").write_text("import no_such_thing\n")
    with open_model(str(folder), role="challenger", tracking_uri=None, timeout=300.0, drop=()) as model:
        with pytest.raises(ModelError, match=r"it needs numpy<1 \(here .*\): run with --build-env, or install"):
            model.wait()
