"""The end of a run's keys: time goes on until they are due, and what follows is looked at.

It only sends ticks, as a collector may. What is done to events and keys, the workers do by
themselves, and what is told of it is what their audit log says.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import date

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.keys.destroy import event_cuts
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.replay import send
from quietclicks.commands.run.key_lives import KeyLives
from quietclicks.commands.run.principals import READS
from quietclicks.commands.run.receipts import receipts_of, verified
from quietclicks.commands.run.watched import Watched
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, day_text, text
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.lifetime import closed_day

LOOKS = "auditor"
"""As whom it is looked how far keys and cuts are."""


async def end_keys(
    watched: Watched, lives: KeyLives, following: "asyncio.Task[None]", patience: float
) -> None:
    """From when all is released to the receipts; `following` feeds `lives`.

    Raises `Failure`, also where it takes more than `patience` seconds.
    """
    screen, deadline = watched.screen, time.monotonic() + patience
    looks, reads = watched.roles.settings(LOOKS), watched.roles.settings(READS)
    made = await read_keys(looks)
    days = sorted(made.written)
    if not days:
        screen.say("No day has a key: no event came that far.")
        return
    # Days that close while nobody looks are cut with the first that is seen to: that one has to be.
    closed_until = await watched.released_until()
    last = max(days[-1], closed_day(closed_until))
    due_ms = due_at(watched.policy, last)
    if due_ms > time.time() * 1000:
        own_ms = due_at(watched.policy, days[-1])
        screen.say(f"The key of {day_text(days[-1])} is due at {text(own_ms)}, not in this run.")
        return
    names = [date.fromisoformat(day_text(day)) for day in days]
    screen.begin_lines()

    async def look() -> None:
        await watched.look(following)
        screen.update_lines(shown(lives))
        if time.monotonic() > deadline:
            raise Failure(f"the end of the keys took more than {patience:.0f} s")

    try:
        while any(each.is_news(last) for each in await event_cuts(looks, watched.policy)):
            await look()
        went_on = [(tick(at_ms), True) for at_ms in hours(closed_until, due_ms)]
        await send(watched.roles.settings("collector"), went_on, lambda _: None)
        while not lives.ended(names):
            await look()
        found = receipts_of(await read_log(reads), watched.signed_by)
        while not found.keys() >= set(names):  # a checkpoint follows what it signs
            await look()
            found = receipts_of(await read_log(reads), watched.signed_by)
    finally:
        screen.end_lines(shown(lives))
    _show(watched, names, found)


def shown(lives: KeyLives) -> list[str]:
    """What there is to say of them."""
    return list(lives.lines()) or ["The audit log tells of no key yet"]


def due_at(policy: Policy, day: int) -> int:
    """When a day's key is due, in ms: an hour that is not over yet holds it up to its end."""
    ends_ms = (day + 1) * MILLISECONDS_PER_DAY + policy.keys.grace * 1000
    hours = -(-ends_ms // MILLISECONDS_PER_HOUR)
    return hours * MILLISECONDS_PER_HOUR + policy.time.allowed_lateness * 1000


def hours(closed_until: int, last_ms: int) -> Iterator[int]:
    """The times of ticks, in ms: each hour's from the next one on, and the last."""
    yield from range((closed_until + 1) * MILLISECONDS_PER_HOUR, last_ms, MILLISECONDS_PER_HOUR)
    yield last_ms


def _show(watched: Watched, days: Sequence[date], found: dict[date, bytes]) -> None:
    for day in days:
        receipt, checkpoint = verified(found[day], watched.signed_by, day)
    if len(days) > 1:
        watched.screen.say(f"{len(days)} receipts, each of them verified. The last one:")
    watched.screen.say(found[day].decode().rstrip())
    watched.screen.say(
        f"Verified: the key of {day} is destroyed, entry {receipt.index} of {checkpoint.size} "
        f"in the audit log, signed by {watched.signed_by}"
    )
