"""What becomes of events on their way: the words that the way, the ledger and the cells share."""

from collections import defaultdict

from msgspec import Struct, field

from quietclicks.schemas.anonymised import Anonymised
from quietclicks.schemas.rejection import Reason

Counted = tuple[str, int, int, *tuple[str, ...]]
"""What of an event is counted: site, hour, visitor, and the values of `cells.DIMENSIONS` in order.

Of an event that counts in no trend the site is its stream's name, and the values are the choice of
a visitor who opted out, or nothing of a bot.
"""


PassedOn = tuple[list[int], list[Anonymised]]
"""Places and events."""


class Outcomes(Struct):
    """What becomes of some events. A place is an event's number among them.

    Each is in `passed_on` or in `rejected`, and may be in the other two besides.
    """

    passed_on: PassedOn = field(default_factory=lambda: ([], []))  # to analysts
    rejected: list[tuple[int, Reason]] = field(default_factory=list)  # place, and why
    partners: dict[str, PassedOn] = field(default_factory=dict)  # under pseudonyms of their own
    counted: defaultdict[str, list[Counted]] = field(default_factory=lambda: defaultdict(list))
