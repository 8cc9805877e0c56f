"""What a process says before it begins, where personal data or a secret lies open."""

import logging
import os

from quietclicks.agents.access.files import open_secrets
from quietclicks.agents.settings import Settings, is_in_the_clear

log = logging.getLogger(__name__)


def tell(settings: Settings) -> None:
    """Of one that reads or writes what arrives."""
    if is_in_the_clear(settings):
        log.warning(
            "what arrives is personal data, and crosses the network to %s in the clear: set "
            "QUIETCLICKS_SECURITY_PROTOCOL to SSL or SASL_SSL",
            settings.bootstrap,
        )
    for line in open_secrets(settings, os.environ.get("QUIETCLICKS_CONFIG")):
        log.warning("%s", line)
