"""Columns of predictions, in one file or two, to a written decision; ``power`` reads them in the same way.

Separate from ``check.py`` so that the files can be read while this, which brings the whole engine, is imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.check_steps.asking import asked_of
from mlgate.commands.check_steps.checking import write_check
from mlgate.commands.check_steps.scored import Scored, scored_table, scored_tables
from mlgate.commands.common.discovering import Search, discovered, with_discovered
from mlgate.commands.common.writing import now
from mlgate.edges.rows.files import read_table
from mlgate.errors import ConfigError
from mlgate.process import leave
from mlgate.threads import FEW_ROWS, meanwhile

__all__ = ["check_predictions", "judged", "read_scored"]

#: Gives the table of the predictions; before it, where the champion's are in a file of their own, the table of those.
Tables = Callable[[], Sequence[pa.Table]]


def check_predictions(options: argparse.Namespace, tables: Tables) -> int:
    """Check two columns of predictions."""
    started = now()
    scored = read_scored(options, tables)
    outcome = judged(scored)
    code = write_check(options, scored.settings, outcome, scored.models, scored.data, started)
    if options.alone:
        leave(code)  # while the rows and the findings are there: freeing them singly takes longer than a report
    return code


def read_scored(options: argparse.Namespace, tables: Tables | None = None) -> Scored:
    """The predictions that the options name, in one file or two.

    Parameters
    ----------
    options
        Of the command line.
    tables
        What has been read of the files already; None: they are read here.

    Raises
    ------
    ConfigError, DataError
        As ``scored_table`` and ``scored_tables``.
    """
    asked = asked_of(options)
    if asked.thresholds_from_models:
        raise ConfigError("--threshold model reads what models say of themselves; with --predictions, give a number.")
    if options.champion_predictions and not asked.champion:
        raise ConfigError("--champion-predictions needs --champion, the name of a column in that file.")
    paths = [Path(path) for path in (options.champion_predictions, options.predictions) if path]
    read = [read_table(path, wanted=lambda names: names) for path in paths] if tables is None else tables()
    if len(read) == 1:
        return scored_table(asked, read[0], str(paths[0]))
    champion, challenger = read
    return scored_tables(asked, champion, challenger, (str(paths[0]), str(paths[1])))


def judged(scored: Scored) -> gate.Outcome:
    """The outcome; without a single row that both models answered, what was seen is all there is to judge."""
    if scored.batch is None:
        return gate.Outcome(findings=gate.judge_observations(scored.observations), exhibits=(), tallies={})
    search: Callable[[], Search]
    search = partial(
        discovered, scored.settings, scored.table, [scored.batch], scored.identity, taken=scored.predictions
    )
    if scored.table.num_rows >= FEW_ROWS:
        search = meanwhile(search)  # beside the gate, which it needs nothing of
    outcome = gate.run(scored.settings.run, batches=[scored.batch], observations=scored.observations)
    return with_discovered(outcome, search)
