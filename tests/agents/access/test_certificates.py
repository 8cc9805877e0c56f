"""The folder of certificates: made once, renewed in time, each good for what it says only."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from quietclicks.agents.access.authority import CA_LIFE, LIFE, Authority, key_pem
from quietclicks.agents.access.certificates import (
    BROKER,
    CA,
    CA_KEY,
    RENEW,
    WARN,
    certificate_in,
    expiring,
    make,
)
from quietclicks.agents.access.files import is_open_to_others
from quietclicks.errors import UsageError

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def words(folder: Path, now: datetime, *hosts: str, clients: tuple[str, ...] = ()) -> list[str]:
    return [f"{each.path.name} {each.word}" for each in make(folder, hosts, clients, now)]


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """ "" where both take the other; else what the client was told."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as accepted:
                accepted.recv(1)
        except (ssl.SSLError, OSError):
            theirs.close()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as connection:
            connection.sendall(b"x")
        return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        ours.close()
        serving.join()


def as_server(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / BROKER)
    return context


def as_client(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / CA))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 has it by default
    return context


def test_made_once_and_kept(tmp_path: Path) -> None:
    assert words(tmp_path, NOW, clients=("probe",)) == [
        "ca.pem made",
        "broker.pem made",
        "probe.pem made",
    ]
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(words(tmp_path, NOW + DAY)) == {"ca.pem kept", "broker.pem kept", "probe.pem kept"}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_each_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    words(folder, NOW, clients=("probe",))
    assert not is_open_to_others(folder)
    assert [path for path in folder.iterdir() if is_open_to_others(path)] == []
    assert len(list(folder.iterdir())) == 4, "nothing of the writing is left"


@pytest.mark.parametrize("host", ["kafka.example", "127.0.0.1", "::1"])
def test_good_for_the_hosts_that_were_named_and_no_other(tmp_path: Path, host: str) -> None:
    words(tmp_path, NOW, host)
    server, client = as_server(tmp_path), as_client(tmp_path)
    assert shake_hands(server, client, host) == ""
    assert "ismatch" in shake_hands(server, client, "other.example")


def test_other_hosts_make_another_certificate(tmp_path: Path) -> None:
    words(tmp_path, NOW, "a.example")
    assert words(tmp_path, NOW, "a.example", "b.example")[1] == "broker.pem renewed"
    assert words(tmp_path, NOW)[1] == "broker.pem kept", "where none is named, they stay"
    assert shake_hands(as_server(tmp_path), as_client(tmp_path), "b.example") == ""


def test_a_clients_is_none_of_a_server(tmp_path: Path) -> None:
    words(tmp_path, NOW, clients=("probe",))
    (tmp_path / "probe.pem").replace(tmp_path / BROKER)
    told = shake_hands(as_server(tmp_path), as_client(tmp_path), "localhost")
    assert told == "unsuitable certificate purpose"


def test_renewed_before_it_ends_and_hosts_stay(tmp_path: Path) -> None:
    words(tmp_path, NOW - LIFE + RENEW, "a.example", clients=("probe",))
    assert words(tmp_path, NOW - DAY)[1:] == ["broker.pem kept", "probe.pem kept"]
    assert words(tmp_path, NOW)[1:] == ["broker.pem renewed", "probe.pem renewed"]
    assert shake_hands(as_server(tmp_path), as_client(tmp_path), "a.example") == ""


def test_a_renewed_authority_is_good_with_what_the_old_one_signed(tmp_path: Path) -> None:
    """Not all can get the new files at the same moment."""
    old, new = tmp_path / "old", tmp_path / "new"
    words(old, NOW - CA_LIFE + LIFE + RENEW)
    words(old, NOW - DAY)
    new.mkdir()
    for path in old.iterdir():
        (new / path.name).write_bytes(path.read_bytes())
    assert words(new, NOW) == ["ca.pem renewed", "broker.pem kept"]
    assert shake_hands(as_server(old), as_client(new), "localhost") == ""
    assert words(new, NOW + LIFE) == ["ca.pem kept", "broker.pem renewed"]
    # The new leaf bears the new authority's certificate; who has the old one takes it, too.
    assert certificate_in(new / BROKER).issuer == certificate_in(old / CA).subject


