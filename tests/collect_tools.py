"""From requests to the collector to trends, without a socket, Kafka or a clock of its own."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR
from quietclicks.pipeline.collect.event import Arrival, Collecting, record
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.schemas import topics
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.trend import Trend
from tests.paths import ROOT
from tests.pipeline_tools import MIDNIGHT, closing, country, day_key

AT = MIDNIGHT + MILLISECONDS_PER_HOUR  # when all of it arrives
COOKIE = "statistics=yes"


def shipped(consent: str) -> Policy:
    """The policy that is shipped, with its line on consent."""
    text = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
    line = 'consent = "page"'
    assert text.count(line) == 1
    return parse(text.replace(line, f'consent = "{consent}"'), "policy")


def records(policy: Policy, hits: Iterable[tuple[Hit, str]]) -> list[bytes]:
    """What the collector writes of requests, each with the address that it comes from."""
    collecting, numbers = Collecting(policy), itertools.count()
    at = datetime.fromtimestamp(AT / 1000, UTC)
    written = []
    for hit, address in hits:
        arrival = Arrival(at, address, lambda: f"event-{next(numbers)}")
        for event in collecting.events(hit, FORMATS[hit.path], arrival):
            if isinstance(event, RawEvent):
                value = record(event)
                assert isinstance(value, bytes)
                written.append(value)
    return written


def views(policy: Policy, values: Iterable[bytes], dimension: str = "page") -> dict[str, int]:
    """The hour's published views by the dimension's values."""
    offline = Offline(policy, country, day_key)
    feed = [(value, AT) for value in values]
    feed.append((closing(AT + MILLISECONDS_PER_HOUR), AT + 2 * MILLISECONDS_PER_HOUR))
    found = [
        msgspec.json.decode(value, type=Trend)
        for topic, _, value in offline.run(feed)
        if topic in topics.PUBLISHED and value
    ]
    return {
        each.value: each.views
        for each in found
        if each.window == "PT1H" and each.dimension == dimension and each.site == "shop.example"
    }


def crowd(hit: Hit, number: int) -> list[tuple[Hit, str]]:
    """The same request from so many visitors."""
    return [(hit, f"198.51.{each}.7") for each in range(1, number + 1)]
