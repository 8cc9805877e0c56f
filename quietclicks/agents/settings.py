"""Where a worker runs: addresses, credentials, ports. What it decides stands in the policy.

Read from a TOML file and from environment variables `QUIETCLICKS_<NAME>`, which win.
"""

import base64
from collections.abc import Mapping, Set
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from quietclicks.agents.files import read_file
from quietclicks.agents.secret_command import printed
from quietclicks.agents.setting_types import Addresses, Names, Skips, names_in, skipped
from quietclicks.errors import UsageError
from quietclicks.pipeline.policy.toml import read_toml

PREFIX = "QUIETCLICKS_"
KEY_BYTES = 32
MAX_FILE_BYTES = 64 * 1024  # of settings, or a key
# Its cap's journal, 12 bytes for each, is one record of a megabyte at most.
MAX_RECORDS = 50_000  # in a transaction
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

_BROKER = (
    *("bootstrap", "security_protocol", "sasl_mechanism", "sasl_username", "sasl_password"),
    *("tls_ca", "tls_certificate", "tls_key"),
)
DASHBOARD = frozenset(
    {
        *("policy", "dashboard_host", "dashboard_port", "dashboard_folder", "dashboard_embed"),
        *("web_names", *_BROKER),
    }
)
"""What the live page's process takes of the settings."""

COLLECTOR = frozenset(
    {
        *("policy", "collector_host", "collector_port", "collector_trusted_proxies"),
        *("metrics_token", *_BROKER),
    }
)
"""What the collector's process takes of them."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Each has a default that suits a broker on this machine, but for the key-encryption key.

    What each means stands here alone: docs/reference.md and `quietclicks worker --help` show it.
    """

    bootstrap: Annotated[
        Addresses, Meta(description="the broker's address: host:port, or several, with commas")
    ] = "localhost:9092"
    app: Annotated[str, Meta(description="prefixes consumer groups and transactional ids")] = (
        "quietclicks"
    )
    policy: Annotated[
        str | None, Meta(description="the policy file; else deploy/policy.toml of the checkout")
    ] = None

    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Meta(description="how to reach the broker: SSL is TLS, SASL a user's password"),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        Meta(description="how to log in, where the protocol has SASL"),
    ] = "SCRAM-SHA-512"
    sasl_username: Annotated[str | None, Meta(description="needed with SASL")] = None
    sasl_password: Annotated[str | None, Meta(description="needed with SASL")] = None
    tls_ca: Annotated[
        str | None,
        Meta(description="a PEM file: who may vouch for the broker; else the system's CAs"),
    ] = None
    tls_certificate: Annotated[
        str | None, Meta(description="a PEM file: this client's certificate")
    ] = None
    tls_key: Annotated[str | None, Meta(description="a PEM file: its private key")] = None

    key_encryption_key: Annotated[
        str | None,
        Meta(
            description="wraps the day keys: 32 bytes in base64; this, the file or the command is "
            "needed; of several, with spaces between them, the first wraps and each opens"
        ),
    ] = None
    key_encryption_key_file: Annotated[
        str | None, Meta(description="a file that holds the key-encryption key; it wins")
    ] = None
    key_encryption_key_command: Annotated[
        str | None,
        Meta(description="a command that prints the key-encryption key; it wins over the file"),
    ] = None
    signing_key_file: Annotated[
        str | None,
        Meta(
            description="a file with the key that signs the audit log's checkpoints; of several, a "
            "line each, all sign; without it none is signed"
        ),
    ] = None
    verifier_key: Annotated[
        str | None,
        Meta(
            description="the key that verifies the audit log, as published: `rights` seals "
            "addresses only for workers whose log it is"
        ),
    ] = None
    audit_anchor_file: Annotated[
        str | None,
        Meta(
            description="where the newest checkpoint is kept outside the broker, and beside it up "
            "to which day keys are destroyed: so a log made anew, or an older copy, is noticed"
        ),
    ] = None
    audit_anchor_command: Annotated[
        str | None,
        Meta(description="a command that gets each new checkpoint of the audit log on its input"),
    ] = None
    country_database: Annotated[
        str | None, Meta(description="an MMDB file; without it no country is known")
    ] = None
    referrer_spam: Annotated[
        str | None,
        Meta(description="a list of referrer spam, a host a line; without it the best known"),
    ] = None

    web_host: Annotated[str, Meta(description="where a worker's /metrics and /healthz listen")] = (
        "127.0.0.1"
    )
    web_port: Annotated[int, Meta(ge=0, le=65535, description="their port; 0 for none")] = 6066
    metrics_token: Annotated[
        str | None,
        Meta(description="a bearer token for /metrics; without it only this machine may read them"),
    ] = None
    dashboard_host: Annotated[str, Meta(description="where the live page listens")] = "127.0.0.1"
    dashboard_port: Annotated[
        int, Meta(ge=0, le=65535, description="its port; 0 for a free one")
    ] = 6067
    collector_host: Annotated[str, Meta(description="where the collector listens")] = "127.0.0.1"
    collector_port: Annotated[
        int, Meta(ge=0, le=65535, description="its port; 0 for a free one")
    ] = 6068
    collector_trusted_proxies: Annotated[
        str | None,
        Meta(
            description="addresses and networks, with commas, of the proxies whose word the "
            "collector takes for where a request comes from"
        ),
    ] = None
    dashboard_folder: Annotated[
        str | None,
        Meta(
            description="where its store of trends is kept, so that a restart reads only what is "
            "new; without it a temporary one, built each time"
        ),
    ] = None
    dashboard_embed: Annotated[
        Names | None,
        Meta(description="host names, with commas, whose pages may show it in a frame"),
    ] = None
    web_names: Annotated[
        Names | None,
        Meta(
            description="host names, with commas, by which any of these may be asked; localhost "
            "and addresses need none"
        ),
    ] = None
    ticks: Annotated[
        Literal["live", "none"],
        Meta(description="live: a worker sends them; none: a replay brings its own"),
    ] = "live"
    tick_seconds: Annotated[float, Meta(gt=0, description="seconds between two live ticks")] = 5.0
    records_per_transaction: Annotated[
        int,
        Meta(
            ge=1, le=MAX_RECORDS, description="how many raw records one transaction takes at most"
        ),
    ] = 10_000
    session_seconds: Annotated[
        float,
        Meta(
            gt=0,
            description="seconds until a dead worker's partitions are taken over: 6 or more",
        ),
    ] = 10.0
    request_seconds: Annotated[
        float,  # at most as long as a transaction may take
        Meta(
            gt=0, le=60, description="seconds that the broker may leave a request without an answer"
        ),
    ] = 40.0
    skip_records: Annotated[
        Skips | None,
        Meta(description="damaged internal records to skip: topic[partition]@offset, with commas"),
    ] = None

    @property
    def skips(self) -> dict[tuple[str, int], set[int]]:
        """(topic, partition) → the offsets to pass over."""
        return skipped(self.skip_records or "")

    def __repr__(self) -> str:
        return f"Settings(bootstrap={self.bootstrap!r}, app={self.app!r}, …)"