def test_no_certificate_outlives_its_authority(tmp_path: Path) -> None:
    words(tmp_path, NOW - CA_LIFE + LIFE + RENEW + DAY)
    words(tmp_path, NOW)
    ca, leaf = certificate_in(tmp_path / CA), certificate_in(tmp_path / BROKER)
    assert leaf.not_valid_after_utc < ca.not_valid_after_utc


def test_one_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    words(tmp_path, NOW)
    (tmp_path / CA).unlink()
    (tmp_path / CA_KEY).unlink()
    assert words(tmp_path, NOW) == ["ca.pem made", "broker.pem renewed"]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (LIFE - WARN - DAY, []),
        (LIFE - WARN + DAY, ["broker.pem expires on"]),
        (LIFE - DAY / 2, ["broker.pem expires on"]),
        (LIFE + DAY, ["broker.pem has expired on"]),
        (CA_LIFE + DAY, ["broker.pem has expired on", "ca.pem has expired on"]),
    ],
)
def test_it_is_told_in_time(tmp_path: Path, after: timedelta, told: list[str]) -> None:
    words(tmp_path, NOW)
    found = list(expiring(tmp_path, NOW + after))
    assert len(found) == len(told)
    for line, expected in zip(found, told, strict=True):
        assert line.startswith(f"{tmp_path}/{expected}")
    assert all(line.endswith("`quietclicks access certificates`") for line in found)


def test_renewal_comes_before_the_warning() -> None:
    """Who renews when told to has it done."""
    assert RENEW > WARN


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (CA, b"", "ca.key is not the key of"),
        (CA_KEY, b"x", "ca.key is not the key of"),
        (CA_KEY, None, "its key, ca.key, is not"),
        (BROKER, b"x", "broker.pem holds no certificate"),
    ],
)
def test_what_is_not_what_it_says(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    words(tmp_path, NOW)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=told):
        words(tmp_path, NOW)


@pytest.mark.parametrize("theirs", ["a certificate", "a chain", "a key", "nothing", "no text"])
def test_what_another_made_stays_unless_it_is_named(tmp_path: Path, theirs: str) -> None:
    words(tmp_path, NOW, clients=("ours",))
    other = Authority.made("other", NOW)
    content = {
        "a certificate": other.pem,
        "a chain": other.issue("system", (), NOW - LIFE),
        "a key": key_pem(other.key),
        "nothing": b"",
        "no text": bytes(range(256)),
    }[theirs]
    path = tmp_path / "system.pem"
    path.write_bytes(content)
    assert words(tmp_path, NOW + LIFE)[1:] == ["broker.pem renewed", "ours.pem renewed"]
    assert path.read_bytes() == content
    if "a c" in theirs:
        assert "system.pem renewed" in words(tmp_path, NOW, clients=("system",))
    else:
        with pytest.raises(UsageError, match=r"system\.pem holds no certificate"):
            words(tmp_path, NOW, clients=("system",))
        assert path.read_bytes() == content


def test_a_file_without_a_certificate_does_not_end_the_look(tmp_path: Path) -> None:
    words(tmp_path, NOW, clients=("me",))
    (tmp_path / "a.pem").write_bytes((tmp_path / CA_KEY).read_bytes())
    (tmp_path / "folder.pem").mkdir()
    assert list(expiring(tmp_path, NOW)) == []
    (tmp_path / BROKER).write_bytes(b"x")
    told = [line.partition(" ")[0] for line in expiring(tmp_path, NOW + LIFE)]
    assert told == [f"{tmp_path}/broker.pem", f"{tmp_path}/me.pem"]


def test_another_authoritys_key(tmp_path: Path) -> None:
    words(tmp_path, NOW)
    other = tmp_path / "other"
    words(other, NOW)
    (tmp_path / CA_KEY).write_bytes((other / CA_KEY).read_bytes())
    with pytest.raises(UsageError, match=r"ca\.key is not the key of"):
        words(tmp_path, NOW)


def test_no_key_is_shown(tmp_path: Path) -> None:
    words(tmp_path, NOW)
    key = (tmp_path / CA_KEY).read_bytes()
    number = load_pem_private_key(key, None).private_numbers().private_value  # type: ignore[union-attr]
    told = repr(Authority.read(key, (tmp_path / CA).read_bytes()))
    assert str(number) not in told
    assert "BEGIN PRIVATE" not in told
