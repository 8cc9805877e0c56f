"""The loop of `quietclicks follow`: a portion of a log, the broker's word that it has it, the
position on the disk; then the next.

So a follower that ends at any moment has one portion at most to send again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from quietclicks.agents.follow.watch import Watch

POLL_SECONDS = 0.5
FLUSH_SECONDS = 10  # for the broker's word, once the follower was told to stop

Send = Callable[[Sequence[bytes]], Awaitable[None]]


async def follow(
    watches: Sequence[Watch],
    send: Send,
    save: Callable[[], None],
    stopping: asyncio.Event,
    sent: Callable[[int], None],
) -> None:
    """Until `stopping`; `sent` hears how many records more the broker has.

    Raises what they raise.
    """

    def look() -> None:
        for watch in watches:
            watch.look()
            keep(watch)

    def keep(watch: Watch) -> None:
        if watch.is_changed:
            save()  # before anything is sent: ids are made of what is saved
            watch.is_changed = False

    while not stopping.is_set():
        is_idle = True
        for watch in watches:
            portion = watch.poll()
            keep(watch)
            if portion is None:
                continue
            if not await _acknowledged(send(portion.values), stopping, look):
                return
            watch.take(portion)
            save()
            sent(len(portion.values))
            is_idle = False
        if is_idle:
            await _told(stopping, POLL_SECONDS)


async def _acknowledged(
    sending: Awaitable[None], stopping: asyncio.Event, look: Callable[[], None]
) -> bool:
    """Whether the broker has it; not, if the follower is to stop and the broker does not answer.

    Logs are rotated while a broker is waited for, too.
    """
    task = asyncio.ensure_future(sending)
    told = asyncio.ensure_future(stopping.wait())
    first = partial(asyncio.wait, [task, told], return_when=asyncio.FIRST_COMPLETED)
    try:
        while not (await first(timeout=POLL_SECONDS))[0]:
            look()
        await asyncio.wait([task], timeout=FLUSH_SECONDS)
    finally:
        told.cancel()
        if is_open := not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    if not is_open:
        task.result()
    return not is_open


async def _told(stopping: asyncio.Event, seconds: float) -> None:
    """Whichever comes first."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
