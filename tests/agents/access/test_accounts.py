"""A user's settings file: whole, for its owner alone, and all that a command needs."""

import stat
from pathlib import Path

import pytest

from quietclicks.agents.access.accounts import (
    Account,
    as_user,
    path_of,
    read_account,
    write_account,
)
from quietclicks.agents.settings import Settings, load
from quietclicks.errors import UsageError

BASE = Settings(bootstrap="a:1,b:2", security_protocol="SASL_SSL", tls_ca="ca.pem")


def test_it_is_a_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    account = Account.made("worker")
    path = path_of(tmp_path, "worker")
    write_account(path, account, BASE)
    found = load({}, str(path))
    assert found == as_user(load({}, str(path)), account)
    assert (found.bootstrap, found.security_protocol) == ("a:1,b:2", "SASL_SSL")
    assert found.tls_ca == str(tmp_path / "ca.pem"), "good in whatever folder it is used"
    assert read_account(path) == account
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["worker.toml"]


def test_what_is_the_superusers_own_goes_into_no_file(tmp_path: Path) -> None:
    path = path_of(tmp_path, "worker")
    base = load(
        {
            "QUIETCLICKS_KEY_ENCRYPTION_KEY": "k" * 44,
            "QUIETCLICKS_SASL_PASSWORD": "of the admin",
            "QUIETCLICKS_SASL_USERNAME": "admin",
            "QUIETCLICKS_METRICS_TOKEN": "t",
        },
        None,
    )
    write_account(path, Account("worker", "p"), base)
    text = path.read_text()
    assert "k" * 44 not in text
    assert "admin" not in text
    assert "token" not in text


def test_passwords_are_random_and_never_shown() -> None:
    made = [Account.made("worker") for _ in range(50)]
    assert len({each.password for each in made}) == 50
    assert min(len(each.password) for each in made) >= 43  # 256 bits
    assert made[0].password not in repr(made[0])


def test_none_is_there(tmp_path: Path) -> None:
    assert read_account(tmp_path / "worker.toml") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "sasl_username = 'worker'",
        "sasl_username = 'worker'\nsasl_password = ''",
        "sasl_username = 1\nsasl_password = 'secret-thing'",
        "sasl_password = 'secret-thing' and more",
        "\xff",
    ],
)
def test_one_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "worker.toml"
    path.write_text(content, "latin-1")
    with pytest.raises(UsageError, match="has no sasl_username and sasl_password") as raised:
        read_account(path)
    assert "secret-thing" not in str(raised.value)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot (write|read)"):
        write_account(tmp_path / "file" / "worker.toml", Account("worker", "p"), BASE)


def test_a_file_that_is_there_is_replaced_whole_and_no_longer_open_to_others(
    tmp_path: Path,
) -> None:
    path = path_of(tmp_path, "worker")
    path.write_text("x" * 10_000)
    path.chmod(0o644)
    write_account(path, Account("worker", "p"), BASE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_account(path) == Account("worker", "p")
