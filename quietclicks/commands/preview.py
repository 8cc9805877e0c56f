"""`quietclicks preview`: the pure pipeline on a log, without Kafka."""

import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator

import click
import msgspec
from msgspec import Raw

from quietclicks.agents.geo import Countries
from quietclicks.agents.replay import with_ticks
from quietclicks.agents.settings import KEY_BYTES
from quietclicks.agents.spammers import spammers
from quietclicks.commands.canaries import release_canaries
from quietclicks.commands.log_input import (
    Asked,
    Log,
    log_argument,
    log_options,
    open_log,
    refuse_unreadable,
)
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.errors import UsageError
from quietclicks.pipeline.anonymise.outcome import UNLISTED, UNREADABLE_ADDRESS
from quietclicks.pipeline.dry_run.offline import Offline, Public
from quietclicks.pipeline.logs.events import Timeline, plan, timeline
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason

_encode = msgspec.json.Encoder().encode
TRENDS = frozenset(topics.PUBLISHED)


@click.command
@log_argument
@log_options()
@click.option(
    "--canaries",
    is_flag=True,
    help="Instead of a log, made-up personal data in every field: does any come through?",
)
def preview(file: str, policy_path: str | None, asked: Asked, canaries: bool) -> None:
    """Show what the pipeline would make of a log, without Kafka.

    Reads raw events or a server's access log, plain or packed (gzip, zstd, xz, bz2), from FILE or
    standard input. Prints each record that it would write to its public topics, one JSON object
    a line, {"topic","key","value"}, trends last, and a tally on standard error. Pseudonyms differ
    from run to run: the keys are thrown away.

    \b
        quietclicks preview --site shop.example --consent analytics access.log

    With --canaries it makes addresses, e-mails, telephone numbers, tokens, user agents and URLs up,
    puts each into each field of an event, plain and encoded, for each site of the policy, and looks
    for them in all that it would write. It prints how many were found, by field and kind ("-" is
    none), and where those had been put; the exit status is 1 if there are any.
    """
    policy = read_policy(policy_path)
    if canaries:
        if (file, asked) != ("-", Asked()):
            raise UsageError("--canaries makes its own events: it takes --policy and nothing else")
        release_canaries(policy, Countries.open(settings().country_database).country)
        return
    log = open_log(file, asked, policy)
    countries = Countries.open(settings().country_database)
    offline = Offline(
        policy,
        countries.country,
        lambda day: secrets.token_bytes(KEY_BYTES),
        spammers=spammers(settings().referrer_spam),
    )
    held: list[Public] = []
    found = first_pass(log, policy)
    with Progress("records read") as progress:
        for record in offline.run(appended(log, found, policy, progress)):
            if record.topic in TRENDS:
                held.append(record)
            else:
                _print(record)
    for record in held:
        _print(record)
    sys.stdout.flush()
    click.echo(tally(offline.tally), err=True)
    refuse_unreadable(found, log)


def first_pass(log: Log, policy: Policy) -> Timeline:
    """When its records are of, but for those that the broker would not believe now."""
    return timeline(log.values(), int(time.time() * 1000) + policy.time.allowed_skew * 1000)


def appended(
    log: Log, found: Timeline, policy: Policy, progress: Progress
) -> Iterator[tuple[bytes, int]]:
    """The log's values with its ticks, as if the broker took them all in now."""
    now = int(time.time() * 1000)
    planned = plan(found, policy.time.allowed_lateness, None)
    # The log ends here, so its last hours close too, though their time may not have passed yet.
    last_tick = max((at_ms for _, at_ms in planned), default=0)
    for value, is_planned in with_ticks(log.values(), planned):
        progress.add(1)
        yield value, max(now, last_tick) if is_planned else now


def tally(outcomes: Counter[str]) -> str:
    """One line: what became of the events, and how many trends there are."""
    trends = sum(outcomes[topic] for topic in TRENDS)
    pseudonymised = outcomes[topics.PSEUDONYMISED]
    partners = {t: n for t, n in outcomes.items() if t.startswith(topics.PARTNERS)}
    rejected = Counter({reason: outcomes[reason] for reason in Reason if outcomes[reason]})
    events = pseudonymised + rejected.total()
    line = f"{events} events: {pseudonymised} pseudonymised, {rejected.total()} rejected"
    reasons = ", ".join(f"{reason} {n}" for reason, n in rejected.most_common())
    line += f" ({reasons})" if reasons else ""
    line += "".join(f", {n} to {topic}" for topic, n in sorted(partners.items()))
    unlisted, unreadable = outcomes[UNLISTED], outcomes[UNREADABLE_ADDRESS]
    line += f", {unlisted} had unlisted fields" if unlisted else ""
    line += f", {unreadable} had an address that could not be read" if unreadable else ""
    return f"{line}; {trends} trend records"


def _print(record: Public) -> None:
    key = None if record.key is None else _json_or_text(record.key)
    value = None if record.value is None else Raw(record.value)
    sys.stdout.buffer.write(_encode({"topic": record.topic, "key": key, "value": value}) + b"\n")


def _json_or_text(key: bytes) -> Raw | str:
    return Raw(key) if key.startswith(b"{") else key.decode()
