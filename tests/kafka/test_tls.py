"""TLS and SASL as settings name them: a worker on a broker that takes no other connection."""

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from quietclicks.embedded.broker import Broker
from quietclicks.embedded.jars import materialise
from quietclicks.embedded.java import find_java
from quietclicks.embedded.ports import free_port
from quietclicks.schemas import topics
from tests.commands.typed import one_line, typed
from tests.kafka.world import policy_text, world

SMALL = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1)
PASSWORD = "correct-horse"  # noqa: S105 - of a broker that lives for a minute
PEM = serialization.Encoding.PEM


class Authority:
    """Signs what a test needs; its certificates live for an hour."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        certificate = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.pem = certificate.sign(self._key, hashes.SHA256()).public_bytes(PEM)

    def issue(self, name: str) -> tuple[bytes, bytes]:
        """A key and its certificate, for this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName(here), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem, certificate.public_bytes(PEM)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
        )


class Secure(NamedTuple):
    """A broker, and what a client needs for its two encrypted ports."""

    broker: Broker
    sasl: dict[str, str]
    mutual: dict[str, str]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """SASL_SSL with SCRAM on one port, TLS with client certificates on another."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority()
    broker_key, broker_certificate = authority.issue("broker")
    key, certificate = authority.issue("worker")
    keystore, ca = folder / "broker.pem", folder / "ca.pem"
    keystore.write_bytes(broker_key + broker_certificate + authority.pem)
    ca.write_bytes(authority.pem)
    (folder / "worker.key").write_bytes(key)
    (folder / "worker.pem").write_bytes(certificate)
    plain, control, sasl, mutual = (free_port() for _ in range(4))
    clients = f"BROKER://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual}"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    properties = {
        "listeners": f"{clients},CONTROLLER://127.0.0.1:{control}",
        "advertised.listeners": clients,
        "controller.quorum.voters": f"1@127.0.0.1:{control}",
        "listener.security.protocol.map": (
            "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL"
        ),
        "listener.name.sasl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.mutual.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(ca),
        "group.min.session.timeout.ms": "1000",
    }
    with Broker.start(port=plain, properties=properties, progress=lambda _: None) as broker:
        _add_user(broker.bootstrap)
        yield Secure(
            broker,
            {
                "bootstrap": f"127.0.0.1:{sasl}",
                "security_protocol": "SASL_SSL",
                "sasl_username": "worker",
                "sasl_password": PASSWORD,
                "tls_ca": str(ca),
            },
            {
                "bootstrap": f"localhost:{mutual}",
                "security_protocol": "SSL",
                "tls_ca": str(ca),
                "tls_certificate": str(folder / "worker.pem"),
                "tls_key": str(folder / "worker.key"),
            },
        )


def _add_user(bootstrap: str) -> None:
    jars = os.pathsep.join(str(jar) for jar in materialise(lambda _: None))
    java = [str(find_java()), "-XX:+UseSerialGC", "-XX:-UsePerfData"]
    tool = [*java, "-cp", jars, "kafka.admin.ConfigCommand"]
    user = ["--entity-type", "users", "--entity-name", "worker"]
    config = ["--alter", "--add-config", f"SCRAM-SHA-512=[password={PASSWORD}]"]
    done = subprocess.run(
        [*tool, "--bootstrap-server", bootstrap, *user, *config], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def event(number: int) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "site": "shop.example",
            "timestamp": datetime.now(UTC).isoformat(),
            "url": "/products/1",
            "ip": "198.51.100.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "consent": {"analytics": True},
        }
    ).encode()


@pytest.mark.parametrize("way", ["sasl", "mutual"])
async def test_a_whole_worker_by_tls(secure: Secure, way: str, tmp_path: Path) -> None:
    how: dict[str, str] = getattr(secure, way)
    async with world(tmp_path, SMALL, secure.broker) as made:
        checked = typed("topics", "check", policy=made.settings.policy or "", **how)
        assert (checked.returncode, checked.stdout) == (0, "")
        worker = made.work(**{f"QUIETCLICKS_{name.upper()}": value for name, value in how.items()})
        await made.send([event(number) for number in range(20)])
        await made.all_released()
        assert len(await made.read(topics.PSEUDONYMISED)) == 20
        assert "quietclicks_outcomes_total" in worker.get("/metrics")
        assert worker.stop() == 0
        assert PASSWORD not in worker.said


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"sasl_password": "wrong"}, "with this password", id="password"),
        pytest.param({"sasl_mechanism": "PLAIN"}, "does not take PLAIN", id="mechanism"),
        pytest.param(
            {"security_protocol": "SASL_PLAINTEXT"},
            "another QUIETCLICKS_SECURITY_PROTOCOL than SASL_PLAINTEXT",
            id="protocol",
        ),
        pytest.param(
            {"tls_ca": ""}, "is of a CA that is not in QUIETCLICKS_TLS_CA", id="no CA of its own"
        ),
    ],
)
def test_a_broker_that_will_not_have_it(secure: Secure, wrong: dict[str, str], told: str) -> None:
    line = one_line(typed("topics", "check", **{**secure.sasl, **wrong}), 1)
    assert told in line
    assert "127.0.0.1:" in line
    assert PASSWORD not in line


def test_no_client_certificate(secure: Secure) -> None:
    without = {**secure.mutual, "tls_certificate": "", "tls_key": ""}
    line = one_line(typed("topics", "check", **without), 1)
    assert "a certificate of ours" in line  # asked for, or the connection was closed for it
