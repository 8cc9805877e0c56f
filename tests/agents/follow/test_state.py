"""The saved position: whole or not there, of one follower, and where it is looked for."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from quietclicks.agents.follow.state import default_path, load, only_follower, save
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.logs.generation import Generation, moved

READ = {"/var/log/a.log": [moved(Generation("00" * 16, 1, 2), 4, b"one\n")], "/var/log/b.log": []}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert load(path) == {}
    save(path, READ)
    assert load(path) == READ
    save(path, {})
    assert load(path) == {}
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"], "nothing is left beside"


DAMAGE = [
    *(b"", b"{", b'{"version":2,"files":{}}', b"[" * 9000),
    b'"id":"",',  # nothing would key the fingerprint
    b'"id":"' + b"0" * 65 + b'",',
    b'"position":-1,',
    b'"head_bytes":-1,',
]


def damaged(damage: bytes) -> bytes:
    """The whole of it, or a file's entry in which one field is spoilt."""
    if not damage.endswith(b","):
        return damage
    entry = b'{"id":"' + b"00" * 16 + b'",' + damage + b'"device":1,"inode":2}'
    return b'{"version":1,"files":{"/a.log":[' + entry + b"]}}"


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_position_is_a_clear_stop(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(damaged(damage))
    with pytest.raises(Failure, match=r"is damaged.*without it each log is followed from its end"):
        load(path)


def test_one_follower_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "made" / "state.json"
    with only_follower(path):
        with pytest.raises(Failure, match="another `quietclicks follow` keeps its position in"):
            only_follower(path).__enter__()
        with only_follower(path.with_name("other.json")):
            pass
    with only_follower(path):
        pass
    assert path.parent.stat().st_mode & 0o077 == 0


def test_where_it_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Failure, match="cannot keep the position in"):
        only_follower(tmp_path / "file" / "state.json").__enter__()
    with pytest.raises(Failure, match="cannot keep the position in"):
        save(tmp_path / "none" / "state.json", READ)
    with pytest.raises(Failure, match="cannot read the position in"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        pytest.param({"HOME": "/h"}, "/h/.local/state/quietclicks", id="home"),
        pytest.param({"HOME": "/h", "XDG_STATE_HOME": "/x"}, "/x/quietclicks", id="XDG"),
        pytest.param({"HOME": "/h", "STATE_DIRECTORY": "/s:/t"}, "/s", id="systemd"),
    ],
)
def test_where_it_is_kept(environment: Mapping[str, str], folder: str) -> None:
    one, other = Path("/var/log/a"), Path("/var/log/b")
    found = default_path([one, other], environment)
    assert found.parent == Path(folder)
    assert found == default_path([other, one], environment)
    assert found != default_path([one], environment), "other logs have another position"


def test_without_a_home_it_has_to_be_said() -> None:
    with pytest.raises(UsageError, match="--state FILE"):
        default_path([Path("/var/log/a")], {})
