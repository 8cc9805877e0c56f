"""The audit of a live pipeline: what is as promised is held, and each sabotage is found and named.

A day of made-up visits goes through a whole worker, which then stops; each test breaks one thing.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from quietclicks.agents.audit.measure import Asked, audit
from quietclicks.agents.audit.reports import read_reports
from quietclicks.agents.audit.schedule import record
from quietclicks.demo.load import load
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import Checked, Report, decode, encode
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.check import check as check_folder
from quietclicks.pipeline.evidence.kinds import Audit, PolicyInForce
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.policy import policy_hash
from quietclicks.pipeline.statement.build import build
from quietclicks.schemas import topics
from tests.commands.typed import typed
from tests.kafka.world import World, policy_text, until, world
from tests.kafka_tools import produce
from tests.pipeline.evidence.made import audit as an_audit

EVENTS = 4_000
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    text = policy_text(raw_partitions=1, event_partitions=1, partials_partitions=1)
    async with world(tmp_path, text) as found:
        worker = found.work()
        await found.send(list(load(1, EVENTS, DAY)))
        await found.all_released()
        worker.stop()
        yield found


async def audited(made: World, now: datetime | None = None) -> Report:
    now = now or datetime.now(UTC)
    statement = build(made.policy, "policy.toml")
    asked = Asked(made.policy, statement, now, DAY.date())
    return await audit(made.settings, asked, lambda _: None)


def check(report: Report, name: Check) -> Checked:
    [found] = [each for each in report.checks if each.name is name]
    return found


NO_LOG = {Check.LOG, Check.ANCHORS, Check.POLICY, Check.AUDITS, Check.RECEIPTS, Check.WINDOWS}
"""What cannot be measured where no worker has written the audit log yet."""


async def last(made: World, topic: str) -> tuple[bytes | None, dict[str, Any]]:
    """The key of a topic's last record, and what that says."""
    record = (await made.read(topic))[-1]
    return record.key, msgspec.json.decode(record.value or b"")


async def write(made: World, topic: str, key: bytes | None, value: bytes | None) -> None:
    await produce(made.settings.bootstrap, topic, [(0, key, value)])


async def address_injected(made: World) -> None:
    key, said = await last(made, topics.PSEUDONYMISED)
    said["page"] = "/from/203.0.113.77"
    await write(made, topics.PSEUDONYMISED, key, msgspec.json.encode(said))


async def address_rejected(made: World) -> None:
    _, said = await last(made, topics.REJECTED)
    await write(made, topics.REJECTED, None, msgspec.json.encode({**said, "ip": "203.0.113.77"}))


async def who_objects_passed_on(made: World) -> None:
    """A visit whose raw event says no, as if somebody had not looked."""
    _, said = await last(made, topics.PARTNERS + "adreach")
    value = msgspec.json.encode({**said, "page": "/products/who-objects"})
    await write(made, topics.PARTNERS + "adreach", None, value)


async def number_injected(made: World) -> None:
    _, said = await last(made, "trends.pages")
    said |= {"value": "/only/one", "views": 1, "visitors": 1}
    names = ("site", "window", "start", "dimension", "value")
    key = msgspec.json.encode({name: said[name] for name in names})
    await write(made, "trends.pages", key, msgspec.json.encode(said))


async def published_twice(made: World) -> None:
    for each in await made.read("trends.pages"):
        await write(made, "trends.pages", each.key, each.value)


async def key_resurrected(made: World) -> None:
    day = b"2026-11-01"
    await write(made, topics.KEYS, b"destroyed-through", day)
    await write(made, topics.KEYS, day, b"wrapped, from a backup")


SABOTAGES: dict[str, tuple[Callable[[World], Awaitable[None]], Check, str]] = {
    "an address in an event": (
        address_injected,
        Check.EVENTS,
        "clickstream.pseudonymised[0]@{end}: page: an IPv4 address",
    ),
    "an address in a rejection": (
        address_rejected,
        Check.EVENTS,
        "clickstream.rejected[0]@{end}: more than a reason and a position",
    ),
    "a visit that nobody permitted": (
        who_objects_passed_on,
        Check.CHOICES,
        "clickstream.partners.adreach[0]@{end}: no raw event permits this record",
    ),
    "a number under its threshold": (
        number_injected,
        Check.THRESHOLDS,
        "trends.pages[0]@{end}: page: fewer than the",
    ),
    "numbers published twice": (published_twice, Check.THRESHOLDS, "were published twice"),
    "a key that came back": (
        key_resurrected,
        Check.KEYS,
        "a key of 2026-11-01 was put back after it was destroyed",
    ),
}


async def test_what_is_promised_holds_and_each_sabotage_is_named(made: World) -> None:
    told = {each.name: each for each in (await audited(made)).checks}
    not_held = {name for name, each in told.items() if each.outcome is not Outcome.HELD}
    # A broker without users, in the clear.
    assert not_held == {*NO_LOG, Check.ACCESS, Check.ENCRYPTION}, told
    assert all(told[name].outcome is Outcome.NOT_CHECKED for name in NO_LOG)
    expected = {}
    for name, (act, check_, says) in SABOTAGES.items():
        topic = says.partition("[")[0]
        end = (await made.ends(topic))[0] if "[0]" in says else 0
        expected[name] = check_, says.format(end=end)
        await act(made)
    report, missed = await audited(made), {}
    for name, (check_, says) in expected.items():
        found = check(report, check_)
        if not any(says in each for each in found.problems):
            missed[name] = found
    assert missed == {}


