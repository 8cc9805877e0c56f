"""One line of a log in JSON, as Caddy and Traefik write it → its request.

A line that is not of the server's shape is `None`, and so is one without what a request must have.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.logs.access_log import instant
from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.pipeline.logs.request import Request

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Caddy writes seconds; told to, milli- or nanoseconds. A second of today is a nanosecond of 1970.
MAX_SECONDS, MAX_MILLISECONDS = 1e11, 1e14

_Values = list[str] | str | None


class _CaddyRequest(Struct, gc=False):
    method: str
    uri: str
    host: str = ""
    client_ip: str = ""  # as Caddy's own trusted proxies have it
    remote_ip: str = ""
    remote_addr: str = ""  # with the port, before version 2.5
    tls: object = None
    headers: dict[str, _Values] = field(default_factory=dict)


class _Caddy(Struct, gc=False):
    request: _CaddyRequest
    ts: float | str
    status: int


class _Traefik(Struct, gc=False):
    method: str = field(name="RequestMethod")
    path: str = field(name="RequestPath")
    status: int = field(name="DownstreamStatus")
    host: str = field(name="RequestHost", default="")
    scheme: str = field(name="RequestScheme", default="http")
    client: str = field(name="ClientHost", default="")
    address: str = field(name="ClientAddr", default="")
    start: str = field(name="StartUTC", default="")
    time: str = ""


_caddy = msgspec.json.Decoder(_Caddy)
_traefik = msgspec.json.Decoder(_Traefik)
_fields = msgspec.json.Decoder(dict[str, object])


def read_caddy(line: bytes) -> Request | None:
    """An entry of `http.log.access`."""
    try:
        found = _caddy.decode(text_of_bytes(line))
    except (ValueError, RecursionError):
        return None
    asked = found.request
    at = _caddy_instant(found.ts)
    if at is None:
        return None
    return _request(
        {name.lower(): value for name, value in asked.headers.items()},
        peer=asked.client_ip or asked.remote_ip or asked.remote_addr,
        at=at,
        method=asked.method,
        target=asked.uri,
        status=found.status,
        host=asked.host,
        scheme="https" if asked.tls else "http",
    )


def read_traefik(line: bytes) -> Request | None:
    """Its access log in JSON; a request's headers are there if it was told to keep them."""
    text = text_of_bytes(line)
    try:
        found = _traefik.decode(text)
        named = _fields.decode(text)
    except (ValueError, RecursionError):
        return None
    at = instant(found.start or found.time)
    if at is None or at.tzinfo is None:
        return None
    headers = {
        name.removeprefix("request_").lower(): value
        for name, value in named.items()
        if name.startswith("request_") and isinstance(value, str)
    }
    return _request(
        headers,
        peer=found.client or found.address,
        at=at,
        method=found.method,
        target=found.path,
        status=found.status,
        host=found.host,
        scheme="https" if found.scheme == "https" else "http",
    )


def _request(
    headers: Mapping[str, _Values],
    *,
    peer: str,
    at: datetime,
    method: str,
    target: str,
    status: int,
    host: str,
    scheme: str,
) -> Request:
    forwarded = headers.get("x-forwarded-for")
    return Request(
        peer=peer,
        forwarded=tuple([forwarded] if isinstance(forwarded, str) else forwarded or ()),
        at=at,
        method=method,
        target=target,
        status=status,
        host=host,
        scheme=scheme,
        has_agent="user-agent" in headers,
        user_agent=_sent(headers, "user-agent"),
        referrer=_sent(headers, "referer"),
        accept_language=_sent(headers, "accept-language"),
        sec_ch_ua=_sent(headers, "sec-ch-ua"),
        sec_ch_ua_mobile=_sent(headers, "sec-ch-ua-mobile"),
        sec_ch_ua_platform=_sent(headers, "sec-ch-ua-platform"),
        dnt=_sent(headers, "dnt"),
        gpc=_sent(headers, "sec-gpc"),
        purpose=_sent(headers, "sec-purpose") or _sent(headers, "purpose") or "",
    )


def _sent(headers: Mapping[str, _Values], name: str) -> str | None:
    value = headers.get(name)
    text = ", ".join(value) if isinstance(value, list) else value
    return None if text in ("", "-") else text


def _caddy_instant(ts: float | str) -> datetime | None:
    if isinstance(ts, str):
        at = instant(ts)
        return at if at is not None and at.tzinfo is not None else None
    seconds = ts if ts < MAX_SECONDS else ts / 1e3 if ts < MAX_MILLISECONDS else ts / 1e9
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
