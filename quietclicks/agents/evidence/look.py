"""Looks at what the audit log has to tell, source by source, and first at the keys.

It changes nothing but for a nudge, whose answer is the broker's clock. What cannot be looked at is
told in one line, and does not keep the others from being told; but for the keys, without which
there is no log.
"""

import hashlib
from collections.abc import Awaitable
from datetime import date
from typing import TypeVar

from aiokafka.errors import KafkaError

from quietclicks.agents.evidence.look_at_answers import look_at_answers
from quietclicks.agents.evidence.look_at_drift import look_at_drift
from quietclicks.agents.evidence.look_at_records import look_at_audits, look_at_starts
from quietclicks.agents.evidence.look_at_windows import look_at_windows
from quietclicks.agents.evidence.say import Say
from quietclicks.agents.kafka.ranges import range_of
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.kafka.released import released, withheld
from quietclicks.agents.kafka.rounds import broker_rounds
from quietclicks.agents.keys.destroy import event_cuts, nudge_keys
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, day_text
from quietclicks.pipeline.evidence.kinds import KeyMade, Place, PolicyInForce
from quietclicks.pipeline.evidence.lives import Lives, SeenKeys
from quietclicks.pipeline.evidence.observe import Known, Seen
from quietclicks.pipeline.evidence.told import instant, named
from quietclicks.pipeline.policy import Policy, policy_hash
from quietclicks.pipeline.policy.model import DAY
from quietclicks.pipeline.pseudonyms import key_life
from quietclicks.pipeline.pseudonyms.key_life import KeyRecords
from quietclicks.pipeline.topology import lifetime
from quietclicks.pipeline.topology.topics import holds_events, topology
from quietclicks.schemas import topics

T = TypeVar("T")


async def look(
    settings: Settings, policy: Policy, wrapping: Wrapping, known: Known, say: Say
) -> Seen:
    """Raises `KafkaError`, `Failure` where keys cannot be looked at."""
    now_ms = await nudge_keys(settings)
    partitions = policy.topics.partials_partitions
    closed_until, _ = await released(settings, partitions)
    keys = await _look_at_keys(settings, policy, wrapping, known.lives, (now_ms, closed_until), say)

    async def other(what: str, seen: Awaitable[T], nothing: T) -> T:
        try:
            return await seen
        except (KafkaError, Failure, TimeoutError) as error:
            told = refusal(error) or str(error) or type(error).__name__
            say(f"the audit log tells nothing of {what}: {told}")
            return nothing

    windows = look_at_windows(settings, known.windows, closed_until, now_ms)
    return Seen(
        policy=PolicyInForce(
            revision=date.fromisoformat(policy.revision),
            hash=policy_hash(policy),
            key_due_seconds=int(policy.events_end),
            audit_every_days=None if policy.audit is None else policy.audit.every // DAY,
        ),
        keys=keys,
        windows=await other("windows", windows, None),
        withheld=await other("what is withheld", withheld(settings, partitions), {}),
        drifts=await look_at_drift(settings, policy, now_ms, say),
        audits=await other("audits", look_at_audits(settings, known.audits.next), ()),
        answers=await other("requests", look_at_answers(settings), None),
        starts=await other("workers", look_at_starts(settings, known.starts, now_ms), None),
    )


async def _look_at_keys(
    settings: Settings,
    policy: Policy,
    wrapping: Wrapping,
    lives: Lives,
    clocks: tuple[int, int],
    say: Say,
) -> SeenKeys:
    """`clocks`: the broker's, in ms, and the hour before which all is released."""
    now_ms, closed_until = clocks
    # The cuts first: whatever is destroyed was cut before.
    cuts = await event_cuts(settings, policy)
    keys = await read_keys(settings)
    there = await range_of(settings, topics.KEYS)
    [spec] = [each for each in topology(policy) if each.name == topics.KEYS]
    delay_ms = int(spec.configs["file.delete.delay.ms"])
    opened = {day: _made(day, key, wrapping, say) for day, key in keys.living.items()}
    return SeenKeys(
        now_ms=now_ms,
        living={day: made for day, made in opened.items() if made is not None},
        due=min(lifetime.due_by_log(policy, closed_until), lifetime.due_by_broker(policy, now_ms)),
        watermark_ms=closed_until * MILLISECONDS_PER_HOUR,
        cut=min(each.cut for each in cuts),
        topics=tuple(each.name for each in topology(policy) if holds_events(each)),
        cut_gone_ms=max(each.gone_ms for each in cuts),
        tombstoned={
            day: _place(at) for day in lives.living if (at := keys.ended_at(day)) is not None
        },
        lingering=await _lingering(settings, keys.through),
        first=there.starts[0],
        end=there.ends[0],
        gone_after_ms=(await broker_rounds(settings)).compaction_ms + delay_ms,
    )


def _made(day: int, there: key_life.Wrapped, wrapping: Wrapping, say: Say) -> KeyMade | None:
    """The commitment shows nothing of the key, for that is random. None: it does not open."""
    try:
        key = wrapping.unwrap(day_text(day), there.sealed)
    except UsageError as error:  # of one key: the others' lives are told
        say(f"the audit log tells nothing of a key: {error}")
        return None
    place = Place(offset=there.offset, time=instant(there.at_ms))
    return KeyMade(day=named(day), commitment=hashlib.sha256(key).hexdigest(), made=place)


async def _lingering(settings: Settings, through: int) -> frozenset[int]:
    """Destroyed days of which the topic still has a key, of an aborted transaction, too."""
    found = KeyRecords()
    async for records in batches_to_end(settings, topics.KEYS, 0, uncommitted=True):
        for record in records:
            if record.key != key_life.THROUGH:
                found.take(record)
    return frozenset(day for day in found.written if day <= through)


def _place(at: key_life.Place) -> Place:
    return Place(offset=at.offset, time=instant(at.at_ms))