async def test_once_it_is_recorded(made: World) -> None:
    where = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
    done = await asyncio.to_thread(typed, "audit", "run", "--once", **where)
    assert done.returncode == 1, done.stderr  # a broker without users: everybody may do everything
    [stored] = await read_reports(made.settings)
    report = decode(stored.value)
    assert report.outcome is Outcome.BROKEN
    assert json.loads(stored.value)["outcome"] == "broken"
    assert check(report, Check.TOPICS).outcome is Outcome.HELD, check(report, Check.TOPICS)
    assert "no authorizer" in check(report, Check.ACCESS).problems[0]
    assert "PLAINTEXT" in check(report, Check.ENCRYPTION).problems[0]
    # The next one knows of it, and says that the log does not yet.
    again = check(await audited(made), Check.AUDITS)
    assert again.outcome is Outcome.HELD, again


async def test_topics_that_are_not_there(made: World) -> None:
    """Of a part that cannot be measured the report says why; the others are measured."""
    await made.admin.delete_topics([topics.AUDIT])

    async def gone() -> bool:
        return topics.AUDIT not in await made.admin.list_topics()

    await until(gone, "the topic is deleted")
    report = await audited(made)
    assert "no topic privacy.audit" in check(report, Check.LOG).says
    assert check(report, Check.LOG).outcome is Outcome.NOT_CHECKED
    assert check(report, Check.EVENTS).outcome is Outcome.HELD
    assert check(report, Check.TOPICS).outcome is Outcome.BROKEN


async def test_the_pack_has_the_report_and_the_policy(made: World, tmp_path: Path) -> None:
    """Both only if a signed entry knows them; and verify.py finds nothing amiss."""
    report = await record(made.settings, lambda: audited(made))
    other = await record(made.settings, lambda: audited(made))  # the log does not know it yet
    assert encode(report) != encode(other)
    key = SigningKey("log.example/audit", bytes(range(32)))
    log = Log()
    now = datetime.now(UTC).replace(microsecond=0)
    entries = [
        log.append(PolicyInForce(**_in_force(made)), now, "0.1.0"),
        log.append(_known(encode(report)), now, "0.1.0"),
    ]
    note = checkpoints.signed(log.checkpoint(key.verifier.name), [key])
    for entry in entries:
        await write(made, topics.AUDIT, None, entry)
    await write(made, topics.CHECKPOINTS, None, note)
    await asyncio.to_thread(_packs, made, tmp_path, report, key)


def _packs(made: World, tmp_path: Path, report: Report, key: SigningKey) -> None:
    policy = Path(made.settings.policy or "")
    where = {"bootstrap": made.settings.bootstrap, "policy": str(policy)}
    known = ("--key", str(key.verifier))
    folder, other = tmp_path / "pack", tmp_path / "other"
    done = typed("audit", "pack", str(folder), *known, **where)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "report.json").read_bytes() == encode(report)
    assert report.at[:10] in (folder / "report.html").read_text("utf-8")
    assert (folder / "policy.toml").read_bytes() == policy.read_bytes()
    verifier = [sys.executable, "-I", str(folder / "verify.py"), str(folder), *known]
    checked = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert checked.returncode == 2, checked.stdout + checked.stderr  # without an anchor
    assert "files       holds" in checked.stdout
    (folder / "report.html").write_text("all is well")
    assert check_folder(_files(folder), [key.verifier]).exit_status == 1
    # Of another policy than was in force, the folder has none.
    policy.write_text(policy.read_text("utf-8").replace("2026-11-22", "2026-11-23"), "utf-8")
    done = typed("audit", "pack", str(other), *known, **where)
    assert "without policy.toml" in done.stderr
    assert not (other / "policy.toml").exists()


def _in_force(made: World) -> dict[str, Any]:
    revision = datetime.fromisoformat(made.policy.revision).date()
    seconds = int(made.policy.events_end)
    return {"revision": revision, "hash": policy_hash(made.policy), "key_due_seconds": seconds}


def _known(report: bytes) -> Audit:
    example = an_audit()
    assert isinstance(example, Audit)
    return msgspec.structs.replace(
        example, outcome="broken", report=hashlib.sha256(report).hexdigest()
    )


def _files(folder: Path) -> dict[str, bytes]:
    there = [each for each in folder.rglob("*") if each.is_file()]
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in there}


async def test_what_is_being_released_is_not_taken_apart(made: World) -> None:
    """An audit reads topic after topic: of a later window it may have seen a part."""
    before = check(await audited(made), Check.DIFFERENCING)
    assert before.outcome is Outcome.HELD
    names = ("site", "window", "start", "dimension", "value")
    for window, start in (("PT1H", DAY + timedelta(days=1)), ("P1D", DAY + timedelta(days=1))):
        _, said = await last(made, "trends.pages")
        said |= {"window": window, "start": f"{start:%Y-%m-%dT%H:%M:%SZ}"}
        for topic, dimension, value, views in (
            ("trends.totals", "total", "", 100),
            ("trends.pages", "page", said["value"], 100_000),
        ):
            said |= {"dimension": dimension, "value": value, "views": views, "visitors": 20}
            key = msgspec.json.encode({name: said[name] for name in names})
            await write(made, topic, key, msgspec.json.encode(said))
    report = await audited(made)
    assert check(report, Check.DIFFERENCING) == before
    assert check(report, Check.THRESHOLDS).outcome is Outcome.HELD, "that is seen at once"
