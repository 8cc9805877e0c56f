"""Every way out of the pipeline that is not a pseudonymised event, and the record that says so.

A rejection holds a reason and a position: never a value from the event.
"""

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """The closed list of reasons. Each has a counter and a test."""

    EMPTY = "empty"  # a record without a value
    TOO_LARGE = "too_large"  # over 64 KiB
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"  # nested beyond what a reader survives
    INVALID = "invalid"  # a field is missing, of the wrong type or out of bounds
    UNCLEAR_SIGNAL = "unclear_signal"  # an objection or a choice under a name that is none of ours
    REPEATED_SIGNAL = "repeated_signal"  # an objection or a choice that stands there twice
    BAD_TIMESTAMP = "bad_timestamp"  # not RFC 3339 with an offset
    FROM_THE_FUTURE = "from_the_future"  # ahead of the broker's clock by more than the allowed skew
    UNKNOWN_SITE = "unknown_site"  # not listed in the policy
    LATE = "late"  # its hour is closed
    DUPLICATE = "duplicate"  # the event's id was seen among the partition's recent events
    RESTRICTED = "restricted"  # its visitor restricted, objected or is erased; counted nowhere
    PREFETCH = "prefetch"  # fetched ahead of a view that may never come
    OTHER_HOST = "other_host"  # the URL is of a host that is not the site's
    NOT_A_PAGE = "not_a_page"  # not a page view: an asset, a failed request, another type
    UNREADABLE_LINE = "unreadable_line"  # of a log, in no format that was asked for or found
    BOT = "bot"  # a program, not a visitor; counted in a stream of its own
    REFERRER_SPAM = "referrer_spam"  # a program that leaves a spammer's address; counted nowhere
    NO_CONSENT = "no_consent"  # neither in the site's trends nor for analysts
    COUNTED_ONLY = "counted_only"  # in the trends, not for analysts
    ERROR = "error"  # a step failed unexpectedly: the event is left out


class Rejection(Struct, frozen=True):
    """One rejected event: `timestamp` is the broker's append time (RFC 3339, milliseconds, UTC)."""

    reason: Reason
    topic: str
    partition: int
    offset: int
    timestamp: str
