"""What holds addresses is for nobody else on the machine, old or new."""

import stat
from pathlib import Path

import pytest

from quietclicks.embedded.broker import Broker
from quietclicks.embedded.private import make_private, write_private
from quietclicks.errors import Failure


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_there_already_is_made_private(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (folder / "data").mkdir(parents=True)
    (folder / "broker.log").touch()
    (folder / "notes").touch()
    elsewhere.touch()
    (folder / "owner.lock").symlink_to(elsewhere)
    for each in (folder, folder / "data"):
        each.chmod(0o777)
    for each in (folder / "broker.log", folder / "notes", elsewhere):
        each.chmod(0o666)
    make_private(folder, ("data", "broker.log", "owner.lock", "server.properties"))
    assert (mode(folder), mode(folder / "data"), mode(folder / "broker.log")) == (
        *(0o700, 0o700),
        0o600,
    )
    assert (mode(folder / "notes"), mode(elsewhere)) == (0o666, 0o666), "those are not ours"


def test_a_folder_that_others_share_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(Failure, match="is a folder that others share"):
        make_private(tmp_path, ())
    assert mode(tmp_path) == 0o1777


def test_what_cannot_be_made_private_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refused)
    with pytest.raises(Failure, match="cannot be made private: Operation not permitted"):
        make_private(tmp_path, ())


def test_what_is_written_is_private_whatever_was_there(tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "server.properties", tmp_path / "elsewhere"
    elsewhere.write_text("old")
    file.symlink_to(elsewhere)
    write_private(file, "new")
    assert (file.read_text(), mode(file), elsewhere.read_text()) == ("new", 0o600, "old")


def test_a_broker_in_a_folder_that_was_open_to_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in it can be read by others; and Java has no secret, and no dump."""
    monkeypatch.setenv("QUIETCLICKS_KEY_ENCRYPTION_KEY", "s3cret")
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "broker.log").touch(0o666)
    with Broker.start(folder, progress=lambda _: None) as broker:
        process = Path(f"/proc/{broker.pid}")
        assert b"QUIETCLICKS_" not in (process / "environ").read_bytes()
        assert (
            "Max core file size        0                    0 " in (process / "limits").read_text()
        )
    found = [folder, *folder.rglob("*")]
    assert len(found) > 10
    assert {each for each in found if mode(each) & 0o077} == set()
