"""A model in a warm process of its own: started in the background, asked table after table, never trusted.

Neither MLflow nor pandas is imported here. Whatever a model does (crash, hang, exit, be killed, answer with NaN, with
unknown classes, with too few rows) becomes one ``ModelError`` that names the model, its role and the first bad row. A
model that died or hung is started anew by the next call, from exactly the same version, so that one bad table does not
take all others with it.

    with open_model("models:/loanapp/2", role="challenger", tracking_uri=uri, timeout=120.0, drop=("denied",)) as model:
        scores = model.predict(table)
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.child import Child, ChildDied, ChildLate, ChildTooBig, spawn
from mlgate.edges.models.fork_server import MODULE, fork
from mlgate.edges.models.messages import CALLS, READY, ROWS, SCORES, TIMES, Loaded, loaded_of, streamed, table_of
from mlgate.edges.models.model_answers import Expected, legal_answer
from mlgate.edges.models.model_environment import package_folder, python_for
from mlgate.edges.models.model_inputs import shown
from mlgate.edges.models.model_requirements import Wanted
from mlgate.edges.quiet import quiet_environment
from mlgate.edges.resident import SHARE, default_limit
from mlgate.errors import ConfigError, DataError, ModelError
from mlgate.records.decision import ModelFacts
from mlgate.records.sizes import size_text
from mlgate.sentences import plural

__all__ = ["Model", "open_model"]

log = logging.getLogger(__name__)

#: What is asked of a model when nobody says so.
BINARY = Expected()


def open_model(
    source: str,
    *,
    role: str,
    tracking_uri: str | None,
    timeout: float,
    drop: tuple[str, ...],
    spare: tuple[str, ...] = (),
    memory: int = 0,
    build: bool = False,
) -> Model:
    """Start the process of a model and return at once; the first question waits until the model is loaded.

    Parameters
    ----------
    source
        ``models:/name@alias``, ``models:/name/7``, ``runs:/…``, or the path of an MLflow model folder.
    role
        ``champion`` or ``challenger``; every error carries it.
    tracking_uri
        Address of tracking and registry; MLflow's own setting when None.
    timeout
        Seconds that loading may take, and that each call may take.
    drop
        Columns that the model must never see: label, identifier, evaluation columns.
    spare
        Columns that it sees only when its signature asks for them: what a row weighs and to whom it belongs.
    memory
        Bytes that its process and all that it starts may hold in memory; 0: the machine's share for one model.
    build
        Whether it runs in an environment built from its own requirements, see ``model_environment.py``.
    """
    return Model(
        source,
        role=role,
        tracking_uri=tracking_uri,
        timeout=timeout,
        drop=drop,
        spare=spare,
        memory=memory,
        build=build,
    )


class Model:
    """One model and its process. Made by ``open_model``; closed by ``close`` or at the end of ``with``."""

    def __init__(
        self,
        source: str,
        *,
        role: str,
        tracking_uri: str | None,
        timeout: float,
        drop: tuple[str, ...],
        spare: tuple[str, ...] = (),
        memory: int = 0,
        build: bool = False,
    ) -> None:
        """Start the process; see ``open_model``."""
        self._source = source
        self._role = role
        self._timeout = timeout
        self._drop = drop
        self._spare = spare
        self._memory = memory
        self._build = build
        self._environment = quiet_environment()
        if tracking_uri is not None:
            self._environment |= {"MLFLOW_TRACKING_URI": tracking_uri}
        self._folder = tempfile.TemporaryDirectory(prefix="mlgate-model-", ignore_cleanup_errors=True)
        self._child: Child | None = None
        self._python = Path(sys.executable)
        self._loaded: Loaded | None = None
        self._waiting = True
        self._failure = ""
        self._start(source)

    def _start(self, source: str) -> None:
        # The process runs in a folder of its own, so what a model writes beside itself is cleaned up with it.
        place = Path(tempfile.mkdtemp(dir=self._folder.name))
        into = place / "files"
        into.mkdir()
        self._place = place
        self._child = Child(fork(folder=place, environment=self._environment))
        self._waiting = True
        local = Path(source)
        self._order = {
            "source": str(local.absolute()) if ":/" not in source else source,
            "into": str(into),
            "look": self._build,
        }

    def _settle(self) -> None:
        """Go on in an environment of the model's own: the first process has only fetched and looked at it."""
        known = json.loads(self._ask_to_load())
        self._stop(grace=0.0)
        try:
            self._python = python_for(Wanted(**known["wanted"]), Path(known["folder"]))
        except DataError as problem:
            self._failure = str(problem)
            raise self._error(self._failure) from None
        environment = {name: value for name, value in self._environment.items() if not name.startswith("PYTHON")}
        environment |= {"PYTHONPATH": str(package_folder(self._place)), "PYTHONDONTWRITEBYTECODE": "1"}
        start = spawn(MODULE, folder=self._place, environment=environment, python=str(self._python))
        self._child = Child(start)
        self._order = {"source": known["folder"], "known": {**known, "mismatches": []}}

    def _ask_to_load(self) -> bytes:
        """What the process answers to its order; anything but readiness is a failure for good."""
        kind, content = self._ask(json.dumps(self._order).encode(), "loading")
        if kind != READY:
            self._waiting = False
            self._failure = content.decode(errors="replace")
            raise self._error(self._failure)
        return content

    def wait(self) -> None:
        """Block until the model is loaded.

        Raises
        ------
        ModelError
            It cannot be found, fetched or loaded, or is a pickle, or loading takes longer than the limit.
        """
        if self._failure:
            raise self._error(self._failure)
        if self._child is None:
            self._start((self._loaded.pinned if self._loaded else "") or self._source)
        if self._waiting:
            if self._build:
                self._settle()
            loaded = loaded_of(self._ask_to_load())
            self._waiting = False
            if self._loaded is not None and self._loaded.digest != loaded.digest:
                self._failure = "its files have changed during the run; make the run anew"
                raise self._error(self._failure)
            self._loaded = loaded

    def _told(self) -> Loaded:
        """What its process says of it; waits until it is loaded."""
        self.wait()
        assert self._loaded is not None
        return self._loaded

    @property
    def failure(self) -> str:
        """Why it could not be loaded, as a sentence; empty while that has not failed. Waits for nothing."""
        return str(self._error(self._failure)) if self._failure else ""

    @property
    def mismatches(self) -> tuple[str, ...]:
        """What it needs and does not have here, such as ``scikit-learn==1.3.2 (here 1.9.1)``. Waits until loaded."""
        return self._told().mismatches

    @property
    def python(self) -> Path:
        """The interpreter that it runs in: ours, or that of the environment built for it. Waits until it is loaded."""
        self.wait()
        return self._python

    @property
    def files(self) -> Path:
        """The folder of its files as they were fetched, there until it is closed. Waits until it is loaded."""
        return self._told().folder

    @property
    def facts(self) -> ModelFacts:
        """Which model it is; waits until it is loaded."""
        told = self._told()
        return ModelFacts(
            role=self._role,
            source=self._source,
            name=told.name,
            version=told.version,
            digest=told.digest,
            description=told.description,
        )

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Inputs that the model's signature names, in its order; None when it has none. Waits until it is loaded."""
        return self._told().columns

    @property
    def optional(self) -> tuple[str, ...]:
        """Inputs that the model's signature can do without. Waits until it is loaded."""
        told = self._told()
        return tuple(name for name in told.columns or () if name not in told.required)

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes that the model itself names, in its order; None when it does not. Waits until it is loaded."""
        return self._told().classes

    @property
    def threshold(self) -> float:
        """The score from which its decision is the positive class, as its metadata say. Waits until it is loaded.

        Raises
        ------
        ConfigError
            They do not say, or it is not between 0 and 1.
        """
        told = self._told().threshold
        if told is None:
            raise ConfigError(
                f"{self._role} {self._source}: has no decision_threshold in its metadata, which `threshold: model` "
                'asks for; log it with metadata={"decision_threshold": 0.4}, or write the number under threshold.'
            )
        try:
            threshold = float(told)
        except ValueError:
            threshold = -1.0
        if not 0.0 < threshold < 1.0:
            raise ConfigError(
                f"{self._role} {self._source}: its metadata have the decision_threshold {told!r}; it must be a number "
                "between 0 and 1."
            )
        return threshold

    @property
    def size(self) -> int:
        """Bytes of its files. Waits until it is loaded."""
        return self._told().size

    @property
    def load_seconds(self) -> float:
        """How long loading took, without fetching its files. Waits until it is loaded."""
        return self._told().seconds

    @property
    def peak(self) -> int:
        """Most bytes that its process and all that it started have been seen to hold in memory; 0 where not told."""
        return 0 if self._child is None else self._child.peak

    def times(self, table: pa.Table, *, calls: int, rows: int) -> list[float]:
        """Seconds of each of some calls, taken in the model's own process around its predict function alone.

        Parameters
        ----------
        table
            At least one row.
        calls
            How many.
        rows
            Of each call, the next ones of the table.

        Raises
        ------
        ModelError
            As ``predict``; whether the answers are legal is not looked at.
        """
        asked = self._hand(table).replace_schema_metadata({CALLS: str(calls), ROWS: str(rows)})
        kind, content = self._ask(streamed(asked), f"timing {plural(calls, 'call')} of {plural(rows, 'row')}")
        if kind != TIMES:
            raise self._error(content.decode(errors="replace"))
        return [float(seconds) for seconds in json.loads(content)]

    def predict(self, table: pa.Table, expected: Expected = BINARY) -> NDArray[Any]:
        """What the model answers to every row of a table, in the form of ``legal_answer``.

        Parameters
        ----------
        table
            Rows with at least the model's inputs; columns that it must not see are left out here.
        expected
            Task and classes; a binary task unless told otherwise.

        Raises
        ------
        ModelError
            A column is missing, or the model crashes, hangs, dies, or its answer is not legal.
        """
        handed = self._hand(table)
        kind, content = self._ask(streamed(handed), f"scoring {plural(table.num_rows, 'row')}")
        if kind != SCORES:
            raise self._error(content.decode(errors="replace"))
        try:
            return legal_answer(table_of(content), expected, rows=table.num_rows, classes=self.classes)
        except DataError as problem:
            raise self._error(str(problem)) from None

    def _hand(self, table: pa.Table) -> pa.Table:
        try:
            return shown(table, self._told(), drop=self._drop, spare=self._spare)
        except DataError as problem:
            raise self._error(str(problem)) from None

    def _ask(self, request: bytes, doing: str) -> tuple[bytes, bytes]:
        """Kind and content of the answer. A process that gave none is ended, and the next question starts another."""
        assert self._child is not None
        try:
            answer = self._child.exchange(request, seconds=self._timeout, memory=self._memory or default_limit())
        except ChildTooBig as big:
            problem = f"held {size_text(big.held)} of memory while {doing}, more than {self._allowed()}"
        except ChildLate:
            problem = f"did not answer within {self._timeout:g} s while {doing} (model_timeout)"
        except ChildDied as death:
            problem = f"{death} while {doing}"
        else:
            return answer[:1], answer[1:]
        child = self._child
        self._stop(grace=0.0)
        tail = child.tail().strip()
        log.info("the %s printed last:\n%s", self._role, tail)
        last = tail.splitlines()[-1].strip() if tail else ""
        if doing == "loading":
            self._failure = problem
        raise self._error(problem + (f'; it printed last: "{last[:200]}"' if last else ""))

    def _allowed(self) -> str:
        if self._memory:
            return f"the {size_text(self._memory)} of model_memory"
        limit = default_limit() or 0
        return f"{size_text(limit)}, {SHARE:.0%} of this machine's; model_memory sets another limit"

    def _error(self, what: str) -> ModelError:
        return ModelError(f"{self._role} {self._source}: {what.rstrip('.')}.", role=self._role)

    def _stop(self, *, grace: float) -> None:
        if self._child is not None:
            self._child.stop(grace=grace)
            self._child = None

    def close(self, *, grace: float = 3.0) -> None:
        """End the process and remove its files; may be called twice.

        Parameters
        ----------
        grace
            Seconds it gets to end by itself.
        """
        self._stop(grace=grace)
        self._failure = self._failure or "is closed"
        self._folder.cleanup()

    def __enter__(self) -> Model:
        """The model itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; at once when something went wrong."""
        self.close(grace=3.0 if kind is None else 0.0)
