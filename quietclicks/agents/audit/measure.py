"""One audit, from the live broker to the report: measures, part by part, and has the checks judge.

What cannot be measured is not checked, and the report says why: a right that is missing ends one
part, not the audit. A broker that is away ends it.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time

from aiokafka.errors import KafkaError
from msgspec import Struct

from quietclicks import __version__
from quietclicks.agents.audit import events as event_reader
from quietclicks.agents.audit.cluster import Cluster, look
from quietclicks.agents.audit.evidence import Evidence, read_evidence
from quietclicks.agents.audit.keys import SLACK_MS, day_due, read_keys
from quietclicks.agents.audit.numbers import Numbers, attack_numbers, scan_numbers
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.geo import Countries
from quietclicks.agents.kafka import topics as topics_agent
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.rights import rights
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.checks.access import access_as_asked, nothing_in_the_clear
from quietclicks.pipeline.audit.checks.audits import audits_come
from quietclicks.pipeline.audit.checks.cuts import CutScan
from quietclicks.pipeline.audit.checks.differencing import Attacks
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.keys import keys_die, receipts_are_there
from quietclicks.pipeline.audit.checks.log import log_is_whole
from quietclicks.pipeline.audit.checks.policy import policy_in_force
from quietclicks.pipeline.audit.checks.pseudonyms import PseudonymScan
from quietclicks.pipeline.audit.checks.retention import nothing_too_old
from quietclicks.pipeline.audit.checks.thresholds import ThresholdScan
from quietclicks.pipeline.audit.checks.topics import topics_as_asked
from quietclicks.pipeline.audit.checks.windows import as_released
from quietclicks.pipeline.audit.entries import Told, told
from quietclicks.pipeline.audit.figures import links, sizes
from quietclicks.pipeline.audit.findings import Finding, Outcome, broken, not_checked
from quietclicks.pipeline.audit.report import Figure, Head, Report, build
from quietclicks.pipeline.clock import milliseconds, text
from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics

SCANNED = {Check.THRESHOLDS, Check.CUTS}  # the parts whose records `events` is about, too
RESTART_MS = 900_000  # until all workers have a new policy, and the log tells of it


class Asked(Struct, frozen=True):
    """What to audit, and against what; `now` by this machine's clock.

    `keys`: whose signatures of the audit log count.
    """

    policy: Policy
    statement: Statement | None
    now: datetime
    since: date
    keys: Sequence[VerifierKey] = ()

    @property
    def begins(self) -> datetime:
        """The first moment of history that is looked at."""
        return datetime.combine(self.since, time(), UTC)


class _Audit:
    """What has been measured, and what the checks found of it so far."""

    def __init__(self, settings: Settings, asked: Asked, cluster: Cluster, tell: Tell) -> None:
        self.settings, self.asked, self.cluster, self.tell = settings, asked, cluster, tell
        self.specs = topology(asked.policy)
        # The clock that counts is the broker's: it is at least as far as its youngest record.
        self.now_ms = max(milliseconds(asked.now), cluster.newest_ms)
        self.findings: list[Finding] = []
        self.figures: list[Figure] = []
        self.checkpoint = ""
        self.log = Told()
        self.due = -1
        self.policy_ms = 0
        self.scan = EventScan(asked.policy)
        self.gap = ""  # why not all that is scanned could be

    async def part(self, work: Awaitable[Iterable[Finding]], *checks: Check) -> None:
        """Findings of these checks: where they cannot be measured, why."""
        try:
            self.findings += await work
        except (Failure, UsageError, KafkaError, TimeoutError) as error:
            self.findings += self._unmeasured(checks, why(error))
        except Exception as error:
            # Who can write a record that no check survives could blind the audit with it.
            failed = f"the audit itself failed: {type(error).__name__}"
            self._unmeasured(checks, failed)
            self.findings += [broken(check, [failed], "report a fault") for check in checks]

    def _unmeasured(self, checks: Iterable[Check], told: str) -> list[Finding]:
        """Of these, and of the records in it that another check looks at as well."""
        if SCANNED & set(checks):
            self.gap = told
        return [not_checked(check, told) for check in checks]

    async def topics(self) -> list[Finding]:
        """How topics are kept."""
        return [topics_as_asked(self.specs, await topics_agent.plan(self.settings, self.specs))]

    async def evidence(self) -> Iterable[Finding]:
        """The audit log, and what it says of the policy and of audits."""
        found = await read_evidence(self.settings, self.asked.keys, self.tell)
        return await asyncio.to_thread(self._judge_evidence, found)

    def _judge_evidence(self, found: Evidence) -> Iterable[Finding]:
        policy, begins = self.asked.policy, self.asked.begins
        now = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        self.log, self.checkpoint = told(found.log.entries), found.log.newest
        if changed := self.log.changed_at:
            self.policy_ms = milliseconds(changed) + RESTART_MS
        self.scan = EventScan(policy, self.policy_ms, found.log.has_made)
        every = None if policy.audit is None else policy.audit.every
        return [
            *log_is_whole(found.log, now),
            policy_in_force(policy, self.log, begins),
            audits_come(found.earlier, self.log, every, now, begins),
        ]

    async def keys(self) -> list[Finding]:
        """Which keys live, and which are destroyed."""
        [spec] = [each for each in self.specs if each.name == topics.KEYS]
        self.due = await day_due(self.settings, self.asked.policy, self.now_ms)
        seen = await read_keys(self.settings, spec, self.due, self.now_ms, self.tell)
        return [keys_die(seen, self.log), receipts_are_there(seen, self.log)]

    async def numbers(self) -> list[Finding]:
        """What is published."""
        policy = self.asked.policy
        thresholds = ThresholdScan(policy)
        attacks = Attacks(thresholds.sites)
        with closing(Numbers(self.asked.since)) as numbers:
            await scan_numbers(self.settings, numbers, self.scan, thresholds, self.tell)
            await attack_numbers(policy, numbers, attacks, thresholds)
            windows = as_released(self.log.windows, numbers.windows, self.asked.begins)
        return [thresholds.finding(), attacks.finding(), windows]

    async def events(self) -> list[Finding]:
        """Single visits, and whether they were permitted."""
        settings, policy, spans = self.settings, self.asked.policy, self.cluster.spans
        alive = await event_reader.alive(settings, policy, spans, self.policy_ms, self.now_ms)
        countries = Countries.open(settings.country_database)
        scans = event_reader.Scans(
            self.scan,
            CutScan(self.due, self.now_ms - SLACK_MS),
            PseudonymScan(),
            event_reader.choices_of(policy, spans, alive, countries),
            Sightings(),
        )
        await event_reader.scan_events(settings, spans, scans, self.tell)
        await event_reader.scan_raw(settings, spans, scans.choices, self.tell)
        self.figures += links(scans.sightings, policy.sites)
        return [scans.cuts.finding(), scans.pseudonyms.finding(), scans.choices.finding()]

    async def rejections(self) -> list[Finding]:
        """The last of what the scan of records looks at."""
        await event_reader.scan_rejections(self.settings, self.cluster.spans, self.scan, self.tell)
        found = self.scan.finding()
        if self.gap and found.outcome is Outcome.HELD:
            return [not_checked(Check.EVENTS, f"not all could be looked at: {self.gap}")]
        return [found]


async def audit(settings: Settings, asked: Asked, tell: Tell) -> Report:
    """Raises `Failure`, `UsageError` where the broker cannot be asked at all."""
    cluster = await asyncio.to_thread(look, settings, topology(asked.policy))
    it = _Audit(settings, asked, cluster, tell)
    it.findings += [
        access_as_asked(rights(asked.policy, settings.app), cluster.access),
        nothing_in_the_clear(cluster.access, settings.security_protocol),
        nothing_too_old(asked.policy, it.specs, cluster.oldest, it.now_ms),
    ]
    await it.part(it.topics(), Check.TOPICS)
    # The log first: what the others find is held against it.
    await it.part(it.evidence(), Check.LOG, Check.ANCHORS, Check.POLICY, Check.AUDITS)
    await it.part(it.keys(), Check.KEYS, Check.RECEIPTS)
    await it.part(it.numbers(), Check.THRESHOLDS, Check.DIFFERENCING, Check.WINDOWS)
    await it.part(it.events(), Check.CUTS, Check.PSEUDONYMS, Check.CHOICES)
    await it.part(it.rejections(), Check.EVENTS)
    head = Head(text(milliseconds(asked.now)), asked.since.isoformat(), __version__, it.checkpoint)
    figures = [
        *_history(cluster, it.log, asked.begins),
        *sizes(cluster.disk, it.specs),
        *it.figures,
    ]
    return build(head, asked.policy, asked.statement, it.findings, figures)


def why(error: Exception) -> str:
    """What to tell of a part that could not be measured. It never shows a value."""
    if isinstance(error, Failure | UsageError):
        return str(error)
    return refusal(error) or f"the broker did not answer: {type(error).__name__}"


def _history(cluster: Cluster, log: Told, begins: datetime) -> Iterator[Figure]:
    yield Figure("version", "this audit's program", __version__)
    yield Figure("version", "broker, as far as a client can tell", cluster.version)
    for version, since in log.versions.items():
        yield Figure("version", f"workers, from {since:%Y-%m-%d} on", version)
    for at, drift in log.drifts:
        if at >= begins:
            of = f"{drift.of}, noted by the audit log at {at:%Y-%m-%d %H:%M}"
            yield Figure("drift", of, len(drift.differences), "differences")
