"""What was concluded: findings, and the decision that people approve and promotion reads.

These records are what ``decision.json`` holds, field by field; ``records/codec.py`` turns them into JSON and back.
Renderers get a ``Decision`` and nothing else, so everything that a report shows is in here.
"""

from __future__ import annotations

from dataclasses import field

from mlgate.frozen import dataclass
from mlgate.records.evidence import Estimate
from mlgate.records.words import ApprovalState, Level, Rule, Section, Verdict

__all__ = [
    "Approval",
    "DataFacts",
    "Decision",
    "Exhibit",
    "Finding",
    "ModelFacts",
    "NOT_TRAINED",
    "Provenance",
    "SCHEMA",
]

SCHEMA = "mlgate/decision/v1"
#: id of the finding that there is no challenger, because the data to train it on are refused.
NOT_TRAINED = "compare/challenger/trained"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The one outcome noun: what ``judge`` concluded from evidence or an observation, with its reason."""

    #: stable and readable, such as ``slices/base_case/accuracy/not_worse/black=1``.
    id: str
    section: Section
    #: a sentence's beginning, such as "accuracy not worse by 0.06 on black=1".
    title: str
    verdict: Verdict
    level: Level
    #: computed, never configured.
    blocking: bool
    #: always filled: why this verdict.
    reason: str
    #: a few rows by their id, where rows may be named; see ``Decision.disclosure``.
    examples: str = ""
    #: why the requirement exists, in the words of who declared it.
    because: str = ""
    dataset: str = ""
    #: ``overall`` for all rows; empty where slices have no meaning.
    slice: str = ""
    #: what people read for the slice: "Black women".
    slice_title: str = ""
    metric: str = ""
    rule: Rule | None = None
    margin: float | None = None
    bound: float | None = None
    champion: Estimate | None = None
    challenger: Estimate | None = None
    improvement: Estimate | None = None
    rows: int | None = None
    units: int | None = None
    differing: int | None = None
    gained: int | None = None
    lost: int | None = None
    #: below the metric's minimum size: shown dotted, cannot pass.
    too_small: bool = False
    #: one-sided p after Holm within the family; guarded findings only.
    adjusted_p: float | None = None
    #: number of guarded findings in the family.
    family: int | None = None
    smallest_detectable: float | None = None
    #: rows at which an equal challenger would pass with 80 % power; None where no number of rows would.
    rows_to_decide: int | None = None
    #: ``champion`` or ``baseline``: what a paired rule compared with.
    than: str = "champion"
    #: units that the rows are worth, G = N² / Σ n_g²; None when rows are independent.
    effective_units: float | None = None
    #: stands first under "look here": significant by Benjamini-Hochberg only, or wholly beyond the margin unadjusted.
    look_here: bool = False
    #: the margin as a fraction of the champion's value, where it was asked so; ``margin`` is in the metric's units.
    relative: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exhibit:
    """A small table of numbers for one part of the report; its name says which part draws it."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFacts:
    """Which model it was."""

    #: ``champion`` or ``challenger``.
    role: str
    #: as the user named it: ``models:/loanapp/2``, a folder, or ``column old``.
    source: str
    name: str = ""
    version: str = ""
    #: SHA-256 over the model's files, ``sha256:…``; empty for a column of predictions.
    digest: str = ""
    #: such as "gradient boosting".
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFacts:
    """Which rows they were."""

    name: str
    source: str
    #: order-free digest of the row identities.
    digest: str
    rows: int
    #: rows whose label is positive; None where the data has no label.
    positives: int | None = None
    #: a limit to be shown with it, such as "simulated: a held-out draw, the data have no time".
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """What the decision is about, by digest, and how it came about."""

    run: str
    #: ``run`` or ``check``; only a ``run`` can be promoted.
    command: str
    models: tuple[ModelFacts, ...]
    data: tuple[DataFacts, ...]
    config_digest: str
    tally_digest: str
    code_commit: str
    #: whether tracked files differed from that commit.
    code_modified: bool
    seed: int
    #: package name and version.
    versions: tuple[tuple[str, str], ...]
    #: ISO 8601, UTC.
    started: str
    finished: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Whether a person has to act, and what they did."""

    state: ApprovalState
    by: str = ""
    reason: str = ""
    at: str = ""
    #: an override ends here.
    expires: str = ""
    #: made with a demonstration key, which real policies refuse.
    demo: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The verdict over all findings, with provenance and the state of approval."""

    model: str
    #: what people call the model; falls back to ``model``.
    title: str
    verdict: Verdict
    #: one sentence: why this verdict.
    reason: str
    approval: Approval
    findings: tuple[Finding, ...]
    provenance: Provenance
    exhibits: tuple[Exhibit, ...] = ()
    #: what the verdict cannot say, in sentences for the report.
    limits: tuple[str, ...] = ()
    #: ``gate``, or ``observe`` (reports what would have been blocked and blocks nothing).
    mode: str = "gate"
    #: ``block`` or ``approve``: whether a person may approve an inconclusive decision without an override.
    on_inconclusive: str = "block"
    #: two-sided confidence level of every interval that the report prints.
    confidence: float = 0.95
    #: who may approve and override.
    owner: str = ""
    #: what a row is ("applications"), and what the two decisions are called ("denied", "approved").
    noun: str = "rows"
    positive: str = "positive"
    negative: str = "negative"
    #: ``binary``, ``multiclass`` or ``regression``.
    task: str = "binary"
    #: column that says which rows belong together; empty when rows are independent.
    unit: str = ""
    #: column of row weights; empty when all rows weigh the same.
    weight: str = ""
    #: currency of the metrics ``cost`` and ``value``.
    currency: str = ""
    #: ``public``, ``internal`` or ``aggregates``: who may read about single rows, and small groups of them.
    disclosure: str = "internal"
    #: in ``aggregates``: figures about fewer rows are withheld.
    minimum_cell: int = 10
    schema: str = field(default=SCHEMA)
