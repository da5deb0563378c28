"""``mlgate check``: compare two models, or two columns of predictions, with no configuration file.

mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
mlgate check --predictions new.csv --champion-predictions old.csv --id row --label y --champion score --challenger score
mlgate check models:/credit/7 --champion models:/credit@champion --data test.parquet --label default
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate import gate
from mlgate.commands.asking import asked_of
from mlgate.commands.checking import write_check
from mlgate.commands.discovering import with_discovered
from mlgate.commands.scored import Scored, scored_table, scored_tables
from mlgate.commands.writing import now
from mlgate.edges.files import read_table
from mlgate.errors import ConfigError

__all__ = ["judged", "main", "read_scored"]


def main(options: argparse.Namespace) -> int:
    """Check two columns of predictions, or two models on a data file."""
    if not options.label:
        raise ConfigError("check needs --label, the column that holds the true label.")
    if not options.predictions:
        from mlgate.commands.check_models import check_models  # brings all that model processes need

        return check_models(options)
    started = now()
    if not options.challenger:
        raise ConfigError("check --predictions needs --challenger, the name of a column.")
    if options.model or options.data:
        raise ConfigError("check takes either --predictions or a model with --data, not both.")
    scored = read_scored(options)
    return write_check(options, scored.settings, judged(scored), scored.models, scored.data, started)


def read_scored(options: argparse.Namespace) -> Scored:
    """The predictions that the options name, in one file or two.

    Raises
    ------
    ConfigError, DataError
        As ``scored_table`` and ``scored_tables``.
    """
    asked = asked_of(options)
    if asked.thresholds_from_models:
        raise ConfigError("--threshold model reads what models say of themselves; with --predictions, give a number.")
    challenger = Path(options.predictions)
    if not options.champion_predictions:
        return scored_table(asked, read_table(challenger, wanted=_all), str(challenger))
    champion = Path(options.champion_predictions)
    if not asked.champion:
        raise ConfigError("--champion-predictions needs --champion, the name of a column in that file.")
    tables = [read_table(path, wanted=_all) for path in (champion, challenger)]
    return scored_tables(asked, tables[0], tables[1], (str(champion), str(challenger)))


def _all(names: Sequence[str]) -> Sequence[str]:
    """Every column: which rows they are, and whether some belong together, is read off all of them."""
    return names


def judged(scored: Scored) -> gate.Outcome:
    """The outcome; without a single row that both models answered, what was seen is all there is to judge."""
    if scored.batch is None:
        return gate.Outcome(findings=gate.judge_observations(scored.observations), exhibits=(), tallies={})
    outcome = gate.run(scored.settings.run, batches=[scored.batch], observations=scored.observations)
    return with_discovered(
        outcome, scored.settings, scored.table, [scored.batch], scored.identity, taken=scored.predictions
    )
