"""The page in a real browser: its policy lets its own style and script through, and a phone never scrolls sideways.

Needs Chromium; skipped with a reason where there is none.
"""

from __future__ import annotations

import html as standard_html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlgate.render import html
from tests.render import decisions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",
)
PROBE = """
addEventListener("load", function () {
  var said = [].map.call(document.querySelectorAll("iframe"), function (frame) {
    var page = frame.contentDocument, root = page.documentElement;
    page.querySelectorAll("details").forEach(function (fold) { fold.open = true; });
    return [root.scrollWidth, frame.clientWidth, getComputedStyle(page.querySelector("h1")).fontSize,
            page.querySelector("details") ? page.querySelectorAll("footer button").length : 1].join(" ");
  });
  document.body.textContent = "PROBE " + said.join("; ") + " END";
});
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the page was not opened in a browser")
def test_the_page_works_in_a_browser_and_fits_a_phone(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    names = [*decisions.ALL.values(), decisions.hostile]
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{standard_html.escape(html.render(make()))}"></iframe>'
        for make in names
        for width in (360, 1440)
    )
    place = tmp_path / "probe.html"
    place.write_text(f"<!doctype html><meta charset=utf-8><script>{PROBE}</script><body>{frames}", encoding="utf-8")
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", place.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r"PROBE (\d.*?) END", done.stdout)
    assert found, done.stderr[-2000:]
    for frame in found.group(1).split("; "):
        needed, given, size, buttons = frame.split()
        assert int(needed) <= int(given), f"the page is {needed} pixels wide on a screen of {given}"
        assert size == ("40px" if int(given) <= 720 else "50px"), "the policy keeps the style out"
        assert buttons == "1", "the policy keeps the script out"
    assert "CONSOLE" not in done.stderr, re.findall(r".*CONSOLE.*", done.stderr)[:5]
