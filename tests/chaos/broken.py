"""Records that no event can be read from, each with the reason that it has to be rejected for."""

from random import Random
from typing import Any

import orjson

from quietclicks.demo.hostile import DEPTH
from quietclicks.schemas.raw import MAX_RECORD_BYTES
from quietclicks.schemas.rejection import Reason

Broken = tuple[Reason, bytes | None]


def record(random: Random, event: dict[str, Any]) -> Broken:
    """One that `event` would be if it were whole."""
    whole = orjson.dumps(event)
    return random.choice(
        (
            (Reason.EMPTY, b""),
            (Reason.EMPTY, None),
            (Reason.NOT_JSON, b"GET / HTTP/1.1"),
            (Reason.NOT_JSON, whole[:-20]),
            (Reason.NOT_UTF8, whole.replace(b"https", b"\xff\xfe", 1)),
            (Reason.INVALID, orjson.dumps(event | {"url": 7})),
            (Reason.INVALID, orjson.dumps(event | {"event_id": "x" * 65})),
            (Reason.BAD_TIMESTAMP, orjson.dumps(event | {"timestamp": "yesterday"})),
            (Reason.UNCLEAR_SIGNAL, orjson.dumps(event | {"Sec-GPC": "1"})),
            (Reason.REPEATED_SIGNAL, whole[:-1] + b',"gpc":"1","gpc":"0"}'),
            (Reason.PREFETCH, orjson.dumps(event | {"purpose": "prefetch"})),
            (Reason.OTHER_HOST, orjson.dumps(event | {"url": "http://www.google.com/search?q=x"})),
            (Reason.NOT_A_PAGE, orjson.dumps(event | {"type": "scroll"})),
            (Reason.REFERRER_SPAM, orjson.dumps(event | {"referrer": "https://semalt.com/"})),
            (Reason.UNREADABLE_LINE, b'{"type":"unreadable_line"}'),
        )
    )


def oversized(random: Random, event: dict[str, Any]) -> Broken:
    """Too long, or too deep."""
    whole = orjson.dumps(event)
    if random.random() < 0.3:
        nested = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
        return Reason.TOO_DEEP, whole[:-1] + b',"order":' + nested + b"}"
    size = random.choice((MAX_RECORD_BYTES + 1, 1 << 20))
    return Reason.TOO_LARGE, whole + b" " * (size - len(whole))
