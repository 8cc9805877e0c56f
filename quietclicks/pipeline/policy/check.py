"""What a policy may not say, though every key is known and every value well-typed.

A floor or a ceiling here can be made stricter by a policy, never looser. Nothing is repaired:
the first contradiction is the answer.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from quietclicks.pipeline.policy.check_parties import check_parties
from quietclicks.pipeline.policy.check_sites import check_sites
from quietclicks.pipeline.policy.floors import CAP_FLOOR, K_CEILING, K_FLOOR, SEARCH_FLOOR
from quietclicks.pipeline.policy.model import DAY, HOUR, Policy
from quietclicks.pipeline.policy.sources import check_sources
from quietclicks.pipeline.policy.units import FOREVER, Duration, Size
from quietclicks.schemas.raw import MAX_BATCH_BYTES
from quietclicks.schemas.trend import Dimension

FORMAT = 1  # of the file
MAX_VALUES_CEILING = 1_000_000
GRACE_CEILING = Duration(31 * DAY)
SKEW_CEILING = Duration(3600)
PARTITIONS_CEILING = 500  # each has a mark in a commit's metadata, and brokers take 4096 bytes
REPLICATION_CEILING = 9
MESSAGE_CEILING = Size(64 * 1024**2)
SEGMENT_CEILING = Duration(6 * HOUR)
RESTRICTIONS_CEILING = Duration(10 * 366 * DAY)
AUDIT_CEILING = Duration(366 * DAY)


def check(policy: Policy, data: dict[str, Any]) -> str | None:
    """The first contradiction, as "key: reason", or None. `data` is the file before typing."""
    return next(_problems(policy, data), None)


def _problems(policy: Policy, data: dict[str, Any]) -> Iterator[str]:
    yield from _head(policy)
    yield from check_sites(policy)
    yield from _network(policy)
    yield from _release(policy)
    yield from _retention(policy)
    yield from _time(policy)
    yield from _topics(policy)
    yield from _audit(policy)
    yield from check_parties(policy)
    yield from check_sources(policy, data)


def _head(policy: Policy) -> Iterator[str]:
    if policy.version != FORMAT:
        yield f"version: {policy.version} is no known format of this file; it is {FORMAT}"
    if not _is_date(policy.revision):
        yield "revision: not a date such as 2026-11-22"
    for number, change in enumerate(policy.changes):
        if not _is_date(change.revision):
            yield f"changes[{number}].revision: not a date such as 2026-11-22"
        elif change.revision > policy.revision:
            yield f"changes[{number}].revision: after the policy's own revision, {policy.revision}"
        if not change.text.strip():
            yield f"changes[{number}].text: empty; say what changed"
    dates = [change.revision for change in policy.changes]
    if dates and dates[0] != policy.revision:
        yield f"changes: the first says what revision {policy.revision} changed"
    if dates != sorted(dates, reverse=True):
        yield "changes: not newest first"


def _network(policy: Policy) -> Iterator[str]:
    yield from _within("network.ipv4_prefix", policy.network.ipv4_prefix, 0, 24)
    yield from _within("network.ipv6_prefix", policy.network.ipv6_prefix, 0, 48)


def _release(policy: Policy) -> Iterator[str]:
    release = policy.release
    yield from _within("release.k", release.k, K_FLOOR, K_CEILING)
    for dimension, k in release.k_dimension.items():
        key = f"release.k_dimension.{dimension.value}"
        if dimension is Dimension.TOTAL:
            yield f"{key}: the total has no threshold but release.k"
        if k < release.k:
            yield f"{key}: {k} is under release.k, {release.k}"
        yield from _within(key, k, K_FLOOR, K_CEILING)
    if release.k_dimension.get(Dimension.SEARCH, 0) < SEARCH_FLOOR:
        yield (
            "release.k_dimension.search: "
            f"what people type needs a threshold of {SEARCH_FLOOR} or more"
        )
    if Dimension.SEARCH not in release.day_only:
        yield "release.day_only: must hold search; hours of search terms are never published"
    if Dimension.TOTAL in release.day_only:
        yield "release.day_only: the total is published by the hour"
    yield from _within("release.cap_hour", release.cap_hour, CAP_FLOOR, K_CEILING)
    if release.cap_hour > release.k:
        yield (
            f"release.cap_hour: {release.cap_hour} is over release.k, {release.k}; "
            "one visitor would make up most of a number"
        )
    if release.cap_day < release.cap_hour:
        yield f"release.cap_day: {release.cap_day} is under release.cap_hour, {release.cap_hour}"
    yield from _within("release.max_values", release.max_values, 1, MAX_VALUES_CEILING)


def _retention(policy: Policy) -> Iterator[str]:
    kept = policy.retention
    for name in ("raw", "rejected", "internal", "requests"):
        duration = getattr(kept, name)
        if duration == FOREVER:
            yield f"retention.{name}: only trends may be kept forever"
        if duration == 0:
            yield f"retention.{name}: nothing could be read before it is gone"
    if not DAY <= kept.restrictions <= RESTRICTIONS_CEILING:
        yield (
            f"retention.restrictions: {kept.restrictions} is not between {Duration(DAY)} and "
            f"{RESTRICTIONS_CEILING}"
        )
    if kept.trends < DAY:
        yield f"retention.trends: {kept.trends} is shorter than the day that trends describe"
    if kept.raw > policy.keys.grace:
        yield (
            f"retention.raw: {kept.raw} is longer than keys.grace, {policy.keys.grace}; "
            "events would outlive their day's key"
        )
    if policy.keys.grace > GRACE_CEILING:
        yield f"keys.grace: {policy.keys.grace} is over the ceiling of {GRACE_CEILING}"
    # A day stays open for its 24 hours and the lateness, and a halt may last as long as raw events.
    open_day = Duration(DAY + policy.time.allowed_lateness + kept.raw)
    if kept.internal < open_day:
        yield (
            f"retention.internal: {kept.internal} is shorter than an open day and a halt "
            f"(24h + time.allowed_lateness + retention.raw = {open_day})"
        )


def _time(policy: Policy) -> Iterator[str]:
    lateness, skew = policy.time.allowed_lateness, policy.time.allowed_skew
    if lateness >= policy.retention.raw:
        yield f"time.allowed_lateness: {lateness} is not under retention.raw"
    if skew > SKEW_CEILING:
        yield f"time.allowed_skew: {skew} is over the ceiling of {SKEW_CEILING}"


def _topics(policy: Policy) -> Iterator[str]:
    topics = policy.topics
    for name in ("raw", "event", "partials", "trends"):
        key = f"{name}_partitions"
        yield from _within(f"topics.{key}", getattr(topics, key), 1, PARTITIONS_CEILING)
    yield from _within("topics.replication", topics.replication, 1, REPLICATION_CEILING)
    if not MAX_BATCH_BYTES <= topics.raw_max_message <= MESSAGE_CEILING:
        yield (
            f"topics.raw_max_message: {topics.raw_max_message} is not between "
            f"{Size(MAX_BATCH_BYTES)} (what is written at once) and {MESSAGE_CEILING}"
        )
    if not 1 <= topics.segment <= SEGMENT_CEILING:
        yield f"topics.segment: {topics.segment} is not between 1s and {SEGMENT_CEILING}"


def _audit(policy: Policy) -> Iterator[str]:
    if policy.audit is None:
        return
    every = policy.audit.every
    if not DAY <= every <= AUDIT_CEILING or every % DAY:
        yield f"audit.every: {every} is not a number of whole days from 1 to 366"


def _within(key: str, value: int, least: int, most: int) -> Iterator[str]:
    if not least <= value <= most:
        yield f"{key}: {value} is not between {least} and {most}"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
