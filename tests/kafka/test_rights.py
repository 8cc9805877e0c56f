"""An officer answers requests on a real broker, with workers that run; all read back from topics.

Days are the log's, some days back, so that they are due as soon as the log says so; segments last
seconds. What is given out and what is deleted is held against what was sent.
"""

import asyncio
import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import pytest

from quietclicks.commands.run.own_policy import for_a_run
from quietclicks.commands.signing_key import make_signing_key
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, text
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas import topics
from tests.commands.typed import typed
from tests.kafka.disk import on_disk
from tests.kafka.world import Worker, World, own_broker, policy_text, until, world
from tests.kafka_tools import produce
from tests.partner_tools import partner_copy

POLICY = for_a_run(
    policy_text(raw_partitions=2, event_partitions=2, partials_partitions=1, trends_partitions=1)
)
HOUR_MS = 3_600_000
SITE = "shop.example"
PATIENCE = 120  # seconds; a bound against hanging, on a machine that does much else
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PARTNER = partner_copy()
ASKED = ("--asked", "pages", "--asked", "shared")


class Person(NamedTuple):
    name: str  # in the pages that they alone open
    address: str
    browser: str = FIREFOX

    @property
    def options(self) -> tuple[str, ...]:
        return "--site", SITE, "--address", self.address, "--browser", self.browser


ALICE = Person("alice", "198.51.100.7")
BOB = Person("bob", "198.51.100.8")
CAROL = Person("carol", "198.51.100.7", FIREFOX.replace("140", "141"))  # behind one address


