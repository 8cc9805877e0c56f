"""How every client reaches the broker: address, TLS and login, as the settings say."""

import ssl
from typing import Any

from quietclicks.agents.files import check_file
from quietclicks.agents.settings import Settings
from quietclicks.errors import UsageError

MAX_PEM_BYTES = 16 * 1024 * 1024


def connection(settings: Settings) -> dict[str, Any]:
    """The arguments that every client shares."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
    }
    if "SSL" in settings.security_protocol:
        arguments["ssl_context"] = _ssl_context(settings)
    if "SASL" in settings.security_protocol:
        if not (settings.sasl_username and settings.sasl_password):
            raise UsageError(
                f"{settings.security_protocol} needs QUIETCLICKS_SASL_USERNAME and _SASL_PASSWORD"
            )
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.sasl_username
        arguments["sasl_plain_password"] = settings.sasl_password
    return arguments


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        for path in (settings.tls_ca, settings.tls_certificate, settings.tls_key):
            if path:
                check_file(path, MAX_PEM_BYTES)  # of a pipe the library would wait for ever
        context = ssl.create_default_context(cafile=settings.tls_ca)
        if settings.tls_certificate:
            # A key that has a password of its own is refused, and nobody is asked for it.
            context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=lambda: "")
    except (OSError, ssl.SSLError):
        raise UsageError(
            "cannot load QUIETCLICKS_TLS_CA, _TLS_CERTIFICATE or _TLS_KEY: PEM files are expected"
        ) from None
    return context
