"""What the runner is told of a stage. It decides nothing, and opens nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from quietclicks.agents.kafka.stamped import Stamp
from quietclicks.pipeline.processor import Processor, Step


async def _nothing(of: object) -> None:
    """For a stage that waits for nothing, and goes by its source and its state alone."""


class Stage(Struct):
    """`processor` takes (partition, partitions).

    `committed` hears of every step that was committed; `provide` gets what a step waits for.
    `prepare` is given the processor once, after its partition's former owner has ended; `look` each
    time before what is pending is written, also where no record comes.
    `bound`: the topics that must not be deleted and made anew under what is committed. `stamp`: the
    headers of what it writes.
    """

    name: str
    source: str
    processor: Callable[[int, int], Processor]
    committed: Callable[[Step], None] = lambda step: None
    provide: Callable[[int], Awaitable[None]] = _nothing
    bound: tuple[str, ...] = ()
    stamp: Stamp | None = None
    prepare: Callable[[Any], Awaitable[None]] = _nothing
    look: Callable[[Any], Awaitable[None]] = _nothing
