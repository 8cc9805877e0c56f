"""What becomes of events on their way: the words that the way, the ledger and the cells share."""

from collections.abc import Sequence

from msgspec import Struct, field

from quietclicks.pipeline.counting.counted import Counted
from quietclicks.schemas.anonymised import Anonymised
from quietclicks.schemas.rejection import Reason

PassedOn = tuple[Sequence[int], Sequence[Anonymised]]
"""Places and events."""


class Outcomes(Struct):
    """What becomes of some events. A place is an event's number among them.

    Each is in `passed_on` or in `rejected`, and may be in the other two besides.
    """

    passed_on: PassedOn = ((), ())  # to analysts
    rejected: list[tuple[int, Reason]] = field(default_factory=list)  # place, and why
    partners: dict[str, PassedOn] = field(default_factory=dict)  # under pseudonyms of their own
    counted: dict[str, Counted] = field(default_factory=dict)  # by site, or stream
