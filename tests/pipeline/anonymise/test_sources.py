"""Where visitors came from, through the whole pipeline: campaigns are few, and are no pages."""

import json
from pathlib import Path
from typing import Any

import pytest

from quietclicks.pipeline.fields.referrer_hosts import SOCIALS
from quietclicks.schemas import topics
from tests.pipeline_tools import HOUR, MIDNIGHT, NOW, World, closing, event, policy
from tests.rows import each_row

PARTNER = "clickstream.partners.adreach"
SHOWS_SOURCE = ('fields = ["id", "visitor", "page"]', 'fields = ["id", "page", "source"]')
LISTED = ('campaigns = ["Letter"]', 'campaigns = ["Letter", "s0", "s1", "s2", "s3"]')


def ran(
    values: list[bytes], *changes: tuple[str, str], start_ms: int = MIDNIGHT, days: int = 1
) -> World:
    """Days of these events, released."""
    end_ms = start_ms + days * 24 * HOUR
    logged = [closing(start_ms), *values, closing(end_ms)]
    world = World(policy(SHOWS_SOURCE, *changes))
    world.put([(value, end_ms + HOUR) for value in logged])
    return world.run()


def told(world: World) -> list[tuple[str, str, str | None]]:
    """Page, class and host of each event."""
    return [(e["page"], e["source"]["class"], e["source"]["host"]) for e in world.events()]


def of_the_day(world: World, topic: str) -> dict[str, int]:
    """The day's views by value."""
    trends = [json.loads(value) for value in world.trends()[topic].values()]
    return {each["value"]: each["views"] for each in trends if each["window"] == "P1D"}


def everything(world: World) -> str:
    """All that was written, the state included."""
    rows = [part for pairs in world.topics.values() for pair in pairs for part in pair]
    logs = [part for log in (*world.state, *world.handed) for r in log for part in (r.key, r.value)]
    return "\n".join(row.decode(errors="ignore") for row in (*rows, *logs) if row)


SOURCES: dict[str, tuple[dict[str, str], tuple[str, str, str | None]]] = {
    "the referrer where no link says anything": (
        {"url": "/sale?topic=a", "referrer": "https://www.google.com/"},
        ("/sale?topic=a", "search", "google.com"),
    ),
    "what a link says, before the referrer": (
        {"url": "/sale?utm_source=letter&topic=a", "referrer": "https://www.google.com/"},
        ("/sale?topic=a", "campaign", "Letter"),
    ),
    "a network that a link names, without a referrer": (
        {"url": "/sale?utm_source=facebook&utm_medium=paid"},
        ("/sale", "social", None),
    ),
    "the referrer where it is of the kind that the link names": (
        {"url": "/sale?utm_source=chatgpt.com", "referrer": "https://chatgpt.com/"},
        ("/sale", "ai", "chatgpt.com"),
    ),
    "the link where the referrer is of another": (
        {"url": "/sale?utm_source=bing", "referrer": "https://www.facebook.com/"},
        ("/sale", "search", None),
    ),
    "nothing that stands in the fragment": (
        {"url": "/sale#?utm_source=letter", "referrer": "https://www.google.com/"},
        ("/sale", "search", "google.com"),
    ),
    "nothing of a campaign that is not listed": (
        {"url": "/sale?utm_source=ada-17", "referrer": "https://www.google.com/"},
        ("/sale", "campaign", None),
    ),
    "the site's own page, whatever the link says": (
        {"url": "/sale?utm_source=letter", "referrer": "https://www.shop.example/"},
        ("/sale", "internal", "shop.example"),
    ),
    "the referrer where the link says nothing": (
        {"url": "/sale?utm_source=&utm_campaign=letter", "referrer": "https://t.co/x"},
        ("/sale", "social", "t.co"),
    ),
    "the referrer's path where the host does not decide, and no link says more": (
        {"url": "/sale?utm_medium=letter", "referrer": "https://x.com/i/grok/7"},
        ("/sale", "ai", "x.com"),
    ),
}


