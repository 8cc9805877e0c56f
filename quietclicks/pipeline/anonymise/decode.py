"""From bytes to a raw event or a tick. The first step, and the only one that sees unlisted fields.

An error text of the JSON library is never passed on: only its kind is.
"""

import msgspec
from msgspec import Struct

from quietclicks.pipeline.consent.spelling import is_unclear
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import MAX_RECORD_BYTES, UNREADABLE_LINE, ExactEvent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason

TICK = "tick"
PAGEVIEW = "pageview"


class _Kind(Struct):
    """What sort of record it is; every other field is passed over."""

    type: str | None = None


# An event is no tick; what is neither says what it is.
_OF_ANOTHER_TYPE = {TICK: Reason.INVALID, UNREADABLE_LINE: Reason.UNREADABLE_LINE}

_exact = msgspec.json.Decoder(ExactEvent)
_lenient = msgspec.json.Decoder(RawEvent)
_kind = msgspec.json.Decoder(_Kind)
_tick = msgspec.json.Decoder(Tick)


def decode(value: bytes | None) -> RawEvent | Tick:
    """One record's value → an event or a tick; raises `Rejected`.

    An `ExactEvent` had no unlisted field; a plain `RawEvent` had at least one, now gone.
    """
    if value and len(value) <= MAX_RECORD_BYTES:
        try:
            event = _exact.decode(value)
        except (ValueError, RecursionError):
            pass  # no more in the handler: `Rejected` would have its error for context
        else:
            if event.type is None or event.type == PAGEVIEW:
                return event
            raise Rejected(_OF_ANOTHER_TYPE.get(event.type, Reason.NOT_A_PAGE))
    return _decode_unusual(value)


def _decode_unusual(value: bytes | None) -> RawEvent | Tick:
    """The slow way, for ticks, events with unlisted fields and broken records."""
    if not value:
        raise Rejected(Reason.EMPTY)
    if len(value) > MAX_RECORD_BYTES:
        raise Rejected(Reason.TOO_LARGE)
    if value.lstrip()[:1] != b"{":
        raise Rejected(Reason.NOT_JSON)
    try:
        kind = _kind.decode(value).type
        if kind == TICK:
            return _tick.decode(value)
        if kind is not None and kind != PAGEVIEW:
            raise Rejected(_OF_ANOTHER_TYPE.get(kind, Reason.NOT_A_PAGE))
        event = _lenient.decode(value)
        if is_unclear(value):
            raise Rejected(Reason.UNCLEAR_SIGNAL)
        return event
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP) from None
    except msgspec.ValidationError as error:
        # The library's message ends in the path of the field that is wrong.
        in_time = str(error).endswith("`$.timestamp`")
        raise Rejected(Reason.BAD_TIMESTAMP if in_time else Reason.INVALID) from None
    except UnicodeDecodeError:
        raise Rejected(Reason.NOT_UTF8) from None
    except ValueError:
        raise Rejected(Reason.NOT_JSON) from None
