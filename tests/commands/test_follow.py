"""`quietclicks follow` as it is typed: what is refused, in one line, before a broker is asked."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quietclicks.agents.follow.state import load, only_follower
from quietclicks.commands import follow as command
from quietclicks.commands.follow import follow
from quietclicks.errors import Failure, UsageError
from tests.agents.follow.followed import line
from tests.commands.typed import one_line, typed

LIVE = ("--site", "shop.example", "--consent", "analytics")


class Broker:
    """Takes the first portion, and then the follower is told to stop."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.values: list[bytes] = []

    def __call__(self, settings: object, say: object) -> "Broker":
        return self

    async def start(self) -> None:
        self.log.write_bytes(line(1) + line(2))

    async def send(self, values: Sequence[bytes]) -> None:
        self.values += values
        os.kill(os.getpid(), signal.SIGTERM)

    async def stop(self) -> None:
        await asyncio.sleep(0)


def followed(*arguments: str) -> Result:
    return CliRunner().invoke(follow, [*arguments])


def refused(*arguments: str) -> str:
    done = followed(*arguments)
    assert isinstance(done.exception, UsageError | Failure), done.output
    return str(done.exception)


def test_it_sends_saves_and_ends_when_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, state = tmp_path / "access.log", tmp_path / "state.json"
    broker = Broker(log)
    monkeypatch.setattr(command, "Sender", broker)
    done = followed(*LIVE, "--state", str(state), str(log))
    assert done.exit_code == 0, done.output
    assert len(broker.values) == 2
    [generation] = load(state)[str(log)]
    assert generation.position == len(line(1) + line(2))
    [said] = done.stderr.splitlines()
    assert said.endswith(f"{log}: No such file or directory; waiting for it")


def test_a_log_by_two_names_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    broker = Broker(tmp_path / "access.log")
    monkeypatch.setattr(command, "Sender", broker)
    done = followed(*LIVE, "--state", "state.json", "access.log", str(tmp_path / "access.log"))
    assert done.exit_code == 0, done.output
    assert len(broker.values) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"nothing known\n" * 20, "in no format that is read here", id="format"),
        pytest.param(b'[{"event_id":"1"},\n{"event_id":"2"}]\n' * 20, "not a line each", id="json"),
        pytest.param(
            b"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem\n"
            * 20,
            "hours late: `quietclicks replay`",
            id="cloudfront",
        ),
    ],
)
def test_what_cannot_be_followed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, says: str
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(content)
    monkeypatch.setattr(command, "Sender", Broker(tmp_path / "other"))
    told = refused(*LIVE, "--state", str(tmp_path / "state.json"), str(log))
    assert told.startswith(f"{log}: ")
    assert says in told


def test_what_is_typed_wrong_is_told_before_anything_is_done(tmp_path: Path) -> None:
    log, state = str(tmp_path / "access.log"), str(tmp_path / "state.json")
    assert "--consent takes" in refused("--consent", "all", "--state", state, log)
    assert "the policy has no site" in refused("--site", "other.example", "--state", state, log)
    assert list(tmp_path.iterdir()) == []


def test_a_file_by_a_link_and_by_its_name_is_not_sent_twice(tmp_path: Path) -> None:
    log, link, state = (tmp_path / name for name in ("access.log", "current.log", "state.json"))
    log.write_bytes(line(1))
    link.symlink_to(log)
    told = refused(*LIVE, "--state", str(state), str(link), str(log))
    assert told == f"{log} and {link} are one file: name it once"


def test_a_name_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.log")
    told = refused(*LIVE, "--state", str(tmp_path / "state.json"), str(tmp_path / name))
    assert told.startswith("a log's name is not UTF-8")


def test_a_second_follower_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with only_follower(state):
        assert "another `quietclicks follow`" in refused(
            *LIVE, "--state", str(state), str(tmp_path / "access.log")
        )


def test_that_addresses_cross_a_network_in_the_clear_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIETCLICKS_BOOTSTRAP", "kafka.example:9092")
    monkeypatch.setattr(command, "Sender", Broker(tmp_path / "access.log"))
    done = followed(*LIVE, "--state", str(tmp_path / "s.json"), str(tmp_path / "access.log"))
    assert "crosses the network to kafka.example:9092 in the clear" in done.stderr


def test_without_a_broker_it_is_one_line(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"")
    options = (*LIVE, "--state", str(tmp_path / "state.json"), str(log))
    told = one_line(typed("follow", *options, bootstrap="localhost:1"), 1)
    assert "localhost:1" in told
