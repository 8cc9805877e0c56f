"""A round: a new rig, a stream, a deck of faults; then it settles, and everything is checked."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from msgspec import Struct, field

from quietclicks.schemas import topics
from tests.chaos import checks
from tests.chaos.checks import Found
from tests.chaos.faults import Missed
from tests.chaos.kinds import KINDS, deck
from tests.chaos.rig import SIGNING_KEY, Rig, rig
from tests.chaos.settled import day_keys, read_topics, settle, stable_and_all
from tests.chaos.stream import CANARY
from tests.chaos.verdict import verdict
from tests.paths import ROOT

PER_SECOND = 200  # records of the stream
AT_WORK_SECONDS = 60.0  # for workers to get to work again after a fault
COMMITS = 6  # how far they get at most until the next one
TOGETHER = 0.2  # the chance that a fault comes while the one before is under way
KEPT = ROOT / "build" / "chaos"  # the workers' logs of a round that failed

Progress = Callable[[str], None]


class Result(Struct):
    """Of a round. `missed` faults found nothing to strike, and do not count."""

    seed: int
    faults: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    events: int = 0
    trends: int = 0
    seconds: float = 0.0
    ends: dict[str, int] = field(default_factory=dict)  # how the workers ended
    found: list[str] = field(default_factory=list)


async def play(
    seed: int,
    faults: int,
    progress: Progress,
    deadline: float = float("inf"),
    kinds: Sequence[str] = tuple(KINDS),
    per_second: int = PER_SECOND,
) -> Result:
    """One round; no fault begins after `deadline`."""
    began = time.monotonic()
    result = Result(seed)
    async with rig(seed, per_second) as made:
        found = None
        try:
            async with asyncio.TaskGroup() as beside:
                watching = beside.create_task(made.supervisor.run())
                beside.create_task(made.feeder.run())
                struck, missed = await _strike(made, deck(seed, kinds, faults), deadline, progress)
                await made.feeder.end()
                result.faults, result.missed = dict(struck), dict(missed)
                found = await _checked(made, result)
                watching.cancel()
        finally:
            if found != []:
                _keep_logs(made, KEPT / str(seed))
    result.found = [str(each) for each in found]
    result.ends = dict(made.supervisor.ends)
    result.events = made.feeder.events
    result.seconds = round(time.monotonic() - began, 1)
    return result


async def _strike(
    made: Rig, faults: Iterable[tuple[str, Random]], deadline: float, progress: Progress
) -> tuple[Counter[str], Counter[str]]:
    struck: Counter[str] = Counter()
    missed: Counter[str] = Counter()

    async def strike(kind: str, random: Random) -> None:
        try:
            await KINDS[kind](made, random)
            struck[kind] += 1
        except Missed:
            missed[kind] += 1
            progress(f"{kind}: missed its moment")

    async with asyncio.TaskGroup() as group:
        under_way: set[asyncio.Task[None]] = set()
        for kind, random in faults:
            if not under_way or random.random() > TOGETHER:
                await asyncio.gather(*under_way)
                under_way.clear()
                # What strikes workers that are not at work yet tells little.
                if not await made.commits(random.randrange(1, COMMITS), AT_WORK_SECONDS):
                    progress(f"(no commit for {AT_WORK_SECONDS:.0f} s)")
            if time.monotonic() > deadline:
                break
            progress(kind)
            under_way.add(group.create_task(strike(kind, random)))
    return struck, missed


async def _checked(made: Rig, result: Result) -> list[Found]:
    found = list(await settle(made))
    stable, ends = await stable_and_all(made)
    found += checks.nothing_open(stable, ends)
    held = await read_topics(made)
    result.trends = sum(len(held[name]) for name in topics.PUBLISHED)
    keys = day_keys(made.settings, held[topics.KEYS])
    found += checks.audit_log_is_one(
        held[topics.AUDIT], held[topics.CHECKPOINTS], SIGNING_KEY.verifier
    )
    found += verdict(made.policy, made.feeder.sent, keys, held)
    found += made.supervisor.found
    found += _leaks(made)
    return found


def _leaks(made: Rig) -> Iterator[Found]:
    """Whatever went wrong, no worker logs what an event held."""
    for log in made.supervisor.logs():
        if CANARY in log.read_text("utf-8", "replace"):
            yield Found("nothing in logs", f"{log.name} holds what an event held")


def _keep_logs(made: Rig, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for log in [*made.supervisor.logs(), made.broker.log]:
        shutil.copy(log, folder)
