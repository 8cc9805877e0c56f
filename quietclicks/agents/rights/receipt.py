"""The receipts of days' keys, for the answer that says that they are destroyed."""

import asyncio
from collections.abc import Collection

from quietclicks.agents.evidence.audit_log import read_log, signing_keys
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence import folder
from quietclicks.pipeline.evidence.receipts import ENDING


async def receipts_of(settings: Settings, days: Collection[int]) -> dict[int, str]:
    """Day → receipt; none where the log is not signed, or does not tell of that day's end yet."""
    keys = [each.verifier for each in signing_keys(settings)]
    if not keys or not days:
        return {}
    try:
        stored = await read_log(settings)
        # It takes long when the log is long, and nothing is to wait for it.
        made = await asyncio.to_thread(folder.write, stored.entries, stored.notes, keys, b"")
    except (folder.FolderError, Failure):  # what is wrong with the log, its own watchers tell
        return {}
    named = {day: f"{folder.RECEIPTS}{day_text(day)}{ENDING}" for day in days}
    return {day: made[name].decode() for day, name in named.items() if name in made}
