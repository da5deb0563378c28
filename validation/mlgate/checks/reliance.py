"""What models lean on, judged: one observation for each column, and the figures of all of them for the report.

A column passes when the whole interval of its change lies within the margin, and fails when all of it lies beyond and
that is no chance among so many columns (Holm). Everything else cannot be told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from mlgate.checks.estimate_cells import cells_of, columns_of
from mlgate.inference.reliance import Leaning, Reliance
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.words import Level, Section
from mlgate.sentences import plural

__all__ = ["EXHIBIT", "LEAST_ROWS", "SHAP_EXHIBIT", "exhibit", "judged", "observe_reliance", "observe_untold"]

EXHIBIT, SHAP_EXHIBIT = "reliance", "shap"
#: Fewer rows say too little about a mean of losses.
LEAST_ROWS = 300

_COLUMNS = (
    "column",
    "note",
    "loss",
    *columns_of("champion", "challenger", "share"),
    "noise",
    "training",
    "adjusted_p",
    "whole",
    "repeats",
    "rows",
)


def observe_reliance(
    found: Mapping[str, Leaning],
    every: Reliance,
    settings: ExplanationSettings,
    *,
    loss: str,
    notes: Mapping[str, str],
    confidence: float,
) -> tuple[Observation, ...]:
    """One observation for each column, by the change of the reliance on it; none without a champion.

    Parameters
    ----------
    found
        By column.
    every
        What they have in common.
    settings
        Margin and level.
    loss
        What the loss is called.
    notes
        By column, why it matters more than others, such as "sensitive" or "stands in for sex".
    confidence
        Of the intervals.
    """

    def said(name: str, challenger: float, champion: float) -> str:
        rises = f"rises by {challenger:.3g}, the champion's by {champion:.3g}"
        return f"with its values dealt to other rows the {loss} {rises}"

    basis = plural(every.repeats, "permutation")
    return judged(found, every, settings, said=said, basis=basis, notes=notes, confidence=confidence)


def judged(
    found: Mapping[str, Leaning],
    every: Reliance,
    settings: ExplanationSettings,
    *,
    said: Callable[[str, float, float], str],
    basis: str,
    notes: Mapping[str, str],
    confidence: float,
) -> tuple[Observation, ...]:
    """One observation for each column, whatever its reliance was measured by; see ``observe_reliance``.

    Parameters
    ----------
    said
        From a column and both models' figures, the challenger's first, to the beginning of a sentence.
    basis
        What it was measured with beside rows, such as "5 permutations".
    """
    told = []
    for name, one in found.items():
        if one.champion is None:
            return ()
        figures = said(name, one.challenger.value, one.champion.value)
        note = notes.get(name, "")
        told.append(_judged(name, one, every, settings, said=figures, basis=basis, note=note, confidence=confidence))
    return tuple(told)


def _judged(
    name: str,
    one: Leaning,
    every: Reliance,
    settings: ExplanationSettings,
    *,
    said: str,
    basis: str,
    note: str,
    confidence: float,
) -> Observation:
    margin, share = settings.margin, one.share
    within = -margin < share.low and share.high < margin
    beyond = (share.low > margin or share.high < -margin) and one.adjusted_p <= (1 - confidence) / 2
    decided = every.rows >= LEAST_ROWS and (within or beyond)
    return Observation(
        id=f"behaviour/reliance/{name}",
        section=Section.BEHAVIOUR,
        title=f"the challenger leans on {name}{f' ({note})' if note else ''} as the champion does",
        level=settings.level,
        reason=_reason(one, every, margin, said=said, basis=basis, decided=decided),
        dataset="base_case",
        value=share.value if decided else math.nan,
        at_least=-margin,
        at_most=margin,
        rows=every.rows,
    )


def _reason(one: Leaning, every: Reliance, margin: float, *, said: str, basis: str, decided: bool) -> str:
    if math.isnan(one.share.value):
        return f"{said}; the champion leans on no column so clearly that a change could be measured by it"
    said += (
        f"; that is {one.share.value:+.2f} [{one.share.low:+.2f}, {one.share.high:+.2f}] of its whole reliance of "
        f"{every.whole.value:.3g}, margin {margin:g}, over {plural(every.rows, 'row')} and {basis}"
    )
    if every.rows < LEAST_ROWS:
        said += f"; at least {LEAST_ROWS} rows are needed"
    elif not decided:
        said += ", which cannot be told from chance"
    known = math.isfinite(one.training)
    return said + ("" if known else "; how much training by itself moves it is not in the interval")


def observe_untold(problem: str, level: Level, *, rows: int, by: str = "") -> Observation:
    """That nothing can be said, and why; the base case itself was answered, so that this blocks nothing by itself.

    Parameters
    ----------
    problem
        Why.
    level
        Of the finding.
    rows
        That were to be asked about.
    by
        The kind of measurement that failed, where there are others.
    """
    return Observation(
        id=f"behaviour/reliance/measured{f'/{by}' if by else ''}",
        section=Section.BEHAVIOUR,
        title=f"what the models lean on can be measured{f' by {by}' if by else ''}",
        level=level,
        reason=problem,
        dataset="base_case",
        rows=rows,
    )


def exhibit(
    found: Mapping[str, Leaning], every: Reliance, *, loss: str, notes: Mapping[str, str], background: int | None = None
) -> Exhibit:
    """Reliance of both models, column by column, that on which they differ most first.

    Parameters
    ----------
    found, every
        By column, and what they have in common.
    loss
        What the figures are of.
    notes
        By column, why it matters more than others.
    background
        Of SHAP values, how many rows the columns got other values from; None: they are permutation importances.
    """
    last = () if background is None else (background,)
    rows = []
    for name, one in sorted(found.items(), key=lambda pair: _order(*pair)):
        both = (one.champion, one.challenger)
        figures = cells_of(*(map(_not_below_zero, both) if last else both), one.share)
        figures += [_known(number) for number in (one.noise, one.training, one.adjusted_p, every.whole.value)]
        rows.append((name, notes.get(name, ""), loss, *figures, every.repeats, every.rows, *last))
    columns = (*_COLUMNS, *(("background",) if last else ()))
    return Exhibit(name=SHAP_EXHIBIT if last else EXHIBIT, columns=columns, rows=tuple(rows))


def _order(name: str, one: Leaning) -> tuple[float, float, str]:
    apart = abs(one.share.value)
    return -apart if math.isfinite(apart) else 0.0, -one.challenger.value, name


def _not_below_zero(found: Estimate | None) -> Estimate | None:
    """The mean of a size is never below zero, whatever its interval says."""
    if found is None:
        return None
    return Estimate(value=max(found.value, 0.0), low=max(found.low, 0.0), high=max(found.high, 0.0))


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
