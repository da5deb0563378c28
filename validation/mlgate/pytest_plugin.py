"""The pytest plugin: a team's own tests see the run they are part of, and the gate sees what became of them.

    pytest model_tests --mlgate-run reports/<run>      by hand, after ``mlgate run``

Without ``--mlgate-run`` nothing happens: nothing heavy is imported, and tests that use a fixture of this file skip and
say what to run first. The fixtures:

    challenger, champion   call them with rows (pandas DataFrame or Arrow table): scores, class scores or numbers
    service                the challenger behind HTTP, by MLflow's scoring server: ``ask``, ``url``
    base_case              pandas DataFrame, a fresh copy for every test
    dataset                ``dataset("train")``: another data set of mlgate.yaml, likewise
    evidence               findings that were made before the suites, by id
    decision_so_far        the verdict over those findings
    mlgate_run             what run.json says
    any_legal_row          ``any_legal_row(challenger)``: call something with rows that are drawn; a failing row is made
                           small, told, kept in regressions.jsonl beside the test, and tried first next time

    @pytest.mark.mlgate(level="advisory")              the level of a test; "required" unless told otherwise

Separate from ``edges/pytest_suites/suites.py``, which starts the processes that this plugin runs in. Models and service
start in the background as soon as the first test needs one of them, side by side, if any test of the session uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlgate.frozen import dataclass

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from mlgate.edges.models.model_answers import Expected
    from mlgate.edges.models.worker import Model
    from mlgate.edges.pytest_suites.service import Service
    from mlgate.edges.pytest_suites.suite_report import SuiteRun
    from mlgate.records.decision import Finding, ModelFacts
    from mlgate.records.words import Verdict

__all__ = ["AnyLegalRow", "RunModel"]

#: The reason that does not block, as the whole reason of a skip.
NO_CHAMPION = "no champion"

FIRST_RUN = "this test needs a run: `mlgate run` first, then `pytest {} --mlgate-run reports/<run>`"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options: one for people, one that only the gate uses."""
    group = parser.getgroup("mlgate", "validation of a trained model (mlgate)")
    group.addoption("--mlgate-run", metavar="DIR", help="folder of the run whose models and findings the tests see")
    # Writes suite-NAME.json into the run. The gate alone gives it, so that tests run by hand change no run.
    group.addoption("--mlgate-suite", metavar="NAME", help="report to the gate under this name (used by mlgate run)")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; with ``--mlgate-suite`` start to record."""
    config.addinivalue_line(
        "markers", 'mlgate(level="required"): how much a test weighs in the gate: required, guarded or advisory'
    )
    folder, suite = config.getoption("--mlgate-run"), config.getoption("--mlgate-suite")
    if suite and not folder:
        raise pytest.UsageError("--mlgate-suite needs --mlgate-run")
    if folder and not Path(folder).is_dir():
        raise pytest.UsageError(f"--mlgate-run {folder}: there is no such folder; make a run first with: mlgate run")
    if suite:
        from mlgate.edges.pytest_suites.suite_recorder import Recorder

        config.pluginmanager.register(Recorder(Path(folder).resolve(), suite), "mlgate-recorder")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunModel:
    """Champion or challenger of the run, in a process of its own; call it with rows."""

    model: Model
    #: task and classes of the run.
    expected: Expected

    def __call__(self, rows: pd.DataFrame | pa.Table) -> NDArray[np.float64]:
        """Its answers: probabilities of the positive class (n,), class scores (n, classes), or numbers (n,).

        Label, id and sensitive columns never reach the model.

        Raises
        ------
        ModelError
            The model breaks down or does not give n legal answers.
        """
        return self.model.predict(_to_arrow(rows), self.expected)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Inputs that its signature names; None without a signature."""
        return self.model.columns

    @property
    def facts(self) -> ModelFacts:
        """Which model it is."""
        return self.model.facts


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyLegalRow:
    """Rows that are drawn within what a data set and its suite allow; call it with what must hold for each of them."""

    run: SuiteRun
    read: Callable[[str], pd.DataFrame]
    #: file of the rows that failed before.
    saved: Path
    test: str

    def __call__(
        self,
        holds: Callable[[pd.DataFrame], object],
        *,
        dataset: str = "base_case",
        inputs: Sequence[str] | None = None,
        examples: int = 100,
        max_size: int = 10,
    ) -> None:
        """Fail with the smallest legal row for which ``holds`` raises.

        Parameters
        ----------
        holds
            Gets a frame; a model is such a function, and raises where it gives no legal answer.
        dataset
            Data set of mlgate.yaml that says, with its suite, what is legal.
        inputs
            Columns of the frame; None: all but the label, the id and the sensitive ones.
        examples, max_size
            How many frames are drawn, and of how many rows at most.

        Raises
        ------
        AssertionError
            The property does not hold; the row is told and kept.
        ConfigError
            Hypothesis is not installed.
        """
        from mlgate.drawing import hold_for_any_legal_row
        from mlgate.strategies import legal_columns

        run, table = self.run, self.read(dataset)
        if inputs is None:
            away = {run.label, run.id, *run.sensitive}
            inputs = [name for name in table.columns if name not in away]
        suite = run.expectations.get(dataset)
        columns = legal_columns(table, inputs=inputs, suite=suite, private=run.private)
        hold_for_any_legal_row(
            holds,
            columns,
            saved=self.saved,
            test=self.test,
            private=run.private,
            examples=examples,
            max_size=max_size,
        )


