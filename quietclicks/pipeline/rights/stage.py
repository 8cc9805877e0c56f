"""The rights stage: one processor of `privacy.requests`, oldest requests first.

It decides and writes; what it goes by is looked up for it (`agents/rights/`). Each step is one
short transaction, and one that is made again writes the same: the list first, then, when every
partition has passed that, the notices, then the answer. No identifier is in what it writes.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from msgspec.structs import replace

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, milliseconds, text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Outputs, Record, Row, Step
from quietclicks.pipeline.pseudonyms.key_life import NUDGE, day_of
from quietclicks.pipeline.rights import answers, rows
from quietclicks.pipeline.rights.answers import Found
from quietclicks.pipeline.rights.kept import Kept
from quietclicks.pipeline.rights.looked_up import Searched, Seen
from quietclicks.pipeline.rights.matching import MAX_EVENTS
from quietclicks.pipeline.rights.queue import MAX_OPEN, Malformed, Work, read, stands
from quietclicks.pipeline.rights.restrictions import Restrictions, erased_key, until_value
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, Done, Request


class RightsProcessor:
    """Requests in; answers, archives, notices and entries of the list out."""

    state_topic: str | None = None  # it has none that a commit speaks of: what it keeps may expire
    history_topics: Sequence[str] = ()
    drains_apart = False
    has_progress = True

    def __init__(self, policy: Policy, restrictions: Restrictions) -> None:
        self._policy = policy
        self._restrictions = restrictions
        self._kept = Kept()
        self._open: dict[str, Work] = {}
        self._position = 0
        self._now_ms = 0  # by the broker's clock, of what was read
        self._seen: Seen | None = None
        self._found: deque[Searched] = deque()
        self._searching: tuple[Sequence[str], int] | None = None

    def restore(self, records: Sequence[Record]) -> None:
        """Take in `privacy.responses`, from its first record on."""
        self._kept.restore(records)

    def look_back(self, records: Sequence[Record]) -> None:
        """Nothing to look back at."""

    def resume(self, committed: int, metadata: str) -> int:
        """From the oldest request that was open."""
        self._position = committed
        return committed

    # What is looked up

    @property
    def open(self) -> Sequence[Work]:
        """The requests that are open, oldest first."""
        return tuple(self._open.values())

    @property
    def awaits_cut(self) -> bool:
        """Whether there is an erasure of which the cut is still to come."""
        return any(each.step == "noticed" for each in self._kept.answers.values())

    def see(self, seen: Seen) -> None:
        """What was seen of the whole."""
        self._seen = seen

    @property
    def has_found(self) -> bool:
        """Whether it has more to decide about what was found."""
        return bool(self._found)

    def found(self, searched: Iterable[Searched]) -> None:
        """What was found for open requests; for restricted ones, after all have passed them."""
        self._found.extend(searched)

    def searching(self, requests: Sequence[str], percent: int) -> None:
        """How far a search for these is."""
        self._searching = requests, percent

    # Steps

    @property
    def _today(self) -> int:
        return self._now_ms // MILLISECONDS_PER_DAY

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Take requests in, in log order."""
        for record in records:
            self._now_ms = max(self._now_ms, record.timestamp)
            if record.value is not None:
                self._take(record, outputs)
            self._position = max(self._position, record.offset + 1)
        return self._step()

    def _take(self, record: Record, outputs: Outputs) -> None:
        asked = read(record)
        if isinstance(asked, Done):
            self._take_done(asked, outputs)
        elif isinstance(asked, Malformed):
            self._refuse_malformed(record, asked.id, outputs)
        elif mine := self._open.get(asked.id):
            # The same again, or what is asked now that it was looked at.
            mine.through = record.offset
            is_final = mine.request.act or mine.request.ground is not None
            if not is_final and not stands(self._kept.answers.get(asked.id), asked):
                mine.request = asked
        elif (known := self._kept.answers.get(asked.id)) and stands(known, asked):
            again = replace(known, retold=True)
            outputs.extend(topics.RESPONSES, [rows.answer_row(again)])  # for who asks again
            outputs.extend(topics.REQUESTS, [rows.closing_row(asked.id, record.offset)])
        else:
            # Another worker may have told the list already: what is found since undoes nothing.
            is_told = asked.act and known is not None and known.step == "restricted"
            self._open[asked.id] = Work(record.offset, record.offset, asked, is_told)
            if len(self._open) > MAX_OPEN:
                draft = answers.answer(asked, (), self._policy, self._now_ms)
                many = replace(draft, words="")  # nobody has looked
                self._end(answers.denied(many, "too_many_requests"), outputs)

    def _take_done(self, done: Done, outputs: Outputs) -> None:
        if done.done == "fetched":
            outputs.extend(topics.RESPONSES, self._kept.end_archive(done.id))
        elif (mine := self._open.get(done.id)) and mine.through <= done.through:
            del self._open[done.id]  # it is read again, and was answered
            outputs.extend(topics.RESPONSES, self._kept.searched(done.id))

    def _refuse_malformed(self, record: Record, name: str | None, outputs: Outputs) -> None:
        if name is None:  # nobody can be answered, and nothing of it stays
            outputs.extend(topics.REQUESTS, [(0, record.key, None)])
            return
        if mine := self._open.get(name):
            mine.through = record.offset  # it goes on, and its end overwrites this, too
            return
        if name not in self._kept.answers:
            words = "this is no request that can be read"
            at = text(self._now_ms)
            refused = Answer(id=name, state="denied", reason="other", at=at, words=words)
            outputs.extend(topics.RESPONSES, [self._kept.answer(refused)])
        outputs.extend(topics.REQUESTS, [rows.closing_row(name, record.offset)])

    def drain(self, outputs: Outputs) -> Step | None:
        """What follows of what was seen since, and of what was found for one request."""
        seen, searching = self._seen, self._searching
        self._seen = self._searching = None
        written = list(self._house(seen)) if seen else []
        if searching:
            ids, percent = searching
            theirs = (self._kept.searching(each, percent) for each in ids if each in self._open)
            written += ((topics.RESPONSES, row) for row in theirs)
        for topic, row in written:
            outputs.extend(topic, [row])
        if turn := self._turn():
            self._decide(*turn, outputs)
        return self._step() if written or turn else None

    def _turn(self) -> tuple[Work, Searched] | None:
        """The next request of which something was found that is still to be decided."""
        while self._found:
            each = self._found.popleft()
            work = self._open.get(each.request.id)
            if work and (work.request, work.restricted) == (each.request, each.restricted):
                return work, each
        return None

    def _decide(self, work: Work, searched: Searched, outputs: Outputs) -> None:
        request, found = work.request, searched.found
        draft = answers.answer(request, found, self._policy, self._now_ms)
        draft = replace(draft, holds_from=searched.passed)
        if request.ground is not None:
            looked = self._kept.answers.get(request.id, draft)  # nothing is looked at again
            refused = answers.denied(looked, "other", request.words)
            self._end(replace(refused, ground=request.ground, at=draft.at, retold=False), outputs)
        elif not work.restricted and request.until and self._until(request) < self._today:
            words = f"{request.until} is over already"
            self._end(answers.denied(draft, "other", words), outputs)
        elif not request.act:
            self._end(draft, outputs)
        elif work.restricted and request.verb != "erase":
            # It was looked at before the list was told: what is found since undoes nothing.
            until = self._kept.answers[request.id].until  # as the list has it
            self._end(replace(answers.ended(draft), reason=None, until=until), outputs)
        elif request.verb != "lift" and not all(each.whole for each in found):
            words = f"more than {MAX_EVENTS} events of one day: that is no person"
            self._end(answers.denied(draft, "other", words), outputs)
        elif why := draft.reason if work.restricted else answers.objection(request, draft):
            self._end(answers.denied(draft, why), outputs)
        elif request.verb in {"access", "portability"}:
            parts = self._kept.archive(request.id, rows.archive(found))
            outputs.extend(topics.RESPONSES, parts)
            self._end(replace(answers.ended(draft), parts=len(parts)), outputs)
        elif request.verb == "rectify":
            self._correct(request, draft, found, outputs)
        elif not work.restricted:
            self._restrict(work, draft, found, outputs)
        else:
            self._erase(draft, found, outputs)

    def _correct(
        self, request: Request, draft: Answer, found: Iterable[Found], to: Outputs
    ) -> None:
        notices = rows.corrections(request, found)
        for topic, row in notices:
            to.extend(topic, [row])
        none = answers.denied(draft, "no_match", "the event that is named is none of these visits")
        self._end(answers.ended(draft) if notices else none, to)

    def _restrict(self, work: Work, draft: Answer, found: Iterable[Found], to: Outputs) -> None:
        """Whoever writes from here on has to know; how many partitions do is looked up."""
        verb, until = work.request.verb, None
        # One box that opens names the person, also on days that have no key yet.
        name = next(each.name for each in found if each.opened)
        if verb == "erase":
            # Of a day far ahead there are no events, and its entry would stay until then.
            last = self._today + 1
            days = [each.day for each in found if each.key != "destroyed" and each.day <= last]
            to.extend(topics.RESTRICTIONS, [(0, erased_key(name, day), b"{}") for day in days])
            for each in chain.from_iterable(other.found for other in self._found):
                # Looked for before this was told, and decided after it.
                each.erased |= each.name == name and each.day in days
        else:
            day = None if verb == "lift" else self._until(work.request)
            until = None if day is None else day_text(day)
            value = None if day is None else until_value(day)
            to.extend(topics.RESTRICTIONS, [(0, name, value)])
        work.restricted = True
        restricted = replace(draft, state="in_progress", step="restricted", until=until)
        to.extend(topics.RESPONSES, [self._kept.answer(restricted)])

    def _until(self, request: Request) -> int:
        """Up to which day: what was asked for, and what the policy allows at most."""
        most = (self._now_ms // 1000 + self._policy.retention.restrictions) // 86_400
        return min(most, day_of(request.until.encode())) if request.until else most

    def _erase(self, draft: Answer, found: Sequence[Found], to: Outputs) -> None:
        for topic, row in rows.erasures(found):
            to.extend(topic, [row])
        days = tuple(
            replace(each, state="in_progress") if each.state == "open" else each
            for each in draft.days
        )
        self._end(replace(draft, state="in_progress", step="noticed", days=days), to)

    # The house

    def _house(self, seen: Seen) -> Iterator[tuple[str, Row]]:
        for topic, count in seen.nudges.items():
            yield from ((topic, (number, NUDGE, None)) for number in range(count))
        for row in self._kept.boxes(seen.boxes, seen.destroyed_through):
            yield topics.RESPONSES, row
        for topic, partition, key in seen.old_notices:
            yield topic, (partition, key, None)
        if not self._now_ms:
            return  # nobody knows what time it is before the first nudge is read
        for key in list(self._restrictions.ended(self._today, seen.destroyed_through)):
            yield topics.RESTRICTIONS, (0, key, None)
        for answer in list(self._kept.answers.values()):
            last = answers.last_found(answer)
            if answer.step == "noticed" and last <= seen.cut and seen.gone_ms <= self._now_ms:
                closed = replace(answers.ended(answer), at=text(self._now_ms), retold=False)
                yield topics.RESPONSES, self._kept.answer(closed)
            # Nobody has gone on with it in time, or its request is gone.
            is_left = answer.state == "open" or answer.step == "restricted"
            if is_left and answer.id not in self._open and last <= seen.destroyed_through:
                over = replace(answer, state="expired", reason="key_destroyed", step=None)
                yield topics.RESPONSES, self._kept.answer(replace(over, retold=False))
            elif answer.step is None and self._is_old(answer):
                # By its age alone it would stay: the cleaner joins it with younger ones.
                del self._kept.answers[answer.id]
                yield topics.RESPONSES, (0, answer.id.encode(), None)
                yield topics.REQUESTS, (0, answer.id.encode(), None)
            is_kept = answer.id in self._kept.answers
            if answer.parts and (last <= seen.destroyed_through or not is_kept):
                yield from ((topics.RESPONSES, row) for row in self._kept.end_archive(answer.id))

    def _is_old(self, answer: Answer) -> bool:
        kept_ms = self._policy.retention.requests * 1000
        return milliseconds(datetime.fromisoformat(answer.at)) + kept_ms < self._now_ms

    def _end(self, answer: Answer, to: Outputs) -> None:
        """What identifies the person goes with the same transaction."""
        through = self._open.pop(answer.id).through
        to.extend(topics.RESPONSES, [self._kept.answer(answer), *self._kept.searched(answer.id)])
        to.extend(topics.REQUESTS, [rows.closing_row(answer.id, through)])

    def _step(self) -> Step:
        oldest = min((each.offset for each in self._open.values()), default=self._position)
        return Step(self._position, oldest)
