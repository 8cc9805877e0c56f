"""What is looked up for the rights stage: how the whole stands, and what a search has found."""

from msgspec import Struct, field

from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.rights.answers import Found
from quietclicks.schemas.rights import Request


class Seen(Struct):
    """What was looked up of the whole, now and then; days since 1970, times in ms."""

    cut: int = NEVER  # the last day of which no event is left
    gone_ms: int = 0  # from when on it is off the disk, too
    destroyed_through: int = NEVER
    boxes: dict[int, bytes] = field(default_factory=dict)  # of the days whose keys live, signed
    old_notices: list[tuple[str, int, bytes]] = field(default_factory=list)  # of dead days
    # Topic → its partitions: their segments close; those of requests tell the broker's time, too.
    nudges: dict[str, int] = field(default_factory=dict)


class Searched(Struct, frozen=True):
    """What was found for a request, as it was when the search began.

    `passed`: from which offset on each partition of raw events goes by the list, which names them.
    """

    request: Request
    restricted: bool
    found: list[Found]
    passed: tuple[int, ...] = ()
