"""mlgate.yaml to records: every problem at once, each with its line and what to do. Opens no files.

    parsing        the whole file: ``parse(text, …) -> Settings``
    measuring      task, threshold, costs and values, own metrics
    requirements   requirements
    fairness       fairness
    odd_sets       oddities
    metrics        names of metrics
    amounts        rules, margins and bounds
    columns        which columns cannot be the same
    groupings      slices
    conditions     ``where:`` of a slice
    sources        label, data, train, approval
    fields         one key of one kind
    document       YAML to a tree that knows its lines
    defaults       what holds when the file does not say otherwise

``mlgate.schema.json`` beside this file describes the same format for editors; tests hold the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgate.config.conditions import parse_conditions
    from mlgate.config.defaults import (
        adapted,
        default_gaps,
        default_groupings,
        default_oddity,
        default_requirements,
    )
    from mlgate.config.metrics import Traits
    from mlgate.config.parsing import parse

__all__ = [
    "Traits",
    "default_gaps",
    "default_groupings",
    "default_oddity",
    "default_requirements",
    "parse",
    "parse_conditions",
    "adapted",
]

#: Where each name lives; a comparison without a file needs the defaults alone, and none of what reads the file.
_HOMES = {
    "Traits": "metrics",
    "parse": "parsing",
    "parse_conditions": "conditions",
    **dict.fromkeys(
        ("adapted", "default_gaps", "default_groupings", "default_oddity", "default_requirements"), "defaults"
    ),
}


def __getattr__(name: str) -> object:
    """A public name, from where it lives (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
