"""``mlgate check``: compare two models, or two columns of predictions, with no configuration file.

mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
mlgate check --predictions new.csv --champion-predictions old.csv --id row --label y --champion score --challenger score
mlgate check models:/credit/7 --champion models:/credit@champion --data test.parquet --label default

Only what reads a file is imported before the file is being read; the rest of the program is imported meanwhile.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mlgate.edges.rows.files import read_table
from mlgate.errors import ConfigError
from mlgate.process import collect_seldom, keep_memory
from mlgate.threads import meanwhile

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Check two columns of predictions, or two models on a data file."""
    if not options.label:
        raise ConfigError("check needs --label, the column that holds the true label.")
    if not options.predictions:
        from mlgate.commands.check_steps.check_models import check_models  # brings all that model processes need

        return check_models(options)
    if not options.challenger:
        raise ConfigError("check --predictions needs --challenger, the name of a column.")
    if options.model or options.data:
        raise ConfigError("check takes either --predictions or a model with --data, not both.")
    if options.alone:
        keep_memory()
        collect_seldom(200_000)  # it is over before there could be much of it
    # The columns of all names: which rows they are, and whether some belong together, is read off all of them.
    paths = [Path(path) for path in (options.champion_predictions, options.predictions) if path]
    tables = meanwhile(lambda: [read_table(path, wanted=lambda names: names) for path in paths])
    from mlgate.commands.check_steps.check_predictions import check_predictions

    return check_predictions(options, tables)
