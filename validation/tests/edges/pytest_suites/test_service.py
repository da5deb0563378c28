"""Servers behind ``Service``: started, asked, told apart when they fail, and never left behind.

The servers here are small ones of our own, because starting MLflow's takes seconds; ``test_suites.py`` and the
reference project's ``api_tests`` run against the real one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.pytest_suites import service as module
from mlgate.edges.pytest_suites.service import Answer, Service, payload, start_command, start_service
from mlgate.errors import ServiceError

#: Answers to ``/invocations`` with what it was sent.
ECHO = """
    import http.server, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers()
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400 if body == b"bad" else 200); self.end_headers()
            self.wfile.write(b"no" if body == b"bad" else body)
        def log_message(self, *_):
            pass

    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def start(folder: Path, code: str) -> Service:
    port = module._free_port()
    command = [sys.executable, "-c", textwrap.dedent(code), str(port)]
    return start_command(command, log=folder / "log" / "service.log", port=port, folder=folder, environment=os.environ)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with start(tmp_path_factory.mktemp("served"), ECHO) as service:
        service.wait(30.0)
        yield service


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: object, seconds: float = 20.0) -> bool:
    """Whether something becomes true in time."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_what_is_sent_is_json_and_what_comes_back_keeps_its_status(served: Service) -> None:
    assert json.loads(served.ask({"a": [1.5, None]}).body) == {"a": [1.5, None]}
    assert served.ask(b"bad") == Answer(status=400, body="no")


def test_a_proxy_of_the_environment_is_not_asked(served: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert served.ask(b"{}").status == 200


def test_no_answer_at_all_is_a_service_error(tmp_path: Path) -> None:
    with start(tmp_path, "import time; time.sleep(60)") as service:
        with pytest.raises(ServiceError, match="did not answer"):
            service.ask({})


def test_a_server_that_ends_while_starting_is_told_with_its_last_words(tmp_path: Path) -> None:
    with start(tmp_path, "import sys; sys.exit('no such model\\n')") as service:
        with pytest.raises(ServiceError, match="ended while starting: no such model; see .*service.log"):
            service.wait(30.0)
    with start(tmp_path, "pass") as service:
        with pytest.raises(ServiceError, match="ended while starting: it wrote nothing"):
            service.wait(30.0)


def test_a_server_of_another_process_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    """As a suite sees the server that its run started: it knows the address and the log only."""
    with start(tmp_path, "import sys; sys.stdin.read(); sys.exit('no such model\\n')") as service:
        process_of(service).wait(30.0)
        seen = Service(url=service.url, log=service.log, process=None, shown="reports/m-v2/service.log")
        with pytest.raises(ServiceError, match="ended while starting: no such model; see reports/m-v2/service.log"):
            seen.wait(3600.0)


def test_a_server_of_another_process_that_still_starts_is_waited_for(tmp_path: Path) -> None:
    with start(tmp_path, "import time; time.sleep(60)") as service:
        seen = Service(url=service.url, log=service.log, process=None)
        with pytest.raises(ServiceError, match="not ready after 0.3 seconds; see .*log/service.log"):
            seen.wait(0.3)


def test_a_server_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    with start(tmp_path, "import time; time.sleep(60)") as service:
        with pytest.raises(ServiceError, match="not ready after 0.2 seconds"):
            service.wait(0.2)


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where a folder should be")
    with pytest.raises(ServiceError, match="cannot be written"):
        start(tmp_path, "pass")


def test_stopping_ends_the_server_and_may_be_done_twice(tmp_path: Path) -> None:
    service = start(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    assert until(lambda: service.log.read_text().strip())
    service.stop()
    service.stop()
    assert until(lambda: not alive(int(service.log.read_text())))


def test_a_guard_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.1)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE)
    service = Service(url="http://127.0.0.1:9", log=tmp_path / "log", process=process)
    service.stop()
    assert process.returncode == -signal.SIGKILL


def test_no_server_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    """Not even when that process is killed and can clean up nothing."""
    code = f"""
        import os, sys, time
        from pathlib import Path
        from mlgate.edges.pytest_suites.service import start_command
        start_command(
            [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"],
            log=Path({str(tmp_path / "log")!r}), port=1, folder=Path({str(tmp_path)!r}), environment=os.environ,
        )
        time.sleep(60)
    """
    starter = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    log = tmp_path / "log"
    assert until(lambda: log.exists() and log.read_text().strip())
    starter.kill()
    starter.wait()
    assert until(lambda: not alive(int(log.read_text())))


def process_of(service: Service) -> subprocess.Popen[bytes]:
    """The process of a service that was started as a new interpreter."""
    assert service.process is not None
    return service.process


def test_a_guard_that_is_terminated_ends_its_server(tmp_path: Path) -> None:
    service = start(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    assert until(lambda: service.log.read_text().strip())
    process_of(service).terminate()
    assert process_of(service).wait(20) == 128 + signal.SIGTERM
    assert until(lambda: not alive(int(service.log.read_text())))
    service.stop()


def test_scores_are_the_second_of_two_columns_or_the_only_one() -> None:
    assert Answer(status=200, body='{"predictions": [[0.9, 0.1], [0.2, 0.8]]}').scores().tolist() == [0.1, 0.8]
    assert Answer(status=200, body='{"predictions": [0.25, 0.5]}').scores().tolist() == [0.25, 0.5]
    assert Answer(status=200, body='{"predictions": []}').scores().tolist() == []


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, "no", "answered 400 instead of scores: no"),
        (200, "<html>", "gave no numbers"),
        (200, '{"scores": [1]}', "gave no numbers"),
        (200, '{"predictions": ["high"]}', "gave no numbers"),
        (200, "[1]", "gave no numbers"),
    ],
)
def test_an_answer_without_scores_is_a_service_error(status: int, body: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        Answer(status=status, body=body).scores()


def test_a_request_carries_every_float_to_its_last_bit_and_missing_values_as_null() -> None:
    numbers = [0.1 + 0.2, 1e-308, float(np.nextafter(1.0, 2.0))]
    table = pa.table({"x": [*numbers, None, float("nan"), float("inf")], "town": ["a", "b", "c", "d", "e", None]})
    sent = json.loads(json.dumps(payload(table), allow_nan=False))["dataframe_split"]
    assert sent["columns"] == ["x", "town"]
    assert [row[0] for row in sent["data"]] == [*numbers, None, None, None]
    assert sent["data"][5][1] is None


def test_an_empty_table_is_a_request_for_no_rows() -> None:
    assert payload(pa.table({"x": pa.array([], type=pa.float64())}))["dataframe_split"] == {
        "columns": ["x"],
        "data": [],
    }


def test_mlflow_is_started_quietly_on_the_loopback_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line alone; the server itself is started in ``test_suites.py``."""
    seen: dict[str, object] = {}

    def start_nothing(command: list[str], **rest: object) -> Service:
        seen.update(command=command, **rest)
        return Service(url="", log=tmp_path, process=subprocess.Popen([sys.executable, "-c", ""]))

    monkeypatch.setattr(module, "start_command", start_nothing)
    process_of(
        start_service("models:/m/1", log=tmp_path / "log", tracking_uri="sqlite:///m.db", folder=tmp_path)
    ).wait()
    command, environment = seen["command"], seen["environment"]
    assert isinstance(command, list) and isinstance(environment, dict)
    assert command[1:5] == ["-m", "mlflow", "models", "serve"] and command[-1] == "models:/m/1"
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert environment["MLFLOW_TRACKING_URI"] == "sqlite:///m.db" and environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environment["PATH"].startswith(str(Path(sys.executable).parent))
    process_of(start_service("models:/m/1", log=tmp_path / "log", tracking_uri=None, folder=tmp_path)).wait()
    # In another environment nothing of ours may be found, neither packages nor programs.
    monkeypatch.setenv("PYTHONPATH", "ours")
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    other = tmp_path / "bin" / "python"
    process_of(start_service("m", log=tmp_path / "log", tracking_uri=None, folder=tmp_path, python=other)).wait()
    command, environment = seen["command"], seen["environment"]
    assert isinstance(command, list) and isinstance(environment, dict)
    assert command[0] == "env" and "-u PYTHONPATH" in " ".join(command[: command.index(str(other))])
    assert environment["PATH"].split(os.pathsep)[0] == str(other.parent)
    assert str(Path(sys.executable).parent) not in environment["PATH"].split(os.pathsep)
