"""One settings file for each user, with name, password and how to reach the broker.

`QUIETCLICKS_CONFIG=<file>` is all that a command needs. A password is made here, written before the
broker hears of it, and never shown.
"""

import json
import secrets
from pathlib import Path

import msgspec
from msgspec import structs

from quietclicks.agents.access.files import read, write_secret
from quietclicks.agents.settings import Settings
from quietclicks.errors import UsageError

PASSWORD_BYTES = 32
MECHANISM = "SCRAM-SHA-512"
_CONNECTION = ("bootstrap", "security_protocol", "tls_ca", "tls_certificate", "tls_key")


class Account(msgspec.Struct, frozen=True):
    """Who logs in, and with what."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r}, …)"

    @classmethod
    def made(cls, user: str) -> "Account":
        """With a new password."""
        return cls(user, secrets.token_urlsafe(PASSWORD_BYTES))


def path_of(folder: Path, role: str) -> Path:
    """Where a role's file lies."""
    return folder / f"{role}.toml"


def read_account(path: Path) -> Account | None:
    """What a file says; `None` where there is none. Raises `UsageError`; it never shows a value."""
    content = read(path)
    if content is None:
        return None
    try:
        found = msgspec.toml.decode(content, type=dict)
        user, password = found["sasl_username"], found["sasl_password"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        user = password = None
    if not (isinstance(user, str) and isinstance(password, str) and user and password):
        raise UsageError(f"{path} has no sasl_username and sasl_password")
    return Account(user, password)


def write_account(path: Path, account: Account, settings: Settings) -> None:
    """A settings file: the connection as `settings` have it, for this user."""
    values = {name: getattr(settings, name) for name in _CONNECTION}
    for name in ("tls_ca", "tls_certificate", "tls_key"):
        if values[name]:  # a file is good in whatever folder it is used
            values[name] = str(Path(values[name]).resolve())
    values |= {
        "sasl_mechanism": MECHANISM,
        "sasl_username": account.user,
        "sasl_password": account.password,
    }
    # A string of JSON without odd characters is one of TOML.
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items() if value)
    write_secret(path, "".join(lines).encode())


def as_user(settings: Settings, account: Account) -> Settings:
    """The same broker, for that user."""
    return structs.replace(
        settings,
        sasl_mechanism=MECHANISM,
        sasl_username=account.user,
        sasl_password=account.password,
    )
