"""What is asked of the data themselves: settings of the data checks, one record for each kind of check.

Separate from ``settings.py`` because these records are handed to checks as they are, and each check knows only its own.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level

__all__ = [
    "BoundsSettings",
    "DataChecks",
    "DeclineSettings",
    "DomainSettings",
    "DriftSettings",
    "FeatureUseSettings",
    "LeakageSettings",
    "LogSettings",
    "OutlierSettings",
    "PersonalDataSettings",
    "ProductionSettings",
    "SkewSettings",
    "SourceSettings",
    "WindowSettings",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSettings:
    """Where the rows of one data set come from: exactly one of ``path``, ``url`` and ``callable``."""

    #: file, folder, pattern of files, DVC pointer file (all relative to the folder of mlgate.yaml), or the address of
    #: one of the first three in an object store, such as ``s3://bucket/scored/*.parquet``.
    path: str = ""
    #: SQLAlchemy address of a database; ``${NAME}`` stands for an environment variable, and passwords only come so.
    url: str = ""
    #: what is asked of the database, or the path of a file ``*.sql`` that holds it.
    query: str = ""
    #: ``module:function``, resolved against the folder of mlgate.yaml; it returns the rows.
    callable: str = ""
    #: keyword arguments of the callable.
    options: tuple[tuple[str, str], ...] = ()
    #: seconds that a query, a download, a callable or DVC may take.
    timeout: float = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LeakageSettings:
    """What training and evaluation rows may share, and how well one feature alone may predict the label."""

    level: Level = Level.REQUIRED
    #: share of evaluation rows that may be training rows beyond what repeats by itself. Not 0: in surveys and ledgers
    #: two people are sometimes alike in all that was asked (in UCI Adult 1 row of 700), and half a percent of known
    #: rows moves an accuracy by less than the 0.01 that is asked of models by default.
    shared: float = 0.005
    #: the same for near copies.
    near: float = 0.005
    #: share of rows that may be copies of others of the same set.
    duplicates: float = 0.005
    #: share of evaluation rows whose key is a training row's, and of rows whose key stands twice: keys are declared to
    #: be unique, so that one is a mistake.
    keys: float = 0.0
    #: share of evaluation rows of a unit that was trained on.
    units: float = 0.0
    #: share of evaluation rows from before the newest training row.
    older: float = 0.0
    #: AUC that a feature alone may have (binary). Models of people's behaviour hardly reach 0.98 with all features.
    auc: float = 0.98
    #: several classes: share of the errors of "always the most frequent class" that a feature alone may remove.
    accuracy_gain: float = 0.9
    #: regression: R² of ranks that a feature alone may have.
    rank_r2: float = 0.95
    #: a feature that does as well as the champion is told only from here on, as a share of the way from chance to
    #: perfect: a champion near chance is reached by accident.
    floor: float = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureUseSettings:
    """What models may read: forbidden features, how well others may stand in for them, and when values were known."""

    level: Level = Level.REQUIRED
    #: columns that no model may read.
    forbidden: tuple[str, ...] = ()
    #: columns whose stand-ins are looked for; empty: the forbidden ones.
    attributes: tuple[str, ...] = ()
    #: level of what is said about stand-ins: a correlation is a reason to look, seldom one to stop.
    proxy_level: Level = Level.ADVISORY
    #: cross-validated AUC with which the other features may tell an attribute. At 0.8 four of five pairs of rows are
    #: told apart, so that leaving the attribute out protects nobody.
    proxy_auc: float = 0.8
    #: the same for an attribute that is a number: R².
    proxy_r2: float = 0.5
    #: rows that are looked at, chosen by content; 20,000 give an AUC to within 0.01.
    proxy_rows: int = 20_000
    #: feature and the column that says when its value was known.
    stamps: tuple[tuple[str, str], ...] = ()
    #: column that says when the prediction was made.
    predicted_at: str | None = None
    #: share of rows whose feature may be from after the prediction.
    late: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalDataSettings:
    """Which columns are looked through for personal data, and from how many matching values on one is named."""

    level: Level = Level.ADVISORY
    #: columns of which it is known and accepted.
    accepted: tuple[str, ...] = ()
    #: share of a column's values that may match. Of random digits one in ten passes a card number's checksum, but few
    #: have a card's length and prefix too; half leaves room for columns in which people wrote something else.
    share: float = 0.5
    #: distinct values that are looked at, chosen by content.
    sample: int = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DriftSettings:
    """When a column of a window differs from the training data: by how much, and so that chance does not explain it."""

    level: Level = Level.GUARDED
    #: the label column; None: label drift is not looked at.
    label: str | None = None
    #: columns that hold the models' scores.
    predictions: tuple[str, ...] = ()
    #: columns that are no features, such as ids and times.
    ignore: tuple[str, ...] = ()
    #: columns of which no value is told.
    private: tuple[str, ...] = ()
    #: largest p, adjusted by Holm over everything that is asked of one window, at which a change is not chance.
    significance: float = 0.01
    #: what decides of numbers: ``kolmogorov_smirnov``, ``psi``, ``jensen_shannon`` or ``wasserstein`` (in standard
    #: deviations of the training data).
    number_measure: str = "kolmogorov_smirnov"
    number_at_most: float = 0.1
    #: what decides of categories: ``jensen_shannon``, ``psi`` or ``largest_change`` (of any share).
    category_measure: str = "jensen_shannon"
    category_at_most: float = 0.1
    #: most that the share of missing values may change.
    missing_at_most: float = 0.02
    #: largest share of rows with categories that training has not seen.
    new_at_most: float = 0.01
    #: most that the share of any class may change; a label of numbers goes by ``number_at_most``.
    label_at_most: float = 0.03
    #: largest Kolmogorov-Smirnov distance of a model's scores.
    prediction_at_most: float = 0.1
    #: a change counts when ``least`` of the last ``last`` windows show it, the newest among them.
    least: int = 1
    last: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundsSettings:
    """How many rows of a window may lie outside what training has seen, column by column."""

    level: Level = Level.GUARDED
    #: columns that are no features.
    ignore: tuple[str, ...] = ()
    #: columns of which no value is told.
    private: tuple[str, ...] = ()
    #: largest share of values outside the training range, or of unseen categories.
    at_most: float = 0.01
    #: own shares of single columns.
    columns: tuple[tuple[str, float], ...] = ()
    #: largest p, by the binomial distribution, at which more than that share is not chance.
    significance: float = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainSettings:
    """How well a classifier may tell a window from the training data."""

    level: Level = Level.GUARDED
    #: columns that are no features.
    ignore: tuple[str, ...] = ()
    #: largest ROC AUC; it also has to be above one half beyond chance.
    at_most: float = 0.6
    #: most rows that are taken of each side.
    cap: int = 20_000
    folds: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class OutlierSettings:
    """How many rows of a window may be as far from the training data as its own farthest ones."""

    level: Level = Level.GUARDED
    #: columns that are no features.
    ignore: tuple[str, ...] = ()
    #: share of the training data that counts as far.
    expected: float = 0.01
    #: largest share of a window; it also has to be above ``expected`` beyond chance.
    at_most: float = 0.03
    #: most rows that are taken of each side.
    cap: int = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DataChecks:
    """Which checks are made; None: that one is not."""

    #: training rows against the base case and against the challenger's figures; needs ``data.train``.
    leakage: LeakageSettings | None = None
    #: windows against the training rows, or the base case where there are none.
    drift: DriftSettings | None = None
    bounds: BoundsSettings | None = None
    domain: DomainSettings | None = None
    outliers: OutlierSettings | None = None
    features: FeatureUseSettings | None = None
    personal_data: PersonalDataSettings | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSettings:
    """One span of time that is given by its ends; windows are [start, end) in UTC."""

    name: str
    #: ISO 8601: a date, or a date with a time; without an offset it is UTC.
    start: str
    end: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSettings:
    """The prediction log: what its columns are called, and which windows of it are looked at."""

    source: SourceSettings
    id: str = "id"
    time: str = "time"
    model_version: str = "model_version"
    #: column of the logged score; one of class scores per class is named with a star, such as ``score_*``.
    score: str = "score"
    #: column of the label, in the log or in ``labels``.
    label: str = "label"
    #: second source with labels that came late, joined by id; None: all labels are in the log.
    labels: SourceSettings | None = None
    #: column of that source that says when a label was known: the newest wins. Empty: contradictions are refused.
    labels_time: str = ""
    #: ``hour``, ``day``, ``week`` (from Monday) or ``month``; empty: ``windows`` are meant.
    every: str = "week"
    #: how many windows, the newest of them last.
    last: int = 8
    #: ISO 8601; only windows that are over by then count. Empty: the time of the newest row.
    until: str = ""
    #: windows with ends of their own, in the place of ``every`` and ``last``.
    windows: tuple[WindowSettings, ...] = ()
    #: for which cases alone labels exist, such as "loans that were granted"; empty: for all.
    selective: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SkewSettings:
    """Training/serving skew: the same rows, as production logged them and as the training side has them."""

    #: share of shared rows that may differ in one feature, or in the score.
    most: float = 0.0
    #: numbers differ when they are further apart than this, relative to the larger one: float32 keeps seven digits.
    tolerance: float = 1e-5
    level: Level = Level.ADVISORY


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclineSettings:
    """When a champion has declined, so that it should be trained again."""

    metrics: tuple[str, ...] = ("roc_auc",)
    #: ``base_case``, or ``older``: the mean of the windows before the last ones.
    against: str = "base_case"
    #: how much worse a window may be; a decline is one whose whole interval lies beyond it.
    margin: float = 0.0
    #: in how many of the last windows, the newest among them.
    least: int = 2
    last: int = 3
    #: the champion's decline is no fault of the challenger: by default it is shown and blocks nothing.
    level: Level = Level.ADVISORY


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductionSettings:
    """The prediction log and what is asked of it."""

    log: LogSettings
    #: None: training and serving are not compared.
    skew: SkewSettings | None = SkewSettings()
    #: None: nobody asks whether the champion has declined.
    decline: DeclineSettings | None = DeclineSettings()
