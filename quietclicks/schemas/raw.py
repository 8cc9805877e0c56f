"""A raw event as the collector sends it: the only type that holds personal data.

Its `repr` hides every value, so that no log line or traceback can show one.
"""

from msgspec import Struct

MAX_RECORD_BYTES = 64 * 1024


class Consent(Struct, frozen=True, gc=False):
    """What the visitor chose; `None` is unknown."""

    analytics: bool | None = None
    partners: bool | None = None


class RawEvent(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One page view. Unlisted fields are dropped on reading (see `pipeline.decode`)."""

    event_id: str
    site: str
    timestamp: str
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
    dnt: str | None = None
    gpc: str | None = None
    consent: Consent | None = None
    tcf: str | None = None

    def __repr__(self) -> str:
        return "RawEvent(…)"


class Tick(Struct, frozen=True, gc=False):
    """The time, as the one source of ticks has it: `{"type": "tick", "timestamp": …}`."""

    timestamp: str
    type: str = "tick"