def meanings() -> dict[str, str]:
    """Each setting's variable → what it means, for people."""
    return {
        PREFIX + field.name.upper(): next(
            meta.description for meta in field.type.__metadata__ if meta.description
        )
        for field in msgspec.structs.fields(Settings)
    }


def load(
    environment: Mapping[str, str], file: str | None, taken: Set[str] | None = None
) -> Settings:
    """Settings from a file and the environment: all, or those that are `taken`.

    Raises `UsageError`; it never shows a value.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = read_toml(read_file(file, MAX_FILE_BYTES).decode("utf-8-sig"))
        except OSError as error:
            raise UsageError(f"cannot read the settings file {file}: {error.strerror}") from None
        except ValueError:  # its text may hold a secret
            raise UsageError(f"the settings file {file} is not TOML") from None
    names = {field.name for field in msgspec.structs.fields(Settings)}
    for name in names:
        value = environment.get(PREFIX + name.upper())
        if value:
            values[name] = value
    unknown = sorted(set(values) - names)
    if unknown:
        raise UsageError(f"{file}: no setting is called {unknown[0]}")
    if taken is not None:
        values = {name: value for name, value in values.items() if name in taken}
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        # "Invalid enum value 'x' - at `$.ticks`": the field is told, and never the value.
        name = str(error).rpartition("`$.")[2].rstrip("`")
        raise UsageError(
            f"the setting {name} cannot have that value: see `quietclicks worker --help`"
        ) from None


def web_names(settings: Settings) -> list[str]:
    """The host names by which a web server of ours may be asked, beside the usual."""
    return names_in(settings.web_names or "")


def embedding_names(settings: Settings) -> list[str]:
    """The host names whose pages may show the dashboard in a frame."""
    return names_in(settings.dashboard_embed or "")


def is_in_the_clear(settings: Settings) -> bool:
    """Whether addresses would cross a network without encryption."""
    hosts = {each.rpartition(":")[0].strip("[]") for each in settings.bootstrap.split(",")}
    return "SSL" not in settings.security_protocol and not hosts <= THIS_MACHINE


def key_encryption_keys(settings: Settings) -> list[bytes]:
    """What wraps the day keys, 32 bytes each, the newest first. Raises `UsageError`."""
    text = settings.key_encryption_key or ""
    if settings.key_encryption_key_file is not None:
        try:
            text = read_file(settings.key_encryption_key_file, MAX_FILE_BYTES).decode("ascii")
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                "cannot read the file of QUIETCLICKS_KEY_ENCRYPTION_KEY_FILE"
            ) from None
    if settings.key_encryption_key_command:
        text = printed(settings.key_encryption_key_command)
    if not text.split():
        raise UsageError(
            "no key-encryption key: set QUIETCLICKS_KEY_ENCRYPTION_KEY or ..._KEY_FILE to 32 "
            "random bytes in base64 (openssl rand -base64 32)"
        )
    return [_key_of(each) for each in text.split()]


def _key_of(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError("the key-encryption key must be 32 bytes in base64")
    return key
