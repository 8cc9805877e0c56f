"""Which format a log has, told by its first lines."""

import json

import pytest

from quietclicks.pipeline.logs.formats import FORMATS, READERS, Format, Found, detect
from tests.pipeline.logs import test_cloudfront, test_json_log
from tests.pipeline.logs.lines import FIREFOX
from tests.rows import each_row

TIME = "[17/Oct/2026:10:00:00 +0000]"
COMMON = f'8.8.0.4 - - {TIME} "GET /a HTTP/1.1" 200 741\n'.encode()
COMBINED = COMMON.replace(b" 741", f' 741 "-" "{FIREFOX}"'.encode())
EVENT = b'{"event_id":"e","site":"shop.example","url":"/a","ip":"8.8.0.4"}\n'
CADDY, TRAEFIK = test_json_log.caddy() + b"\n", test_json_log.traefik() + b"\n"
CLOUDFRONT = test_cloudfront.line() + b"\n"
LINES: dict[Format, bytes] = {
    "events": EVENT,
    "combined": COMBINED,
    "common": COMMON,
    "caddy": CADDY,
    "traefik": TRAEFIK,
    "cloudfront": CLOUDFRONT,
}
AGENTLESS = {"common"}


def test_every_format_is_tried() -> None:
    assert {*LINES, "nginx"} == set(FORMATS)  # which is `events` under a server's name
    assert READERS.keys() == LINES.keys() - {"events"}


@pytest.mark.parametrize("form", LINES)
def test_a_format_is_found(form: Format) -> None:
    found = Found(form, has_agents=form not in AGENTLESS)
    line = LINES[form]
    assert detect([line]) == found
    assert detect([b"\n", line * 1, line]) == found
    assert detect([b"\xef\xbb\xbf" + line]) == found
    assert detect([b"<190>Oct 17 10:00:00 web1 nginx: " + line]) == found


@each_row("form", LINES)
@each_row(
    "first",
    [b'{"event_id": "e', b"8.8.0.4 - - [17/Oct", b"rubbish", b"\xff\x00", b"# x", b"[", b"{"],
)
def test_a_broken_first_line_fools_nobody(form: Format, first: bytes) -> None:
    assert detect([first + b"\n", *[LINES[form]] * 3]).format == form


@pytest.mark.parametrize("form", LINES)
def test_what_most_lines_are_is_what_it_is(form: Format) -> None:
    others = [line for other, line in LINES.items() if other != form]
    assert detect([*others, LINES[form], LINES[form]]).format == form


@pytest.mark.parametrize("form", ["events", "caddy", "traefik"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_array", [True, False])
def test_documents(form: Format, indent: int | None, is_array: bool) -> None:
    objects = [json.loads(LINES[form])] * 3
    text = (
        json.dumps(objects, indent=indent)
        if is_array
        else "\n".join(json.dumps(each, indent=indent) for each in objects)
    )
    lines = text.encode().splitlines(keepends=True)
    assert detect(lines) == Found(form, documents=is_array or indent is not None)


@pytest.mark.parametrize(
    "fields",
    [
        {"ClientIP": "8.8.0.4", "EdgeResponseStatus": 200},
        {"timestamp": "2026-10-17T10:00:00Z", "url": "/a", "client_ip": "8.8.0.4"},
        {"ip": "8.8.0.4", "url": "/a", "time": 5, "type": "access"},
        {"level": "info", "msg": "serving", "ts": 1.5},
    ],
)
def test_other_json_is_no_event(fields: dict[str, object]) -> None:
    line = json.dumps(fields).encode() + b"\n"
    assert detect([line] * 3) == Found(None)
    assert detect([json.dumps([fields] * 3, indent=1).encode()]) == Found(None, documents=True)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_id": "e"},
        {"site": "shop.example", "url": "/a", "id": "e"},
        {"type": "tick", "timestamp": "2026-10-17T10:00:00Z"},
        {"type": "unreadable_line"},
    ],
)
def test_an_event_that_lacks_something_is_one(fields: dict[str, object]) -> None:
    assert detect([json.dumps(fields).encode() + b"\n"] * 3) == Found("events")


IIS = [
    b"#Software: Microsoft Internet Information Services 10.0\n",
    b"#Version: 1.0\n",
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip cs(User-Agent)\n",
    b"2026-10-17 10:00:00 10.0.0.1 GET /a - 443 8.8.0.4 Mozilla/5.0+(X11)\n",
]
HAPROXY = (
    b"Oct 17 10:00:00 lb haproxy[14389]: 8.8.0.4:33317 [17/Oct/2026:10:00:00.655] http-in "
    b'static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {} {} "GET /a HTTP/1.1"\n'
)
ERRORS = b'2026/10/17 10:00:00 [error] 7#7: *1 open() "/a" failed, client: 8.8.0.4\n'
PIPES = b"17/Oct/2026|10:00:00|8.8.0.4|GET|/a|200\n"


@pytest.mark.parametrize(
    "lines",
    [IIS, [HAPROXY] * 9, [ERRORS] * 9, [PIPES], [b"\x00" * 50], [b"rubbish\n"], [], [b"\n"]],
    ids=["iis", "haproxy", "errors", "pipes", "nulls", "rubbish", "nothing", "blank"],
)
def test_another_format_is_none(lines: list[bytes]) -> None:
    assert detect(lines).format is None


def test_a_named_format_is_not_looked_for() -> None:
    assert detect([COMBINED] * 3, "common") == Found(None)
    assert detect([COMBINED, COMMON], "common") == Found("common", has_agents=False)


def test_a_log_whose_agents_are_all_empty_has_none() -> None:
    """As HAProxy writes it in the CLF, or Traefik without headers."""
    empty = COMMON.replace(b" 741", b' 741 "" "" 33317 655 "http-in" "static" "srv1"')
    dashes = COMMON.replace(b" 741", b' 741 "-" "-" 1 "router@docker" "http://10.0.0.2:80" 3ms')
    host = COMMON.replace(b" 741", b' 741 "-" "shop.example"')
    cookie = COMMON.replace(b" 741", b' 741 "https://a.example/" "id=5; lang=de"')
    for line in (empty, dashes, host, cookie):
        assert detect([line] * 5) == Found("combined", has_agents=False)
        assert detect([line] * 4) == Found("combined")  # a program or two
        assert detect([line] * 50 + [COMBINED]) == Found("combined")


def test_a_head_alone() -> None:
    assert detect([b"#Version: 1.0\n", test_cloudfront.HEAD + b"\n"]) == Found("cloudfront")
