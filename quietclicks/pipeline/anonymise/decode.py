"""From bytes to a raw event or a tick. The first step, and the only one that sees unlisted fields.

An error text of the JSON library is never passed on: only its kind is.
"""

from collections.abc import Iterable, Set

import msgspec
from msgspec import Struct

from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import MAX_RECORD_BYTES, UNREADABLE_LINE, ExactEvent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason

TICK = "tick"
PAGEVIEW = "pageview"


class _Kind(Struct):
    """What sort of record it is; every other field is passed over."""

    type: str | None = None


# Names of signals without case and signs, as collectors spell them: dropped as unlisted, they would
# be an objection, or a choice, that nobody heard.
_SIGNALS = frozenset("consent dnt donottrack globalprivacycontrol gpc secgpc tcf tcstring".split())
_OURS = frozenset({"consent", "dnt", "gpc", "tcf"})
_CHOICES = frozenset({"analytics", "partners"})

# An event is no tick; what is neither says what it is.
_OF_ANOTHER_TYPE = {TICK: Reason.INVALID, UNREADABLE_LINE: Reason.UNREADABLE_LINE}
_MAX_FIELDS = 256  # that are looked at; collectors send some dozens
_MAX_NAME = 64  # characters; longer is no spelling of a signal

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
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
        if _is_unclear(value):
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


def _is_unclear(value: bytes) -> bool:
    """Whether a field's name is that of a signal in another spelling, of an event or its consent.

    Of an event that has an unlisted field, and was decoded.
    """
    fields = _fields.decode(value)
    if len(fields) > _MAX_FIELDS:
        return True
    chosen = fields.get("consent", b"null")
    return _is_spelt_otherwise(fields, _SIGNALS, _OURS) or (
        bytes(chosen) != b"null" and _is_spelt_otherwise(_fields.decode(chosen), _CHOICES, _CHOICES)
    )


def _is_spelt_otherwise(names: Iterable[str], known: Set[str], ours: Set[str]) -> bool:
    return any(
        "".join(filter(str.isalnum, name.casefold())) in known
        for name in names
        if name not in ours and len(name) <= _MAX_NAME
    )
