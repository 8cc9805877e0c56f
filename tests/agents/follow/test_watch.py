"""A log that is rotated, cut, lost and found: each line once, or said to be missing."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from quietclicks.agents.follow.growing import MAX_LINES
from quietclicks.agents.follow.state import load, save
from quietclicks.errors import UsageError
from quietclicks.pipeline.logs.events import UNREADABLE
from tests.agents.follow.followed import FIREFOX, Follower, Log, Topic, line
from tests.rows import each_row

MIB = 1024 * 1024


class Scene:
    """A log, a follower of it and what it sent."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.topic = Topic()
        self.follower = Follower(self.log.path, folder / "state.json", self.topic)

    def write(self, *numbers: int) -> None:
        for number in numbers:
            self.log.write(line(number))

    def restart(self) -> None:
        self.follower.die()
        self.follower.catch_up()

    def sent(self) -> list[int]:
        """Which lines, in the order in which they were sent."""
        return [int(url.removeprefix("/p")) for url in self.topic.pages.elements()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Followed from before its first line on."""
    made = Scene(tmp_path)
    made.follower.catch_up()
    yield made
    made.follower.die()
    made.log.close()


def test_what_is_written_is_sent_once(scene: Scene) -> None:
    scene.write(1, 2)
    scene.follower.catch_up()
    scene.write(3)
    scene.follower.catch_up()
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3]


def test_a_log_that_is_not_there_is_waited_for_and_said_once(scene: Scene) -> None:
    scene.follower.catch_up()
    [said] = scene.follower.said
    assert said == f"{scene.log.path}: No such file or directory; waiting for it"
    scene.write(1)
    scene.restart()
    assert scene.sent() == [1], "from its beginning: all of it is new"


def test_the_first_time_it_begins_at_the_end(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.write(1, 2)
    scene.log.write(line(3)[:40])
    scene.follower.catch_up()
    scene.log.write(line(3)[40:])
    scene.write(4)
    scene.follower.catch_up()
    assert scene.sent() == [3, 4], "a line that was begun is whole"
    size = len(line(1) + line(2))
    assert scene.follower.said == [f"{scene.log.path}: followed from its end on, {size:,} bytes in"]


def test_a_line_that_is_not_ended_waits(scene: Scene) -> None:
    scene.write(1)
    scene.log.write(line(2)[:-1])
    scene.follower.catch_up()
    assert scene.sent() == [1]
    scene.log.write(b"\n")
    scene.follower.catch_up()
    assert scene.sent() == [1, 2]


@pytest.mark.parametrize("is_away", [False, True], ids=["while it runs", "while it is away"])
def test_a_renamed_log_is_read_to_its_end_and_then_the_new_one(scene: Scene, is_away: bool) -> None:
    scene.write(1)
    scene.follower.catch_up()
    if is_away:
        scene.follower.die()
    scene.write(2)
    scene.log.rename()
    scene.write(3)  # the server has not heard of it yet
    scene.log.reopen()
    scene.write(4)
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3, 4]


def test_an_old_process_of_the_server_writes_to_the_renamed_log(scene: Scene) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.log.rename()
    old = Log(scene.log.path.parent)
    old.path = scene.log.path.with_name("access.log.1")
    scene.log.reopen()
    scene.write(2)
    scene.follower.catch_up()
    old.write(line(3))
    scene.follower.catch_up()
    old.write(line(4)[:-1])
    scene.follower.outlast()
    assert scene.sent() == [1, 2, 3, 4], "a last line that nobody ends is one in the end"
    old.close()
    assert len(scene.follower.begin().generations) == 1, "the old file was let go"


@pytest.mark.parametrize("is_away", [False, True], ids=["while it runs", "while it is away"])
def test_a_log_that_is_copied_and_emptied_is_read_on_in_the_copy(
    scene: Scene, is_away: bool
) -> None:
    scene.write(1)
    scene.follower.catch_up()
    if is_away:
        scene.follower.die()
    scene.write(2)
    scene.log.copy_and_truncate()
    scene.write(3, 4, 5)  # more than there was, so that its size tells nothing
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3, 4, 5]
    assert len(scene.follower.said) == 1, "nothing is missing"


def test_what_was_rotated_several_times_while_it_was_away_is_all_sent(scene: Scene) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.follower.die()
    for number in (2, 4, 6):
        scene.write(number)
        scene.log.rename()
        scene.log.reopen()
        scene.write(number + 1)
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "name", ["access.log-20261017", "access-20261017.log", "access-2026-10-17T10-00-00.000.log"]
)
def test_however_a_rotated_log_is_called(scene: Scene, name: str) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.follower.die()
    scene.log.path.rename(scene.log.path.with_name("access.log.2"))
    scene.log.reopen()
    scene.write(2)
    scene.log.path.rename(scene.log.path.with_name(name))
    scene.log.reopen()
    scene.write(3)
    for other in ("access.log.bak", "other.log.1", "access.log.1.gz", "access_ssl.log"):
        scene.log.path.with_name(other).write_bytes(line(4))
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3]


@pytest.mark.parametrize("is_away", [False, True], ids=["while it runs", "while it is away"])
def test_a_log_that_is_emptied_without_a_copy_is_said(scene: Scene, is_away: bool) -> None:
    scene.write(1)
    scene.follower.catch_up()
    if is_away:
        scene.follower.die()
    os.truncate(scene.log.path, 0)
    scene.write(2)
    scene.follower.catch_up()
    assert scene.sent() == [1, 2]
    assert "lines that came last in it may be missing" in scene.follower.said[-1]


@each_row("error", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file")])
def test_an_older_log_that_cannot_be_opened_stops_nothing(
    error: OSError, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene = Scene(tmp_path_factory.mktemp("logs"))
    scene.follower.catch_up()
    scene.write(1)
    scene.follower.catch_up()
    scene.log.copy_and_truncate()
    scene.write(2)
    real = os.open

    def refuse(path: Path, flags: int) -> int:
        if Path(path).name == "access.log.1":
            raise error
        return real(path, flags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", refuse)
        scene.follower.look()
    scene.follower.catch_up()
    scene.follower.die()
    scene.log.close()
    assert scene.sent() == [1, 2]
    assert "lines that came last in it may be missing" in scene.follower.said[-1]


def test_a_file_that_has_the_inode_of_another_is_another(scene: Scene) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.follower.die()
    scene.log.path.write_bytes(line(2) + line(3))  # the same inode
    scene.follower.catch_up()
    assert scene.sent() == [1, 2, 3]


def test_after_the_machine_has_started_a_device_may_have_another_number(scene: Scene) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.follower.die()
    scene.write(2)
    [generation] = load(scene.follower.state)[scene.follower.name]
    moved = structs.replace(generation, device=generation.device + 1)
    save(scene.follower.state, {scene.follower.name: [moved]})
    scene.follower.catch_up()
    assert scene.sent() == [1, 2]
    assert len(scene.follower.said) == 1, "nothing is missing"


def test_equal_lines_are_two_views_and_a_repeat_is_none(scene: Scene) -> None:
    scene.write(1, 1)
    scene.follower.catch_up()
    assert scene.topic.told_apart == {"/p1": 2}
    scene.log.copy_and_truncate()
    scene.write(1)
    scene.follower.catch_up()
    assert scene.topic.told_apart == {"/p1": 3}, "the same line at the same offset, anew"


def test_a_portion_is_bounded(scene: Scene) -> None:
    scene.write(*range(2 * MAX_LINES + 1))
    sizes = []
    while scene.follower.step():
        sizes.append(len(scene.topic.values))
    assert sizes == [MAX_LINES, 2 * MAX_LINES, 2 * MAX_LINES + 1]


def test_a_line_without_an_end_is_passed_in_pieces(scene: Scene) -> None:
    scene.write(1)
    scene.log.write(b"x" * (9 * 1024 * 1024))
    scene.follower.catch_up()
    scene.log.write(b"\n")
    scene.write(2)
    scene.follower.catch_up()
    assert scene.sent() == [1, 2]
    assert scene.topic.values.count(UNREADABLE) == 3


@pytest.mark.parametrize("hole", [5_000, 3 * MIB, 9 * MIB])
def test_a_server_that_does_not_append_leaves_a_hole_in_an_emptied_log(
    scene: Scene, hole: int
) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.log.copy_and_truncate()
    with scene.log.path.open("r+b") as server:
        server.seek(hole)
        server.write(line(2) + line(3))
    scene.follower.catch_up()
    scene.write(4)
    scene.restart()
    assert scene.sent() == [1, 2, 3, 4]
    assert UNREADABLE not in scene.topic.values


def test_a_log_may_begin_with_a_line_that_is_far_too_long(scene: Scene) -> None:
    scene.log.write(b"x" * (2 * MIB) + b"\n")
    scene.write(1)
    scene.follower.catch_up()
    assert scene.sent() == [1]


def test_no_tick_of_a_file_tells_the_time(scene: Scene) -> None:
    tick = b'{"type":"tick","timestamp":"2026-10-17T10:00:00Z"}\n'
    event = b'{"event_id":"1","site":"shop.example","url":"/p1"}\n'
    scene.log.write(tick + event + tick)
    scene.follower.catch_up()
    assert scene.topic.values == [event.strip()]


def test_an_event_that_no_topic_takes_is_an_unreadable_line(scene: Scene) -> None:
    event = b'{"event_id":"1","site":"shop.example","url":"/p1"}\n'
    scene.log.write(event + event.replace(b"/p1", b"/" + b"x" * 70_000))
    scene.follower.catch_up()
    assert scene.topic.values == [event.strip(), UNREADABLE]


def test_a_log_in_no_format_is_refused_once_there_is_enough_of_it(scene: Scene) -> None:
    scene.log.write(b"nothing that is known\n" * 19)
    scene.follower.catch_up()
    assert "waiting for more lines" in scene.follower.said[-1]
    scene.follower.catch_up()
    assert len(scene.follower.said) == 2, "said once"
    scene.log.write(b"nothing that is known\n")
    with pytest.raises(UsageError, match=r"access\.log: the log's first lines are in no format"):
        scene.follower.catch_up()
    assert scene.topic.values == []


def test_a_log_that_becomes_another_is_refused_before_it_is_sent(scene: Scene) -> None:
    scene.write(*range(10))
    scene.follower.catch_up()
    scene.log.write(b"nothing that is known\n" * MAX_LINES)
    with pytest.raises(UsageError, match=r"access\.log: 1,000 of the log's 1,010 lines"):
        scene.follower.catch_up()
    assert len(scene.topic.values) == 10


def test_a_new_file_may_have_another_format(scene: Scene) -> None:
    scene.write(1)
    scene.follower.catch_up()
    scene.log.rename()
    scene.log.reopen()
    scene.log.write(b'{"event_id":"1","site":"shop.example","url":"/p2"}\n')
    scene.follower.catch_up()
    assert scene.topic.pages == Counter({"/p1": 1, "/p2": 1})


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    os.mkfifo(scene.log.path)
    with pytest.raises(UsageError, match="no file that can be followed"):
        scene.follower.begin()


def test_what_is_kept_holds_nothing_of_a_line(scene: Scene) -> None:
    scene.write(*range(40))
    scene.follower.catch_up()
    kept = scene.follower.state.read_bytes()
    assert b"position" in kept
    for word in (b"8.8.0", FIREFOX.encode(), b"/p1", b"GET"):
        assert word not in kept
