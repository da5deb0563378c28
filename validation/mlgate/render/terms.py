"""How one decision calls things: its rows, the units that they belong to, its currency, its two decisions.

Separate from ``words.py``, which holds for every decision alike.
"""

from __future__ import annotations

import math
import re

from mlgate.frozen import dataclass
from mlgate.records.decision import Decision, Finding
from mlgate.render.figures import Unit, confidence_text, count, number, plural
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip

__all__ = ["Terms", "counted", "sample", "terms_of", "unit_in", "units_noun", "worth"]

_KEY = re.compile(r"[_ -]?(id|key|code|no|nr|number|hash)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The words that a decision's texts are written in."""

    #: what a row is: "applications".
    noun: str
    #: what a unit is, in the plural: "customers"; "units" where the column's name is no noun, empty without units.
    units: str
    weighted: bool
    currency: str
    #: what the two decisions are called.
    positive: str
    negative: str
    #: confidence of the intervals: "95 %".
    sure: str


def terms_of(decision: Decision) -> Terms:
    """The words of a decision."""
    return Terms(
        noun=clip(decision.noun, 40) or "rows",
        units=units_noun(decision.unit),
        weighted=bool(decision.weight),
        currency=clip(decision.currency, 20),
        positive=clip(decision.positive, 40),
        negative=clip(decision.negative, 40),
        sure=confidence_text(decision.confidence),
    )


def units_noun(column: str) -> str:
    """What a column of units counts, in the plural; "units" where its name is not made of words.

    >>> units_noun("customer_id"), units_noun("patient"), units_noun("x9#"), units_noun("")
    ('customers', 'patients', 'units', '')
    """
    if not column:
        return ""
    bare = _KEY.sub("", column).replace("_", " ").strip()
    if not re.fullmatch(r"[A-Za-z]{2,30}( [A-Za-z]{1,30}){0,3}", bare):
        return "units"
    if bare[-1:].lower() == "s":
        return bare
    return f"{bare[:-1]}ies" if re.search(r"[^aeiou]y$", bare, re.IGNORECASE) else f"{bare}s"


def counted(value: float, noun: str) -> str:
    """A number of rows by the user's noun, which is in the plural; of "rows" the singular is known.

    >>> counted(1, "rows"), counted(797, "applications")
    ('1 row', '797 applications')
    """
    return plural(value, "row", "rows") if noun == "rows" else f"{count(value)} {noun}"


def unit_in(finding: Finding, terms: Terms) -> Unit:
    """Unit of a finding's figures, money in the decision's currency."""
    return unit_of(finding.metric, terms.currency)


def worth(finding: Finding) -> str:
    """How many independent units the finding's rows are worth; empty where rows are independent."""
    value = finding.effective_units
    if value is None or not math.isfinite(value):
        return ""
    return count(value) if value >= 100 else number(value, unit_of(""), decimals=0 if value >= 10 else 1)


def sample(finding: Finding, terms: Terms) -> str:
    """The rows behind a finding: "1,200 rows of 85 customers (worth 61)"; empty where there are none to speak of."""
    if finding.rows is None:
        return ""
    said = f"{count(finding.rows)} weighted {terms.noun}" if terms.weighted else counted(finding.rows, terms.noun)
    if not worth(finding):
        return said
    if finding.units is not None and finding.units != finding.rows:
        said += f" of {count(finding.units)} {terms.units or 'units'}"
    return f"{said} (worth {worth(finding)})"
