"""The key ``explanations`` of mlgate.yaml: which columns are asked about, how often, and how much may move.

Every key is a field of ``ExplanationSettings``, and those of ``shap`` are of ``ShapSettings``. Separate from
``config/model_checks.py``, whose keys are all figures.
"""

from __future__ import annotations

import dataclasses

from mlgate.config.document import Scalar, Table
from mlgate.config.fields import Keys, open_table
from mlgate.records.explanation_settings import PARTS, ExplanationSettings, ShapSettings
from mlgate.records.words import Level

__all__ = ["EXPLANATION_KEYS", "SHAP_KEYS", "read_explanations"]

EXPLANATION_KEYS = tuple(part.name for part in dataclasses.fields(ExplanationSettings))
SHAP_KEYS = tuple(part.name for part in dataclasses.fields(ShapSettings))
#: Fewest and most background rows: two for each part, and more than say anything new.
_LEAST_BACKGROUND, _MOST_BACKGROUND = 2 * PARTS, 1000
#: The noise floor is the spread over repeats, of which there must be some.
_LEAST_REPEATS = 2


def read_explanations(keys: Keys, *, label: str) -> ExplanationSettings | None:
    """The record: its defaults when the key is missing or true, None when it is false, else a mapping of its fields.

    Parameters
    ----------
    keys
        Of the whole file.
    label
        The column that no model sees.
    """
    plain = ExplanationSettings()
    if not keys.has("explanations"):
        return plain
    node = keys.values["explanations"]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return plain if node.value else None
    if not isinstance(node, Table):
        keys.wrong("explanations", f"true, false, or a mapping with keys such as {', '.join(EXPLANATION_KEYS[:3])}")
        return None
    part = open_table(node, known=EXPLANATION_KEYS, what="explanations", prefix="explanations.", problems=keys.problems)
    columns, leave = part.texts("columns"), part.texts("leave")
    for key, names in (("columns", columns), ("leave", leave)):
        if label and label in names:
            part.complain(key, f'"{label}" is the label, which no model sees; name a feature.')
    if both := next((name for name in leave if name in columns), ""):
        part.complain("leave", f'"{both}" stands in explanations.columns and in explanations.leave; remove one.')
    margin = part.margin("margin", percent=True)[0] if part.has("margin") else plain.margin
    return ExplanationSettings(
        level=part.choice("level", Level, plain.level),
        columns=columns,
        leave=leave,
        repeats=part.whole("repeats", plain.repeats, least=_LEAST_REPEATS),
        rows=part.whole("rows", plain.rows, least=1),
        seconds=part.number("seconds", plain.seconds, above=0),
        margin=plain.margin if margin is None else margin,
        shap=_shap(part),
    )


def _shap(keys: Keys) -> ShapSettings | None:
    """The record: None when the key is missing or false, its defaults when it is true, else a mapping of its fields."""
    plain = ShapSettings()
    if not keys.has("shap"):
        return None
    node = keys.values["shap"]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return plain if node.value else None
    if not isinstance(node, Table):
        keys.wrong("shap", f"true, false, or a mapping with keys such as {', '.join(SHAP_KEYS)}")
        return None
    what, prefix = "explanations.shap", "explanations.shap."
    part = open_table(node, known=SHAP_KEYS, what=what, prefix=prefix, problems=keys.problems)
    background = part.whole("background", plain.background, least=_LEAST_BACKGROUND)
    if background % PARTS or background > _MOST_BACKGROUND:
        expected = f"a multiple of {PARTS}, from {_LEAST_BACKGROUND} to {_MOST_BACKGROUND:,}"
        part.wrong("background", f"{expected} (it is dealt to {PARTS} parts)")
    return ShapSettings(
        rows=part.whole("rows", plain.rows, least=1),
        background=background,
        seconds=part.number("seconds", plain.seconds, above=0),
    )
