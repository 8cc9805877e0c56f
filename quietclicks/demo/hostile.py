"""What a collector should never send, and sometimes does: each kind has a name.

Each record is wrong in one way only; everything else about it would be counted. All of them are
harmless to a pipeline that reads them as bytes.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from quietclicks.demo.catalogue import EXTRA_EMAIL, ORIGIN

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:158.0) Gecko/20100101 Firefox/158.0"
ADDRESS = "198.51.100.99"
MEBIBYTE = 1024 * 1024
DEPTH = 10_000


def hostile(event_id: str, timestamp: str) -> Iterator[tuple[str, bytes]]:
    """One record of each kind, as (kind, record); `timestamp` is now, by the log's clock."""
    event: dict[str, Any] = {
        "event_id": event_id,
        "site": "shop.example",
        "timestamp": timestamp,
        "url": f"{ORIGIN}/",
        "ip": ADDRESS,
        "user_agent": USER_AGENT,
        "consent": {"analytics": True, "partners": True},
    }

    def with_(**changes: Any) -> bytes:
        return orjson.dumps(event | {"event_id": f"{event_id}-{next(numbers)}"} | changes)

    def without(name: str) -> bytes:
        return orjson.dumps({key: value for key, value in event.items() if key != name})

    numbers = iter(range(1000))
    yield "empty", b""
    yield "not json", b"GET /search?q=anna.schmidt@mail.example HTTP/1.1"
    yield "cut off", with_()[:-20]
    yield "not an object", b'["anna.schmidt@mail.example"]'
    yield "null bytes", b"\x00" * 64
    yield "null in a value", with_(url=f"{ORIGIN}/\x00/products/1")
    yield "invalid utf-8", with_(url=f"{ORIGIN}/~").replace(b"~", b"\xff\xfe")
    yield "lone surrogate", with_(url=f"{ORIGIN}/~").replace(b"~", b"\\ud800")
    yield "nested", b"[" * DEPTH + b"]" * DEPTH
    yield "nested in a field", with_(order=0)[:-2] + b'{"a":' * DEPTH + b"1" + b"}" * (DEPTH + 1)
    yield "url is a number", with_(url=7)
    yield "address is a list", with_(ip=[ADDRESS])
    yield "consent is a string", with_(consent="yes")
    yield "consent says maybe", with_(consent={"analytics": "maybe"})
    yield "no address", without("ip")
    yield "no id", without("event_id")
    yield "id too long", with_(event_id="x" * 65)
    yield "no zone", with_(timestamp=timestamp[:19])
    yield "not a time", with_(timestamp="yesterday")
    yield "no such day", with_(timestamp=f"2026-02-30{timestamp[10:]}")
    yield "from the future", with_(timestamp=f"2999{timestamp[4:]}")
    yield "of 1970", with_(timestamp=f"1970-01-01{timestamp[10:]}")
    yield "address 777.2", with_(ip="777.2")
    yield "address with a zone", with_(ip="::1%eth0")
    yield "empty address", with_(ip="")
    yield "unknown site", with_(site="elsewhere.example")
    yield "another type", with_(type="scroll")
    yield "extra fields", with_(email=EXTRA_EMAIL, order={"number": 4711, "email": EXTRA_EMAIL})
    yield "url without end", with_(url=f"{ORIGIN}/{'a/' * 20_000}")
    yield "one mebibyte", _padded(with_(url=f"{ORIGIN}/?p=~"))


def _padded(record: bytes) -> bytes:
    return record.replace(b"~", b"~" * (MEBIBYTE - len(record) + 1))
