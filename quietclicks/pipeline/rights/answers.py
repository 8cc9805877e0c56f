"""What is answered, of what was found: day by day, and as a whole. Counts are coarse until an act.

A day that cannot be searched any more is said so; that nothing was found is an answer.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import NEVER, day_of
from quietclicks.pipeline.rights.matching import Match, event_of
from quietclicks.pipeline.rights.spread import about, hours, signs
from quietclicks.schemas.pseudonymised import Pseudonymised
from quietclicks.schemas.rights import Answer, DayAnswer, Question, Request, Why

QUESTIONS: dict[Question, str] = {
    "pages": "Which pages did you open that day, and when about? (Compare with the hours found.)",
    "shared": "Does anybody else use this connection or this device?",
}
"""What the officer asks the person before anything is given out, as it is recorded."""

GIVES_OUT = frozenset({"access", "portability", "rectify"})
"""What a stranger would ask for: the questions have to be put before."""

LISTS = frozenset({"erase", "restrict", "object", "lift"})
"""What is done by the list of restrictions, also where nothing is found."""


class Found(Struct):
    """Of one day (since 1970): whether its key lives, whether the box opened, what there is."""

    day: int
    key: Literal["living", "destroyed", "none"]
    opened: bool = False
    name: bytes = b""  # of the person's entry in the list
    erased: bool = False  # the list says so of that day
    matches: list[Match] = field(default_factory=list)
    number: int = 0  # of the topic with most of theirs, those that were not kept among them
    whole: bool = True  # whether all that was found was kept
    receipt: str | None = None
    since_ms: int | None = None  # what was appended before is cut already; None: nothing is

    def __repr__(self) -> str:
        return f"Found(day={self.day}, key={self.key!r}, …)"


def findable_until(day: int, policy: Policy) -> str:
    """When a day's key is due, at the earliest."""
    return text((day + 1) * MILLISECONDS_PER_DAY + policy.events_end * 1000)


def of_day(request: Request, found: Found, policy: Policy) -> DayAnswer:
    """What is to say of one day."""
    name = day_text(found.day)
    if found.key == "destroyed":
        receipt = found.receipt
        return DayAnswer(day=name, state="denied", reason="key_destroyed", receipt=receipt)
    if found.key == "none":
        return DayAnswer(day=name, state="denied", reason="no_match")
    until = findable_until(found.day, policy)
    if not found.opened or (found.erased and request.verb in GIVES_OUT):
        return DayAnswer(day=name, state="denied", reason="other", findable_until=until)
    since = None if found.since_ms is None else text(found.since_ms)
    if not found.number:
        return DayAnswer(
            day=name, state="denied", reason="no_match", findable_until=until, since=since
        )
    seen = _by_recipient(found)
    return DayAnswer(
        day=name,
        state="open",
        findable_until=until,
        since=since,
        events=about(found.number),
        hours=hours(chain.from_iterable(seen)),
        spread=tuple(dict.fromkeys(chain.from_iterable(map(signs, seen)))),
    )


def _by_recipient(found: Found) -> list[list[Pseudonymised]]:
    """What each has that can be read: a partner may have visits that analysts have not."""
    seen: defaultdict[str, list[Pseudonymised]] = defaultdict(list)
    for match in found.matches:
        if (event := event_of(match)) is not None:
            seen[match.topic].append(event)
    return list(seen.values())


def answer(request: Request, found: Sequence[Found], policy: Policy, now_ms: int) -> Answer:
    """A dry run's: open where there is something to do, else why not."""
    days = tuple(of_day(request, each, policy) for each in found)
    reason = None if any(each.state == "open" for each in days) else _why(days)
    if request.verb in LISTS and any(each.opened for each in found):
        reason = None  # what is not written yet may still come
    alive = [each.findable_until for each in days if each.findable_until]
    return Answer(
        id=request.id,
        verb=request.verb,
        site=request.site,
        state="denied" if reason else "open",
        reason=reason,
        at=text(now_ms),
        findable_until=min(alive, default=None),
        days=days,
        asked=request.asked,
        shared_checked=request.shared_checked,
        until=request.until,
        words=_why_not(request, found, policy) if reason == "other" else "",
        unreached=unreached(request, policy),
    )


def unreached(request: Request, policy: Policy) -> tuple[str, ...]:
    """Partners whose records of the site bear nothing that they could be found by."""
    return tuple(
        sorted(
            name
            for name, rules in policy.partners.items()
            if request.site in rules.sites and "visitor" not in rules.fields
        )
    )


def objection(request: Request, drafted: Answer) -> Why | None:
    """Why an act is not done, though there is something to do."""
    if drafted.reason is not None:
        return drafted.reason
    if request.verb in GIVES_OUT and set(request.asked) != set(QUESTIONS):
        return "insuf_verification"
    is_shared = any(each.spread for each in drafted.days)
    if is_shared and request.verb != "lift" and not request.shared_checked:
        return "shared_identity"
    return None


def denied(drafted: Answer, why: Why, words: str = "") -> Answer:
    """The end of a request that is not done."""
    return replace(drafted, state="denied", reason=why, words=words or drafted.words)


def ended(drafted: Answer) -> Answer:
    """The end of one that is: of each day that was open."""
    days = tuple(
        replace(each, state="fulfilled") if each.state in {"open", "in_progress"} else each
        for each in drafted.days
    )
    return replace(drafted, state="fulfilled", step=None, days=days)


def last_found(answer: Answer) -> int:
    """The last day that could be found: of those ahead there is nothing whose end is awaited."""
    return max(
        (day_of(each.day.encode()) for each in answer.days if each.findable_until), default=NEVER
    )


def _why_not(request: Request, found: Sequence[Found], policy: Policy) -> str:
    """For the officer: what it was, where no day could be looked at."""
    if request.site not in policy.sites:
        return "the policy has no such website: name it as [sites] does, like shop.example"
    if any(each.opened for each in found):
        return "these visits are erased, and nobody is given them any more"
    return "no worker can open what was asked: ask again under another --id"


def _why(days: Sequence[DayAnswer]) -> Why:
    """One reason for all: that a search found nothing is told before that one was not possible."""
    reasons = {each.reason for each in days}
    if "no_match" in reasons:
        return "no_match"
    return "key_destroyed" if "key_destroyed" in reasons else "other"
