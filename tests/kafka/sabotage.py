"""What somebody who may do everything might do, and by what words the audit tells of each.

Those of the audit log are done one by one, and put right again; the rest are done together, and
none may hide another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import msgspec
from msgspec import Struct, structs

from quietclicks.agents.access import live
from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.kafka.topics import apply
from quietclicks.pipeline.access.diff import PREFIX, Entry
from quietclicks.pipeline.access.rights import Right
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import signing_key
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.kafka.week import Week

FOURTH = 3  # an entry's index; its link to the one before is what breaks
PAGES = topics.TRENDS[Dimension.PAGE]
Act = Callable[[Week], AbstractAsyncContextManager[None]]


class Sabotage(Struct, frozen=True):
    """What is done, which verdict or check finds it, and what it must name."""

    name: str
    act: Act
    by: str
    names: tuple[str, ...]


async def _apply_with(week: Week, topic: str, **configs: str) -> None:
    """The topic as the policy asks for it, but for those settings."""
    [asked] = [each for each in topology(week.policy) if each.name == topic]
    changed = {name.replace("_", "."): value for name, value in configs.items()}
    spec = structs.replace(asked, configs={**asked.configs, **changed})
    await apply(week.admin, [spec], yes=True)


@asynccontextmanager
async def retention_raised(week: Week) -> AsyncIterator[None]:
    """Single visits are kept for a year."""
    await _apply_with(week, topics.PSEUDONYMISED, retention_ms="31536000000")
    yield
    await _apply_with(week, topics.PSEUDONYMISED)


@asynccontextmanager
async def access_added(week: Week) -> AsyncIterator[None]:
    """Analysts may read addresses."""
    entry = Entry(PREFIX + "analyst", Right("topic", topics.RAW, False, "Read"))

    def change(how: Callable[..., None]) -> None:
        with administration(week.admin) as client:
            how(client, [entry])

    await asyncio.to_thread(change, live.grant)
    yield
    await asyncio.to_thread(change, live.revoke)


@asynccontextmanager
async def auto_create_on(week: Week) -> AsyncIterator[None]:
    """A broker makes whatever topic somebody names."""
    await asyncio.to_thread(week.restart_broker, {"auto.create.topics.enable": "true"})
    yield
    await asyncio.to_thread(week.restart_broker, {"auto.create.topics.enable": "false"})


@asynccontextmanager
async def topic_added(week: Week) -> AsyncIterator[None]:
    """A copy that nobody listed."""
    await apply(week.admin, [TopicSpec("clickstream.copy", 1, 1, {})])
    yield
    await week.delete("clickstream.copy")


@asynccontextmanager
async def policy_changed(week: Week) -> AsyncIterator[None]:
    """Rules of today under yesterday's date."""
    before = week.policy_file.read_text("utf-8")
    after = before.replace('every = "7d"', 'every = "8d"')
    assert after != before
    week.policy_file.write_text(after)
    yield
    week.policy_file.write_text(before)


@asynccontextmanager
async def _log_of(week: Week, change: Callable[[list[bytes]], list[bytes]]) -> AsyncIterator[None]:
    """The audit log made anew with other entries, and its checkpoints as they are."""
    stored = await read_log(week.admin)
    await week.replace(topics.AUDIT, change(list(stored.entries)))
    yield
    await week.replace(topics.AUDIT, stored.entries)


def entry_altered(week: Week) -> AbstractAsyncContextManager[None]:
    """The fourth says another version."""

    def change(entries: list[bytes]) -> list[bytes]:
        altered = entries[FOURTH].replace(b'"version":"', b'"version":"0')
        return [*entries[:FOURTH], altered, *entries[FOURTH + 1 :]]

    return _log_of(week, change)


def entry_dropped(week: Week) -> AbstractAsyncContextManager[None]:
    """The fourth is not there."""
    return _log_of(week, lambda entries: entries[:FOURTH] + entries[FOURTH + 1 :])


def entries_reordered(week: Week) -> AbstractAsyncContextManager[None]:
    """The fifth comes before the fourth."""

    def change(entries: list[bytes]) -> list[bytes]:
        fourth, fifth, *more = entries[FOURTH:]
        return [*entries[:FOURTH], fifth, fourth, *more]

    return _log_of(week, change)


def tail_cut(week: Week) -> AbstractAsyncContextManager[None]:
    """The last three never were."""
    return _log_of(week, lambda entries: entries[:-3])


