"""The formats a log may have, by name; and which one it is, by what its first lines can be read as.

A format that fits no line is not guessed at: who asks is told so.
"""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import msgspec
import re2
from msgspec import Raw, Struct, structs

from quietclicks.pipeline.logs.access_log import read_combined, read_common
from quietclicks.pipeline.logs.cloudfront import CloudFront, is_comment
from quietclicks.pipeline.logs.documents import documents
from quietclicks.pipeline.logs.json_log import read_caddy, read_traefik
from quietclicks.pipeline.logs.request import Request, is_view
from quietclicks.pipeline.logs.wrapped import BYTE_ORDER_MARK, unwrapped

Format = Literal["events", "nginx", "combined", "common", "caddy", "traefik", "cloudfront"]
"""`events` are raw events; `nginx` is the same, written by a server's `log_format`."""

FORMATS: tuple[Format, ...] = get_args(Format)
EVENTS: frozenset[Format] = frozenset({"events", "nginx"})
READERS: dict[Format, Callable[[], Callable[[bytes], Request | None]]] = {
    "combined": lambda: read_combined,
    "common": lambda: read_common,
    "caddy": lambda: read_caddy,
    "traefik": lambda: read_traefik,
    "cloudfront": CloudFront,
}
"""A new reader, which is given a log's lines in order."""

COMMENTED: frozenset[Format] = frozenset({"cloudfront"})
"""Of these a line that begins with `#` is no request that could not be read."""

VIEWS = 5  # as few may be published: without one agent among them it is the log that has none
AGENT = re2.compile(r"[A-Za-z][\w.-]*/\d")  # what nearly all user agents begin with

_fields = msgspec.json.Decoder(dict[str, Raw])


class Found(Struct, frozen=True):
    """What the first lines are. `documents`: objects of JSON that are not a line each."""

    format: Format | None
    documents: bool = False
    has_agents: bool = True


def detect(lines: Sequence[bytes], named: Format | None = None) -> Found:
    """Of a log's first lines: the one that most can be read as, or the one that is `named`."""
    text = b"".join(lines).removeprefix(BYTE_ORDER_MARK).lstrip()
    is_array = text.startswith(b"[") and text[1:].lstrip()[:1] in (b"{", b"]")
    found = Found(None) if is_array else _of(lines, named)
    if found.format is None and (is_array or text.startswith(b"{")):
        found = _of(list(documents(lines)), named)
        return structs.replace(found, documents=is_array or found.format is not None)
    return found


def _of(lines: Sequence[bytes], named: Format | None) -> Found:
    texts = [text for line in lines if (text := unwrapped(line))]
    best, readable = Found(None), 0
    for form in (named,) if named else FORMATS:
        if form in EVENTS:
            found, count = Found(form), sum(map(_is_event, texts))
        else:
            read = READERS[form]()
            requests = [each for each in map(read, texts) if each is not None]
            found, count = Found(form, has_agents=_has_agents(requests)), len(requests)
            if form in COMMENTED and not count:
                count = any(map(is_comment, texts))
        if count > readable:
            best, readable = found, count
    return best


def _has_agents(requests: Sequence[Request]) -> bool:
    """Whether the log says who asked: a format may lack it, or a server not fill it in."""
    if not requests:
        return True
    agents = [each.user_agent or "" for each in requests if is_view(each)]
    return any(each.has_agent for each in requests) and (
        len(agents) < VIEWS or any(map(AGENT.match, agents))
    )


def _is_event(text: bytes) -> bool:
    """An object that names itself or its site as events do; a tick; or one with nothing in it."""
    try:
        fields = _fields.decode(text)
    except (ValueError, RecursionError):
        return False
    names = fields.keys()
    return "event_id" in names or names >= {"site", "url"} or names <= {"type", "timestamp"}
