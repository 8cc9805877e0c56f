"""A request to the collector, and what a tracker says in it of a page view.

Each tracker's format has a module of its own with one pure function, `read`. What decides who is
counted is not here: an address, a user agent, a time and an id are never taken from a body.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from quietclicks.schemas.raw import Consent, Header


class Hit(Struct, frozen=True, gc=False, kw_only=True):
    """One request. `headers` have names in small letters; `query` is without its question mark."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        return "Hit(…)"


class Ignored(StrEnum):
    """Why a request, or a part of one, is no page view: a closed list, each counted."""

    UNREADABLE = "unreadable"  # not in the format
    OTHER_EVENT = "other_event"  # a click, a goal, an engagement, a download
    PRERENDERED = "prerendered"  # by a tracker that does not wait until the page is seen
    AUTOMATED = "automated"  # the tracker says itself that a program drives the browser
    TOO_MANY = "too_many"  # of a bulk request, what is beyond the bound


class View(Struct, frozen=True, gc=False, kw_only=True):
    """What is taken of a tracker's request. Of drop-ins the last four are always unknown."""

    url: str
    referrer: str | None = None
    search_terms: str | None = None
    consent: Consent | None = None  # what the page's hook said
    tcf: str | None = None
    dnt: Header = None  # what the page read of the browser; the request's header is another
    gpc: Header = None

    def __repr__(self) -> str:
        return "View(…)"


Read = Callable[[Hit], Sequence[View | Ignored]]
"""Of a bulk request one for each of its parts, in order; of those beyond the bound one for all."""


class Reply(Struct, frozen=True, gc=False):
    """What a sender expects to be told: the same whatever became of its request."""

    status: int
    content_type: str = ""
    body: bytes = b""


NOTHING = Reply(204)
PICTURE = Reply(
    200,
    "image/gif",
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
)
"""One transparent pixel."""


class Cookies(StrEnum):
    """Whether a tracker's requests bring cookies, as its makers set it."""

    SENT = "sends cookies"
    ON_THE_PAGES_HOST = "sends cookies only where the collector is on the page's own host"
    LEFT_OUT = "sends no cookies unless its script is told to"


class Format(Struct, frozen=True, gc=False):
    """How a tracker's requests are read and answered; the reply is made of the request alone.

    `tells_choice`: it can say what the visitor chose.
    """

    name: str
    methods: tuple[str, ...]
    read: Read
    reply: Callable[[Hit], Reply]
    tells_choice: bool = False
    cookies: Cookies = Cookies.SENT
