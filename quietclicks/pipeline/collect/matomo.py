"""Matomo's tracker: `/matomo.php` and `/piwik.php`, page views and searches of a site only.

Its ids and tokens, and the address, agent and time that its API takes, are never read. It does not
wait until a page is seen.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from quietclicks.pipeline.collect.reading import decoded, is_prerendering, parameters
from quietclicks.pipeline.collect.view import NOTHING, PICTURE, Hit, Ignored, Reply, View

MAX_PARTS = 50  # of a bulk request
# Each says that it is no page view: events, links, downloads, pings, goals and orders, contents,
# media and crashes.
EVENTS = frozenset(
    "e_c e_a link download ping idgoal ec_items c_n c_p c_t c_i ca ma_id cra".split()
)
_TAKEN = EVENTS | {"rec", "url", "urlref", "search"}


class _Bulk(Struct, frozen=True, gc=False):
    requests: list[str]


_bulk = msgspec.json.Decoder(_Bulk)


def read(hit: Hit) -> Sequence[View | Ignored]:
    """One view, in the query, a form or both; or JSON with the queries of many."""
    if not _is_bulk(hit):
        form = hit.body.decode("utf-8", "replace") if hit.method == "POST" else ""
        return [_part("&".join(filter(None, (hit.query, form))), hit)]
    said = decoded(hit.body, _bulk)
    if said is None:
        return [Ignored.UNREADABLE]
    parts = [_part(each.removeprefix("?"), hit) for each in said.requests[:MAX_PARTS]]
    return [*parts, Ignored.TOO_MANY] if len(said.requests) > MAX_PARTS else parts


def _is_bulk(hit: Hit) -> bool:
    """Whatever type the request calls it: the tracker calls it a form."""
    return hit.method == "POST" and hit.body.lstrip()[:1] == b"{"


def _part(query: str, hit: Hit) -> View | Ignored:
    said = parameters(query, _TAKEN)
    if said is None or said.get("rec") != "1":
        return Ignored.UNREADABLE
    if not EVENTS.isdisjoint(said):
        return Ignored.OTHER_EVENT
    url = said.get("url") or hit.headers.get("referer")
    if not url:
        return Ignored.UNREADABLE
    if is_prerendering(hit):
        return Ignored.PRERENDERED
    return View(
        url=url, referrer=said.get("urlref") or None, search_terms=said.get("search") or None
    )


def reply(hit: Hit) -> Reply:
    """A picture; nothing where the sender wants none; a word for a bulk request."""
    if _is_bulk(hit):
        return Reply(200, "application/json", b'{"status":"success"}')
    said = parameters(hit.query, ("send_image",)) or {}
    return NOTHING if said.get("send_image") == "0" else PICTURE
