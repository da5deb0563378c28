"""What a model may read: no forbidden feature, no stand-in for one, nothing that was not yet known.

Separate from the edges that look for stand-ins with scikit-learn and read times off tables: here are only the figures
and their bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = ["Proxy", "observe_forbidden", "observe_late", "observe_proxy"]

#: How many row ids a reason names.
EXAMPLES = 5
#: What encoders put before and behind a column's name: ``onehot__sex=F``, ``sex[F]``.
_PART = re.compile(r"^\w+__|[=\[:].*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """How well the other features tell one attribute."""

    attribute: str
    #: ``AUC`` or ``R²``.
    measure: str
    #: NaN when it cannot be told; then ``problem`` says why.
    value: float
    low: float
    high: float
    #: the features that tell most alone, with their figures, the strongest first.
    strongest: tuple[tuple[str, float], ...] = ()
    rows: int = 0
    #: of an attribute with several values, the one that is told best, where values may be told.
    told: str = ""
    problem: str = ""


def observe_forbidden(
    inputs: Collection[str], model: str, dataset: str, settings: FeatureUseSettings
) -> tuple[Observation, ...]:
    """Whether forbidden columns are among a model's inputs, one observation for each.

    Parameters
    ----------
    inputs
        Names of the columns in the model's signature.
    model
        What the model is called, such as ``challenger``.
    dataset
        Data set that the finding is listed under.
    settings
        The forbidden columns.
    """
    folded: dict[str, list[str]] = {}
    for name in inputs:
        for form in {_folded(name), _folded(_PART.sub("", name))}:
            folded.setdefault(form, []).append(name)
    seen = []
    for name in settings.forbidden:
        read = sorted(folded.get(_folded(name), ()))
        reason = f"it reads {' and '.join(read)}" if read else f"it is not among its {len(inputs):,} inputs"
        seen.append(
            Observation(
                id=f"{Section.DATA}/{dataset}/forbidden_feature/{model}/{name}",
                section=Section.DATA,
                title=f"the {model} does not read {name}",
                level=settings.level,
                reason=reason,
                dataset=dataset,
                value=float(len(read)),
                at_most=0.0,
            )
        )
    return tuple(seen)


def _folded(name: str) -> str:
    """A name as people mean it.

    >>> _folded("Marital-Status "), _folded("marital_status")
    ('maritalstatus', 'maritalstatus')
    """
    return re.sub(r"[\s_.-]+", "", name.casefold())


def observe_proxy(proxy: Proxy, dataset: str, settings: FeatureUseSettings) -> Observation:
    """Whether the other features tell an attribute better than is allowed.

    The lower limit of the interval is judged: a finding says that they surely do.
    """
    allowed = settings.proxy_auc if proxy.measure == "AUC" else settings.proxy_r2
    reason = proxy.problem
    if not reason:
        value = f" (its value {proxy.told})" if proxy.told else ""
        reason = (
            f"the other features tell {proxy.attribute}{value} with an {proxy.measure} of {proxy.value:.3f} "
            f"({proxy.low:.3f} to {proxy.high:.3f}); allowed are {allowed:g}"
        )
        if proxy.strongest:
            reason += "; alone tell most: " + ", ".join(f"{name} {figure:.3f}" for name, figure in proxy.strongest)
    return Observation(
        id=f"{Section.DATA}/{dataset}/proxy/{proxy.attribute}",
        section=Section.DATA,
        title=f"the other features do not stand for {proxy.attribute}",
        level=settings.proxy_level,
        reason=reason,
        dataset=dataset,
        value=np.nan if proxy.problem else proxy.low,
        at_most=allowed,
        rows=proxy.rows,
    )


def observe_late(
    feature: str,
    stamps: NDArray[np.float64],
    predicted: NDArray[np.float64],
    dataset: str,
    settings: FeatureUseSettings,
    name_rows: Callable[[Sequence[int]], str] | None = None,
) -> Observation:
    """Whether a feature was known when the prediction was made.

    Parameters
    ----------
    feature
        Its name.
    stamps, predicted
        When each value was known, and when each prediction was made, (n,), on one scale; NaN where missing. A row
        without either says nothing and is counted.
    dataset, settings
        The data set, and the share of rows that is allowed.
    name_rows
        Names rows, given their places; None when they may not be named.
    """
    both = ~(np.isnan(stamps) | np.isnan(predicted))
    late = both & (stamps > predicted)
    rows, count = int(np.count_nonzero(both)), int(np.count_nonzero(late))
    share = f"{count:,} of {plural(rows, 'row')} ({100 * count / max(rows, 1):.2g} %)"
    reason = f"{share} {'has' if count == 1 else 'have'} a {feature} from after the prediction"
    if rows < len(both):
        reason += f"; {plural(len(both) - rows, 'row lacks', 'rows lack')} one of the two times"
    places, examples = np.flatnonzero(late), ""
    if len(places) and name_rows is not None:
        examples = name_rows(places[:EXAMPLES].tolist()) + (" …" if len(places) > EXAMPLES else "")
    return Observation(
        id=f"{Section.DATA}/{dataset}/known_in_time/{feature}",
        section=Section.DATA,
        title=f"{feature} was known when the prediction was made",
        level=settings.level,
        reason=reason if rows else f"no row has both the time of {feature} and that of the prediction",
        dataset=dataset,
        value=count / rows if rows else np.nan,
        at_most=settings.late,
        rows=rows,
        examples=examples,
    )
