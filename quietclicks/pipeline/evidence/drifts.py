"""What the broker has otherwise than the policy asks: told when it differs from what was told last.

And once more, with nothing, when it is over. Never whose right it is, and no name that is no
topic's.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from quietclicks.pipeline.evidence.kinds import Body, Difference, Drift
from quietclicks.pipeline.evidence.told import Told

Of = Literal["topics", "access"]
OF: tuple[Of, ...] = ("topics", "access")
# An entry holds 65,535 bytes, and a difference some 300 at most.
MAX_DIFFERENCES = 200
MORE = Difference(topic=None, what="and-more")


class SeenDrift(Struct, frozen=True):
    """What was seen at a time, by the broker's clock; of what could not be looked at, nothing."""

    at: datetime
    found: dict[Of, tuple[Difference, ...]]


def difference(topic: str | None, what: str) -> Difference:
    """One; a topic whose name an entry cannot say is none of ours, and is told without it."""
    try:
        return msgspec.convert({"topic": topic, "what": what}, Difference)
    except msgspec.ValidationError:
        return Difference(topic=None, what=what)


def in_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Each once, so that two looks at the same say the same; of very many the first."""
    found = sorted(set(differences), key=lambda each: (each.topic or "", each.what))
    if len(found) > MAX_DIFFERENCES:
        return (*found[:MAX_DIFFERENCES], MORE)
    return tuple(found)


class Drifts:
    """What the log says of drift already."""

    def __init__(self) -> None:
        self._last: dict[Of, tuple[Difference, ...]] = dict.fromkeys(OF, ())

    def add(self, body: Body) -> None:
        """What the log says next."""
        if isinstance(body, Drift):
            self._last[body.of] = body.differences

    def missing(self, seen: SeenDrift | None) -> Iterator[Told]:
        """What is to be told now, in order."""
        if seen is None:
            return
        for of, found in seen.found.items():
            if found != self._last[of]:
                yield Drift(of=of, differences=found), seen.at

    @property
    def count(self) -> int:
        """How many things differ, by the last that was told."""
        return sum(map(len, self._last.values()))
