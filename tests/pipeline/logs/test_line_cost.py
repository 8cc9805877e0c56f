"""A client writes much of a line, and its characters cost no more than twice an honest line's.

Counted and not timed, as in tests/work.py.
"""

import pytest

from quietclicks.pipeline.logs.access_log import read_combined, read_common
from quietclicks.pipeline.logs.wrapped import unwrapped
from tests.pipeline.logs.lines import FIREFOX
from tests.rows import each_row
from tests.work import counted

TIME = b"[17/Oct/2026:10:00:00 +0000]"
START = b"8.8.0.4 - - " + TIME + b' "GET /a HTTP/1.1" 200 5 '
ENDS = b" " + TIME + b' "GET /a HTTP/1.1" 200 5 "-" "Browser/1"'
LONG = 8_192  # characters; a line may have eight times as many
REPEATED = (
    *(b'" "', b'"-" ', b'"" ', b'"', b'" ', b' "a"', b'a"b ', b'"http://a" "A/1" ', b'"8.8.8.8" '),
    *(b"a ", b"- ", b" ", b",", b"a,", b" , ", b"8.8.8.8,", b"8.8.8.8, ", b"[::1]:1,", b'",'),
    *(
        b"\\x41",
        b"\\xff",
        b"\\\\",
        b'\\"',
        b"\\n",
        b"\\",
        b"\\x",
        b"\xff",
        b"\xd0\xb0",
        b"\xf0\x9f",
    ),
    *(b"[", b"]", b"] ", b"] \\", b"[" + TIME, TIME + b" ", b'" 200 5 ', b'" 200 5 "-" "A/1" '),
    *(b"%41", b"<1>", b"1 ", b"a: ", b"[a]", b"Oct 17 10:00:00 ", b"2026-10-17T10:00:00Z ", b"| "),
    *(b"{", b'{"log":', b'"log":', b"}"),
)
ASKED, ANSWERED = START[: START.index(b"/a")], START[START.index(b" HTTP") :]
PLACES = {
    "a request": (ASKED, ANSWERED + b'"-" "A/1"'),
    "a referrer": (START + b'"', b'" "Browser/1"'),
    "an agent": (START + b'"-" "', b'"'),
    "what follows": (START + b'"-" "Browser/1" ', b""),
    "one more field": (START + b'"-" "Browser/1" "', b'"'),
    "headers": (START, b""),
    "what goes before": (b"", ENDS),
    "a user's name": (b"8.8.0.4 - ", ENDS),
    "a quoted line": (b'"8.8.0.4 - ', ENDS + b'"'),
    "syslog": (b"<134>Oct 17 10:00:00 ", ENDS),
    "syslog of 2009": (b"<134>1 - - - - - ", ENDS),
}


def read(line: bytes) -> None:
    plain = unwrapped(line)
    for reader in (read_combined, read_common):
        reader(plain)


@pytest.fixture(scope="module")
def honest() -> float:
    """Units a character, of a line that is read by all expressions there are."""
    line = (
        START
        + b'"https://a.example/?q=\\xd0\\xb0" "'
        + FIREFOX.encode()
        + b'" "8.8.0.5, 8.8.0.6" 1'
    )
    read(line)
    return counted(read, line) / len(line)


@each_row("text", REPEATED)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_text_of_a_clients_costs_more(
    place: tuple[bytes, bytes], text: bytes, honest: float
) -> None:
    before, behind = place
    line = before + text * ((LONG - len(before + behind)) // len(text)) + behind
    assert counted(read, line) / len(line) < 2 * honest
