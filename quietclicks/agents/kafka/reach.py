"""Why a broker cannot be reached, in one line with what to do: the clients themselves do not tell.

Goes the way of a connection step by step: address, TLS, login, first request. Shows no password,
and nothing that a broker sent but the name of an error.
"""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.util import wait_for

from quietclicks.agents.kafka.connection import connection
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure

STEP_SECONDS = 5
CLOSE_SECONDS = 1
RENEW = "`quietclicks access certificates` makes new ones"
# OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_*).
CERTIFICATE = {
    9: "is not valid yet: is this machine's clock right?",
    10: f"has expired: have it renewed ({RENEW})",
    18: "is self-signed, and no one in QUIETCLICKS_TLS_CA vouches for it",
    19: "is of a CA that is not in QUIETCLICKS_TLS_CA: name the file of that CA",
    20: "is of a CA that is not in QUIETCLICKS_TLS_CA: name the file of that CA",
    21: "is of a CA that is not in QUIETCLICKS_TLS_CA: name the file of that CA",
    62: f"is for another name: reach it by a name that it is for, or have one made ({RENEW})",
    64: f"is for another address: reach it by a name that it is for, or have one made ({RENEW})",
}


LASTING = (
    ssl.SSLCertVerificationError,
    SaslAuthenticationFailed,
    AuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
"""What no new attempt puts right: somebody has to."""


async def refuse_unreachable(settings: Settings) -> None:
    """Raises `Failure` unless one of the addresses takes us in."""
    if told := await why_unreachable(settings):
        raise Failure(told)


async def why_refused(settings: Settings) -> str | None:
    """What is wrong where it lasts: a login or a certificate; `None` for all else."""
    return await why_unreachable(settings, LASTING)


async def why_unreachable(
    settings: Settings, told_of: tuple[type[BaseException], ...] = (BaseException,)
) -> str | None:
    """What is wrong with the last address that was tried; `None` where one takes us in."""
    arguments = connection(settings)
    del arguments["bootstrap_servers"]
    told = None
    for address in settings.bootstrap.split(","):
        host, _, port = address.rpartition(":")
        tried = AIOKafkaConnection(
            host.strip("[]"), int(port), request_timeout_ms=STEP_SECONDS * 1000, **arguments
        )
        took = False
        try:
            await tried.connect()
            took = True
            # Until here a broker that wants a login takes one who has none.
            await wait_for(tried.send(MetadataRequest([])), STEP_SECONDS)
            return None
        except (KafkaError, OSError, TimeoutError, UnicodeError) as error:
            if isinstance(error, told_of):
                told = _told(error, settings, took=took).format(at=address)
        finally:
            await _closed(tried)
    return told


async def _closed(tried: AIOKafkaConnection) -> None:
    """A loop that ends at once would leave the socket open."""
    closed = tried.close()
    if tried._protocol is not None:  # there was a connection
        with contextlib.suppress(TimeoutError):
            await wait_for(closed, CLOSE_SECONDS)


def _told(error: BaseException, settings: Settings, *, took: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong = CERTIFICATE.get(error.verify_code, f"is not accepted ({error.verify_code})")
        return f"the certificate of the broker at {{at}} {wrong}"
    if isinstance(error, ssl.SSLError):
        return _tls(error, settings)
    if isinstance(error, SaslAuthenticationFailed | AuthenticationFailedError):
        return (
            "the broker at {at} does not take the user of these settings with this "
            "password: has it been changed, or the user taken away? See `quietclicks access "
            "check`, as the operator"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"the broker at {{at}} does not take {settings.sasl_mechanism}: set another one"
    if isinstance(error, IllegalSaslStateError):
        return "the broker at {at} asks for no login on that port: is it the right one?"
    if isinstance(error, UnicodeError):
        return "{at} holds no name of a host: is the address right?"
    if isinstance(error, OSError) and not isinstance(error, TimeoutError | ConnectionResetError):
        return "no Kafka broker answers at {at}: is it running, and is the address right?"
    how = settings.security_protocol
    if took or isinstance(error, KafkaError | ConnectionResetError):
        return (
            f"the broker at {{at}} closed the connection: does it want another "
            f"QUIETCLICKS_SECURITY_PROTOCOL than {how}, or a certificate of ours?"
        )
    return f"no Kafka broker answers at {{at}} by {how}: are address and protocol right?"


def _tls(error: ssl.SSLError, settings: Settings) -> str:
    reason = error.reason or ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        if settings.tls_certificate is None:
            return "the broker at {at} wants a certificate of ours: set QUIETCLICKS_TLS_CERTIFICATE"
        return (
            "the broker at {at} does not take our certificate: has it expired, and is it of a CA "
            "that the broker knows?"
        )
    return f"the broker at {{at}} speaks no TLS that we know ({reason}): is it the right port?"


async def broker_certificates(settings: Settings) -> list[tuple[str, datetime]]:
    """Each address, and when the certificate ends that it shows. Raises `Failure`."""
    found = []
    context = connection(settings)["ssl_context"]
    for address in settings.bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(STEP_SECONDS):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise Failure(_told(error, settings, took=False).format(at=address)) from None
        ends = writer.get_extra_info("peercert")["notAfter"]
        found.append((address, datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return found