@pytest.mark.parametrize(("fields", "wanted"), SOURCES.values(), ids=SOURCES)
def test_a_source_is(fields: dict[str, Any], wanted: tuple[str, str, str | None]) -> None:
    page, kind, host = wanted
    values = [event(number, NOW, **fields) for number in range(5)]
    world = ran(values)
    assert told(world) == [wanted] * 5
    assert of_the_day(world, "trends.sources") == {f"{kind} · {host}" if host else kind: 5}
    assert of_the_day(world, "trends.pages") == {page: 5}


HOSTS = sorted(SOCIALS - {"ok.ru", "x.com"})[::20][:10]
WORDS = [
    f"{one}-otter" for one in "amber brown cream dusky ebony fawn gold hazel ivory jade".split()
]
IDS = [f"n{number:05}-{chr(97 + number)}" for number in range(10)]
PLACES = {
    "as it is": "utm_source={}",
    "in capitals": "UTM_SOURCE={}",
    "encoded": "utm%5Fsource={}",
    "behind a listed name": "utm_source=letter-{}",
    "in the search's parameter, where nobody searches": "q={}",
    "and in the fragment": "topic=a#/user?q={}",
    "in the other parameters": "utm_source=letter&utm_medium={0}&utm_campaign={0}&utm_id={0}",
    "the second of two": "utm_source=letter&utm_source={}",
    "beside a parameter that is the page": "utm_source={0}&topic=a&topic={0}",
}


@each_row("place", PLACES.values(), ids=PLACES)
@each_row("readers", [IDS, HOSTS, WORDS], ids=["numbers", "hosts", "words"])
def test_ten_readers_marks_are_one_value_everywhere(place: str, readers: list[str]) -> None:
    """A mark for each reader was an identity across days and recipients."""
    values = [
        event(2 * n + day, NOW + day * 24 * HOUR, url=f"/sale?{place.format(reader)}")
        for day in (0, 1)
        for n, reader in enumerate(readers)
    ]
    world = ran(values, days=2)
    searches = {each["search"] for each in world.events()}
    assert searches == {None}
    assert len(world.events()) == 20
    assert len(set(told(world))) == 1
    partners = {
        (each["page"], each["source"]["class"], each["source"]["host"])
        for _, value in world.topics[PARTNER]
        for each in [json.loads(value or b"")]
    }
    assert partners == set(told(world))
    assert len(of_the_day(world, "trends.sources")) == 1
    assert not any(reader in everything(world) for reader in readers)


@pytest.mark.parametrize("changes", [(), (LISTED,)], ids=["listing none", "listing all"])
def test_four_campaigns_split_no_page(shared: Path, changes: tuple[tuple[str, str], ...]) -> None:
    """One page, four values of `utm_source`, 36 visitors."""
    case = shared / "data" / "cases" / "31-utm-splits-a-page.ndjson"
    values = case.read_bytes().splitlines()
    assert len(values) == 36
    midnight = 1_795_651_200_000  # 2026-11-26
    world = ran(values, *changes, start_ms=midnight)
    assert world.reasons() == []
    assert of_the_day(world, "trends.pages") == {"/sale": 36}
    assert of_the_day(world, "trends.sources") == (
        {f"campaign · s{number}": 9 for number in range(4)} if changes else {"campaign": 36}
    )
    assert all(world.topics[topic] for topic in (topics.PSEUDONYMISED, "trends.totals"))


def test_listed_names_are_matched_by_the_site_they_are_listed_for() -> None:
    other = ('[sites."blog.example"]', '[sites."blog.example"]\ncampaigns = ["Poster"]')
    values = [
        event(1, NOW, url="/?utm_source=poster"),
        event(2, NOW, url="/?utm_source=poster", site="blog.example"),
    ]
    assert [host for _, _, host in told(ran(values, other))] == [None, "Poster"]
