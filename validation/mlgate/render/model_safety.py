"""The section about what models give away and how sure they are: both side by side, with the difference.

Rows far from the training data, which the checks of the data count, are told here again: a model knows nothing of them.
Takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import count
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.tables import Column, check_table, table

__all__ = ["ABOUT_SAFETY", "model_safety"]

#: How the ids of these findings begin.
ABOUT_SAFETY = ("behaviour/privacy/", "behaviour/certainty/")
_NEEDED = ("name", "title", "unit", "champion", "challenger", "difference", "difference_low", "difference_high", "rows")


def model_safety(decision: Decision, limit: int) -> Markup | None:
    """Membership, certainty, and rows outside the training domain."""
    findings = tuple(one for one in findings_of(decision, Section.BEHAVIOUR) if one.id.startswith(ABOUT_SAFETY))
    rows = [row for name in ("privacy", "certainty") for row in rows_of(decision, name, _NEEDED)]
    if not findings and not rows:
        return None
    paired = any(math.isfinite(figure(row, "champion")) for row in rows)
    columns = [Column(title="Figure")] + [Column(title="Champion", figures=True)] * paired
    columns += [Column(title="Challenger", figures=True)] + [Column(title="Difference", figures=True)] * paired
    columns.append(Column(title="Rows", figures=True))
    far = [one for one in findings_of(decision, Section.DATA) if one.id.endswith("/outliers/rows")]
    sure = any(row for row in rows_of(decision, "certainty", _NEEDED))
    said = f"What the models give away of their training rows{', and how sure they are of their answers' * sure}. "
    return section_of(
        "safety",
        "Privacy and certainty",
        lead(said + (tallied(findings) if findings else "Nothing is asked of it.")),
        (
            table(
                "Figures with intervals; difference: challenger less champion",
                columns,
                [_row(row, paired) for row in rows],
            )
            if rows
            else None
        ),
        check_table("Findings on privacy and certainty", findings, limit) if findings else None,
        *[tag("p", {"class": "note"}, _far(one)) for one in far[:limit]],
    )


def _far(finding: Finding) -> str:
    return f"Outside the training domain, {clip(finding.dataset.replace('_', ' '), 60)}: {clip(finding.reason, 300)}."


def _row(row: Mapping[str, Cell], paired: bool) -> list[Child]:
    cells: list[Child] = [clip(word(row, "title"), 100)]
    cells += [_interval(row, "champion")] * paired
    cells += [_interval(row, "challenger")]
    cells += [_interval(row, "difference")] * paired
    return [*cells, count(figure(row, "rows"))]


def _interval(row: Mapping[str, Cell], name: str) -> str:
    value, low, high = (figure(row, column) for column in (name, f"{name}_low", f"{name}_high"))
    if not math.isfinite(value):
        return "–"
    share, signed = word(row, "unit") == "share", "+" if name == "difference" else ""

    def text(number: float) -> str:
        said = f"{number * 100:{signed}.1f}" if share else f"{number:{signed}.3f}"
        return said.replace("-", "−")

    return f"{text(value)}{' %' if share else ''} ({text(low)} to {text(high)})"
