"""Great Expectations' own pages about what suites found (Data Docs), made so that they can be read anywhere.

Separate from running suites because these pages are for people and decide nothing. The library renders each set of
data; three things are done to its pages here:

* They load nothing. The library's frame of a page fetches styles, scripts and pictures from eight addresses; it is
  replaced by one with a few styles of our own, without scripts, under a policy that forbids loading.
* They run nothing. The library puts names of columns and values into its pages unescaped; every character that means
  something to HTML or to its templates travels through it as a placeholder and is an entity in the finished page.
* They tell nothing private. Expectations about private columns are left out and only counted, values of single rows
  are in no result to begin with.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlgate.edges.expectations.data_suite import Examination
from mlgate.edges.expectations.suite_engine import COUNTS, Outcome, quiet
from mlgate.edges.expectations.suite_file import Expectation, one_line
from mlgate.edges.rows.files import write_atomically

__all__ = ["FOLDER", "build_data_docs"]

#: Folder of the pages within the folder of a run.
FOLDER = "data_docs"

#: Characters that are markup somewhere on the way, and what stands for each: code points that mean nothing to anyone.
_PLACEHOLDERS = {character: chr(0xF0000 + place) for place, character in enumerate("<>&\"'`$[]*_\\{}|~!#()")}
_HIDE = str.maketrans(_PLACEHOLDERS)
_SHOW = {ord(hidden): f"&#{ord(character)};" for character, hidden in _PLACEHOLDERS.items()}

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2, h3, h4, h5, h6 { font-size: 1.1rem; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid #8888; padding: .35rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
.badge { border: 1px solid #8888; border-radius: .25rem; padding: 0 .3rem; font-family: ui-monospace, monospace; }
i.text-success::before { content: "met"; color: #12712b; } i.text-danger::before { content: "not met"; color: #b3261e; }
i.text-warning::before { content: "broke down"; color: #8a5a00; }
@media (prefers-color-scheme: dark) {
  i.text-success::before { color: #7ddc97; } i.text-danger::before { color: #ff9d94; }
  i.text-warning::before { color: #ffc766; }
}
.ge-section { margin-bottom: 1.5rem; }
i { font-style: normal; } ul { padding-left: 1.2rem; } .list-unstyled { list-style: none; padding: 0; }
a[data-toggle] { display: none; } pre { white-space: pre-wrap; }
"""

#: The library's frame of a page, without what it fetches from elsewhere; the sections are rendered by its templates.
_FRAME = """<main>
{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}
</main>"""


def build_data_docs(examinations: Sequence[Examination], folder: Path) -> tuple[tuple[str, str], ...]:
    """Write the pages of some suites and a list of them.

    Parameters
    ----------
    examinations
        What :func:`mlgate.edges.expectations.data_suite.examine` returned, one for each set of data.
    folder
        The folder of the run; the pages are written to ``data_docs`` in it.

    Returns
    -------
    tuple
        Each set of data and its page, relative to the folder. A list of the pages is ``data_docs/index.html``.

    Raises
    ------
    DataError
        The folder cannot be written.
    """
    pages = {}
    for place, one in enumerate(examinations, 1):
        safe = re.sub(r"[^\w.-]+", "-", one.dataset, flags=re.ASCII).strip(".-") or "data"
        name = f"{safe}.html" if f"{safe}.html" not in pages and safe != "index" else f"{safe}-{place}.html"
        pages[name] = one
    for name, one in pages.items():
        write_atomically(folder / FOLDER / name, _page(one))
    write_atomically(folder / FOLDER / "index.html", _list(pages))
    return tuple((one.dataset, f"{FOLDER}/{name}") for name, one in pages.items())


def _list(pages: Mapping[str, Examination]) -> str:
    """The page that leads to the others."""
    lines = []
    for name, one in pages.items():
        met = sum(1 for _, outcome in one.outcomes if outcome and outcome.success and not outcome.problem)
        row = (one.dataset, one.suite, f"{one.rows:,}", f"{met} of {len(one.outcomes)}")
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        lines.append(f'<tr><td><a href="{html.escape(name)}">{html.escape(row[0])}</a></td>{cells}</tr>')
    head = "".join(f"<th>{cell}</th>" for cell in ("data set", "suite", "rows", "expectations met"))
    return _whole("Data Docs", f"<h1>Data Docs</h1><table><tr>{head}</tr>{''.join(lines)}</table>")


