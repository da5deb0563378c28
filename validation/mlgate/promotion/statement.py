"""The in-toto statement of a run: which files, model and data a decision is about, bound by SHA-256.

The approval is the only part of ``decision.json`` that may change after the gate wrote it, so the digest is over its
content without the approval (what the approval says is checked against the ledger). The statement is unsigned for now;
a signature would wrap it in an envelope and leave its shape alone.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlgate.errors import DataError
from mlgate.records.codec import compact, compacted, decode, encode
from mlgate.records.decision import SCHEMA, Decision, ModelFacts

__all__ = [
    "DECISION",
    "PREDICATE_TYPE",
    "STATEMENT",
    "TALLY",
    "build",
    "decision_digest",
    "decision_of",
    "digest_bytes",
    "model_of",
    "read_run",
    "verify_run",
]

#: Files of a run that promotion reads.
DECISION, TALLY, STATEMENT = "decision.json", "tally.npz", "decision.intoto.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://mlgate.dev/decision/v1"


def read_run(folder: Path) -> dict[str, bytes]:
    """Content of the three files of a finished run that promotion reads, by file name.

    Raises
    ------
    DataError
        No such folder, or one of the files is missing or unreadable.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder; give the folder of a run, such as reports/loanapp-v2.")
    files = {}
    for name in (DECISION, TALLY, STATEMENT):
        try:
            files[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            raise DataError(f"{folder}: holds no {name}, so it is no finished run; run the gate again.") from None
        except OSError as problem:
            raise DataError(f"{folder / name}: cannot be read ({problem.strerror}).") from None
    return files


def decision_of(files: Mapping[str, bytes]) -> Decision:
    """The decision of a run.

    Raises
    ------
    DataError
        ``decision.json`` is not JSON, is of another schema, or does not hold a decision.
    """
    content = _parse(files[DECISION], DECISION)
    if content.get("schema") != SCHEMA:
        raise DataError(
            f"{DECISION}: its schema is {content.get('schema')!r}, this mlgate reads {SCHEMA!r}; use the same version."
        )
    return decode(Decision, content, where=DECISION)


def model_of(decision: Decision, role: str) -> ModelFacts | None:
    """Facts of the ``champion`` or the ``challenger``; None when the decision has no such model."""
    return next((facts for facts in decision.provenance.models if facts.role == role), None)


def digest_bytes(content: bytes) -> str:
    """``sha256:`` and the hexadecimal digest of some bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def decision_digest(decision: Decision) -> str:
    """Digest of a decision's content without its approval: the name by which the ledger knows it."""
    return digest_bytes(compact(decision, without="approval").encode())


def build(decision: Decision, *, text: str, tally: bytes) -> str:
    """Text of ``decision.intoto.json``.

    Parameters
    ----------
    decision
        What the gate concluded; its approval does not enter.
    text
        Content of ``decision.json``.
    tally
        Content of ``tally.npz``.
    """
    digest = digest_bytes(compacted(text, without="approval").encode())
    statement = _statement(decision, digest, tally=tally)
    return json.dumps(statement, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def verify_run(files: Mapping[str, bytes]) -> list[str]:
    """What does not fit together in the files of a run: one sentence each, none when all is as the gate wrote it."""
    try:
        content = _parse(files[DECISION], DECISION)
        statement = _parse(files[STATEMENT], STATEMENT)
        decision = decision_of(files)
    except DataError as problem:
        return [str(problem)]
    # What stands in the file counts, not what this version makes of it.
    expected = _statement(decision, _content_digest(content), tally=files[TALLY])
    named = decision.provenance.tally_digest == digest_bytes(files[TALLY])
    if statement == expected and named:
        return []
    problems = []
    found = _subjects(statement)
    for subject in expected["subject"]:
        name = subject["name"]
        if name not in found:
            problems.append(f"{STATEMENT} does not speak of {name}; run the gate again.")
        elif found[name] != subject["digest"]:
            problems.append(
                f"{_telling(name)} is not what {STATEMENT} vouches for: it was changed after the gate wrote it."
            )
    if not named and not problems:
        problems.append(f"{TALLY} is not the one that {DECISION} names; it was exchanged after the gate wrote it.")
    return problems or [
        f"{STATEMENT} does not fit {DECISION}: it was changed after the gate wrote it, or belongs to another run."
    ]


def _statement(decision: Decision, digest: str, *, tally: bytes) -> dict[str, Any]:
    """The whole statement as plain values; ``decision.json``, of this digest, is its first subject."""
    provenance = decision.provenance
    subjects = [
        {
            "name": DECISION,
            "digest": _digest_set(digest),
            "annotations": {"over": "canonical JSON (keys sorted, no spaces) without the key approval"},
        },
        {"name": TALLY, "digest": _digest_set(digest_bytes(tally))},
    ]
    challenger = model_of(decision, "challenger")
    if challenger is not None and challenger.digest:
        subjects.append({"name": "challenger", "uri": challenger.source, "digest": _digest_set(challenger.digest)})
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verdict": decision.verdict.value,
            "mode": decision.mode,
            "model": decision.model,
            "models": [encode(facts) for facts in provenance.models],
            "run": provenance.run,
            "command": provenance.command,
            "config": provenance.config_digest,
            "data": [{"name": facts.name, "digest": facts.digest, "rows": facts.rows} for facts in provenance.data],
            "commit": provenance.code_commit,
            "modified": provenance.code_modified,
            "finished": provenance.finished,
        },
    }


def _content_digest(content: Mapping[str, Any]) -> str:
    bare = {key: part for key, part in content.items() if key != "approval"}
    return digest_bytes(
        json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    )


def _digest_set(digest: str) -> dict[str, str]:
    """``sha256:ab…`` as in-toto writes it."""
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}


def _telling(name: str) -> str:
    return "the challenger's digest in decision.json" if name == "challenger" else name


def _subjects(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Digests by name, as far as the statement has the shape of one."""
    subjects = statement.get("subject")
    entries = subjects if isinstance(subjects, list) else []
    return {str(entry.get("name")): entry.get("digest") for entry in entries if isinstance(entry, dict)}


def _parse(content: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(content, parse_constant=_refuse_constant, object_pairs_hook=_object)
        # Numbers beyond all floats and halves of characters are read, but have no canonical text to take a digest of.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise DataError(
            f"{name}: is not JSON as the gate writes it; it was cut off or edited, so run the gate again."
        ) from None
    if not isinstance(value, dict):
        raise DataError(f"{name}: is not a JSON object; it was edited, so run the gate again.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What stands there twice is read differently by different programs, so that people could be shown the other."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands there twice")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
