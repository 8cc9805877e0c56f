"""`quietclicks run` (`make run`): the whole thing on this machine, live, from a log to trends."""

import asyncio
import contextlib
import math
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import click
from msgspec import Struct, structs

from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.replay import send, with_ticks
from quietclicks.agents.settings import Settings
from quietclicks.commands.log_input import (
    Asked,
    log_options,
    open_log,
    refuse_unreadable,
    told_unreadable,
)
from quietclicks.commands.options import policy_file, policy_option, read_text, settings
from quietclicks.commands.run.audit_end import end_with_audit
from quietclicks.commands.run.books import Books
from quietclicks.commands.run.demo_begin import open_demo
from quietclicks.commands.run.key_end import end_keys
from quietclicks.commands.run.own_policy import for_a_run
from quietclicks.commands.run.principals import Principals
from quietclicks.commands.run.processes import Processes, Signed
from quietclicks.commands.run.screen import Screen
from quietclicks.commands.run.watched import Watched
from quietclicks.commands.secure import prepare
from quietclicks.commands.signing_key import make_signing_key
from quietclicks.demo.shop import SITE, newest_day, sample_day
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import free_port, is_free
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR
from quietclicks.pipeline.logs.events import Timeline, plan, timeline
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.topology.topics import topology

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
SEED = 1
PATIENCE_SECONDS = 600  # for the keys' end; it takes a minute or two
LOG_NAME = "quietclicks.invalid/run"  # the audit log's: nobody's


class Source(Struct):
    """What is replayed: its values, from the beginning each time; what to call it; its times."""

    values: Callable[[], Iterator[bytes]]
    name: str
    found: Timeline


@click.command
@click.option("--log", metavar="FILE", help="An access log or events of your own instead.")
@log_options(site=SITE, consent="analytics")
@click.option("--once", is_flag=True, help="End then; with exit status 1 if anything is broken.")
@click.option(
    "--secure", is_flag=True, help="On a broker that denies by default, each process as its role."
)
@policy_option
def run(log: str | None, asked: Asked, once: bool, secure: bool, policy_path: str | None) -> None:
    """Run everything on this machine, and show it.

    Kafka, two workers, a log, the live page; then the end of the days' keys, if they are due, with
    its receipt, and an audit. Without --log it makes a day of a shop up. Nothing is kept.
    """
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    path = policy_file(policy_path)
    text = read_text(path)
    policy = parse(text, str(path))
    screen = Screen(secure)
    site = asked.site
    if log is None and asked != Asked():
        raise UsageError(
            "--site, --consent (SITE, CONSENT) and such go with a log of your own: --log"
        )
    if site is not None and not HOST.fullmatch(site):
        raise UsageError("--site takes a host name in lower case, like shop.example")
    if site is not None and site not in policy.sites:
        screen.say(f"{site} is not in {path.name}: for this run it has the defaults of a new site")
    text = for_a_run(text, site, demo=SITE if log is None else None)
    policy = parse(text, str(path))
    source = _source(log, asked, policy, screen)
    asked_port = settings().dashboard_port  # of all that is set for others this alone is a run's
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(
            Broker.start(secure=prepare if secure else None, progress=screen.say)
        )
        # Among the broker's data: that goes even when this process is killed.
        folder = broker.data_dir / "run"
        folder.mkdir(0o700)
        (folder / "policy.toml").write_text(text, "utf-8")
        base = Settings(
            bootstrap=broker.bootstrap, policy=str(folder / "policy.toml"), ticks="none"
        )
        roles = Principals.of(broker, base, policy, secure)
        asyncio.run(apply(roles.settings("operator"), topology(policy)))
        port = asked_port if is_free(asked_port) else free_port()
        signs = folder / "signing-key"
        signed = Signed(signs, make_signing_key(LOG_NAME, signs))
        processes = Processes(roles, folder, port, signed, audits=policy.audit is not None)
        stack.callback(processes.stop)
        page = f"http://127.0.0.1:{port}/"
        screen.begin(source.name, page)
        try:
            watched = Watched(roles, policy, screen, processes, signed.by)
            asyncio.run(_watch(watched, source, once))
            _end(watched, once, page if log is None else None)
        except KeyboardInterrupt:
            screen.say("Stopping")
            if once:
                raise  # it did not come to its end


def _end(watched: Watched, once: bool, demo: str | None) -> None:
    """The audit; and what stays after it, unless it is to end. `demo`: what the shop links to."""
    faults = end_with_audit(watched)
    if once and faults:
        raise Failure(f"the audit has found broken: {'; '.join(faults)}")
    if once:
        return
    if demo is not None:
        open_demo(watched, demo)
    watched.screen.say("The page stays until Ctrl-C.")
    while True:
        watched.processes.check()
        time.sleep(1)


def _source(log: str | None, asked: Asked, policy: Policy, screen: Screen) -> Source:
    """Raises `UsageError` where it cannot be read: before anything is started for it."""
    latest = int(time.time() * 1000) + policy.time.allowed_skew * 1000
    if log is None:
        day = newest_day(datetime.now(UTC), policy.events_end)
        values = partial(sample_day, SEED, day)
        return Source(values, f"a day of {SITE}, made up: {day}", timeline(values(), latest))
    host = asked.site or (SITE if SITE in policy.sites else next(iter(policy.sites)))
    vouched = asked.consent or "analytics"
    opened = open_log(log, structs.replace(asked, site=host, consent=vouched), policy)
    found = timeline(opened.values(), latest)
    refuse_unreadable(found, opened)
    if not found.events:
        raise UsageError(f"there is nothing in {log}")
    if asked.site is None or asked.consent is None:
        screen.say(f"Taken for granted: SITE={host} CONSENT={vouched}")
    return Source(opened.values, f"{log} as {host}{told_unreadable(found)}", found)


async def _watch(watched: Watched, source: Source, once: bool) -> None:
    """Replay, and look on until all is released; then until the keys are gone."""
    policy, screen = watched.policy, watched.screen
    books = screen.books = Books(watched.roles.settings, policy)
    latest = int(time.time() * 1000) + policy.time.allowed_skew * 1000
    planned = plan(source.found, policy.time.allowed_lateness, latest)
    following = asyncio.create_task(books.follow())
    collector = watched.roles.settings("collector")
    values = with_ticks(source.values(), planned)
    sending = asyncio.create_task(send(collector, values, screen.sent))
    try:
        await _released(watched, books, sending, following, planned)
        screen.summary()
        if not once:
            screen.say("All is released. The page stays until Ctrl-C; meanwhile:")
        await end_keys(watched, books.keys, following, PATIENCE_SECONDS if once else math.inf)
    finally:
        for task in (following, sending):
            task.cancel()
        await asyncio.gather(following, sending, return_exceptions=True)


async def _released(
    watched: Watched,
    books: Books,
    sending: asyncio.Task[int],
    following: asyncio.Task[None],
    planned: list[tuple[int, int]],
) -> None:
    """Until every event is in the books and all is released."""
    policy = watched.policy
    last = max((at_ms for _, at_ms in planned), default=0)
    closed_until = (last - policy.time.allowed_lateness * 1000) // MILLISECONDS_PER_HOUR
    try:
        done = False
        while not done:
            await watched.look(following, sending)
            watched.screen.update()
            if sending.done() and books.accounted >= sending.result():
                done = (await watched.released_until()) >= closed_until
        # What the last release wrote may still be on its way to us.
        seen = -1
        while seen != books.trends.total():
            seen = books.trends.total()
            await watched.look(following, sending)
    finally:
        watched.screen.update()
