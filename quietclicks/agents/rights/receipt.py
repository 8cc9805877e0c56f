"""The receipt of a day's key, for the answer that says that it is destroyed."""

import asyncio

from quietclicks.agents.evidence.audit_log import read_log, signing_keys
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence import folder
from quietclicks.pipeline.evidence.receipts import ENDING


async def receipt_of(settings: Settings, day: int) -> str | None:
    """None where the log is not signed, or does not tell of that day's end yet."""
    keys = [each.verifier for each in signing_keys(settings)]
    if not keys:
        return None
    try:
        stored = await read_log(settings)
        # It takes long when the log is long, and nothing is to wait for it.
        made = await asyncio.to_thread(folder.write, stored.entries, stored.notes, keys, b"")
    except (folder.FolderError, Failure):  # what is wrong with the log, its own watchers tell
        return None
    found = made.get(f"{folder.RECEIPTS}{day_text(day)}{ENDING}")
    return None if found is None else found.decode()
