"""What libraries are told so that they keep quiet: no telemetry, no progress bars, and not too much patience.

Separate because it is told in two places: in the environment of every process that we start, and in our own process
before MLflow is imported.
"""

from __future__ import annotations

import os

from mlgate.threads import cores

__all__ = ["MLFLOW_PATIENCE", "MLFLOW_QUIET", "quiet_environment"]

#: Telemetry cannot be switched on by accident.
MLFLOW_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
#: Left alone, MLflow asks an address that does not answer for many minutes. The user can widen these limits.
MLFLOW_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}


def quiet_environment(threads: int | None = None) -> dict[str, str]:
    """Our environment for a child: telemetry and progress bars off, and no more numeric threads than its share.

    Parameters
    ----------
    threads
        Threads of numeric libraries; half of the processors when None, because champion and challenger run side by
        side. What the user has set in the environment stays.
    """
    share = threads or max(1, cores() // 2)
    limits = {name: str(share) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    others = {"GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1"}
    return {**limits, **MLFLOW_PATIENCE, **os.environ, **MLFLOW_QUIET, **others}
