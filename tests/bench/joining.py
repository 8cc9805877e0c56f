"""Two recipients who pool what they have: are their pseudonyms of one visitor tied together?

The partner of this measurement gets `visitor` and nothing else. What is left are the transactions:
each record of an event is appended with those of the events beside it. `log order` is what a topic
shows whose records stand in the order of the log; `sorted` what it shows once a partner's copies
are sorted within a transaction by their own id, which is as good as chance.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random

import msgspec
from msgspec import Struct

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.schemas.raw import RawEvent
from tests.pipeline_tools import DAY
from tests.two_days import World

SLICES = {"0.2 s": 200, "1 s": 1_000, "10 s": 10_000, "a minute": 60_000, "an hour": 3_600_000}
WINDOW = 5  # places around the one that is expected

Slices = Mapping[int, Sequence[str]]
"""Transaction → whose its records are, in order."""

_raw = msgspec.json.Decoder(RawEvent)


class Sent(Struct, frozen=True):
    """One event of the first day: when it came, whose it was, and who got a copy."""

    at_ms: int
    visitor: str
    analysts: bool
    partner: bool


def joined(world: World) -> Iterator[str]:
    """A Markdown table's lines."""
    sent = first_day(world.values)
    yield "| a transaction lasts | records in log order, right / found | sorted, right / found |"
    yield "|---|---|---|"
    for name, length in SLICES.items():
        shares = []
        for in_order in (True, False):
            ties, right, there = tied(sent, length, in_order=in_order)
            shares.append(f"{right / ties:.1%} / {right / there:.1%}" if ties else "- / 0.0%")
        yield f"| {name} | {' | '.join(shares)} |"


def first_day(values: Sequence[bytes]) -> list[Sent]:
    """Of a log whose visitors are all people, what each recipient has a record of."""
    sent: list[Sent] = []
    for value in values:
        try:
            event = _raw.decode(value)
        except msgspec.ValidationError:
            continue  # a tick
        at_ms = round(event.timestamp.timestamp() * 1000)
        objects = "1" in (event.dnt, event.gpc)
        consent = event.consent
        if at_ms // MILLISECONDS_PER_DAY != DAY or objects or consent is None:
            continue
        analysts, partner = consent.analytics is True, consent.partners is True
        sent.append(Sent(at_ms, f"{event.ip} {event.user_agent}", analysts, partner))
    return sent


def tied(sent: Sequence[Sent], length: int, *, in_order: bool) -> tuple[int, int, int]:
    """(ties claimed, ties that are right, visitors whom both have records of)."""
    random = Random(length)
    analysts, partner = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for event in sent:
        if event.analysts:
            analysts[event.at_ms // length].append(event.visitor)
        if event.partner:
            partner[event.at_ms // length].append(event.visitor)
    if not in_order:
        for names in partner.values():
            random.shuffle(names)
    near = _near(analysts, partner) if in_order else {}
    theirs, ours = _patterns(partner), _patterns(analysts)
    by_pattern: defaultdict[frozenset[tuple[int, int]], list[str]] = defaultdict(list)
    for name, pattern in ours.items():
        by_pattern[pattern].append(name)
    ties = right = 0
    for name, pattern in theirs.items():
        # A visitor of both has as many records in each transaction here as there.
        ranked = sorted((near.get((name, each), 0.0), each) for each in by_pattern[pattern])
        if ranked and (len(ranked) == 1 or ranked[-1][0] > ranked[-2][0]):
            ties += 1
            right += ranked[-1][1] == name
    return ties, right, len(theirs.keys() & ours.keys())


def _patterns(slices: Slices) -> dict[str, frozenset[tuple[int, int]]]:
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, names in slices.items():
        for name, number in Counter(names).items():
            found[name].append((at, number))
    return {name: frozenset(pattern) for name, pattern in found.items()}


def _near(analysts: Slices, partner: Slices) -> dict[tuple[str, str], float]:
    """How often, and how closely, two stand at the same height of their transactions."""
    near: defaultdict[tuple[str, str], float] = defaultdict(float)
    for at, names in partner.items():
        others = analysts.get(at, ())
        for place, name in enumerate(names):
            expected = (place + 0.5) * len(others) / len(names)
            for other in range(
                max(int(expected) - WINDOW, 0), min(int(expected) + WINDOW + 1, len(others))
            ):
                near[name, others[other]] += 1 / (1 + abs(other + 0.5 - expected))
    return near
