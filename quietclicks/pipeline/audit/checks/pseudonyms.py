"""Is a pseudonym good for one day, one website and one recipient, and for no more?

It holds eight bytes of a hash for each name, and of a topic with very many names only some.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.audit.rounding import about

MAX_NAMES = 1_000_000  # some hundred bytes each
REMEDY = (
    "names of two recipients, sites or days that match join what must stay apart: find out who "
    "writes to the topic; if only workers do, report a fault"
)


class PseudonymScan:
    """Events in, one by one."""

    def __init__(self) -> None:
        self._of: dict[bytes, int] = {}
        self._places: dict[tuple[str, str, str], int] = {}
        self._problems = Problems()

    def event(self, where: str, topic: str, said: Mapping[str, Any]) -> None:
        """`where` names the record. A partner's need not tell who, where and when."""
        name = said.get("visitor")
        if not isinstance(name, str):
            return
        place = topic, str(said.get("site", "")), str(said.get("timestamp", ""))[:10]
        number = self._places.setdefault(place, len(self._places))
        known = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        there = self._of.get(known)
        if there is None:
            if len(self._of) < MAX_NAMES:
                self._of[known] = number
        elif there != number:
            other = list(self._places)[there]
            what = "topic" if other[0] != topic else "site" if other[1] != place[1] else "day"
            self._problems.add(f"{where}: its visitor's name is known of another {what}")

    def finding(self) -> Finding:
        """Of all names."""
        if self._problems:
            return broken(Check.PSEUDONYMS, self._problems, REMEDY)
        if len(self._places) < 2:
            return not_checked(
                Check.PSEUDONYMS, "there are no two days, sites or recipients to compare"
            )
        more = ", the first of more" if len(self._of) >= MAX_NAMES else ""
        return held(
            Check.PSEUDONYMS,
            f"{about(len(self._of), 'names')}{more} in {len(self._places)} places (a day of a "
            "site, for one recipient), each in one",
        )
