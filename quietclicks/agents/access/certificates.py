"""A folder of PEM files: the authority's, the broker's, and those of clients that ask for one.

Makes what is missing and renews what has not long to go; a client's that another authority signed
only if it is named. A key stays until its file is deleted, but for those that come with a renewed
certificate; it never shows one.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from msgspec import Struct

from quietclicks.agents.access.authority import LIFE, Authority, hosts_of, key_pem
from quietclicks.agents.access.files import make_folder, read, write_secret
from quietclicks.errors import UsageError

NAME = "quietclicks CA"
CA, CA_KEY, BROKER = "ca.pem", "ca.key", "broker.pem"
CLIENT = re.compile(r"(?!(ca|broker)$)[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")  # X.509 takes 64
HOST = re.compile(r"(?=.{1,253}$)(\*\.)?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
THIS_MACHINE = ("localhost", "127.0.0.1")
WARN = timedelta(days=30)  # before its end: time to renew it, and to restart who has read it
RENEW = timedelta(days=60)  # so that whoever renews when told to has it done


class Made(Struct, frozen=True):
    """What became of one file: `word` is made, renewed or kept; `ends` is the day it ends."""

    path: Path
    word: str
    ends: datetime

    def __str__(self) -> str:
        return f"{self.word}: {self.path}, good until {self.ends:%Y-%m-%d}"


def make(
    folder: Path, hosts: Sequence[str], clients: Sequence[str], now: datetime
) -> Iterator[Made]:
    """Make and renew: the authority, the broker's for `hosts`, one for each of `clients`.

    Raises `UsageError` where a file is not what its name says.
    """
    make_folder(folder)
    authority, word = _authority(folder, now)
    yield Made(folder / CA, word, authority.certificate.not_valid_after_utc)
    yield _leaf(folder / BROKER, authority, "broker", hosts or THIS_MACHINE, bool(hosts), now)
    for name in sorted({*_ours(folder, authority), *clients}):
        yield _leaf(folder / f"{name}.pem", authority, name, (), False, now)


def expiring(folder: Path, now: datetime) -> Iterator[str]:
    """One line for each certificate of the folder that has `WARN` to go, or less."""
    for path in sorted(folder.glob("*.pem")):
        try:
            ends = certificate_in(path).not_valid_after_utc
        except UsageError as error:
            if path.name in (CA, BROKER):  # another may hold a key and nothing else
                yield str(error)
            continue
        if told := ends_soon(ends, now):
            yield f"{path} {told}: renew it with `quietclicks access certificates`"


def ends_soon(ends: datetime, now: datetime) -> str | None:
    """Words for a certificate's end, if it is near."""
    if ends <= now:
        return f"has expired on {ends:%Y-%m-%d}"
    if ends <= now + WARN:
        return f"expires on {ends:%Y-%m-%d}, in {(ends - now).days} day(s)"
    return None


def is_host(name: str) -> bool:
    """Whether a certificate can be for it: a host's name, or an address."""
    try:
        return bool(ip_address(name))
    except ValueError:
        return HOST.fullmatch(name) is not None


def certificate_in(path: Path) -> x509.Certificate:
    """A PEM file's first certificate. Raises `UsageError`."""
    try:
        return x509.load_pem_x509_certificate(read(path) or b"")
    except ValueError:
        raise UsageError(f"{path} holds no certificate") from None


def _ours(folder: Path, authority: Authority) -> Iterator[str]:
    """Clients whose file is here, and of this authority's making: no other is to be overwritten."""
    for path in folder.glob("*.pem"):
        if path.name not in (CA, BROKER) and CLIENT.fullmatch(path.stem):
            with suppress(UsageError):  # it holds no certificate
                if authority.signed(certificate_in(path)):
                    yield path.stem


def _authority(folder: Path, now: datetime) -> tuple[Authority, str]:
    key, certificate = read(folder / CA_KEY), read(folder / CA)
    if key is None and certificate is not None:
        raise UsageError(
            f"{folder / CA} is here and its key, {CA_KEY}, is not: bring the key, or have the "
            "certificates made by who has it"
        )
    if key is None or certificate is None:
        made = Authority.made(NAME, now)
        write_secret(folder / CA_KEY, key_pem(made.key))
        write_secret(folder / CA, made.pem)
        return made, "made"
    try:
        found = Authority.read(key, certificate)
    except (ValueError, TypeError):
        raise UsageError(f"{folder / CA_KEY} is not the key of {folder / CA}") from None
    # What it signs today has to end before it does.
    if found.certificate.not_valid_after_utc > now + LIFE + RENEW:
        return found, "kept"
    renewed = Authority.made(NAME, now, found.key)
    write_secret(folder / CA, renewed.pem)
    return renewed, "renewed"


def _leaf(
    path: Path, authority: Authority, name: str, hosts: Sequence[str], asked: bool, now: datetime
) -> Made:
    """`asked`: its hosts were named; else those that it has stay."""
    word = "made"
    if path.exists():
        known = certificate_in(path)
        fits = not asked or hosts_of(known) == frozenset(hosts)
        if fits and authority.signed(known) and known.not_valid_after_utc > now + RENEW:
            return Made(path, "kept", known.not_valid_after_utc)
        word = "renewed"
        if not asked and hosts:
            hosts = sorted(hosts_of(known)) or hosts
    write_secret(path, authority.issue(name, hosts, now))
    return Made(path, word, certificate_in(path).not_valid_after_utc)