def _to_arrow(rows: pd.DataFrame | pa.Table) -> pa.Table:
    import pyarrow as pa

    return rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)


@pytest.fixture(scope="session")
def mlgate_run(request: pytest.FixtureRequest) -> SuiteRun:
    """What run.json of the run says: models, data, label, sensitive columns."""
    from mlgate.edges.pytest_suites.suite_report import read_run

    return read_run(_run_dir(request))


def _run_dir(request: pytest.FixtureRequest) -> Path:
    folder = request.config.getoption("--mlgate-run")
    if folder is None:
        pytest.skip(FIRST_RUN.format(" ".join(request.config.args)))
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def _started(request: pytest.FixtureRequest, mlgate_run: SuiteRun) -> Iterator[dict[str, Any]]:
    """Models and service that some test of this session uses, all started and none waited for."""
    from mlgate.edges.pytest_suites.started import started

    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with started(mlgate_run, wanted, log=_run_dir(request) / "service.log") as found:
        yield found


def _refuse_broken(run: SuiteRun) -> None:
    from mlgate.errors import ModelError

    if run.broken:
        raise ModelError(run.broken, role="challenger")


@pytest.fixture(scope="session")
def challenger(_started: dict[str, Any], mlgate_run: SuiteRun) -> RunModel:
    """The challenger of the run."""
    _refuse_broken(mlgate_run)
    _started["challenger"].wait()
    return RunModel(model=_started["challenger"], expected=mlgate_run.expected)


@pytest.fixture(scope="session")
def champion(_started: dict[str, Any], mlgate_run: SuiteRun) -> RunModel:
    """The champion of the run; tests that use it skip on the first run, which has none."""
    if "champion" not in _started:
        pytest.skip(NO_CHAMPION)
    _started["champion"].wait()
    return RunModel(model=_started["champion"], expected=mlgate_run.expected)


@pytest.fixture(scope="session")
def service(_started: dict[str, Any], mlgate_run: SuiteRun) -> Service:
    """The challenger behind HTTP."""
    _refuse_broken(mlgate_run)
    if "service" not in _started:
        _started["service"] = _started["serve"](_started["challenger"])
    served: Service = _started["service"]
    served.wait(mlgate_run.timeout)
    return served


@pytest.fixture(scope="session")
def _read_data(mlgate_run: SuiteRun) -> Callable[[str], pd.DataFrame]:
    from mlgate.edges.rows.files import read_table
    from mlgate.edges.rows.sources import open_table

    frames: dict[str, pd.DataFrame] = {}

    def read(name: str) -> pd.DataFrame:
        root, sources = Path(mlgate_run.root), mlgate_run.sources
        paths = {**mlgate_run.data, **({"base_case": mlgate_run.base_case} if mlgate_run.base_case else {})}
        if name not in paths and name not in sources:
            pytest.fail(f"the run has no data set {name!r}; it has {', '.join(sorted({*paths, *sources}))}")
        if name not in frames:
            table = open_table(sources[name], root) if name in sources else read_table(root / paths[name])
            frames[name] = table.to_pandas()
        return frames[name].copy()

    return read


@pytest.fixture
def dataset(_read_data: Callable[[str], pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    """``dataset("train")``: a data set of mlgate.yaml by name, a fresh copy each time."""
    return _read_data


@pytest.fixture
def base_case(_read_data: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """The base case with all its columns; what a test does to it no other test sees."""
    return _read_data("base_case")


@pytest.fixture
def any_legal_row(
    request: pytest.FixtureRequest, mlgate_run: SuiteRun, _read_data: Callable[[str], pd.DataFrame]
) -> AnyLegalRow:
    """Put a property to any legal row of a data set; see ``AnyLegalRow``."""
    return AnyLegalRow(
        run=mlgate_run,
        read=_read_data,
        saved=request.path.parent / "regressions.jsonl",
        test=request.node.nodeid.rpartition("/")[2],
    )


@pytest.fixture(scope="session")
def evidence(request: pytest.FixtureRequest) -> Mapping[str, Finding]:
    """Findings of the run that were made before the suites, by id."""
    from mlgate.edges.pytest_suites.suite_report import read_findings

    return {finding.id: finding for finding in read_findings(_run_dir(request))}


@pytest.fixture(scope="session")
def decision_so_far(evidence: Mapping[str, Finding], mlgate_run: SuiteRun) -> Verdict:
    """The verdict over the findings that were made before the suites."""
    from mlgate.stages.decide import decide

    return decide(tuple(evidence.values()), champion=mlgate_run.champion is not None)[0]
