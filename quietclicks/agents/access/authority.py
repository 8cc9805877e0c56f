"""A small certificate authority: makes its own certificate, and signs those of others.

Works on keys and certificates in memory, at a time that it is given; it reads and writes no file.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=365)
SKEW = timedelta(minutes=5)  # a clock that lags behind ours takes it, too
PEM = serialization.Encoding.PEM

Key = ec.EllipticCurvePrivateKey


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def key_pem(key: Key) -> bytes:
    """A private key without a password: the file's mode protects it."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def hosts_of(certificate: x509.Certificate) -> frozenset[str]:
    """The names and addresses that it is good for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(each.value) for each in names)


class Authority(Struct, frozen=True):
    """A key that signs, and the certificate by which others know it."""

    key: Key
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate, for all who are to trust it."""
        return self.certificate.public_bytes(PEM)

    @classmethod
    def made(cls, name: str, now: datetime, key: Key | None = None) -> "Authority":
        """A new one; with the `key` of an older one, what that signed is good for this one, too."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, now, CA_LIFE)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_others=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def read(cls, key: bytes, certificate: bytes) -> "Authority":
        """From PEM. Raises `ValueError` where one of them is none, or another's."""
        private = serialization.load_pem_private_key(key, None)
        known = x509.load_pem_x509_certificate(certificate)
        if not isinstance(private, Key) or private.public_key() != known.public_key():
            raise ValueError("not the certificate's key")
        return cls(private, known)

    def signed(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is of its making."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def issue(self, name: str, hosts: Sequence[str], now: datetime) -> bytes:
        """A new key, its certificate and ours, in one PEM, as Kafka and OpenSSL both read it.

        With `hosts` it is good for a server of these names and addresses; without, for a client.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self.certificate.subject, key, now, LIFE)
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]  # a broker is a client of the others, too
        if hosts:
            purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
            names = x509.SubjectAlternativeName([_host(each) for each in hosts])
            builder = builder.add_extension(names, critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_others=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return key_pem(key) + certificate.public_bytes(PEM) + self.pem


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
