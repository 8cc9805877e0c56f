"""A growing file: its whole lines, wherever a portion ends, and what tells it from another."""

from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.logs.generation import (
    FINGERPRINT_BYTES,
    HEAD_BYTES,
    Generation,
    begins,
    lines_in,
    moved,
    place_of,
)

NEW = Generation("00" * 16, 1, 2)


WITHOUT_ENDS = st.binary(max_size=8).map(lambda each: each.replace(b"\n", b""))


@given(st.lists(WITHOUT_ENDS.map(lambda each: each + b"\n")), WITHOUT_ENDS, st.integers(1, 5))
def test_lines_come_once_and_in_order_however_many_at_a_time(
    lines: list[bytes], rest: bytes, most: int
) -> None:
    content = b"".join(lines) + rest
    read: list[tuple[int, bytes]] = []
    at = 0
    while found := lines_in(content[at:], at, most).lines:
        assert len(found) <= most
        at = lines_in(content[at:], at, most).end
        read += found
    assert [line for _, line in read] == lines
    assert all(content[offset:].startswith(line) for offset, line in read)
    assert content[at:] == rest, "a line that nothing ends waits"


def test_a_last_line_of_a_file_that_is_done_is_one() -> None:
    assert lines_in(b"a\nb", 7, 9, is_whole=True).lines == [(7, b"a\n"), (9, b"b")]
    assert lines_in(b"a\nb", 7, 9).end == 9
    assert lines_in(b"", 7, 9, is_whole=True).end == 7


def test_a_file_is_told_by_as_much_as_is_known() -> None:
    read = moved(NEW, 4, b"one\n")
    assert begins(read, b"one\n")
    assert begins(read, b"one\nand another\n"), "it grew"
    assert not begins(read, b"two\nand another\n")
    assert not begins(read, b"one"), "it was cut"
    assert begins(NEW, b""), "nothing was read, and nothing can differ"


def test_no_more_is_kept_than_what_tells_a_file() -> None:
    head = b"x" * (2 * HEAD_BYTES)
    read = moved(NEW, len(head), head)
    assert read.head_bytes == HEAD_BYTES
    assert begins(read, head[:HEAD_BYTES] + b"another end")
    assert len(bytes.fromhex(read.fingerprint)) == FINGERPRINT_BYTES == 2, "docs/logs.md: 16 bits"


def test_who_follows_the_same_log_keeps_something_else() -> None:
    other = Generation("11" * 16, 1, 2)
    assert moved(NEW, 4, b"one\n").fingerprint != moved(other, 4, b"one\n").fingerprint


def test_a_place_is_of_one_line_only() -> None:
    places = {place_of(Generation(id, 1, 2), at) for id in ("a", "b", "a1") for at in (1, 11, 111)}
    assert len(places) == 9
    assert place_of(moved(NEW, 4, b"one\n"), 4) == place_of(NEW, 4), "as before a restart"