def _page(one: Examination) -> str:
    """One set of data, rendered by the library."""
    told = [(expectation, outcome) for expectation, outcome in one.outcomes if outcome and not expectation.hidden]
    notes = []
    hidden = sum(1 for expectation, _ in one.outcomes if expectation.hidden)
    absent = len(one.outcomes) - hidden - len(told)
    if hidden:
        notes.append(f"{_expectations(hidden)} about private columns left out.")
    if absent:
        notes.append(f"{_expectations(absent)} could not be put to the data; the report says why.")
    if not one.outcomes:
        notes.append("The suite broke down; the report says why.")
    above = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    title = html.escape(f"{one.dataset}: {one.suite}")
    body = f'<p><a href="index.html">Data Docs</a></p><h1>{title}</h1>{above}{_rendered(told, one) if told else ""}'
    return _whole(title, body)


def _expectations(count: int) -> str:
    return f"{count} expectation" + ("" if count == 1 else "s")


def _rendered(told: Sequence[tuple[Expectation, Outcome]], one: Examination) -> str:
    """The sections of the library's page, with entities where the data has markup."""
    import great_expectations
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    with quiet(great_expectations):
        results = [_result(expectation, outcome) for expectation, outcome in told]
        met = sum(1 for result in results if result.success)
        share = 100 * met / len(results)
        outcome = ExpectationSuiteValidationResult(
            success=met == len(results),
            results=results,
            suite_name=_hide(one.suite),
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": met,
                "unsuccessful_expectations": len(results) - met,
                "success_percent": share,
            },
            meta={"batch_spec": {"data_asset_name": _hide(one.dataset)}},
        )
        view = DefaultJinjaPageView()
        view.env.loader = ChoiceLoader([DictLoader({"page.j2": _FRAME}), view.env.loader])
        document = ValidationResultsPageRenderer().render(outcome)
        overview = document.sections[0]
        # What folds out there is about the library's own projects, of which there is none.
        overview.content_blocks = [block for block in overview.content_blocks if not hasattr(block, "collapse")]
        page: str = view.render(document)
    # All markup that is left is the library's own: of that, scripts, pictures and links to elsewhere go.
    page = re.sub(r"<script\b.*?</script\s*>|<(?:img|link)\b[^>]*>", "", page, flags=re.DOTALL | re.IGNORECASE)
    page = re.sub(r"\s(?:on\w+)\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", page)
    page = re.sub(r"<a\b[^>]*href=[\"'](?!#)[^>]*>(.*?)</a>", r"\1", page, flags=re.DOTALL)
    # Where the library prints a list as Python does, placeholders are spelled out.
    page = re.sub(r"\\U000f00[0-9a-f]{2}", lambda found: chr(int(found[0][2:], 16)), page)
    return page.translate(_SHOW)


def _result(expectation: Expectation, outcome: Outcome) -> Any:
    """A result of the library, made of what may be told."""
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    failed = outcome.problem is not None
    return ExpectationValidationResult(
        success=outcome.success and not failed,
        expectation_config=ExpectationConfiguration(type=expectation.type, kwargs=_hide(dict(expectation.kwargs))),
        result={} if failed else _hide(_shown(outcome)),
        exception_info={
            "raised_exception": failed,
            "exception_message": _hide(one_line(outcome.problem or "")),
            "exception_traceback": "",
        },
    )


def _shown(outcome: Outcome) -> dict[str, Any]:
    """Counts, the shares that the pages print, and numbers of a whole column."""
    found = {key: value for key, value in outcome.result.items() if value is not None}
    total, missing, wrong = (found.get(key) for key in COUNTS)
    if total is None:
        found.pop("unexpected_count", None)
    elif total and wrong is not None:
        held = total - (missing or 0)
        found["unexpected_percent"] = 100 * wrong / held if held else 0.0
        found["unexpected_percent_total"] = 100 * wrong / total
        found["missing_percent"] = 100 * (missing or 0) / total
    return found


def _hide(value: Any) -> Any:
    """The value in plain types, with placeholders in every text of it."""
    if isinstance(value, str):
        return value.translate(_HIDE)
    if isinstance(value, Mapping):
        # Keys are the library's own words, values are the user's.
        return {key: _hide(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_hide(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    # Numbers of numpy do not survive the library's own formatting.
    return float(value) if hasattr(value, "__float__") else _hide(str(value))


def _whole(title: str, body: str) -> str:
    """A finished page that loads nothing."""
    head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    head += f'<meta charset="utf-8"><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'
