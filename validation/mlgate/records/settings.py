"""One mlgate.yaml, read and checked: the ``Run`` plus where data, models, suites and the ledger are.

Separate from ``records/run.py`` because the engine must not know these things: commands read them and hand the engine
what it needs.
"""

from __future__ import annotations

from pathlib import Path

from mlgate.frozen import dataclass
from mlgate.records.behaviour_settings import BehaviourSettings, Golden
from mlgate.records.data_settings import DataChecks, ProductionSettings, SourceSettings
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.model_settings import CertaintySettings, CostSettings, PrivacySettings
from mlgate.records.run import Run
from mlgate.records.words import Level

__all__ = ["CONFIG", "DataSource", "LabelSettings", "OddityChoice", "OdditySettings", "Settings", "TrainSettings"]

#: The file that a command reads when none is named.
CONFIG = "mlgate.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSettings:
    """The column of truth and what its values mean."""

    column: str
    #: the label's values, as text that is compared after canonical formatting ("1", "true", "yes").
    positive: str = "1"
    #: what counts as negative: these values; none: the one other value that the data hold; None: every other value.
    negative: tuple[str, ...] | None = ("0",)
    #: what people call the two decisions.
    positive_name: str = "positive"
    negative_name: str = "negative"
    #: multiclass: the classes, in the order in which a model gives their scores; empty: read off the data.
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSource:
    """One data set of mlgate.yaml: ``base_case``, ``train``, or a window."""

    name: str
    #: file, folder, pattern of files, or address in an object store; see ``SourceSettings``. Empty: a database or a
    #: callable.
    path: str = ""
    url: str = ""
    query: str = ""
    callable: str = ""
    options: tuple[tuple[str, str], ...] = ()
    #: seconds that a query or a callable may take.
    timeout: float = 600.0
    #: Great Expectations suite file; empty when none.
    suite: str = ""
    #: columns that these rows do not have, such as the label of serving requests; the suite is read without them.
    without: tuple[str, ...] = ()
    #: level of the suite's findings.
    level: Level = Level.REQUIRED
    note: str = ""

    @property
    def rows(self) -> SourceSettings:
        """Where the rows come from."""
        return SourceSettings(
            path=self.path,
            url=self.url,
            query=self.query,
            callable=self.callable,
            options=self.options,
            timeout=self.timeout,
        )

    @property
    def shown(self) -> str:
        """What errors and reports call it; never an address, which may hold a password."""
        return self.path or self.callable or f"the query of {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class OddityChoice:
    """What is said of one oddity set apart from the others."""

    name: str
    #: of everything about the set; None: as for all.
    level: Level | None = None
    #: None: as for all.
    margin: float | None = None
    relative: bool = False
    #: ``answer``, ``refuse`` or ``either``: what is right; empty: as the catalogue has it.
    expect: str = ""
    #: the only columns that the set touches; empty: all that it can.
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OdditySettings:
    """Which oddity sets are made and which columns they may touch."""

    #: of the catalogue, and dotted names of a team's own functions.
    names: tuple[str, ...]
    #: whether somebody named them, so that one that cannot be made is a mistake; else it is left out.
    named: bool = False
    #: columns that oddities leave alone (label, identifiers and evaluation columns are left alone anyway).
    leave: tuple[str, ...] = ()
    #: columns of numbers that are codes of categories; columns of text are categories anyway.
    categories: tuple[str, ...] = ()
    choices: tuple[OddityChoice, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """The user's training callable and the argument it gets."""

    #: ``module:function``; resolved against the folder of mlgate.yaml.
    callable: str
    #: path of its configuration file, handed to the callable.
    config: str = ""
    #: seconds after which training is stopped.
    timeout: float = 3600.0
    #: how many challengers are trained with other seeds, to learn the variance of training; 0: none.
    seeds: int = 0
    #: whether the data checks come first, and one that blocks stops the training.
    check_data: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All of one mlgate.yaml."""

    #: folder of mlgate.yaml: every relative path starts here.
    root: Path
    model: str
    title: str
    label: LabelSettings
    data: tuple[DataSource, ...]
    run: Run
    #: the file itself, as it was named.
    config: str = CONFIG
    #: tracking and registry address; None: the environment's MLFLOW_TRACKING_URI, else ``sqlite:///mlflow.db``.
    registry: str | None = None
    champion: str = ""
    challenger: str = ""
    #: column that identifies a row; None: the row's content and occurrence number.
    id: str | None = None
    #: evaluation columns that must never be handed to a model.
    sensitive: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    #: column that says when a row happened; empty when nobody says.
    time: str = ""
    #: the prediction log; None when there is none.
    production: ProductionSettings | None = None
    #: what is asked of the data themselves.
    checks: DataChecks = DataChecks()
    oddities: OdditySettings | None = None
    #: how undeclared slices are searched for; None: they are not.
    discovered: DiscoverySettings | None = DiscoverySettings()
    #: whether the file guards slices of its own, under ``guard``.
    guards: bool = False
    #: rows that must be right.
    golden: Golden | None = None
    #: what must not move an answer, and in which direction it may move.
    behaviour: BehaviourSettings = BehaviourSettings()
    train: TrainSettings | None = None
    suites: tuple[str, ...] = ()
    #: seconds that one call of a model may take.
    model_timeout: float = 300.0
    #: bytes that a model's process and all that it starts may hold in memory; 0: the machine's share for one model.
    model_memory: int = 0
    #: whether each model runs in an environment built from its own requirements.
    build_env: bool = False
    #: what models may cost, how little they may give away, how sure they must be; None: not asked.
    cost: CostSettings | None = CostSettings()
    privacy: PrivacySettings | None = PrivacySettings()
    certainty: CertaintySettings | None = CertaintySettings()
    #: how far the challenger may lean on other columns than the champion; None: not asked.
    explanations: ExplanationSettings | None = ExplanationSettings()
    #: whether the decision thresholds are read from the models (key ``decision_threshold`` of their metadata).
    thresholds_from_models: bool = False
    #: how often the base case may be used to decide before the report warns.
    uses: int = 20
    #: ``registry``, or the path of a file.
    ledger: str = "registry"
    mode: str = "gate"
    #: ``public``, ``internal`` or ``aggregates``, and the fewest rows that aggregates tell of.
    disclosure: str = "internal"
    minimum_cell: int = 10
    owner: str = ""
    #: people who may approve; empty: anyone who can run the command (their name is recorded).
    approvers: tuple[str, ...] = ()
    #: whether a demonstration approval (``mlgate approve --demo``) is accepted by ``promote``.
    allow_demo: bool = False
    noun: str = "rows"
    limits: tuple[str, ...] = ()
    #: SHA-256 over the text that was read.
    digest: str = ""

    def source(self, name: str) -> DataSource | None:
        """The data set of that name, or None."""
        return next((source for source in self.data if source.name == name), None)
