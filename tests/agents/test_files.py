"""What is no file, or too long a one, is told of at once."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quietclicks.agents.files import check_file, read_file
from quietclicks.agents.geo import Countries
from quietclicks.agents.settings import Settings, key_encryption_keys, load
from quietclicks.agents.spammers import spammers
from quietclicks.commands.options import read_policy
from quietclicks.errors import UsageError

MOST = 100
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture(params=["pipe", "folder", "device", "missing", "huge"])
def odd(request: pytest.FixtureRequest, tmp_path: Path, pipe: Path) -> Iterator[Path]:
    """What a setting may name by mistake."""
    if request.param == "huge":
        path = tmp_path / "huge"
        with path.open("wb") as file:
            file.truncate(5 << 30)  # without a block on the disk
        yield path
        path.unlink()
    else:
        yield {
            "pipe": pipe,
            "folder": tmp_path,
            "device": Path("/dev/zero"),
            "missing": tmp_path / "none",
        }[request.param]


def test_a_file_is_read_up_to_its_size(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for size in (0, 1, MOST):
        file.write_bytes(b"x" * size)
        assert read_file(file, MOST) == b"x" * size
        check_file(file, MOST)
    file.write_bytes(b"x" * (MOST + 1))
    for read in (read_file, check_file):
        with pytest.raises(OSError, match="more than 100 bytes"):
            read(file, MOST)


def test_what_is_no_file_has_a_reason(odd: Path) -> None:
    for read in (read_file, check_file):
        with pytest.raises(OSError, match=r"it is|it has|[Nn]o such|directory") as caught:
            read(odd, MOST)
        assert caught.value.strerror


def test_a_pipe_is_read_to_the_end_of_who_writes_to_it(pipe: Path) -> None:
    """Though nothing is in it at first: `policy diff <(git show HEAD:policy.toml) policy.toml`."""
    with ThreadPoolExecutor() as pool:
        # Opened for writing it waits for who reads; and nothing is lost while anybody does.
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with pipe.open("wb", buffering=0) as writer:
            found = pool.submit(read_file, pipe, MOST)
            writer.write(b"x")
            writer.write(b"y")
        assert found.result() == b"xy"
        os.close(reader)


def test_every_file_that_is_named_is_looked_at_first(odd: Path) -> None:
    """A line for each, and none of them waits."""
    key = Settings(key_encryption_key_file=str(odd))
    for read in (
        lambda: read_policy(str(odd)),
        lambda: load({}, str(odd)),
        lambda: key_encryption_keys(key),
        lambda: Countries.open(odd),
        lambda: spammers(str(odd)),
    ):
        with pytest.raises(UsageError) as caught:
            read()
        assert str(caught.value).isprintable()
        assert "cannot read" in str(caught.value)
