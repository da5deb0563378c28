"""mlgate: the gate that every trained model passes before it reaches production.

A newly trained model (the challenger) is compared with the one in production (the champion) on the same rows. Every
comparison has an interval and a margin, and ends pass, fail or inconclusive:

    $ mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
    $ mlgate run --challenger models:/loanapp/2      # all stages of mlgate.yaml
    $ mlgate approve reports/loanapp-v2 --by NAME --reason TEXT
    $ mlgate promote reports/loanapp-v2

The same from Python, on arrays or on a data frame, gives the record that ``decision.json`` holds:

    import mlgate
    decision = mlgate.compare(labels, old_scores, new_scores, slices={"sex": sex})
    decision = mlgate.check(frame, label="y", champion="old", challenger="new", by=["sex"])
    decision.verdict, decision.findings[0].improvement

The engine behind it is a straight line of functions over frozen records; ``gate.py`` shows it on one screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgate.commands.check_steps.calls import check, compare
    from mlgate.errors import ConfigError, DataError, MlgateError, ModelError, RegistryError, ServiceError
    from mlgate.records.decision import Decision, Finding
    from mlgate.records.words import Level, Rule, Section, Verdict

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "Decision",
    "Finding",
    "Level",
    "MlgateError",
    "ModelError",
    "RegistryError",
    "Rule",
    "Section",
    "ServiceError",
    "Verdict",
    "check",
    "compare",
]

#: Where each public name lives; it is imported when it is first used, so that ``import mlgate`` costs nothing.
_HOMES = {
    **dict.fromkeys(("check", "compare"), "mlgate.commands.check_steps.calls"),
    **dict.fromkeys(("Decision", "Finding"), "mlgate.records.decision"),
    **dict.fromkeys(("Level", "Rule", "Section", "Verdict"), "mlgate.records.words"),
    **dict.fromkeys(
        ("ConfigError", "DataError", "MlgateError", "ModelError", "RegistryError", "ServiceError"), "mlgate.errors"
    ),
}


def __getattr__(name: str) -> object:
    """A public name, from where it lives (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """All public names, loaded or not."""
    return sorted([*globals(), *_HOMES])
