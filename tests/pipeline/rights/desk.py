"""The rights stage where there is no Kafka: three topics as lists, and a worker that may crash.

What is committed is what the lists hold; a crash loses all else, and a new worker reads them again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Listed, Step
from quietclicks.pipeline.pseudonyms.key_life import NUDGE, day_of
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.answers import Found
from quietclicks.pipeline.rights.looked_up import Searched, Seen
from quietclicks.pipeline.rights.matching import Match, targets, whose
from quietclicks.pipeline.rights.queue import Work
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import Identity, context, public_of, seal
from quietclicks.pipeline.rights.stage import RightsProcessor
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer
from tests.pipeline_tools import DAY, FIREFOX, MIDNIGHT, SITE, Rec, day_key, policy

WHO = Identity("198.51.100.7", FIREFOX)
LIST_KEY = bytes([9]) * 32
EPHEMERAL = bytes([3]) * 32
TODAY = day_text(DAY)
PASSED = (7, 8)  # the offsets from which on the partitions go by the list

Key = bytes | None


def request(name: str, verb: str, who: Identity | None = WHO, **more: Any) -> bytes:
    """As an officer writes one, for one day, or `days`."""
    days: Sequence[str] = more.pop("days", (TODAY,))
    site = more.pop("site", SITE)
    values = {"id": name, "verb": verb, "site": site, "days": days, **more}
    if who is not None:
        key = public_of(day_key(DAY))
        values["boxes"] = {
            day: seal(who, key, EPHEMERAL, context(name, verb, site, days, day)) for day in days
        }
    return msgspec.json.encode(values)


def events_of(who: Identity, count: int, **fields: Any) -> list[Match]:
    """What analysts and the partner have of somebody's visit."""
    found = []
    for target in targets(who, ring().of(DAY, SITE, ["adreach"]), ["adreach"]):
        for number in range(count):
            key = f"{target.pseudonym}:{number:016}".encode()
            event = {
                "id": f"{number:016}",
                "site": SITE,
                "timestamp": f"{TODAY}T10:{number // 60:02}:{number % 60:02}Z",
                "visitor": target.pseudonym,
                "page": f"/{number}",
                "country": "DE",
                **fields,
            }
            found.append(Match(target.topic, key, msgspec.json.encode(event)))
    return found


def ring() -> DayKeys:
    keys = DayKeys()
    keys.put(DAY, day_key(DAY))
    return keys


def _day(name: str) -> int:
    return day_of(name.encode())


class Desk:
    """The topics, and the worker that has the stage."""

    def __init__(self, rules: Policy | None = None, records: Iterable[Match] = ()) -> None:
        self.policy = rules or policy()
        self.records = list(records)
        self.logs: dict[str, list[Rec]] = defaultdict(list)
        self.committed = 0
        self.now_ms = MIDNIGHT
        self.crash_at = -1  # the transaction that is lost, and its worker with it
        self.transactions = 0
        self.seen = Seen(nudges={topics.REQUESTS: 1})
        self.opens = True  # whether boxes do
        self.whole = True  # whether all that is found is kept
        self.together = 1  # requests to a search
        self.since_ms: int | None = None  # what was written before is cut
        self.receipt: str | None = None
        self.restart()

    def restart(self) -> None:
        """Another worker has the stage."""
        self.restrictions = Restrictions()
        self.restrictions.use(LIST_KEY)
        self.worker = RightsProcessor(self.policy, self.restrictions)
        self.worker.restore(self.logs[topics.RESPONSES])
        self.position = self.worker.resume(self.committed, "")
        self._follow()

    def _follow(self) -> None:
        for record in self.logs[topics.RESTRICTIONS][self.restrictions.offset :]:
            self.restrictions.take(record)

    def ask(self, name: str, value: bytes | None) -> None:
        """Whatever somebody writes to `privacy.requests`."""
        self._append(topics.REQUESTS, name.encode(), value)

    def _append(self, topic: str, key: Key, value: bytes | None) -> None:
        log = self.logs[topic]
        log.append(Rec(len(log), self.now_ms, key, value))

    def run(self) -> "Desk":
        """Until there is nothing to do."""
        while self.turn():
            pass
        return self

    def turn(self) -> bool:
        """A step; whether there was something to do."""
        outputs = Listed()
        if new := self.logs[topics.REQUESTS][self.position :]:
            self.position += len(new)
            return self._commit(self.worker.process(new, outputs), outputs)
        if not self.worker.has_found:
            self.worker.found(map(self.searched, self.worker.open[: self.together]))
        step = self.worker.drain(outputs)
        return step is not None and self._commit(step, outputs)

    def tell(self, requests: Sequence[str], percent: int) -> None:
        """How far a search for these is."""
        outputs = Listed()
        self.worker.searching(requests, percent)
        step = self.worker.drain(outputs)
        assert step is not None
        self._commit(step, outputs)

    def keep_house(self, **seen: Any) -> "Desk":
        """What is looked up now and then."""
        self.seen = msgspec.structs.replace(self.seen, **seen)
        for _ in range(3):  # what it says of time it reads the next time; one may be lost
            self.worker.see(self.seen)
            self.run()
        return self

    def searched(self, work: Work) -> Searched:
        """All that is found for a request."""
        others = [each for each in work.request.days if each != TODAY]
        none = [Found(day, "none" if day > DAY else "destroyed") for day in map(_day, others)]
        passed = PASSED if work.restricted else ()
        return Searched(work.request, work.restricted, [self.find(work.request), *none], passed)

    def find(self, asked: Any) -> Found:
        """As the agents do."""
        if self.seen.destroyed_through >= DAY:
            return Found(DAY, "destroyed", receipt=self.receipt)
        if not self.opens:
            return Found(DAY, "living")
        name = self.restrictions.name(asked.site, WHO.address, WHO.user_agent)
        entry = self.restrictions.entry(asked.site, WHO.address, WHO.user_agent)
        theirs = [
            Match(target.topic, each.key or b"", each.value or b"")
            for target in targets(WHO, ring().of(DAY, asked.site, ["adreach"]), ["adreach"])
            for each in self._topic(target.topic)
            if whose(each) == target.pseudonym.encode()
        ]
        number = len(theirs) // 2
        erased = entry is not None and DAY in entry.erased
        found = Found(DAY, "living", True, name, erased, theirs, number, whole=self.whole)
        found.since_ms = self.since_ms
        return found

    def _topic(self, name: str) -> list[Rec]:
        mine = [each for each in self.records if each.topic == name]
        return [Rec(at, self.now_ms, each.key, each.value) for at, each in enumerate(mine)]

    def _commit(self, step: Step, outputs: Listed) -> bool:
        self.transactions += 1
        if self.transactions == self.crash_at:
            self.restart()
            return True
        for topic, rows in outputs.by_topic.items():
            for _, key, value in rows:
                self._append(topic, key, value)
        self.committed = step.commit
        self._follow()
        return True

    # What is to be seen

    def answer(self, name: str) -> Answer:
        return msgspec.json.decode(self.compacted(topics.RESPONSES)[name.encode()], type=Answer)

    def compacted(self, topic: str) -> Mapping[Key, bytes]:
        """The last value of each key, without those that are gone."""
        last = {each.key: each.value for each in self.logs[topic]}
        return {k: v for k, v in last.items() if v is not None and k != NUDGE}

    def written(self, topic: str) -> list[tuple[Key, bytes | None]]:
        return [(each.key, each.value) for each in self.logs[topic] if each.key != NUDGE]
