"""GoatCounter's script and picture: `/count`, page views only.

The site is the one that the browser names, in `Origin` or `Referer`: the query has a path alone.
The script waits until a page is seen; the picture of a page without script cannot.
"""

import re
from collections.abc import Sequence

from quietclicks.pipeline.collect.reading import is_prerendering, parameters
from quietclicks.pipeline.collect.view import PICTURE, Hit, Ignored, Reply, View

_TAKEN = ("p", "q", "r", "e", "b", "rnd")
_ORIGIN = re.compile(r"(https?://)(?:[^/?#\\@]*@)?([^/?#\\@]+)", re.IGNORECASE)


def read(hit: Hit) -> Sequence[View | Ignored]:
    """One view, whether posted or asked for: all of it is in the query."""
    said = parameters(hit.query, _TAKEN)
    origin = _origin(hit)
    if said is None or origin is None or not said.get("p"):
        return [Ignored.UNREADABLE]
    if said.get("e") == "true":
        return [Ignored.OTHER_EVENT]
    if said.get("b", "0") not in ("", "0"):
        return [Ignored.AUTOMATED]
    if "rnd" not in said and is_prerendering(hit):  # only the script draws one
        return [Ignored.PRERENDERED]
    return [View(url=origin + _page(said["p"], said.get("q", "")), referrer=said.get("r") or None)]


def _origin(hit: Hit) -> str | None:
    """Scheme, host and port of the page, without a user."""
    for name in ("origin", "referer"):
        found = _ORIGIN.match(hit.headers.get(name, ""))
        if found:
            return found[1] + found[2]
    return None


def _page(path: str, query: str) -> str:
    """Path and query, which begin with one slash.

    A path mostly has its query already; a canonical one has not, or another.
    """
    path = "/" + path.partition("#")[0].lstrip("/\\")
    query = query.removeprefix("?")
    if not query or path.endswith("?" + query):
        return path
    return f"{path}{'&' if '?' in path else '?'}{query}"


def reply(_: Hit) -> Reply:
    """A picture, posted or not."""
    return PICTURE
