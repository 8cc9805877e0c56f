"""The open requests, oldest first: which are taken in, which are turned away, which stand already.

What was asked first under an id stands. A request that is done, doubled or unreadable is closed:
what identifies somebody is overwritten.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.schemas.rights import Answer, Done, Request, RequestId

MAX_OPEN = 100  # at work; who asks for more is told to come again
MAX_BYTES = 512 * 1024  # of a request

_id = msgspec.json.Decoder(RequestId).decode
_request = msgspec.json.Decoder(Request).decode
_done = msgspec.json.Decoder(Done).decode


class Work(Struct):
    """A request that is open; `restricted`: the list names the person already.

    It is `offset` that it was first asked at, and `through` that it was asked again.
    """

    offset: int
    through: int
    request: Request
    restricted: bool = False


class Malformed(Struct, frozen=True):
    """A record that is no request, under an id that can be answered; without one, None."""

    id: str | None


def read(record: Record) -> Request | Done | Malformed:
    """What a record of `privacy.requests` is."""
    value = record.value or b""
    try:
        name = _id(msgspec.json.encode((record.key or b"").decode("ascii")))
    except ValueError:
        return Malformed(None)
    if len(value) > MAX_BYTES:
        return Malformed(name)
    decoders: tuple[Callable[[bytes], Request | Done], ...] = (_request, _done)
    for decode in decoders:
        try:
            found = decode(value)
        except (ValueError, RecursionError):
            continue
        if found.id == name and not (isinstance(found, Request) and is_odd(found)):
            return found
    return Malformed(name)


def is_odd(request: Request) -> bool:
    """What no schema says: days are in the calendar, each is asked for once, a page is a page."""
    try:
        days = [day_of(each.encode()) for each in request.days]
        day_of((request.until or request.days[0]).encode())
    except ValueError:
        return True
    return len(set(days)) < len(days) or request.changes.get("page", "") is None


def stands(known: Answer | None, request: Request) -> bool:
    """Whether what was answered under that id is the end of it, or of another request."""
    if known is None:
        return False
    if (known.verb, known.site) != (request.verb, request.site):
        return True
    # Of a dead day the answer has a receipt, as soon as the audit log has one.
    has_none = any(each.reason == "key_destroyed" and not each.receipt for each in known.days)
    is_denied = known.state == "denied" and known.ground is None  # a refusal is the end of it
    if known.state in {"open", "expired"} or (is_denied and has_none):
        return False
    is_same = tuple(each.day for each in known.days) == request.days
    return not is_same or known.step != "restricted"
