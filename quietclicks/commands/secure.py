"""What a broker of this machine needs that denies by default: certificates, and its first user."""

from datetime import UTC, datetime
from pathlib import Path

from quietclicks.agents.access.accounts import (
    Account,
    as_user,
    path_of,
    read_account,
    write_account,
)
from quietclicks.agents.access.certificates import BROKER, CA, make
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.secure import Secure
from quietclicks.errors import Failure

ADMIN = "admin"


def access_folder(data: Path) -> Path:
    """Where certificates and users' files of a broker lie: with its data, as long as that lives."""
    return data / "access"


def prepare(data: Path) -> Secure:
    """Certificates and the first user's password, made or, with data of before, read."""
    folder = access_folder(data)
    for _ in make(folder, (), (), datetime.now(UTC)):
        pass
    account = read_account(path_of(folder, ADMIN)) or Account.made(ADMIN)
    # Before the broker hears of it: the address follows when it is known.
    write_account(path_of(folder, ADMIN), account, _settings(folder, "127.0.0.1:1"))
    return Secure(folder / BROKER, folder / CA, account.user, account.password)


def admin_settings(broker: Broker) -> Settings:
    """How its first user reaches it; written to its file, too."""
    folder = access_folder(broker.data_dir)
    path = path_of(folder, ADMIN)
    account = read_account(path)
    if account is None:
        raise Failure(f"{path} has gone since the broker was started")
    settings = _settings(folder, broker.bootstrap)
    write_account(path, account, settings)
    return as_user(settings, account)


def _settings(folder: Path, bootstrap: str) -> Settings:
    return Settings(
        bootstrap=bootstrap, security_protocol="SASL_SSL", tls_ca=str((folder / CA).resolve())
    )
