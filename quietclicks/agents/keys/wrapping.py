"""Day keys as they leave the process: wrapped by the operator's key-encryption key.

Nothing here prints a key, wrapped or not. A wrapped key says by its day's name whose it is, so that
it opens under no other.
"""

import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quietclicks.errors import UsageError
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics

NONCE_BYTES, TAG_BYTES = 12, 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES


class Wrapping:
    """By one or more key-encryption keys: the first wraps, each opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(key) for key in keys]

    def wrap(self, name: str, key: bytes) -> bytes:
        """A day's key → what may be written."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """And back. Raises `UsageError`."""
        if len(wrapped) != WRAPPED_BYTES:
            raise UsageError(
                f"the key of {name} in {topics.KEYS} is damaged: it is {len(wrapped)} bytes long "
                f"and not {WRAPPED_BYTES}; what is pseudonymised with it cannot go on"
            )
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, name.encode())
            except InvalidTag:
                continue
        raise UsageError(
            f"the key of {name} does not open with this key-encryption key: use the one it was "
            f"made with (or its record in {topics.KEYS} is damaged)"
        )

    def is_newest(self, name: str, wrapped: bytes) -> bool:
        """Whether the first key-encryption key wrapped it."""
        try:
            self._ciphers[0].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())
        except InvalidTag:
            return False
        return True
