"""Commands in tests do not measure what models cost unless a test is about that: it takes seconds and tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlgate.commands.model_steps import weighing_models
from mlgate.commands.model_steps.weighing_models import Weighed


@pytest.fixture(autouse=True)
def measuring(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Nothing is measured; a test that calls this gets it measured."""
    real = weighing_models._cost
    monkeypatch.setattr(weighing_models, "_cost", lambda *asked: Weighed())

    def measure() -> None:
        def measured(*asked: Any) -> Weighed:
            return real(*asked)

        monkeypatch.setattr(weighing_models, "_cost", measured)

    return measure
