"""Do Not Track or Global Privacy Control on: nothing goes to any partner, in a million events.

Every event names in its page what its visitor said; partners get the page, so what they got is
read back from their topics and held against it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice, product
from pathlib import Path

from quietclicks.agents.replay import replay
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas import topics
from tests.kafka.world import World, policy_text, until, world

EVENTS = 1_000_000
MINUTES = 10  # a bound against hanging
DAY_MS = 1_709_164_800_000  # 2024-02-29
HOUR_MS = 3_600_000
LATENESS_MS = 900_000

DNT = {"none": None, "off": "0", "on": "1", "extended": "1xyz"}
GPC = {"none": None, "on": "1"}
CHOICES = {"yes": True, "no": False, "unknown": None}
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
)
SECOND = """
[partners.second]
purpose = "to measure how many visitors return"
fields = ["page"]
sites = ["shop.example"]
"""


def said() -> list[tuple[str, str]]:
    """(page, the fields as JSON) for every combination of what a visitor can say."""
    rows = []
    for dnt, gpc, analytics, partners in product(DNT, GPC, CHOICES, CHOICES):
        fields = {
            "url": f"https://shop.example/{dnt}/{gpc}/{analytics}/{partners}",
            "dnt": DNT[dnt],
            "gpc": GPC[gpc],
            "consent": {"analytics": CHOICES[analytics], "partners": CHOICES[partners]},
        }
        rows.append((f"/{dnt}/{gpc}/{analytics}/{partners}", json.dumps(fields)[1:]))
    return rows


SAID = said()


def events(count: int) -> Iterator[bytes]:
    """In the order of their time, over one day. Neighbours say different things."""
    for number, (_, fields) in enumerate(islice(cycle(SAID), count)):
        seconds, milliseconds = divmod(number * 86_399_000 // count, 1000)
        at = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
        visitor = number % 499  # shares no factor with the combinations
        yield (
            f'{{"event_id":"e{number}","site":"shop.example","timestamp":"2024-02-29T{at}Z",'
            f'"ip":"8.8.{visitor // 250}.{visitor % 250}","user_agent":"{BROWSERS[visitor % 2]}",'
            f"{fields}"
        ).encode()


def with_ticks(count: int) -> Iterator[tuple[bytes, bool]]:
    """The events, and four ticks, each for the hour that has come by then: nothing is late."""
    for number, value in enumerate(events(count)):
        if number % (count // 4) == 0:
            hour = (number * 86_399_000 // count) // HOUR_MS
            yield tick(DAY_MS + hour * HOUR_MS + LATENESS_MS), True
        yield value, False


def may_have(page: str) -> bool:
    """The rule in words: who agreed, and neither header says no."""
    dnt, gpc, _, partners = page.removeprefix("/").split("/")
    return partners == "yes" and dnt in {"none", "off"} and gpc == "none"


async def test_no_partner_gets_an_event_of_who_objects(tmp_path: Path) -> None:
    text = policy_text(raw_partitions=4, event_partitions=2)
    text = text.replace("\n[partners.adreach]", f"{SECOND}\n[partners.adreach]")
    sent = Counter(page for page, _ in islice(cycle(SAID), EVENTS))
    async with world(tmp_path, text) as made:
        await made.give_keys(["2024-02-29"])
        for _ in range(2):
            made.work()
        assert await replay(made.settings, with_ticks(EVENTS), lambda _: None) == EVENTS
        await all_processed(made)
        for name in ("adreach", "second"):
            records = await made.read(topics.PARTNERS + name)
            got = Counter(json.loads(each.value or b"")["page"] for each in records)
            assert got == Counter({page: n for page, n in sent.items() if may_have(page)})
            assert got.total() > EVENTS // 20


async def all_processed(made: World) -> None:
    ends = await made.ends(topics.RAW)

    async def done() -> bool:
        made.check_workers()
        committed = await made.committed("anonymise", topics.RAW)
        return {place: offset for place, (offset, _) in committed.items()} == ends

    await until(done, "all raw records processed", MINUTES * 60)
