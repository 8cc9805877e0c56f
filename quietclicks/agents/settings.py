"""Where a worker runs: addresses, credentials, ports. What it decides stands in the policy.

Read from a TOML file and from environment variables `QUIETCLICKS_<NAME>`, which win.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from quietclicks.errors import UsageError

PREFIX = "QUIETCLICKS_"
KEY_BYTES = 32
# Its cap's journal, 12 bytes for each, is one record of a megabyte at most.
MAX_RECORDS = 50_000  # in a transaction
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

HOST = r"(\[[0-9A-Fa-f:]+\]|[^\s,:]+):[0-9]{1,5}"
Addresses = Annotated[str, Meta(pattern=rf"^{HOST}(,{HOST})*$")]
"""host:port, several with commas between them."""


RECORD = r"internal\.[a-z]+\[[0-9]+\]@[0-9]+"
Skips = Annotated[str, Meta(pattern=rf"^{RECORD}(,{RECORD})*$")]
"""topic[partition]@offset, several with commas between them."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Each has a default that suits a broker on this machine, but for the key-encryption key."""

    bootstrap: Addresses = "localhost:9092"
    app: str = "quietclicks"  # prefixes consumer groups and transactional ids
    policy: str | None = None  # a file; none: deploy/policy.toml beside the package

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: str | None = None
    tls_ca: str | None = None  # PEM files
    tls_certificate: str | None = None
    tls_key: str | None = None

    key_encryption_key: str | None = None  # 32 bytes in base64
    key_encryption_key_file: str | None = None
    country_database: str | None = None  # an MMDB file

    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Meta(ge=0, le=65535)] = 6066  # 0: none
    metrics_token: str | None = None  # a bearer token for /metrics; none: for this machine only
    ticks: Literal["live", "none"] = "live"  # none: a replay brings its own
    tick_seconds: Annotated[float, Meta(gt=0)] = 5.0
    records_per_transaction: Annotated[int, Meta(ge=1, le=MAX_RECORDS)] = 10_000
    session_seconds: Annotated[float, Meta(gt=0)] = (
        10.0  # how soon a dead worker's partitions are taken over
    )
    # How long a request may go without an answer: at most as long as a transaction may take.
    request_seconds: Annotated[float, Meta(gt=0, le=60)] = 40.0
    # Records of internal topics that nobody can read, and that are passed over.
    skip_records: Skips | None = None

    @property
    def skips(self) -> dict[tuple[str, int], set[int]]:
        """(topic, partition) → the offsets to pass over."""
        found: dict[tuple[str, int], set[int]] = {}
        for each in (self.skip_records or "").split(","):
            if each:
                place, _, offset = each.partition("@")
                topic, _, number = place.rstrip("]").partition("[")
                found.setdefault((topic, int(number)), set()).add(int(offset))
        return found

    def __repr__(self) -> str:
        return f"Settings(bootstrap={self.bootstrap!r}, app={self.app!r}, …)"


def load(environment: Mapping[str, str], file: str | None) -> Settings:
    """Settings from a file and the environment. Raises `UsageError`; it never shows a value."""
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = msgspec.toml.decode(Path(file).read_bytes(), type=dict)
        except OSError as error:
            raise UsageError(f"cannot read the settings file {file}: {error.strerror}") from None
        except msgspec.DecodeError:
            raise UsageError(f"the settings file {file} is not TOML") from None
    names = {field.name for field in msgspec.structs.fields(Settings)}
    for name in names:
        value = environment.get(PREFIX + name.upper())
        if value:
            values[name] = value
    unknown = sorted(set(values) - names)
    if unknown:
        raise UsageError(f"{file}: no setting is called {unknown[0]}")
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        # "Invalid enum value 'x' - at `$.ticks`": the field is told, and never the value.
        name = str(error).rpartition("`$.")[2].rstrip("`")
        raise UsageError(
            f"the setting {name} cannot have that value: see `quietclicks worker --help`"
        ) from None


def is_in_the_clear(settings: Settings) -> bool:
    """Whether addresses would cross a network without encryption."""
    hosts = {each.rpartition(":")[0].strip("[]") for each in settings.bootstrap.split(",")}
    return "SSL" not in settings.security_protocol and not hosts <= THIS_MACHINE


def key_encryption_key(settings: Settings) -> bytes:
    """The 32 bytes that wrap the day keys; raises `UsageError` where they are missing or odd."""
    text = settings.key_encryption_key
    if settings.key_encryption_key_file is not None:
        try:
            text = Path(settings.key_encryption_key_file).read_text("ascii")
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                "cannot read the file of QUIETCLICKS_KEY_ENCRYPTION_KEY_FILE"
            ) from None
    if not text:
        raise UsageError(
            "no key-encryption key: set QUIETCLICKS_KEY_ENCRYPTION_KEY or ..._KEY_FILE to 32 "
            "random bytes in base64 (openssl rand -base64 32)"
        )
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError("the key-encryption key must be 32 bytes in base64")
    return key
