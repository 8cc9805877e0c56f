"""Canaries in every record that an audit reads: none is in what it finds, however it is written.

A report is kept for ever, and shown. What is wrong is named by its place alone.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from quietclicks.pipeline.access.diff import Entry, LiveAccess
from quietclicks.pipeline.access.rights import Right, rights
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.audit.checks.access import access_as_asked, nothing_in_the_clear
from quietclicks.pipeline.audit.checks.audits import Earlier, audits_come
from quietclicks.pipeline.audit.checks.choices import Alive, Choices
from quietclicks.pipeline.audit.checks.cuts import CutScan
from quietclicks.pipeline.audit.checks.differencing import Attacks
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.keys import Seen, keys_die, receipts_are_there
from quietclicks.pipeline.audit.checks.log import Stored, log_is_whole
from quietclicks.pipeline.audit.checks.policy import policy_in_force
from quietclicks.pipeline.audit.checks.pseudonyms import PseudonymScan
from quietclicks.pipeline.audit.checks.thresholds import ThresholdScan
from quietclicks.pipeline.audit.entries import Told, told
from quietclicks.pipeline.audit.figures import links
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.audit.html import render
from quietclicks.pipeline.audit.report import Figure, Head, Report, build, encode
from quietclicks.pipeline.audit.text import lines
from quietclicks.pipeline.dry_run.canaries import FORMS, KINDS, Canary, Finder
from quietclicks.pipeline.policy import Duration
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.release import params_of
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Trend
from tests.pipeline.audit.passed_on import EVERY_FIELD, changed, events, numbers, raw
from tests.pipeline.evidence import made

NOW = datetime(2026, 11, 27, tzinfo=UTC)
WRITTEN = [
    (wrap(make(number)[0]), make(number)[1])
    for number, (_, make) in enumerate(KINDS.items(), 7)
    for wrap in FORMS.values()
]
FINDER = Finder([Canary("", "", "", "", "", needle, needle) for _, needle in WRITTEN])


def of_events(text: str) -> Iterator[Finding | Figure]:
    """One in each field, in the key, and as a whole."""
    scan, cuts, names, sightings = (
        EventScan(EVERY_FIELD),
        CutScan(99_999, 9),
        PseudonymScan(),
        Sightings(),
    )
    choices = Choices(EVERY_FIELD, None, lambda: secrets.token_bytes(32), Alive(0, 0), 10)
    event = next(each for each in events() if each.topic == topics.PSEUDONYMISED)
    put = [changed(event, **{name: text}) for name in msgspec.json.decode(event.value or b"")]
    put += [changed(event, source={"class": text, "host": text}, browser={"family": text})]
    put += [changed(event, **{text: text}), event._replace(key=text.encode())]
    put += [event._replace(value=text.encode()), event._replace(value=f'["{text}"]'.encode())]
    for offset, (topic, key, value) in enumerate([event, *put, *put]):
        where = f"{topic}[0]@{offset}"
        said = scan.event(where, topic, ListedRecord(offset, 0, key, value), offset % 2)
        if said is None:
            continue
        cuts.event(where, topic, said, 0)
        names.event(where, topic, said)
        choices.passed_on(where, topic, said, 9)
        if isinstance(said.get("visitor"), str) and said.get("timestamp") != text:
            sightings.add(said)
    for value in (text.encode(), f'{{"reason": "{text}"}}'.encode()):
        scan.rejection(f"{topics.REJECTED}[0]@1", text.encode(), value, 1)
        scan.number("trends.pages[0]@1", text.encode(), value)
    raw_values = [text.encode(), *(value for value, _ in raw()[:50])]
    choices.raw(0, [ListedRecord(n, 9, None, value) for n, value in enumerate(raw_values)])
    yield from (scan.finding(), cuts.finding(), names.finding(), choices.finding())
    yield from links(sightings, EVERY_FIELD.sites)


def of_numbers(text: str) -> Iterator[Finding]:
    thresholds, attacks = ThresholdScan(EVERY_FIELD), Attacks(EVERY_FIELD.sites)
    trend = msgspec.json.decode(numbers()[0].value or b"", type=Trend)
    for name in ("site", "start", "value", "policy"):
        put = msgspec.structs.replace(trend, **{name: text}, views=1, visitors=1)
        thresholds.number("trends.pages[0]@1", put)
    thresholds.again(text, "2026-11-22", 1, 1)
    small = msgspec.structs.replace(trend, site=text, value=text, views=1, visitors=1)
    attacks.day(text, "2026-11-22", attack([small], None, Rules.of(params_of(EVERY_FIELD))))
    yield from (thresholds.finding(), attacks.finding())


def of_access(text: str) -> Iterator[Finding]:
    wanted = rights(EVERY_FIELD, "quietclicks")
    entries = [
        Entry(f"User:{text}", Right("topic", topics.RAW, False, "Read"), text),
        Entry(f"User:{text}", Right("topic", "*", False, "All"), text, allows=False),
        Entry("User:analyst", Right("group", text, False, "Read"), text),
        Entry("User:analyst", Right("topic", text, True, "Read"), text, allows=False),
    ]
    brokers = {1: {"authorizer.class.name": text}}
    live = LiveAccess(frozenset({text}), frozenset(entries), brokers)
    yield access_as_asked(wanted, live)
    yield nothing_in_the_clear(live, "PLAINTEXT")


def of_evidence(text: str) -> Iterator[Finding]:
    data = text.encode()
    entry = made.written([made.policy(7)])[0].replace(b"0.1.0", data)
    log = told([data, entry, f'{{"i": "{text}"}}'.encode()])
    stored = Stored([data, entry], [NOW, NOW], [data], [made.OLD.verifier], [("a file", data)])
    yield from log_is_whole(stored, NOW)
    yield policy_in_force(EVERY_FIELD, log, NOW)
    yield audits_come([Earlier(data, NOW)], Told(), Duration(86_400), NOW.replace(month=12), NOW)
    records = [ListedRecord(0, 0, data, data), ListedRecord(1, 0, b"destroyed-through", data)]
    seen = Seen(records, records, 9, 10**12, 1)
    yield from (keys_die(seen, log), receipts_are_there(seen, log))


def reported(found: list[Finding | Figure]) -> Report:
    findings = [each for each in found if isinstance(each, Finding)]
    figures = [each for each in found if isinstance(each, Figure)]
    return build(
        Head("2026-11-27T00:00:00Z", "2026-11-20", "0.1.0"), EVERY_FIELD, None, findings, figures
    )


@pytest.mark.parametrize(("text", "needle"), WRITTEN)
def test_no_record_is_in_a_report(text: str, needle: str) -> None:
    found: list[Finding | Figure] = [
        *of_events(text),
        *of_numbers(text),
        *of_access(text),
        *of_evidence(text),
    ]
    broken = [
        each for each in found if isinstance(each, Finding) and each.outcome is Outcome.BROKEN
    ]
    assert len(broken) > 8  # all of it was noticed
    report = reported(found)
    for told_ in (encode(report).decode(), render(report), "\n".join(lines(report)), repr(found)):
        assert FINDER.find(told_) == set()
    assert FINDER.find(text)  # a canary would be seen