class Office:
    """A world with a signed audit log, and an officer."""

    def __init__(self, made: World, key_file: Path, verifier: str) -> None:
        self.world = made
        self._signing = {"QUIETCLICKS_SIGNING_KEY_FILE": str(key_file)}
        self._verifier = verifier
        # Some days back, so that by the broker's clock everything is due.
        self.day = 0
        self._sent = 0

    def work(self) -> None:
        self.world.work(**self._signing)

    async def visit(self, who: Person, at_ms: int, number: int) -> None:
        """So many pages, one a minute."""
        key = f"{who.address}{who.browser}".encode()
        values = []
        for each in range(number):
            self._sent += 1
            values.append(
                {
                    "event_id": f"{who.name}-{self._sent}",
                    "site": SITE,
                    "timestamp": text(at_ms + each * 60_000),
                    "url": f"/{who.name}/{self._sent}",
                    "ip": who.address,
                    "user_agent": who.browser,
                    "accept_language": "de",
                    "consent": {"analytics": True, "partners": True},
                }
            )
        rows = [(crc32(key) % 2, key, json.dumps(each).encode()) for each in values]
        await produce(self.world.settings.bootstrap, topics.RAW, rows)

    async def time(self, at_ms: int) -> None:
        rows = [(number, None, tick(at_ms)) for number in range(2)]
        await produce(self.world.settings.bootstrap, topics.RAW, rows)

    async def processed(self) -> None:
        async def done() -> bool:
            self.world.check_workers()
            committed = await self.world.committed("anonymise", topics.RAW)
            ends = await self.world.ends(topics.RAW)
            return {place: offset for place, (offset, _) in committed.items()} == ends

        await until(done, "processed", PATIENCE)

    async def rights(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The command's answer."""
        done = await asyncio.to_thread(
            typed,
            *("rights", *arguments, "--json"),
            bootstrap=self.world.settings.bootstrap,
            policy=self.world.settings.policy or "",
            verifier_key=self._verifier,
        )
        assert done.returncode == status, done.stderr
        for part in (ALICE.address, FIREFOX):
            assert part not in done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    async def box(self, day: str) -> None:
        """Wait until addresses can be sealed for that day."""

        async def there() -> bool:
            self.world.check_workers()
            return f"box.{day}".encode() in await self.compacted(topics.RESPONSES)

        await until(there, "the day's box key", PATIENCE)

    async def compacted(self, topic: str) -> Mapping[bytes | None, bytes]:
        last = {each.key: each.value for each in await self.world.read(topic)}
        return {key: value for key, value in last.items() if value is not None}

    async def told(self) -> Counter[tuple[str, str, str]]:
        """What the audit log says of requests, once it says that an erasure is done."""

        async def done() -> Counter[tuple[str, str, str]] | None:
            read = [json.loads(each.value or b"") for each in await self.world.read(topics.AUDIT)]
            ours = [each for each in read if each["kind"] in {"request", "refusal"}]
            found = Counter(
                (each["kind"], each["body"].pop("verb"), *each["body"].values()) for each in ours
            )
            return found if ("request", "erase", "fulfilled") in found else None

        found = await until(done, "the audit log tells of it", PATIENCE)
        assert found is not None
        return found

    async def pages(self, topic: str = topics.PSEUDONYMISED) -> list[str]:
        read = await self.world.read(topic)
        return sorted(json.loads(each.value)["page"] for each in read if each.value)

    async def answered(self, name: str, state: str) -> dict[str, Any]:
        async def done() -> dict[str, Any] | None:
            self.world.check_workers()
            found = json.loads((await self.compacted(topics.RESPONSES))[name.encode()])
            return found if found["state"] == state else None

        found = await until(done, f"{name} is {state}", PATIENCE)
        assert found is not None
        return found


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    key_file = tmp_path / "signing.key"
    verifier = make_signing_key("shop.example/audit", key_file)
    async with world(tmp_path, POLICY) as made:
        yield Office(made, key_file, str(verifier))


DAY = 20_780  # 2026-11-23


def answers(worker: Worker) -> bool:
    """Whether it is the one that has the stage."""
    try:
        partitions = json.loads(worker.get("/healthz"))["partitions"]
    except OSError:  # not yet, or restoring
        return False
    return bool(partitions["rights"])


@pytest.mark.parametrize("moment", ["asked", "answering"])
async def test_whoever_dies_another_one_goes_on(office: Office, moment: str) -> None:
    """And after all have died, who is on the list stays on it, and nobody else is."""
    day, midnight = day_text(DAY), DAY * MILLISECONDS_PER_DAY
    office.work()
    office.work()
    await office.time(midnight + HOUR_MS)
    for who in (ALICE, BOB, CAROL):
        await office.visit(who, midnight + 2 * HOUR_MS, 2)
    await office.processed()
    await office.box(day)
    looked = await office.rights("erase", *ALICE.options, "--dry-run")
    erasing = asyncio.create_task(
        office.rights("erase", *ALICE.options, "--yes", "--id", looked["id"])
    )

    async def reached() -> bool:
        topic = topics.REQUESTS if moment == "asked" else topics.RESTRICTIONS
        named = looked["id"].encode()
        read = [each for each in await office.world.read(topic) if each.value]
        return any(each.key != named or b'"act":true' in (each.value or b"") for each in read)

    await until(reached, moment, PATIENCE)
    [one] = [each for each in office.world.workers if await asyncio.to_thread(answers, each)]
    one.kill()
    assert (await erasing)["step"] == "noticed"
    assert len(await office.compacted(topics.NOTICES)) == 2

    objected = await office.rights("object", *BOB.options, "--yes")
    assert objected["state"] == "fulfilled"
    for worker in office.world.workers:
        worker.kill()
    office.work()
    office.work()
    for who in (ALICE, BOB, CAROL):
        await office.visit(who, midnight + 3 * HOUR_MS, 3)
    await office.processed()
    assert Counter(page.split("/")[1] for page in await office.pages()) == {
        "alice": 2,
        "bob": 2,  # of before
        "carol": 5,
    }

    lifted = await office.rights("lift", *BOB.options, "--yes")
    assert lifted["state"] == "fulfilled"
    for who in (ALICE, BOB):
        await office.visit(who, midnight + 4 * HOUR_MS, 1)
    await office.processed()
    found = Counter(page.split("/")[1] for page in await office.pages())
    assert found == {"alice": 2, "bob": 3, "carol": 5}


async def test_who_asks_gets_theirs_and_is_gone_when_they_want(
    office: Office, tmp_path: Path
) -> None:
    day, midnight = day_text(DAY), DAY * MILLISECONDS_PER_DAY
    office.work()
    office.work()
    await office.time(midnight + HOUR_MS)
    for who, number in ((ALICE, 3), (BOB, 4), (CAROL, 2)):
        await office.visit(who, midnight + 2 * HOUR_MS, number)
    await office.processed()
    await office.box(day)
    before = await office.pages()

    looked = await office.rights("access", *ALICE.options, "--dry-run")
    assert (looked["state"], looked["days"][0]["events"]) == ("open", 10)
    assert looked["findable_until"] == text(midnight + 72 * HOUR_MS + 900_000)

    to = tmp_path / "alice.zip"
    denied = await office.rights("access", *ALICE.options, "--yes", "--to", str(to), status=1)
    assert denied["reason"] == "insuf_verification"
    assert not to.exists()

    given = await office.rights("access", *ALICE.options, *ASKED, "--yes", "--to", str(to))
    assert given["state"] == "fulfilled"
    with zipfile.ZipFile(to) as archive:
        events = archive.read("events.ndjson").splitlines()
        assert sorted(json.loads(each)["page"] for each in events) == [
            page for page in before if "/alice/" in page
        ]
        partner = archive.read("partners/adreach.ndjson").splitlines()
        assert len(partner) == 3
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["files"]["events.ndjson"]["records"] == 3
        assert "/alice/" in archive.read("report.html").decode()
        assert not any(b"/bob/" in archive.read(name) for name in archive.namelist())
        pseudonyms = {json.loads(each)["visitor"] for each in [*events, *partner]}
    assert len(pseudonyms) == 2

    async def left() -> bool:
        return not any(b"/" in (key or b"") for key in await office.compacted(topics.RESPONSES))

    await until(left, "what was fetched has left the topic", PATIENCE)

    copy = PARTNER.Copy(str(tmp_path / "copy"), "adreach")
    await PARTNER.follow(office.world.settings.bootstrap, copy, once=True)
    assert sum("/alice/" in each["page"] for each in copy.all()) == 3

    erased = await office.rights("erase", *ALICE.options, "--yes")
    assert (erased["state"], erased["step"]) == ("in_progress", "noticed")
    for topic, count in ((topics.NOTICES, 3), ("clickstream.partners.adreach.notices", 3)):
        notices = await office.compacted(topic)
        assert len(notices) == count
        assert {(key or b"")[:16].decode() for key in notices} < pseudonyms
        assert {json.loads(each)["reason"] for each in notices.values()} == {"erased"}

    await PARTNER.follow(office.world.settings.bootstrap, copy, once=True)
    theirs = [each["page"].split("/")[1] for each in copy.all()]
    assert Counter(theirs) == {"bob": 4, "carol": 2}
    copy.close()

    # What comes late of the same day, and what lagged behind, is left out; others are not.
    await office.visit(ALICE, midnight + 3 * HOUR_MS, 5)
    await office.visit(CAROL, midnight + 3 * HOUR_MS, 1)
    await office.processed()
    rejected = [
        json.loads(r.value or b"")["reason"] for r in await office.world.read(topics.REJECTED)
    ]
    assert rejected.count("restricted") == 5
    after = await office.pages()
    assert [page for page in after if "/alice/" in page] == [p for p in before if "/alice/" in p]
    assert sum("/carol/" in page for page in after) == 3

    again = await office.rights("erase", *ALICE.options, "--yes", "--id", erased["id"])
    assert again["step"] == "noticed"
    assert len(await office.compacted(topics.NOTICES)) == 3

    # The day is due: it is cut, the answer says so, and then its key dies and its notices go.
    await office.time(midnight + 96 * HOUR_MS)
    closed = await office.answered(erased["id"], "fulfilled")
    assert closed["days"][0]["state"] == "fulfilled"
    assert await office.pages() == []

    async def gone() -> bool:
        found = [on_disk(own_broker(), each.encode()) for each in pseudonyms]
        return not set().union(*found)

    await until(gone, "nothing under the pseudonyms is in any file of the broker", PATIENCE)
    places = on_disk(own_broker(), ALICE.address.encode())
    # Of other tests' worlds the broker may still be deleting folders: clickstream.raw-1.…-delete.
    assert all(place.startswith(f"{topics.RAW}-") for place in places), places

    entries = await office.told()
    assert entries[("request", "access", "open")] >= 1
    assert entries[("refusal", "access", "insuf_verification")] == 1
    assert entries[("request", "access", "fulfilled")] == 1
    # Restricted, noticed: the first may be compacted away before it is told.
    assert entries[("request", "erase", "in_progress")] in {1, 2}
    assert entries[("request", "erase", "fulfilled")] == 1

    late = await office.rights("access", *ALICE.options, "--day", day, *ASKED, "--yes", status=1)
    assert late["reason"] == "key_destroyed"
