"""Before a challenger is trained: whether the data are fit to train on, and the decision where they are not.

Training takes minutes to hours, and nothing can make a challenger pass that was trained or is judged on data that are
refused. So the data are looked at first. What is found about ``train`` and ``base_case`` counts; a window of production
that has drifted stops nothing, since training again may well be the answer to it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate import gate
from mlgate.commands.common.disclosing import disclosed
from mlgate.commands.common.output import answer
from mlgate.commands.common.writing import put_together, run_folder, shown, write_run
from mlgate.commands.data_steps.data_checks import SeenData, write_data_docs
from mlgate.commands.data_steps.window_checks import TRAIN
from mlgate.records.decision import NOT_TRAINED, DataFacts, Finding, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Section, Verdict
from mlgate.stages.disclose import disclose_findings

__all__ = ["DATASETS", "not_trained", "stopping", "write_untrained"]

#: Data sets whose findings stop the training.
DATASETS = (TRAIN, gate.BASE_CASE)


def stopping(settings: Settings, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """Findings because of which training is not even begun; none where it is to be begun whatever the data are.

    Parameters
    ----------
    settings
        Say whether anybody is to be stopped: ``train.check_data``, and ``mode``.
    observations
        What the data checks saw.
    """
    if settings.train is None or not settings.train.check_data or settings.mode == "observe":
        return ()
    findings = disclose_findings(
        gate.judge_observations(observations), disclosure=settings.disclosure, minimum_cell=settings.minimum_cell
    )
    return tuple(
        finding
        for finding in findings
        if finding.dataset in DATASETS and finding.blocking and finding.verdict is Verdict.FAIL
    )


def not_trained(findings: Sequence[Finding]) -> Observation:
    """That there is no challenger, and why: nothing is known about it, hence no value."""
    named = "; ".join(finding.title for finding in findings[:3])
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    return Observation(
        id=NOT_TRAINED,
        section=Section.COMPARE,
        title="the challenger is trained",
        level=Level.REQUIRED,
        reason=(
            f"training was not begun, because the data are refused ({named}{more}); so no model was asked and no suite "
            "ran; mend the data, or declare train.check_data: false"
        ),
    )


def write_untrained(
    options: argparse.Namespace,
    settings: Settings,
    seen: SeenData,
    *,
    champion: str | None,
    data: Sequence[DataFacts],
    started: str,
) -> int:
    """Write the decision about a challenger that was not trained, and say it.

    Parameters
    ----------
    options
        Of the command: where the run goes, and how to answer.
    settings
        Of one mlgate.yaml.
    seen
        By the data checks.
    champion
        The model in production, as it is named.
    data
        The data sets, by digest.
    started
        When the run began.

    Returns
    -------
    int
        1, for fail.
    """
    place = Path(options.out) if options.out else settings.root / "reports" / f"{settings.model}-not-trained"
    refusal = not_trained(stopping(settings, seen.observations))
    findings = gate.judge_observations([refusal, *seen.observations])
    with run_folder(place) as folder, disclosed(settings, folder, {}):
        outcome = gate.Outcome(findings=findings, exhibits=write_data_docs(settings, seen, folder), tallies={})
        decision, tally = put_together(
            settings,
            name=shown(place),
            command="run",
            outcome=outcome,
            findings=findings,
            models=_champion_facts(champion),
            data=data,
            started=started,
        )
        write_run(folder, decision, tally)
    return answer(options, decision, place)


def _champion_facts(champion: str | None) -> tuple[ModelFacts, ...]:
    """The champion, as far as it is known without loading it."""
    if champion is None:
        return ()
    name, _, version = champion.removeprefix("models:/").partition("/")
    known = champion.startswith("models:/") and bool(version)
    return (ModelFacts(role="champion", source=champion, name=name if known else "", version=version if known else ""),)
