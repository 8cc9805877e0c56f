"""Umami's tracker: `POST /api/send`, page views only.

Its ids, and the address, agent and time that its server takes of a body, are never read. It does
not wait until a page is seen.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from quietclicks.pipeline.collect.reading import decoded, is_prerendering
from quietclicks.pipeline.collect.view import Hit, Ignored, Reply, View

EVENT = "event"
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]+)?", re.IGNORECASE)


class _Payload(Struct, frozen=True, gc=False):
    url: str = ""
    hostname: str | None = None
    referrer: str | None = None
    name: str | None = None


class _Body(Struct, frozen=True, gc=False):
    type: str
    payload: _Payload


_body = msgspec.json.Decoder(_Body)


def read(hit: Hit) -> Sequence[View | Ignored]:
    """One event. A page view is an event without a name."""
    said = decoded(hit.body, _body)
    if said is None:
        return [Ignored.UNREADABLE]
    if said.type != EVENT or said.payload.name:
        return [Ignored.OTHER_EVENT]
    url = _url(said.payload)
    if url is None:
        return [Ignored.UNREADABLE]
    if is_prerendering(hit):
        return [Ignored.PRERENDERED]
    return [View(url=url, referrer=said.payload.referrer or None)]


def _url(payload: _Payload) -> str | None:
    """The URL. Older trackers send a path, which stays on the host that they name beside it."""
    if not payload.url.startswith("/"):
        return payload.url or None
    host = payload.hostname or ""
    return f"https://{host}{payload.url}" if _HOST.fullmatch(host) else None


def reply(_: Hit) -> Reply:
    """An object without a token: the tracker has none to send back, then."""
    return Reply(200, "application/json", b"{}")
