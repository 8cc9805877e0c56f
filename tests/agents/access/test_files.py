"""Files that hold a secret: those that others may read are told."""

from pathlib import Path

import pytest
from msgspec import convert

from quietclicks.agents.access.files import open_secrets
from quietclicks.agents.settings import Settings

FILES = ("config", "key_encryption_key_file", "signing_key_file", "tls_key")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
@pytest.mark.parametrize("open_one", FILES)
def test_each_that_others_may_read_is_told(tmp_path: Path, open_one: str, mode: int) -> None:
    paths = {name: tmp_path / name for name in FILES}
    for path in paths.values():
        path.touch(0o600)
    settings = convert({name: str(paths[name]) for name in FILES[1:]}, Settings)
    assert open_secrets(settings, str(paths["config"])) == []
    paths[open_one].chmod(mode)
    [line] = open_secrets(settings, str(paths["config"]))
    assert line.endswith(f": chmod 600 {paths[open_one]}")


def test_none_is_named_or_there(tmp_path: Path) -> None:
    assert open_secrets(Settings(), None) == []
    assert open_secrets(Settings(signing_key_file=str(tmp_path / "none")), str(tmp_path)) == []
