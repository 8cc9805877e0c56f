"""`quietclicks audit run`: audits as often as the policy says, and records each report.

When the next one is due follows from the last record of `privacy.audits`, so a restart, or a second
one of these, makes none too many. A broker that is away is a line in the log, and is asked again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from quietclicks.agents.audit.reports import append, read_reports
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.agents.stopping import told_to_stop
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.audit.report import Report, encode, tally
from quietclicks.pipeline.policy import Duration

AGAIN_SECONDS = 60.0  # after what went wrong
LOOK_SECONDS = 3600.0  # at most: somebody else may have audited, and clocks are set

log = logging.getLogger(__name__)

Measure = Callable[[], Awaitable[Report]]


async def run(settings: Settings, every: Duration, measure: Measure) -> None:
    """Until SIGTERM or Ctrl-C."""
    stop = told_to_stop()
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            turn = asyncio.ensure_future(_turn(settings, every, measure))
            await asyncio.wait({turn, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                turn.cancel()
                await asyncio.wait({turn})
                return
            await asyncio.wait({stopped}, timeout=turn.result())
    finally:
        stopped.cancel()


async def record(settings: Settings, measure: Measure) -> Report:
    """One audit, recorded. Raises `Failure`, `UsageError`."""
    report = await measure()
    await append(settings, encode(report))
    return report


async def _turn(settings: Settings, every: Duration, measure: Measure) -> float:
    """An audit, if one is due; in how many seconds to look again."""
    try:
        wait = await due_in(settings, every, datetime.now(UTC))
        if wait > 0:
            return min(wait, LOOK_SECONDS)
        report = await record(settings, measure)
        log.info("audited: %s: %s", report.outcome.value, tally(report))
        return 0.0
    except (Failure, UsageError) as error:  # a policy that is just being written, too
        log.warning("no audit: %s", error)
    except (KafkaError, TimeoutError) as error:
        log.warning("no audit: %s", refusal(error) or type(error).__name__)
    return AGAIN_SECONDS


async def due_in(settings: Settings, every: Duration, now: datetime) -> float:
    """Seconds until the next audit; 0 or less: now. Raises `Failure`, `KafkaError`."""
    reports = await read_reports(settings)
    if not reports:
        return 0.0
    return reports[-1].at_ms / 1000 + every - now.timestamp()