@asynccontextmanager
async def log_rebuilt(week: Week) -> AsyncIterator[None]:
    """From a copy of when it was half as long, with another end, signed by the log's own key."""
    stored = await read_log(week.admin)
    half = len(stored.entries) // 2
    log = Log()
    for each in stored.entries[:half]:
        log.replay(each)
    other = list(stored.entries[:half])
    for each in stored.entries[half + 1 :]:
        entry = decode(each)
        later = entry.time + timedelta(seconds=1)
        other.append(log.append(entry.body, later, entry.version))
    key = signing_key(week.signing_key.read_text().strip())
    kept = [note for note in stored.notes if checkpoints.read(note, [key.verifier]).size <= half]
    await week.replace(topics.AUDIT, other)
    note = checkpoints.signed(log.checkpoint(key.verifier.name), [key])
    await week.replace(topics.CHECKPOINTS, [*kept, note])
    yield
    await week.replace(topics.AUDIT, stored.entries)
    await week.replace(topics.CHECKPOINTS, stored.notes)


@asynccontextmanager
async def key_resurrected(week: Week) -> AsyncIterator[None]:
    """From a backup: the wrapped key of a day that is over."""
    day = str(week.due[0])
    await week.write(topics.KEYS, [(day.encode(), week.wrapped[day])])
    yield
    await week.write(topics.KEYS, [(day.encode(), None)])


@asynccontextmanager
async def address_injected(week: Week) -> AsyncIterator[None]:
    """An event of a visitor whose page is where they came from."""
    last = max(week.events)
    event = msgspec.json.decode(week.events[last][-1])
    event["page"] = "/from/203.0.113.77"
    key = f"{event['site']}:{event['visitor']}"
    await week.write(topics.PSEUDONYMISED, [(key.encode(), msgspec.json.encode(event))])
    yield


async def _published(week: Week, topic: str) -> list[tuple[bytes, bytes]]:
    found = [each async for each in read_to_end(week.admin, topic, 0)]
    return [(each.key, each.value) for each in found if each.key and each.value]


@asynccontextmanager
async def window_released_twice(week: Week) -> AsyncIterator[None]:
    """The same numbers again, as somebody's replay would write them."""
    numbers = await _published(week, PAGES)
    window = msgspec.json.decode(numbers[-1][0], type=TrendKey)

    def same(key: bytes) -> bool:
        read = msgspec.json.decode(key, type=TrendKey)
        return (read.window, read.start) == (window.window, window.start)

    await week.write(PAGES, [each for each in numbers if same(each[0])])
    yield


@asynccontextmanager
async def number_injected(week: Week) -> AsyncIterator[None]:
    """What one visitor looked at."""
    [*_, (_, value)] = await _published(week, PAGES)
    trend = structs.replace(
        msgspec.json.decode(value, type=Trend), value="/only/one", views=1, visitors=1
    )
    names = TrendKey.__struct_fields__
    key = TrendKey(*(getattr(trend, name) for name in names))
    await week.write(PAGES, [(msgspec.json.encode(key), msgspec.json.encode(trend))])
    yield


OF_THE_LOG: Sequence[Sabotage] = (
    Sabotage("entry altered", entry_altered, "intact", ("entry 4",)),
    Sabotage("entry dropped", entry_dropped, "intact", ("entry 3",)),
    Sabotage("entries reordered", entries_reordered, "intact", ("entry 3",)),
    Sabotage("tail cut", tail_cut, "consistent", ("entries",)),
    Sabotage("log rebuilt from an old copy", log_rebuilt, "anchored", ("anchor",)),
)
"""`audit verify` tells of each."""

OF_THE_REST: Sequence[Sabotage] = (
    Sabotage("retention raised", retention_raised, Check.TOPICS, (topics.PSEUDONYMISED, "365d")),
    Sabotage("access list added", access_added, Check.ACCESS, ("analyst", topics.RAW)),
    Sabotage("unlisted topic", topic_added, Check.TOPICS, ("clickstream.copy",)),
    Sabotage("policy changed", policy_changed, Check.POLICY, ("without a new revision date",)),
    Sabotage("key resurrected", key_resurrected, Check.KEYS, ("{first}", "put back")),
    Sabotage("address injected", address_injected, Check.EVENTS, (topics.PSEUDONYMISED, "page")),
    Sabotage("value injected", number_injected, Check.THRESHOLDS, (PAGES, "fewer than")),
    Sabotage("window released twice", window_released_twice, Check.WINDOWS, ("P1D",)),
    Sabotage("auto-create on", auto_create_on, Check.TOPICS, ("auto.create.topics.enable",)),
)
"""`audit report` tells of all of them at once."""
