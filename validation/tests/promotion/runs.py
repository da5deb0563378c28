"""Runs to promote, as the gate leaves them, and what they are promoted with: shared by tests of three layers."""

from __future__ import annotations

import dataclasses
import functools
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from mlgate.edges.ledger_stores import FileStore
from mlgate.edges.mlflow_registry import Registry, connect
from mlgate.errors import RegistryError
from mlgate.promotion.approve import Wish, judge_approval, put_on_record
from mlgate.promotion.contract import instant
from mlgate.promotion.ledger import Entry, read
from mlgate.promotion.statement import DECISION, STATEMENT, TALLY, build, digest_bytes
from mlgate.records.codec import dumps
from mlgate.records.decision import Approval, DataFacts, Decision, Finding, ModelFacts, Provenance
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import ApprovalState, Level, Section, Verdict

__all__ = [
    "CONFIG_DIGEST",
    "NOW",
    "TALLY_CONTENT",
    "TextRegistry",
    "approve",
    "challenger",
    "champion",
    "decide",
    "files_of",
    "kinds",
    "save_version",
    "settings",
    "shared_registry",
    "store_at",
]

NOW = datetime(2026, 11, 24, 13, 5, 9, tzinfo=timezone.utc)
CONFIG_DIGEST = "sha256:" + "c" * 64
TALLY_CONTENT = b"counts of eight cells"


def champion(version: str = "1", *, model: str = "credit") -> ModelFacts:
    """The model in production."""
    return ModelFacts(
        role="champion", source=f"models:/{model}/{version}", name=model, version=version, digest=f"sha256:of {version}"
    )


def challenger(version: str = "2", *, model: str = "credit", digest: str = "") -> ModelFacts:
    """The model that was judged."""
    return dataclasses.replace(
        champion(version, model=model), role="challenger", digest=digest or f"sha256:of {version}"
    )


def decide(
    verdict: Verdict = Verdict.PASS,
    *,
    models: tuple[ModelFacts, ...] | None = None,
    model: str = "credit",
    command: str = "run",
    config_digest: str = CONFIG_DIGEST,
    on_inconclusive: str = "block",
    mode: str = "gate",
    finding: str = "compare/base_case/accuracy/not_worse",
) -> Decision:
    """A decision of one finding, which nobody has approved yet."""
    return Decision(
        model=model,
        title="Credit",
        verdict=verdict,
        reason="accuracy is not worse by 0.01",
        approval=Approval(state=ApprovalState.WAITING),
        findings=(
            Finding(
                id=finding,
                section=Section.COMPARE,
                title="accuracy not worse by 0.01",
                verdict=verdict,
                level=Level.REQUIRED,
                blocking=verdict is not Verdict.PASS,
                reason="low is -0.004",
                dataset="base_case",
                slice="overall",
                metric="accuracy",
            ),
        ),
        provenance=Provenance(
            run=f"{model}-v2",
            command=command,
            models=(champion(), challenger()) if models is None else models,
            data=(DataFacts(name="base_case", source="base.parquet", digest="sha256:da7a", rows=797, positives=98),),
            config_digest=config_digest,
            tally_digest=digest_bytes(TALLY_CONTENT),
            code_commit="0123abc",
            code_modified=False,
            seed=0,
            versions=(("mlgate", "0.1.0"),),
            started=instant(NOW),
            finished=instant(NOW),
        ),
        mode=mode,
        on_inconclusive=on_inconclusive,
        owner="credit-risk",
    )


def files_of(decision: Decision) -> dict[str, bytes]:
    """The files of a run that promotion reads."""
    text = dumps(decision)
    return {
        DECISION: text.encode(),
        TALLY: TALLY_CONTENT,
        STATEMENT: build(decision, text=text, tally=TALLY_CONTENT).encode(),
    }


def settings(
    *, approvers: tuple[str, ...] = (), allow_demo: bool = False, mode: str = "gate", digest: str = CONFIG_DIGEST
) -> Settings:
    """The mlgate.yaml that decisions of ``decide`` were judged by."""
    return Settings(
        root=Path("/nowhere"),
        model="credit",
        title="Credit",
        label=LabelSettings(column="y"),
        data=(),
        run=Run(requirements=()),
        approvers=approvers,
        allow_demo=allow_demo,
        mode=mode,
        owner="credit-risk",
        digest=digest,
    )


def store_at(folder: Path) -> FileStore:
    """A ledger in a file of its own."""
    return FileStore(path=folder / "ledger.jsonl")


def approve(
    store: FileStore, decision: Decision, *, override: bool = False, expires: str | None = None, demo: bool = False
) -> Decision:
    """The decision as it stands after anna approved it, in the ledger too."""
    wish = Wish(by="anna", reason="looks good", at=NOW, override=override, expires=expires, demo=demo)
    approval = judge_approval(decision, wish, approvers=(), history=read(store))
    assert isinstance(approval, Approval), approval
    put_on_record(store, read(store), files=files_of(decision), decision=decision, approval=approval, at=NOW)
    return dataclasses.replace(decision, approval=approval)


@dataclass(kw_only=True)
class TextRegistry:
    """A registry of one model, whose files are texts: version to text. The real one is tested in tests/commands."""

    alias: str | None = "1"
    digests: dict[str, str] = field(default_factory=lambda: {str(n): f"sha256:of {n}" for n in range(1, 6)})
    tags: dict[str, str] = field(default_factory=dict)
    #: called before the alias is moved; may raise, as a crash does.
    before_move: Callable[[], None] = lambda: None
    #: called after the alias was moved.
    after_move: Callable[[], None] = lambda: None
    moves: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return "texts"

    def champion(self, model: str) -> str | None:
        return self.alias

    def set_champion(self, model: str, version: str) -> None:
        self.before_move()
        self.alias = version
        self.moves.append(version)
        self.after_move()

    def version_facts(self, model: str, version: str) -> Mapping[str, str]:
        if version not in self.digests:
            raise RegistryError(f"texts: there is no version {version} of {model}.")
        return {"digest": self.tags.get(version, self.digests[version])}

    def artifact_digest(self, model: str, version: str) -> str:
        return self.digests[version]


def kinds(entries: tuple[Entry, ...]) -> list[str]:
    """What happened, in order."""
    return [entry.kind.value for entry in entries]


@functools.lru_cache(maxsize=1)
def shared_registry(empty: Path) -> Registry:
    """One real MLflow registry for all tests of a process, begun as a copy of an empty one; see ``empty_registry``."""
    folder = empty.parent / "shared"
    folder.mkdir()
    return connect(f"sqlite:///{shutil.copy(empty, folder)}")


def save_version(registry: Registry, model: str, folder: Path, *, tag: bool = True) -> str:
    """Register a folder that MLflow takes for a model; its version. Its tag says its digest, as training leaves it."""
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(f"flavors:\n  python_function:\n    loader_module: {folder.name}\n")
    (folder / "weights.txt").write_text(folder.name)
    registry.ensure_model(model)
    version = str(registry.client.create_model_version(model, str(folder)).version)
    if tag:
        digest = registry.artifact_digest(model, version)
        registry.client.set_model_version_tag(model, version, "mlgate.digest", digest)
    return version
