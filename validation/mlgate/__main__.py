"""The command line: argument parsing and exit codes, nothing else.

Only the standard library is imported here, so that ``mlgate --help`` answers at once; a command's own file is imported
when it is called.

Exit codes: 0 pass or done · 1 fail, refused, not verified · 2 bad usage or bad input · 3 inconclusive or waiting for
approval · 70 a bug of ours · 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

#: Every command and its one-line help, in the order of a first reading.
COMMANDS = {
    "run": "take a challenger through all stages of mlgate.yaml to the decision",
    "check": "compare two models, or two columns of predictions, without a configuration file",
    "power": "tell which requirements the data can decide at all, before anyone trains",
    "data": "check the data sets: suites, leakage, drift; draft a suite",
    "train": "train a challenger with the callable of mlgate.yaml and register it",
    "report": "write the reports of a decision again",
    "approve": "approve a decision, or override it with a reason and an end date",
    "reject": "reject a decision",
    "promote": "make the approved challenger the champion of the registry",
    "rollback": "bring a former champion back",
    "history": "show decisions, approvals, promotions and rollbacks",
    "cache": "show what answers of champions are kept, or remove them",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; without arguments, those that the process was started with."""
    code = _run(arguments)
    from mlgate.process import leave
    from mlgate.threads import unfinished

    if arguments is None and unfinished():
        # After a mistake or an interruption nobody needs the file that is still being read, however large it is.
        leave(code)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    #: Whether the process was started for this command, and ends with it.
    options.alone = arguments is None
    logging.basicConfig(
        level=logging.DEBUG if options.verbose > 1 else logging.INFO if options.verbose else logging.WARNING,
        format="%(name)s: %(message)s",
        stream=sys.stderr,
    )
    from mlgate.errors import MlgateError
    from mlgate.process import collect_seldom

    collect_seldom(20_000)
    try:
        return int(_command(options.command).main(options))
    except MlgateError as mistake:
        # A list of problems, each with its file and line, begins on a line of its own.
        gap = "\n" if "\n" in str(mistake) else " "
        sys.stderr.write(f"mlgate {options.command}:{gap}{mistake}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("mlgate: interrupted\n")
        return EXIT_INTERRUPTED
    except Exception:  # the last resort: whatever is left is our bug, and the exit code says so
        sys.stderr.write(traceback.format_exc())
        sys.stderr.write(f"mlgate {options.command}: this is a bug of mlgate; please report the lines above.\n")
        return EXIT_BUG


def _command(name: str) -> Any:
    """The file of a command, which brings numpy, whose linear algebra would start a thread for every core.

    They wait for work by spinning, on cores that are needed, and nothing here multiplies large matrices. Processes that
    are started from here, of models and of tests, find the environment as it was.
    """
    threads = "OPENBLAS_NUM_THREADS"
    given = os.environ.get(threads)
    os.environ.setdefault(threads, "1")
    try:
        return importlib.import_module(f"mlgate.commands.{name}")
    finally:
        if given is None:
            del os.environ[threads]


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="mlgate",
        description="The gate that every trained model passes before it reaches production.",
        epilog="Exit codes: 0 pass or done, 1 fail or refused, 2 bad usage or input, 3 cannot tell or waiting, "
        "70 our bug.",
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    adders = {
        "run": _add_run,
        "check": _add_check,
        "power": _add_power,
        "data": _add_data,
        "train": _add_train,
        "report": _add_run_dir,
        "approve": _add_approve,
        "reject": _add_reject,
        "promote": _add_promote,
        "rollback": _add_rollback,
        "history": _add_nothing,
        "cache": _add_cache,
    }
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        adders[name](command)
        _add_common(command)
    return parser


class _Version(argparse.Action):
    """Prints the version; reads it only when asked."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from mlgate import __version__

        sys.stdout.write(f"mlgate {__version__}\n")
        parser.exit()


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """For commands that need no options of their own."""


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", action="store_true", help="remove all of them")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c", "--config", default="mlgate.yaml", metavar="FILE", help="configuration (default: %(default)s)"
    )
    parser.add_argument("--out", metavar="DIR", help="folder for what this command writes")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="log more; twice for everything")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--challenger", metavar="MODEL", help="model to judge, such as models:/credit/7 (default: train one)"
    )
    parser.add_argument(
        "--champion", metavar="MODEL", help="model to compare with (default: the champion of mlgate.yaml)"
    )
    parser.add_argument(
        "--no-suites", action="store_true", help="leave the pytest suites out; the verdict is then at best inconclusive"
    )
    _add_models(parser)


def _add_models(parser: argparse.ArgumentParser) -> None:
    """How models are run."""
    parser.add_argument(
        "--build-env", action="store_true", help="run each model in an environment built from its own requirements"
    )
    parser.add_argument(
        "--no-cost", action="store_true", help="do not measure what the models cost in time, memory and disk"
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="challenger: models:/name/7, runs:/…, or a folder")
    parser.add_argument("--data", metavar="FILE", help="rows to score with both models")
    _add_models(parser)
    _add_question(parser)
    searched = "search for slices where the challenger is worse (default: on 200,000 of more rows); or do not"
    parser.add_argument("--discover", action=argparse.BooleanOptionalAction, default=None, help=searched)
    left = "leave a column out of that search, such as another model's answers; repeatable"
    parser.add_argument("--leave", metavar="COL", action="append", default=[], help=left)


def _add_question(parser: argparse.ArgumentParser) -> None:
    """What can be asked without a configuration file."""
    add = parser.add_argument
    add("--champion", metavar="MODEL|COL", help="champion model, or its column with --predictions")
    add("--predictions", metavar="FILE", help="rows with the predictions of both models as columns")
    add("--champion-predictions", metavar="FILE", help="the champion's file, where each model has one; needs --id")
    add("--challenger", metavar="COL", help="the challenger's column; 'new_*' for one column of scores per class")
    add("--label", metavar="COL", help="column of the true label")
    add("--by", metavar="COL", action="append", default=[], help="slice by the values of a column; repeatable")
    add("--cross", metavar="A,B", action="append", default=[], help="slice by combinations of columns; repeatable")
    sensitive = "compare the groups of an attribute, or of a combination, with each other (fairness); repeatable"
    add("--sensitive", metavar="A[,B]", action="append", default=[], help=sensitive)
    cuts = "cut a column of numbers into ranges, for slices and groups; repeatable"
    add("--cuts", metavar="COL=X,Y", action="append", default=[], help=cuts)
    add("--id", metavar="COL", help="column that identifies a row")
    add("--unit", metavar="COL", help="column that says which rows belong together, such as a customer")
    add("--weight", metavar="COL", help="column of row weights")
    tasks = ("binary", "multiclass", "regression")
    add("--task", choices=tasks, help="what the models answer (default: read off the data)")
    add("--classes", metavar="A,B,…", help="classes in the order of the scores (default: read off the data)")
    add("--positive", metavar="V", help="label value of the positive class (default: 1)")
    negative = "label value of the negative class, where there are several; repeatable; '*': every other value"
    add("--negative", metavar="V", action="append", default=[], help=negative)
    add("--threshold", metavar="T|model", help="a score at or above it is positive (default: 0.5); or the models' own")
    add("--champion-threshold", metavar="T", help="the champion's own threshold (default: the same)")
    add("--metric", metavar="NAME", action="append", default=[], help="metric to judge instead of the default ones")
    add("--margin", metavar="X|X%", help="how much worse is still allowed; with %%, of the champion's value")


def _add_power(parser: argparse.ArgumentParser) -> None:
    _add_question(parser)
    parser.add_argument(
        "--scenario",
        choices=("close", "usual", "far"),
        help="how much a challenger is supposed to agree with the champion (default: usual)",
    )
    parser.add_argument(
        "--differing", metavar="SHARE", type=float, help="share of decisions that are supposed to differ, instead"
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset", metavar="NAME", action="append", default=[], help="data set to check (default: all); repeatable"
    )
    parser.add_argument(
        "--infer", metavar="FILE", help="draft a suite from these rows into --out (default: data_tests)"
    )
    parser.add_argument("--diff", nargs=2, metavar="SUITE", help="say what two suites expect differently")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--with",
        metavar="KEY=VALUE",
        dest="options",
        action="append",
        default=[],
        help="option for the training callable",
    )


def _add_run_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="RUN", help="folder of a run, such as reports/loanapp-v2")


def _add_reject(parser: argparse.ArgumentParser) -> None:
    _add_run_dir(parser)
    parser.add_argument("--by", required=True, metavar="NAME", help="who says so")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")


def _add_approve(parser: argparse.ArgumentParser) -> None:
    _add_reject(parser)
    parser.add_argument(
        "--override", action="store_true", help="approve in spite of the verdict; every later report shows it"
    )
    parser.add_argument("--expires", metavar="DATE", help="end of an override, such as 2027-01-31")
    parser.add_argument("--demo", action="store_true", help="a demonstration approval; real policies refuse it")


def _add_promote(parser: argparse.ArgumentParser) -> None:
    _add_run_dir(parser)
    parser.add_argument("--by", metavar="NAME", help="who promotes (default: who approved)")


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="VERSION", help="version to bring back (default: the former champion)")
    parser.add_argument("--by", required=True, metavar="NAME", help="who rolls back")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")


if __name__ == "__main__":
    sys.exit(main())
