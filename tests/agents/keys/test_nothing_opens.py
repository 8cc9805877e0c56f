"""With the broker's disk and every key-encryption key there was, no destroyed key opens."""

import base64
import re
from collections.abc import Iterable
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import structs

from quietclicks.agents.keys.destroy import destroy_due, nudge_keys
from quietclicks.agents.keys.rewrap import rewrap
from quietclicks.agents.keys.wrapping import NONCE_BYTES, WRAPPED_BYTES
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import day_text
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import DAY, POLICY, broker, settings, told_cut, with_keys
from tests.broker_files import contents
from tests.runner_tools import until

__all__ = ["broker", "settings"]  # fixtures


def opened(broker: Broker, keks: Iterable[bytes], day: int) -> int:
    """How many places on the broker's disk open to that day's key, wherever a record begins."""
    name = day_text(day).encode()
    ciphers = [AESGCM(kek) for kek in keks]
    found = 0
    for content in contents(broker.data_dir / "data" / f"{topics.KEYS}-0"):
        for piece in re.findall(rb"(?:[^\0]|\0(?!\0{11}))+", content.strip(b"\0")):
            padded = piece + bytes(12)
            for at in range(len(padded) - WRAPPED_BYTES + 1):
                sealed = padded[at : at + WRAPPED_BYTES]
                for cipher in ciphers:
                    with suppress(InvalidTag):
                        cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name)
                        found += 1
    return found


async def test_nothing_on_the_disk_opens_to_a_destroyed_key(
    broker: Broker, settings: Settings
) -> None:
    """With every key-encryption key there was, to who has the disk: wrapped anew or not."""
    former, new = bytes(range(32)), bytes(reversed(range(32)))
    keks = [former, new]
    await with_keys(settings, DAY, DAY + 1)
    both = " ".join(base64.b64encode(each).decode() for each in (new, former))
    assert await rewrap(structs.replace(settings, key_encryption_key=both)) == [DAY, DAY + 1]
    assert opened(broker, keks, DAY) >= 1
    await told_cut(settings, DAY)
    assert await destroy_due(settings, POLICY) == [DAY]

    async def gone() -> bool:
        await nudge_keys(settings)
        return opened(broker, keks, DAY) == 0

    await until(gone, "nothing opens")
    assert opened(broker, keks, DAY + 1) >= 1, "the search finds what is there"
    assert not (await with_keys(structs.replace(settings, key_encryption_key=both), DAY))._keys
