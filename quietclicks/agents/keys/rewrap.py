"""Wraps the keys that live anew, when the key-encryption key changes: all of them, or none.

A key's bytes stay the same, and with them every pseudonym.
"""

from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.keys.topic import key_writer, read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import LIST
from quietclicks.schemas import topics


async def rewrap(settings: Settings) -> list[int]:
    """The days whose keys another than the first key-encryption key had wrapped.

    Raises `UsageError` where one opens with none of them, `Failure`.
    """
    wrapping = Wrapping(key_encryption_keys(settings))
    try:
        async with key_writer(settings) as writer:
            rows: list[tuple[bytes | None, bytes | None]] = []
            days = []
            records = await read_keys(settings, pending=True)
            for day, there in sorted(records.living.items()):
                name = day_text(day)
                key = wrapping.unwrap(name, there.sealed)
                if not wrapping.is_newest(name, there.sealed):
                    days.append(day)
                    # The first of a day's keys is its key: so the old one is taken back before.
                    rows += [(name.encode(), None), (name.encode(), wrapping.wrap(name, key))]
            listed = records.of_list
            if listed and not wrapping.is_newest(LIST.decode(), listed.sealed):
                key = wrapping.unwrap(LIST.decode(), listed.sealed)
                rows += [(LIST, None), (LIST, wrapping.wrap(LIST.decode(), key))]
            if rows:
                await writer.write(topics.KEYS, rows)
            return days
    except Rival:
        raise Failure("a worker made a key at the same moment: try again") from None
