"""The anchor: never older than it was, whole or not at all, and nobody waits for who is at it."""

import fcntl
import os
from pathlib import Path

import pytest

from quietclicks.agents.evidence.anchor import FILE, MEMORY, Anchor
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.checkpoints import Checkpoint, signed
from quietclicks.pipeline.evidence.notes import SigningKey

NAME = "shop.example/audit"
KEY, FORMER = SigningKey(NAME, bytes(range(32))), SigningKey(NAME, bytes(32))
KEYS = [KEY.verifier]


def note(size: int, key: SigningKey = KEY) -> bytes:
    return signed(Checkpoint(NAME, size, bytes([size]) * 32), [key])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(audit_anchor_file=str(tmp_path / "anchor"))


def kept(settings: Settings) -> bytes:
    return Path(settings.audit_anchor_file or "").read_bytes()


def test_it_is_in_the_file_and_in_mind(settings: Settings, tmp_path: Path) -> None:
    anchor = Anchor(settings)
    assert anchor.notes() == []
    anchor.keep(note(3), KEYS)
    assert anchor.notes() == [(MEMORY, note(3)), (FILE, note(3))]
    assert Anchor(settings).notes() == [(FILE, note(3))]
    assert [each.name for each in tmp_path.iterdir()] == ["anchor"]


def test_without_a_file_it_is_in_mind() -> None:
    anchor = Anchor(Settings())
    anchor.keep(note(3), KEYS)
    assert anchor.notes() == [(MEMORY, note(3))]


def test_who_was_stopped_does_not_bring_an_older_one(settings: Settings) -> None:
    stopped, other = Anchor(settings), Anchor(settings)
    other.keep(note(5), KEYS)
    stopped.keep(note(3), KEYS)
    assert kept(settings) == note(5)
    stopped.keep(note(6), KEYS)
    assert kept(settings) == note(6)


def test_one_that_a_former_key_signed_gives_way(settings: Settings) -> None:
    Anchor(settings).keep(note(5, FORMER), [FORMER.verifier])
    Anchor(settings).keep(note(5), KEYS)
    assert kept(settings) == note(5)


def test_nobody_waits_for_who_is_at_it(settings: Settings, tmp_path: Path) -> None:
    anchor = Anchor(settings)
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        anchor.keep(note(3), KEYS)
        assert not (tmp_path / "anchor").exists()
    finally:
        os.close(handle)
    anchor.keep(note(3), KEYS)
    assert kept(settings) == note(3)


@pytest.mark.parametrize("place", ["missing/anchor", "."])
def test_one_that_cannot_be_kept_is_one_line(tmp_path: Path, place: str) -> None:
    settings = Settings(audit_anchor_file=str(tmp_path / place))
    with pytest.raises(Failure, match=r"^the anchor file cannot be (written|read): [^\n]+$"):
        Anchor(settings).keep(note(3), KEYS)
