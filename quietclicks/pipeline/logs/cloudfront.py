"""CloudFront's standard log, columns between tabs, as its `#Fields:` line names them → requests.

A reader remembers the last such line it saw. Amazon delivers these logs up to a day late: they are
for replays.
"""

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from quietclicks.pipeline.logs.access_log import instant
from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.pipeline.logs.request import Request

FIELDS = "#Fields:"
# Where there is no such line, the columns as they have always begun.
COLUMNS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for"
).split()
AGENT = "cs(User-Agent)"


class CloudFront:
    """Reads lines in order."""

    def __init__(self) -> None:
        self._columns = COLUMNS

    def __call__(self, line: bytes) -> Request | None:
        """`None` for what is no request, comments among it."""
        text = text_of_bytes(line)
        if text.startswith(FIELDS):
            self._columns = text.removeprefix(FIELDS).split()
            return None
        values = text.split("\t")
        if len(values) < min(len(self._columns), len(COLUMNS)):
            return None
        return _request(dict(zip(self._columns, values, strict=False)))


def is_comment(line: bytes) -> bool:
    """Whether it is the line that says what the others are, and these are CloudFront's."""
    return line.startswith(FIELDS.encode()) and b" x-edge-" in line


def _request(found: Mapping[str, str]) -> Request | None:
    try:
        at = instant(f"{found['date']}T{found['time']}+00:00")
        status, stem, peer = int(found["sc-status"]), found["cs-uri-stem"], found["c-ip"]
        method = found["cs-method"]
    except (KeyError, ValueError):
        return None
    if at is None:
        return None
    query = _sent(found, "cs-uri-query")
    forwarded = _sent(found, "x-forwarded-for")
    return Request(
        peer=peer,
        forwarded=(forwarded,) if forwarded else (),
        at=at,
        method=method,
        target=f"{stem}?{query}" if query else stem,
        status=status,
        # What the visitor asked for; cs(Host) is the distribution's own name.
        host=_sent(found, "x-host-header") or _sent(found, "cs(Host)") or "",
        scheme="http" if found.get("cs-protocol") == "http" else "https",
        has_agent=AGENT in found,
        user_agent=_decoded(_sent(found, AGENT)),
        referrer=_decoded(_sent(found, "cs(Referer)")),
    )


def _sent(found: Mapping[str, str], name: str) -> str | None:
    value = found.get(name, "-")
    return None if value in ("-", "") else value


def _decoded(value: str | None) -> str | None:
    """Percent-encoded once; for years it was twice."""
    if value is None:
        return None
    once = text_of_bytes(unquote_to_bytes(value))
    if "%20" not in once or " " in once:
        return once
    return text_of_bytes(unquote_to_bytes(once))
