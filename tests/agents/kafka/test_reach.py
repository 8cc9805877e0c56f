"""Why a broker cannot be reached: one clear line each, on servers that are wrong in one thing."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from quietclicks.agents.access.authority import LIFE, Authority, key_pem
from quietclicks.agents.access.certificates import CA, make
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reach import broker_certificates, why_unreachable
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from tests.kafka_tools import SharedBroker

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PASSWORD = "correct-horse"  # noqa: S105 - of nobody


@asynccontextmanager
async def serving(pem: Path | None) -> AsyncIterator[int]:
    """A server with that certificate, which says nothing; without one it speaks no TLS."""
    context = None
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def secure(port: int, folder: Path, host: str = "127.0.0.1") -> Settings:
    return Settings(
        bootstrap=f"{host}:{port}",
        security_protocol="SASL_SSL",
        sasl_username="worker",
        sasl_password=PASSWORD,
        tls_ca=str(folder / CA),
    )


def server_of(folder: Path, hosts: Sequence[str], now: datetime) -> Path:
    list(make(folder, hosts, (), NOW))
    authority = Authority.read((folder / "ca.key").read_bytes(), (folder / CA).read_bytes())
    path = folder / "server.pem"
    path.write_bytes(authority.issue("broker", hosts, now))
    return path


@pytest.mark.parametrize(
    ("hosts", "now", "told"),
    [
        (["127.0.0.1"], NOW - LIFE - DAY, "has expired: have it renewed"),
        (["127.0.0.1"], NOW + DAY, "is not valid yet: is this machine's clock right?"),
        (["127.0.0.2"], NOW, "is for another address"),
        (["kafka.example"], NOW, "is for another address"),
    ],
    ids=["expired", "of tomorrow", "another address", "a name"],
)
async def test_the_certificate(tmp_path: Path, hosts: list[str], now: datetime, told: str) -> None:
    async with serving(server_of(tmp_path, hosts, now)) as port:
        line = await why_unreachable(secure(port, tmp_path))
    assert line is not None
    assert line.startswith(f"the certificate of the broker at 127.0.0.1:{port} {told}")


async def test_another_name(tmp_path: Path) -> None:
    async with serving(server_of(tmp_path, ["kafka.example"], NOW)) as port:
        line = await why_unreachable(secure(port, tmp_path, "localhost"))
    assert line is not None
    assert "is for another name" in line


async def test_another_ca(tmp_path: Path) -> None:
    other = tmp_path / "other"
    list(make(other, (), (), NOW))
    async with serving(server_of(tmp_path, ["127.0.0.1"], NOW)) as port:
        line = await why_unreachable(secure(port, other))
    assert line is not None
    assert "QUIETCLICKS_TLS_CA" in line


async def test_self_signed(tmp_path: Path) -> None:
    list(make(tmp_path, (), (), NOW))
    own = Authority.made("127.0.0.1", NOW)
    (tmp_path / "self").write_bytes(key_pem(own.key) + own.pem)
    async with serving(tmp_path / "self") as port:
        line = await why_unreachable(secure(port, tmp_path))
    assert line is not None
    assert "is self-signed" in line


async def test_no_tls_there(tmp_path: Path) -> None:
    list(make(tmp_path, (), (), NOW))
    async with serving(None) as port:
        line = await why_unreachable(secure(port, tmp_path))
    assert line is not None
    assert "speaks no TLS that we know" in line
    assert "mail.example" not in line


async def test_nobody_there(tmp_path: Path) -> None:
    list(make(tmp_path, (), (), NOW))
    line = await why_unreachable(secure(1, tmp_path))
    assert (
        line == "no Kafka broker answers at 127.0.0.1:1: is it running, and is the address right?"
    )
    line = await why_unreachable(secure(9092, tmp_path, "no-such-host.invalid"))
    assert line is not None
    assert line.startswith("no Kafka broker answers at no-such-host.invalid:9092: ")


async def test_one_of_several_addresses_will_do(broker: SharedBroker) -> None:
    assert await why_unreachable(Settings(bootstrap=f"127.0.0.1:1,{broker.bootstrap}")) is None


async def test_a_login_where_none_is_asked_for(broker: SharedBroker) -> None:
    settings = Settings(
        bootstrap=broker.bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_username="worker",
        sasl_password=PASSWORD,
    )
    line = await why_unreachable(settings)
    assert line is not None
    assert "asks for no login on that port" in line


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"sasl_password": "wrong"}, "does not take the user of these settings with this password"),
        ({"sasl_username": "nobody"}, "does not take the user of these settings with this"),
        ({"sasl_mechanism": "PLAIN"}, "does not take PLAIN: set another one"),
        ({"sasl_mechanism": "SCRAM-SHA-256"}, "does not take SCRAM-SHA-256: set another one"),
        ({"security_protocol": "SSL"}, "another QUIETCLICKS_SECURITY_PROTOCOL than SSL"),
        ({"security_protocol": "PLAINTEXT"}, "another QUIETCLICKS_SECURITY_PROTOCOL than PLAIN"),
        ({"security_protocol": "SASL_PLAINTEXT"}, "QUIETCLICKS_SECURITY_PROTOCOL than SASL_PLAIN"),
    ],
)
@pytest.mark.parametrize("kind", [clients.consumer, clients.producer, clients.admin])
async def test_what_a_client_that_cannot_start_says(
    guarded: SharedBroker, wrong: dict[str, str], told: str, kind: object
) -> None:
    settings = structs.replace(guarded.settings(), **wrong)
    client = kind(settings)  # type: ignore[operator]
    with pytest.raises(Failure) as raised:
        await clients.start(client, settings)
    line = str(raised.value)
    assert told in line
    assert "\n" not in line
    assert (settings.sasl_password or "?") not in line


async def test_all_is_well(guarded: SharedBroker) -> None:
    assert await why_unreachable(guarded.settings()) is None


@pytest.mark.parametrize("host", ["a" * 64, "a..example"])
async def test_what_is_no_name_of_a_host(host: str) -> None:
    settings = Settings(bootstrap=f"{host}:9092")
    with pytest.raises(Failure, match="holds no name of a host"):
        await clients.start(clients.admin(settings), settings)
    with pytest.raises(Failure, match="holds no name of a host"):
        await broker_certificates(structs.replace(settings, security_protocol="SSL"))
