"""Plausible's scripts and packages: `POST /api/event`, page views only.

Those that number their version wait until a page is seen; the older ones do not.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from quietclicks.pipeline.collect.reading import decoded, is_prerendering
from quietclicks.pipeline.collect.view import Hit, Ignored, Reply, View

PAGEVIEW = "pageview"


class _Body(Struct, frozen=True, gc=False):
    n: str
    u: str
    r: str | None = None
    v: int | None = None


_body = msgspec.json.Decoder(_Body)


def read(hit: Hit) -> Sequence[View | Ignored]:
    """One event: JSON, whatever type the request calls it."""
    said = decoded(hit.body, _body)
    if said is None or not said.u:
        return [Ignored.UNREADABLE]
    if said.n != PAGEVIEW:
        return [Ignored.OTHER_EVENT]
    if said.v is None and is_prerendering(hit):
        return [Ignored.PRERENDERED]
    return [View(url=said.u, referrer=said.r or None)]


def reply(_: Hit) -> Reply:
    """As Plausible's server answers."""
    return Reply(202, "text/plain; charset=utf-8", b"ok")
