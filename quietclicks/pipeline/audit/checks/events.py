"""Does a record hold anything that it may not? Of events, rejections and published numbers.

Each record is what the pipeline would have written, byte by byte of its form: the fields that the
policy lists and no other, each in its form, the key made of them, no headers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from quietclicks.pipeline.anonymise.views import KEY
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.audit.forms import OTHER_FORM, Forms, names_of
from quietclicks.pipeline.audit.rounding import about
from quietclicks.pipeline.evidence.trend_anchor import header_of
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Record
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import ALWAYS, LISTABLE
from quietclicks.schemas.rejection import Rejection
from quietclicks.schemas.trend import RESERVED, Dimension, Trend, TrendKey, stream_of

REMEDY = (
    "find out who writes to the topic besides the workers (`quietclicks access plan`); if nobody "
    "does, report a fault. The records go when their day is cut, or at once with their topic"
)
_ANY_NAMES = names_of(LISTABLE)
_OF_THE_POLICY = {"network", "site"}  # whose forms a policy's numbers and sites make
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
Said = Mapping[str, Any]
Headers = Sequence[tuple[str, bytes]]

_object = msgspec.json.Decoder(dict[str, Any])
_rejection = msgspec.json.Decoder(Rejection)
_trend = msgspec.json.Decoder(Trend)
_encode = msgspec.json.Encoder().encode


class EventScan:
    """Records in, one by one; it keeps where the first problems are, and no record."""

    def __init__(
        self, policy: Policy, since_ms: int = 0, has_made: Callable[[bytes], bool] | None = None
    ) -> None:
        """`since_ms`: what was written before is of an earlier policy, with other fields.

        `has_made`: whether a checkpoint is the audit log's. Where nobody knows, none is judged.
        """
        self._has_made = has_made
        self._since_ms = since_ms
        self._earlier = 0
        self._forms = Forms(policy)
        self._names = {topics.PSEUDONYMISED: names_of((*ALWAYS, *policy.events.fields))} | {
            topics.PARTNERS + name: names_of(rules.fields)
            for name, rules in policy.partners.items()
        }
        self._problems = Problems()
        self._looked_at = dict.fromkeys(("events", "rejections", "numbers"), 0)

    def event(self, where: str, topic: str, record: Record, headers: int) -> Said | None:
        """`where` names the record. What it says, if it can be read."""
        key, value = record.key, record.value
        if key is None and value is None:
            return None  # it only closes a segment
        self._looked_at["events"] += 1
        self._headers(where, headers)
        try:
            said = _object.decode(value or b"")
        except (ValueError, RecursionError):
            self._problems.add(f"{where}: no event of ours")
            return None
        is_earlier = record.timestamp < self._since_ms
        self._earlier += is_earlier
        names = (_ANY_NAMES & said.keys()) if is_earlier else self._names[topic]
        if said.keys() != names:
            extra = said.keys() - names
            what = f"{len(extra)} fields that are not listed" if extra else "a field is missing"
            self._problems.add(f"{where}: {what}")
        if _encode(said) != value:
            self._problems.add(f"{where}: it is not written as ours are")
        site = said.get("site")
        for name in sorted(said.keys() & names - (_OF_THE_POLICY if is_earlier else set())):
            its = site if isinstance(site, str) else ""
            if fault := self._forms.fault(name, said[name], its):
                self._problems.add(f"{where}: {name}: {fault}")
        if key != _key_of(said, names):
            self._problems.add(f"{where}: its key is not made of its fields")
        return said

    def rejection(self, where: str, key: bytes | None, value: bytes | None, headers: int) -> None:
        """A reason and a position, and nothing else."""
        self._looked_at["rejections"] += 1
        self._headers(where, headers)
        try:
            said = _rejection.decode(value or b"")
        except (ValueError, RecursionError):
            self._problems.add(f"{where}: no rejection of ours")
            return
        is_ours = said.topic == topics.RAW and _TIME.fullmatch(said.timestamp)
        if key is not None or _encode(said) != value or not is_ours:
            self._problems.add(f"{where}: more than a reason and a position")

    def number(
        self, where: str, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Trend | None:
        """A published number, if it is one. A day's headers may hold the log's checkpoint."""
        self._looked_at["numbers"] += 1
        if value is None:
            self._problems.add(f"{where}: it takes a number away, and none of ours does")
            return None
        if headers and not self._is_stamped(key, headers):
            self._problems.add(f"{where}: it has a header that is no checkpoint of the audit log")
        try:
            said = _trend.decode(value)
        except (ValueError, RecursionError):
            self._problems.add(f"{where}: no number of ours")
            return None
        asked = TrendKey(said.site, said.window, said.start, said.dimension, said.value)
        if _encode(said) != value or _encode(asked) != key:
            self._problems.add(f"{where}: it is not written as ours are")
        if said.value not in RESERVED and (fault := self._value_fault(said)):
            self._problems.add(f"{where}: its value: {fault}")
        return said

    def _value_fault(self, said: Trend) -> str:
        site = said.site
        if said.dimension is Dimension.TOTAL:
            return OTHER_FORM if said.value else ""
        is_own = stream_of(site) is None and said.dimension in (Dimension.PAGE, Dimension.SEARCH)
        return self._forms.text_fault(str(said.dimension) if is_own else "value", said.value, site)

    def _is_stamped(self, key: bytes | None, headers: Headers) -> bool:
        [(name, note), *more] = headers
        if more or header_of(key, note) != [(name, note)]:
            return False
        return self._has_made is None or self._has_made(note)

    def _headers(self, where: str, headers: int) -> None:
        if headers:
            self._problems.add(f"{where}: it has headers, and none of ours has")

    def finding(self) -> Finding:
        """Of all that was looked at."""
        if self._problems:
            return broken(Check.EVENTS, self._problems, REMEDY)
        if not self._looked_at["events"]:
            return not_checked(Check.EVENTS, "there is no event of a single visit to look at")
        told = [about(number, what) for what, number in self._looked_at.items()]
        earlier = f" ({about(self._earlier, 'of an earlier policy')})" if self._earlier else ""
        return held(Check.EVENTS, f"{', '.join(told)} looked at{earlier}, and nothing found")


def _key_of(said: Mapping[str, Any], names: frozenset[str]) -> bytes | None:
    parts = [str(said.get(name)) for name in KEY if name in names]
    return ":".join(parts).encode("utf-8", "surrogatepass") if parts else None
