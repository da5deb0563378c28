"""Elements of HTML and SVG whose text is escaped by construction.

A plain string handed to these functions is text and is escaped, always; only what they themselves returned is markup.
There is one escaping function, and no way to write raw text from a decision into a page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from mlgate.frozen import dataclass
from mlgate.render.plain import clean

__all__ = ["Child", "Markup", "asset", "escape", "icon", "join", "line", "tag", "text"]

#: Elements that have no content; in SVG they are closed at once.
_VOID = frozenset("meta link br".split())
_EMPTY = frozenset("path rect circle use".split())
#: Most texts need no care at all; to see that is faster than to give it.
_PLAIN = re.compile(r"[ !#-%(-;=?-~·–−→≤°%]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Markup:
    """Finished markup: made by this module only."""

    code: str


#: What an element may contain: markup, text (escaped), or nothing.
Child = Markup | str | None


@lru_cache(maxsize=4096)
def escape(content: str) -> str:
    """Text made safe for element content and quoted attributes alike.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return content if _PLAIN.fullmatch(content) else html.escape(clean(content), quote=True)


def join(children: Iterable[Child]) -> Markup:
    """Children one after the other."""
    return Markup(code="".join([_code(child) for child in children]))


def _code(child: Child) -> str:
    if child is None:
        return ""
    return child.code if type(child) is Markup else escape(child)


def tag(name: str, attributes: Mapping[str, str | float | None], *children: Child) -> Markup:
    """One element.

    Parameters
    ----------
    name
        The element's name; never from data.
    attributes
        Values are escaped; None leaves the attribute out, an empty string is written without a value.
    children
        Markup, or text that is escaped.

    >>> tag("a", {"href": "#x"}, "1 < 2").code
    '<a href="#x">1 &lt; 2</a>'
    """
    opening = "".join([_attribute(key, value) for key, value in attributes.items() if value is not None])
    if name in _VOID:
        return Markup(code=f"<{name}{opening}>")
    if name in _EMPTY:
        return Markup(code=f"<{name}{opening}/>")
    content = "".join([_code(child) for child in children])
    return Markup(code=f"<{name}{opening}>{content}</{name}>")


def _attribute(key: str, value: str | float) -> str:
    return _worded(key, value) if isinstance(value, str) else f' {key}="{short(value)}"'


@lru_cache(maxsize=4096)
def _worded(key: str, value: str) -> str:
    """An attribute that is a word: a page has thousands of a few dozen."""
    return f' {key}="{escape(value)}"' if value else f" {key}"


def short(value: float) -> str:
    """A coordinate with one decimal at most: a tenth of a pixel is not seen, and reports stay small.

    >>> short(3.0), short(2.345)
    ('3', '2.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, content: Child, classes: str = "", *, end: bool = False, middle: bool = False) -> Markup:
    """SVG text that starts at x, or ends or is centred there."""
    anchor = "end" if end else "middle" if middle else None
    return tag("text", {"x": x, "y": y, "text-anchor": anchor, "class": classes or None}, content)


def line(points: str, classes: str) -> Markup:
    """SVG path; ``points`` is made of our own coordinates."""
    return tag("path", {"class": classes, "d": points})


def icon(kind: str) -> Markup:
    """The sign of an outcome, for use in running text; the word beside it says the same to a screen reader."""
    classes = "icon accent" if kind in ("fail", "look") else "icon"
    return tag("svg", {"class": classes, "aria-hidden": "true"}, tag("use", {"href": f"#sign-{kind}"}))


def asset(element: str, content: str) -> Markup:
    """A style or script element around one of our own files, which must not be escaped."""
    return Markup(code=f"<{element}>{content}</{element}>")
