"""The laws that the runner rests on, of every `Processor`: where it may be cut, what it writes.

A run is cut at every step's end. A new processor, with the state and the offset that were committed
until then and with other batches from there on, writes what the undisturbed one did, to the byte.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from itertools import count, repeat
from random import Random

import pytest

from quietclicks import pipeline
from quietclicks.pipeline.anonymise import stage as anonymise_stage
from quietclicks.pipeline.counting import cells as counting_cells
from quietclicks.pipeline.processor import Listed, Processor
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release import stage as release_stage
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.rights.stage import RightsProcessor
from tests.pipeline.processor_runs import Run, Subject, same, since
from tests.pipeline_tools import (
    HOUR,
    MIDNIGHT,
    Rec,
    World,
    anonymise_processor,
    event,
    feed,
    policy,
    shop,
)

RULES = policy()
PARTITIONS = 3  # of the raw topic, where the release stage is concerned


def values() -> list[bytes]:
    """A day and a bit of two sites: with caps, and late, repeated and damaged ones."""
    made = shop(visitors=8, hours=27, start_ms=MIDNIGHT + 20 * HOUR, sites=2)
    random = Random(5)
    for number in range(40):
        at = random.randrange(1, len(made) - 1)
        odd = made[random.randrange(at)]  # repeated: some of them late, some of them ticks
        made.insert(at, (odd, b"no event", event(10_000 + number, MIDNIGHT))[number % 3])
    return made


@cache
def anonymise() -> Subject:
    log = [Rec(at, when, None, value) for at, (value, when) in enumerate(feed(values()))]
    return Subject(lambda: anonymise_processor(RULES), log)


@cache
def release() -> Subject:
    world = World(RULES, partitions=PARTITIONS, batch=25)
    for number, value in enumerate(values()):
        to = range(PARTITIONS) if b'"tick"' in value else [number % PARTITIONS]
        for partition in to:
            world.put(feed([value]), partition)
    return Subject(lambda: (ReleaseProcessor(), DayKeys()), world.run().handed[0])


SUBJECTS = [pytest.param(anonymise, id="anonymise"), pytest.param(release, id="release")]


def test_every_processor_is_here() -> None:
    """A new stage is held to the laws, too."""
    calls = {"restore", "resume", "process", "drain"}
    found = {
        each
        for module in pkgutil.walk_packages(pipeline.__path__, "quietclicks.pipeline.")
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and calls <= {*dir(each)} and each is not Processor
    }
    held = {type(subject().make()[0]) for subject in (anonymise, release)}
    # What the rights stage writes twice is the same again, and not left out: a suite of its own,
    # tests/pipeline/rights/test_stage.py, kills it at every step.
    assert found == held | {RightsProcessor}


@pytest.fixture(params=["as shipped", "in small portions"])
def _bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with bounds so small that a window, a day's end and a sample take several steps."""
    if request.param == "in small portions":
        monkeypatch.setattr(anonymise_stage, "CELLS_PER_STEP", 3)
        monkeypatch.setattr(release_stage, "CELLS_PER_STEP", 1)
        monkeypatch.setattr(counting_cells, "_NEW_BYTES", 8 * 2)


@pytest.mark.usefixtures("_bounds")
@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("size", [1, 7, 60, 10_000])
def test_a_run_may_be_cut_after_any_step(subject: Callable[[], Subject], size: int) -> None:
    whole = Run(subject(), repeat(size)).start()
    cuts = list(whole.steps())
    assert len(whole.written) > 1
    random = Random(size)
    # With one record a step there are a thousand ends: each time others are tried, some always.
    tried = [0, *random.sample(range(len(cuts)), min(len(cuts), 30)), len(cuts) - 1]
    for at in tried:
        cut = cuts[at]
        sizes = (random.choice((1, 3, 30, 500)) for _ in count())
        rest = Run(subject(), sizes, whole).start(cut, compacted=at % 2 == 0)
        for _ in rest.steps():
            pass
        assert same(rest.written, since(whole, cut)), f"cut after step {at} of {len(cuts)}"
        assert rest.committed == whole.committed


@pytest.mark.parametrize("subject", SUBJECTS)
def test_batches_do_not_matter(subject: Callable[[], Subject]) -> None:
    one, *others = (Run(subject(), repeat(size)).start() for size in (1, 13, 10_000))
    for run in (one, *others):
        for _ in run.steps():
            pass
    for other in others:
        assert same(other.written, one.written)
        assert other.tally == one.tally


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_was_processed_before_the_cut_writes_nothing(
    subject: Callable[[], Subject], size: int
) -> None:
    whole = Run(subject(), repeat(50)).start()
    cuts = list(whole.steps())
    again = 0
    for cut in cuts[:: max(1, len(cuts) // 30)]:
        run = Run(subject(), repeat(size), whole).start(cut)
        for _ in run.drain():  # what is pending after the cut
            pass
        while run.position < cut.processed:
            records = run.subject.log[run.position : min(run.position + size, cut.processed)]
            run.position += len(records)
            again += len(records)
            step = run.processor.process(records, outputs := Listed())
            assert not any(outputs.by_topic.values())
            assert not step.tally
            assert step.waits_for is None
            assert step.commit == cut.committed
            if run.position < cut.processed:
                assert list(run.drain()) == []
    assert again > 100, "nothing was read again"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_empty_batch_writes_nothing_and_goes_nowhere(subject: Callable[[], Subject]) -> None:
    run = Run(subject(), repeat(20)).start()
    for cut in run.steps():
        step = run.processor.process([], outputs := Listed())
        assert not any(outputs.by_topic.values())
        assert not step.tally
        assert (step.position, step.commit) == (cut.processed, cut.committed)
        assert step.waits_for is None


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_new_one_with_nothing_to_do_says_nothing(subject: Callable[[], Subject]) -> None:
    run = Run(subject(), repeat(1)).start()
    # At the most that it knows the list of restrictions, for who waits until all do.
    told = list(run.drain())
    assert len(told) <= 1
    assert [each.written for each in told] == [{}] * len(told)
    step = run.processor.process([], outputs := Listed())
    assert outputs.by_topic.keys() <= {run.processor.state_topic}
    assert (step.position, step.commit, step.waits_for) == (0, 0, None)
    assert not step.tally


def mutable(processor: Processor) -> dict[int, object]:
    """What a processor holds that can change, and what that holds."""
    found: dict[int, object] = {}
    left: list[object] = list(vars(processor).values())
    while left:
        each = left.pop()
        if id(each) in found or isinstance(each, str | bytes | int | float | type(None)):
            continue
        if isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list | set | tuple):
            left += each
        elif type(each).__module__.startswith("quietclicks"):
            names = {*getattr(each, "__dict__", ()), *getattr(type(each), "__slots__", ())}
            left += [getattr(each, name) for name in names if hasattr(each, name)]
        if not isinstance(each, tuple | frozenset):
            found[id(each)] = each
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_one_that_drains_apart_shares_nothing_that_changes(
    subject: Callable[[], Subject],
) -> None:
    """It drains in a thread, beside the others on the event loop."""
    runs = [Run(subject(), repeat(100)).start() for _ in range(2)]
    for run in runs:
        for _, _ in zip(run.steps(), range(5), strict=False):
            pass
    one, other = (mutable(run.processor) for run in runs)
    assert len(one) > 3
    if runs[0].processor.drains_apart:
        assert not one.keys() & other.keys()
