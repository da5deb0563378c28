"""Golden reports: what people see is the product, so it is kept and its difference reviewed.

After an intended change write them anew and look at the difference::

    MLGATE_WRITE_GOLDEN=1 python -m pytest validation/tests/render/test_golden.py

``reports/examples`` holds whole pages, one for each task; all kinds keep their comment, and the failing one its test
results, too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mlgate.records.codec import decode
from mlgate.records.decision import Decision
from mlgate.render import html
from mlgate.render import json as render_json
from mlgate.render import junit, markdown
from tests.render import decisions

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[3] / "reports" / "examples"


def compare(path: Path, text: str) -> None:
    if os.environ.get("MLGATE_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    # Not an assert on the texts themselves: pytest would spend minutes on a difference of 100 kB.
    if path.read_text(encoding="utf-8") != text:
        pytest.fail(f"{path.name} differs from what is rendered now; see this module's docstring")


@pytest.mark.parametrize("name", decisions.ALL)
def test_the_comment_is_the_golden_one(name: str) -> None:
    compare(GOLDEN / f"{name}.md", markdown.render(decisions.ALL[name]()))


@pytest.mark.parametrize(
    ("page", "name"),
    [("fail", "failing"), ("multiclass", "multiclass"), ("regression", "regression"), ("clustered", "clustered")],
)
def test_the_page_is_the_golden_one(page: str, name: str) -> None:
    compare(EXAMPLES / f"{page}.html", html.render(decisions.ALL[name]()))


def test_the_test_results_are_the_golden_ones() -> None:
    compare(GOLDEN / "failing.junit.xml", junit.render(decisions.failing()))


@pytest.mark.parametrize("name", decisions.ALL)
def test_a_decision_survives_its_json_and_draws_the_same_page(name: str) -> None:
    decision = decisions.ALL[name]()
    again = decode(Decision, json.loads(render_json.render(decision)))
    assert render_json.render(again) == render_json.render(decision)
    assert html.render(again) == html.render(decision)
