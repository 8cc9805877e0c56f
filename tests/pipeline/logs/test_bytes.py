"""Bytes that are no UTF-8, which servers write as they were sent: no view is lost by them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.pipeline.logs.events import read_log
from quietclicks.pipeline.logs.formats import Format, detect
from quietclicks.pipeline.logs.request import Reading
from quietclicks.pipeline.logs.wrapped import unwrapped
from quietclicks.schemas.raw import RawEvent
from tests.pipeline.logs.lines import viewed
from tests.rows import each_row

COMBINED = (
    b'192.0.2.7 - - [17/Oct/2026:10:00:00 +0000] "GET /caf@ HTTP/1.1" 200 5'
    b' "http://a.example/@" "UA/1 (@)"'
)
CADDY = (
    b'{"ts":1,"status":200,"request":{"method":"GET","uri":"/caf@","client_ip":"192.0.2.7",'
    b'"headers":{"User-Agent":["UA/1 (@)"],"Referer":["http://a.example/@"]}}}'
)
TRAEFIK = (
    b'{"RequestMethod":"GET","RequestPath":"/caf@","DownstreamStatus":200,"other":"@",'
    b'"ClientHost":"192.0.2.7","time":"2026-10-17T10:00:00Z","request_User-Agent":"UA/1 (@)",'
    b'"request_Referer":"http://a.example/@"}'
)
CLOUDFRONT = (
    b"2026-10-17 10:00:00 FRA 5 192.0.2.7 GET - /caf@ 200 http://a.example/@ UA/1%20(@) - - Hit i -"
    b" https 1 1 -"
).replace(b" ", b"\t")
NGINX = (
    b'{"event_id":"1","site":"shop.example","timestamp":"2026-10-17T10:00:00Z","url":"/caf@",'
    b'"ip":"192.0.2.7","user_agent":"UA/1 (@)","referrer":"http://a.example/@"}'
)
LOGS: dict[Format, bytes] = {
    "combined": COMBINED,
    "caddy": CADDY,
    "traefik": TRAEFIK,
    "cloudfront": CLOUDFRONT,
    "nginx": NGINX,
}
SENT = {
    b"\xe9": "%E9",
    b"\x83\x5c".replace(b"\\", b"e"): "%83e",  # of Shift-JIS
    b"\xed\xa0\x80": "%ED%A0%80",  # a surrogate
    b"\xc3": "%C3",  # half a letter
    "é".encode(): "é",
    b"\xc3\xa9\xe9": "é%E9",
}


@each_row("form", LOGS)
@each_row("sent", SENT)
def test_a_byte_is_what_a_url_writes_for_it(form: Format, sent: bytes) -> None:
    line = LOGS[form].replace(b"@", sent)
    if form == "nginx":
        (value,) = read_log([line], "events", Reading("shop.example"))
        event = decode(value)
        assert isinstance(event, RawEvent)
    else:
        event = viewed(line, form)
    assert event.url.endswith(f"/caf{SENT[sent]}")
    assert event.referrer == f"http://a.example/{SENT[sent]}"
    assert event.user_agent == f"UA/1 ({SENT[sent]})"


def test_a_log_of_such_lines_alone_is_found() -> None:
    assert detect([NGINX.replace(b"@", b"\xe9")]).format == "events"
    assert detect([TRAEFIK.replace(b"@", b"\xe9")]).format == "traefik"


def test_what_a_container_wrapped() -> None:
    assert unwrapped(b'{"log":"GET /caf\xe9","stream":"stdout"}') == b"GET /caf%E9"


@given(st.binary(max_size=40))
def test_any_bytes_become_text_and_utf8_is_left(sent: bytes) -> None:
    assert json.loads(json.dumps(text_of_bytes(sent)).encode()) == text_of_bytes(sent)
    text_of_bytes(sent).encode()


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_text_stays(sent: str) -> None:
    assert text_of_bytes(sent.encode()) == sent
