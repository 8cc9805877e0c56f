"""Our own format: what the snippet posts, and the picture of a page without script.

The snippet waits until a page is seen, so it is believed where a browser says `prerender`; a
picture cannot wait.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from quietclicks.pipeline.collect.reading import decoded, is_prerendering, parameters
from quietclicks.pipeline.collect.view import NOTHING, PICTURE, Hit, Ignored, Reply, View
from quietclicks.pipeline.consent.spelling import is_unclear
from quietclicks.schemas.raw import Consent, Header


class _Body(Struct, frozen=True, gc=False):
    url: str
    referrer: str | None = None
    search_terms: str | None = None
    gpc: Header = None
    dnt: Header = None
    consent: Consent | None = None
    tcf: str | None = None


_body = msgspec.json.Decoder(_Body)


def read(hit: Hit) -> Sequence[View | Ignored]:
    """`POST` with JSON, `GET` with `url` and `referrer`.

    A `GET` without `url` is of the page that its `Referer` names.
    """
    if hit.method != "POST" and is_prerendering(hit):
        return [Ignored.PRERENDERED]
    view = _posted(hit.body) if hit.method == "POST" else _pictured(hit)
    return [view if view is not None and view.url else Ignored.UNREADABLE]


def _posted(body: bytes) -> View | None:
    said = decoded(body, _body)
    if said is None or is_unclear(body):
        return None
    return View(
        url=said.url,
        referrer=said.referrer or None,
        search_terms=said.search_terms,
        consent=said.consent,
        tcf=said.tcf,
        dnt=said.dnt,
        gpc=said.gpc,
    )


def _pictured(hit: Hit) -> View | None:
    said = parameters(hit.query, ("url", "referrer"))
    if said is None:
        return None
    page = said.get("url", hit.headers.get("referer", ""))
    return View(url=page, referrer=said.get("referrer"))


def reply(hit: Hit) -> Reply:
    """A picture to who asks for one."""
    return NOTHING if hit.method == "POST" else PICTURE
