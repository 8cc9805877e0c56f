"""A raw event as the collector sends it: the only type that holds personal data.

Its `repr` hides every value, so that no log line or traceback can show one.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

MAX_RECORD_BYTES = 64 * 1024
MAX_BATCH_BYTES = 1024 * 1024  # what a broker takes by default (message.max.bytes 1,048,588)

UNREADABLE_LINE = "unreadable_line"
"""The type of a record that stands for a line of a log that was not understood."""

NOT_LOGGED = "(not logged)"
"""The user agent of who has one that no log kept: the operator vouches that it is a person."""

EventId = Annotated[str, Meta(min_length=1, max_length=64)]
Site = Annotated[str, Meta(min_length=1, max_length=253)]
Instant = Annotated[datetime, Meta(tz=True)]


Header = str | bool | int | float | None
"""A signal as it was sent, or what a collector made of it."""


class Consent(Struct, frozen=True, gc=False):
    """What the visitor chose; `None` is unknown."""

    analytics: bool | None = None
    partners: bool | None = None


class ExactConsent(Consent, frozen=True, gc=False, forbid_unknown_fields=True):
    """The same without anything else in it."""


class RawEvent(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One page view. The fields here are all that is ever read of it."""

    event_id: EventId
    site: Site
    timestamp: Instant
    url: str
    ip: str
    type: str | None = None
    user_agent: str | None = None
    accept_language: str | None = None
    referrer: str | None = None
    sec_ch_ua: str | None = None
    sec_ch_ua_mobile: str | None = None
    sec_ch_ua_platform: str | None = None
    search_terms: str | None = None
    purpose: str | None = None
    dnt: Header = None
    gpc: Header = None
    consent: Consent | None = None
    tcf: str | None = None

    def __repr__(self) -> str:
        return "RawEvent(…)"


class ExactEvent(RawEvent, frozen=True, gc=False, forbid_unknown_fields=True):
    """A raw event without unlisted fields: the usual case, read in one go."""

    consent: ExactConsent | None = None

    def __repr__(self) -> str:
        return "ExactEvent(…)"


class Tick(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The time and nothing else: `{"type": "tick", "timestamp": …}`."""

    timestamp: Instant
    type: str = "tick"
