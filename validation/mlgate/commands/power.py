"""``mlgate power``: which requirements these rows can decide at all, before anyone trains.

mlgate power                                   the champion of mlgate.yaml on its data
mlgate power --predictions scored.parquet --label y --champion score --by sex

No challenger is needed: the champion is compared with itself, and how far a challenger of equal quality comes out from
it is supposed (``--scenario``, ``--differing``). With a challenger the measured spread is used.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlgate import gate
from mlgate.commands.check_steps.check_predictions import read_scored
from mlgate.commands.common.output import progress, say, show_json
from mlgate.commands.common.settings import load_settings, with_label_values
from mlgate.commands.model_steps.models import ask, ensure_there, opened
from mlgate.commands.model_steps.named import base_case_of, champion_of, windows_of
from mlgate.edges.rows.files import write_atomically
from mlgate.edges.rows.sources import open_table
from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass
from mlgate.metrics.scenario import SCENARIOS, USUAL, Scenario, at_agreement, given, share_of
from mlgate.records.codec import dumps
from mlgate.records.prospect import Plan
from mlgate.records.rows import Batch
from mlgate.records.run import OVERALL, Run
from mlgate.records.words import Level
from mlgate.render.prospects import as_markdown, as_text
from mlgate.sentences import plural
from mlgate.stages.plan import plan
from mlgate.tables import Tally

__all__ = ["main"]

#: Every required requirement can be decided, or one cannot.
DECIDES, OPEN = 0, 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """The champion's answers, and the challenger's where there is one."""

    run: Run
    #: by data set.
    batches: Mapping[str, Sequence[Batch]]
    champion: str
    #: whether the challenger is another model than the champion.
    paired: bool
    notes: tuple[str, ...] = ()


def main(options: argparse.Namespace) -> int:
    """Tell what can be decided; 0 when every required requirement can, 3 when one cannot."""
    _check_flags(options)
    rows = _from_predictions(options) if options.predictions else _from_models(options)
    found = _planned(options, rows)
    say(options, as_text(found))
    show_json(options, found)
    if options.out:
        folder = Path(options.out)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "power.json", dumps(found))
        write_atomically(folder / "power.md", as_markdown(found))
        say(options, f"written: {folder / 'power.json'}, {folder / 'power.md'}")
    required = [one.decides for one in found.prospects if one.level is Level.REQUIRED]
    return OPEN if False in required else DECIDES


def _check_flags(options: argparse.Namespace) -> None:
    if options.scenario and options.differing is not None:
        raise ConfigError("--scenario and --differing suppose two different things; give one of them.")
    if options.challenger and (options.scenario or options.differing is not None):
        raise ConfigError("with --challenger the spread is measured; leave --scenario and --differing out.")
    if options.differing is not None and not 0 < options.differing < 1:
        raise ConfigError(
            f"--differing {options.differing:g} is no share of decisions; give one between 0 and 1, such as 0.05."
        )
    if options.predictions:
        for flag in ("label", "champion"):
            if not getattr(options, flag):
                raise ConfigError(f"power --predictions needs --{flag}, the name of a column.")
        return
    asked = (
        "label",
        "by",
        "cross",
        "sensitive",
        "id",
        "unit",
        "weight",
        "task",
        "classes",
        "positive",
        "negative",
        "threshold",
        "metric",
    )
    given_flags = [f for f in (*asked, "margin", "champion_threshold", "champion_predictions") if getattr(options, f)]
    if given_flags:
        flag = given_flags[0].replace("_", "-")
        raise ConfigError(f"--{flag} goes with --predictions; without it, {options.config} says what is required.")


def _from_predictions(options: argparse.Namespace) -> _Rows:
    paired = bool(options.challenger)
    if not paired:
        options = argparse.Namespace(**{**vars(options), "challenger": options.champion})
    scored = read_scored(options)
    if scored.batch is None:
        raise DataError(f"{options.predictions}: the challenger's column holds no legal prediction; give another one.")
    return _Rows(
        run=scored.settings.run,
        batches={gate.BASE_CASE: [scored.batch]},
        champion=f"column {options.champion}",
        paired=paired,
        notes=tuple(f"Note: {one.reason}." for one in scored.observations),
    )


def _from_models(options: argparse.Namespace) -> _Rows:
    from mlgate.edges.models.fork_server import prepare
    from mlgate.edges.registry_address import address

    settings = load_settings(options.config, import_own=True)
    prepare()
    tables = {source.name: open_table(source.rows, settings.root) for source in settings.data}
    settings = with_label_values(settings, tables)
    asked = {gate.BASE_CASE: base_case_of(settings).path, **windows_of(settings)}
    champion = champion_of(options, settings)
    if not champion:
        raise ConfigError("there is no champion to plan with; name a model with --champion.")
    if options.challenger:
        ensure_there(options.challenger, address(settings))
    progress(options, f"starting {champion}")
    other = options.challenger or champion
    with opened(settings, challenger=other, champion=champion, tracking_uri=address(settings)) as models:
        progress(options, f"scoring {plural(tables[gate.BASE_CASE].num_rows, 'row')}")
        settings, answered = ask(settings, models, {name: (tables[name], path) for name, path in asked.items()})
        batches = {name: list(rows) for name, rows in answered.items()}
    return _Rows(run=settings.run, batches=batches, champion=champion, paired=bool(options.challenger))


def _planned(options: argparse.Namespace, rows: _Rows) -> Plan:
    run = _of_champion(rows.run)
    itself = _through(run, {name: [_twice(batch) for batch in parts] for name, parts in rows.batches.items()})
    pair = _through(dataclasses.replace(rows.run, training=()), rows.batches) if rows.paired else None
    base = itself.tallies[gate.BASE_CASE]
    scenario = _scenario(options, base)
    differing = share_of(scenario, base) if pair is None else _differing(pair)
    return Plan(
        champion=rows.champion,
        scenario="measured" if rows.paired else scenario.name,
        agreement=None if rows.paired else scenario.agreement,
        losses=None if rows.paired else scenario.losses,
        rankings=None if rows.paired else scenario.rankings,
        differing=differing,
        rows=int(sum(len(batch.labels) for batch in rows.batches[gate.BASE_CASE])),
        prospects=plan(run, itself.findings, itself.tallies, scenario, pair=() if pair is None else pair.findings),
        notes=rows.notes,
    )


def _of_champion(run: Run) -> Run:
    """As the run is when the champion stands on both sides: its own threshold, and no variance of training."""
    threshold = run.threshold if run.champion_threshold is None else run.champion_threshold
    return dataclasses.replace(run, threshold=threshold, champion_threshold=None, training=())


def _twice(batch: Batch) -> Batch:
    assert batch.champion is not None  # power refuses to work without one
    return dataclasses.replace(batch, challenger=batch.champion)


def _through(run: Run, batches: Mapping[str, Sequence[Batch]]) -> gate.Outcome:
    windows = {name: parts for name, parts in batches.items() if name != gate.BASE_CASE}
    return gate.run(run, batches=batches[gate.BASE_CASE], windows=windows)


def _differing(pair: gate.Outcome) -> float | None:
    """Share of all rows on which the two models' decisions differ, counted; None in regression."""
    for one in pair.findings:
        if (one.dataset, one.slice) == (gate.BASE_CASE, OVERALL) and one.differing is not None and one.rows:
            return one.differing / one.rows
    return None


def _scenario(options: argparse.Namespace, base: Tally) -> Scenario:
    if options.differing is None:
        return next((one for one in SCENARIOS if one.name == options.scenario), USUAL)
    found = given(base, options.differing)
    if found is not None:
        return found
    most = share_of(at_agreement(0.0), base)
    if most is None:
        raise ConfigError("--differing speaks of decisions, and this task has none; take --scenario.")
    raise ConfigError(
        f"--differing {options.differing:g} cannot be: two models as good as this champion differ on {most:.3g} of the "
        "rows at most, when they have nothing in common; give a smaller share."
    )
