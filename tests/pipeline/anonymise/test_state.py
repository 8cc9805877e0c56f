"""The anonymise stage's state: restarts at any step, its end, and state of another format."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.errors import Failure
from quietclicks.pipeline.anonymise import recent
from quietclicks.pipeline.anonymise import stage as anonymise_stage
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.counting.state import FORMAT
from quietclicks.pipeline.processor import Listed, Step, UnreadableRecord
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release import params_of
from quietclicks.schemas import topics
from tests.pipeline_tools import (
    APPENDED,
    DAY,
    HOUR,
    MIDNIGHT,
    NOW,
    SITE,
    Rec,
    World,
    anonymise_processor,
    closing,
    compare,
    country,
    day_key,
    event,
    feed,
    policy,
    shop,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    cuts=st.sets(st.integers(1, 120), max_size=30),
    batch=st.sampled_from([1, 3, 16, 1000]),
    portion=st.sampled_from([1, 2, 5, 10_000]),
)
def test_a_restart_at_any_step_changes_nothing(cuts: set[int], batch: int, portion: int) -> None:
    """In the middle of a batch (a day's key is missing) and of closing an hour, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "RECENT_EVENTS", 20)
        patch.setattr(anonymise_stage, "CELLS_PER_STEP", portion)
        cut = World(batch=batch, restart=cuts.__contains__)
        cut.put(feed(VALUES))
        compare(cut.run(), WHOLE)


@pytest.mark.parametrize("portion", [1, 10_000])
def test_a_restart_at_every_step_changes_nothing(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anonymise_stage, "CELLS_PER_STEP", portion)
    cut = World(batch=7, restart=lambda step: True)
    cut.put(feed(VALUES))
    compare(cut.run(), WHOLE)
    assert cut.restarts > 30
    assert [record.key for record in cut.compacted()] == [b"t"]


def test_the_end_of_a_day_goes_out_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymise_stage, "CELLS_PER_STEP", 5)
    written: list[int] = []
    whole = World(batch=1)
    write = whole.write

    def counted(step: Step, outputs: Listed) -> None:
        written.append(sum(value is None for _, _, value in outputs.by_topic[topics.CELLS]))
        write(step, outputs)

    monkeypatch.setattr(whole, "write", counted)
    whole.put(feed(VALUES))
    whole.run()
    assert max(written) <= 2 * 5  # a cell may have two records
    assert [record.key for record in whole.compacted()] == [b"t"]


VALUES = [
    *shop(visitors=9, hours=4, start_ms=MIDNIGHT + 22 * HOUR, sites=2),
    b"not json",
    event(0, MIDNIGHT),
]
VALUES[10:10] = [event(5000, MIDNIGHT + 22 * HOUR, email="x"), VALUES[5], b"{", event(5001, 0)]
WHOLE = World(batch=1000)
WHOLE.put(feed(VALUES))
WHOLE.run()


def test_the_undisturbed_run_is_worth_comparing_with() -> None:
    assert set(WHOLE.reasons()) == {"not_json", "late", "duplicate"}
    assert len(WHOLE.trends()["trends.totals"]) >= 4
    assert len(WHOLE.closed_cells()) > 50


def test_the_state_ends_with_what_it_is_for() -> None:
    """Closed hours leave no cell, over days no counter; the time stays."""
    assert [record.key for record in WHOLE.compacted()] == [b"t"]


def test_caps_persist_over_a_restart() -> None:
    world = World(batch=1, restart=lambda step: True)
    visits = [event(n, NOW, ip="8.8.8.8") for n in range(9)]
    next_hour = [event(100 + n, NOW + HOUR, ip="8.8.8.8") for n in range(9)]
    third = [event(200 + n, NOW + 2 * HOUR, ip="8.8.8.8") for n in range(9)]
    ends = [closing(NOW + hours * HOUR) for hours in (0, 1, 2, 3)]
    world.put(
        feed([ends[0], *visits, ends[1], *next_hour, ends[2], *third, ends[3]], APPENDED + 3 * HOUR)
    )
    cells = world.run().closed_cells()
    totals = {
        key[3]: msgspec.msgpack.decode(value)[0]
        for name, value in cells.items()
        if (key := msgspec.msgpack.decode(name))[4] == "total"
    }
    # Five an hour, and twelve a day.
    assert totals == {NOW // HOUR: 5, NOW // HOUR + 1: 5, NOW // HOUR + 2: 2}
    assert len(world.events()) == 27, "the cap is on what is counted, not on what analysts see"


def test_same_events_same_bytes() -> None:
    again = World(batch=1000)
    again.put(feed(VALUES))
    again.run()
    assert again.topics == WHOLE.topics
    assert again.state == WHOLE.state
    assert again.handed == WHOLE.handed


# Of another format

CELL = b"c" + msgspec.msgpack.encode((SITE, 500_000, "total", ""))
UNREADABLE = msgspec.msgpack.encode((1, [7]))  # as format 2 had a cell's visitors
OPEN_DAY = b"d" + msgspec.msgpack.encode(DAY)
OF_A_DAY = msgspec.msgpack.encode(params_of(policy()))


def restored(*state: tuple[bytes, bytes | None], keys: DayKeys | None = None) -> AnonymiseProcessor:
    anonymiser = Anonymiser(policy(), country, keys or DayKeys())
    processor = AnonymiseProcessor(policy(), anonymiser, 0, 1, 1)
    processor.restore([Rec(at, 0, key, value) for at, (key, value) in enumerate(state)])
    return processor


STATES = [(CELL, UNREADABLE), (OPEN_DAY, OF_A_DAY)]


@pytest.mark.parametrize("number", [1, 2, 99])
@pytest.mark.parametrize("state", STATES, ids=["an open cell", "an open day"])
@pytest.mark.parametrize("order", [1, -1])
def test_state_of_another_format_is_refused(
    number: int, state: tuple[bytes, bytes], order: int
) -> None:
    progress = b"t", msgspec.msgpack.encode([number, None, 0])
    processor = restored(*[state, progress][::order])
    with pytest.raises(Failure, match=f"format {number}, .* drain with the version that wrote it"):
        processor.resume(0, "")


def test_state_that_does_not_say_its_format_is_refused() -> None:
    with pytest.raises(Failure, match=r"another format, .* drain with the version that wrote it"):
        restored((OPEN_DAY, OF_A_DAY)).resume(0, "")


@pytest.mark.parametrize("drained", [[], [(b"t", msgspec.msgpack.encode([2, NOW, NOW // HOUR]))]])
def test_the_first_step_writes_the_format_whatever_it_holds(
    drained: list[tuple[bytes, bytes]],
) -> None:
    """Else what it writes besides would be refused by whoever takes over before a tick comes."""
    keys = DayKeys()
    keys.put(DAY, day_key(DAY))
    state: list[tuple[bytes, bytes | None]] = [*drained]
    for offset in range(2):
        processor = restored(*state, keys=keys)
        processor.resume(offset, "")
        outputs = Listed()
        processor.process([Rec(offset, NOW, None, event(offset, NOW))], outputs)
        state += [(key or b"", value) for _, key, value in outputs.by_topic[topics.CELLS]]
    assert sum(key[:1] == b"t" for key, _ in state) == len(drained) + 1


def test_after_a_drain_another_version_goes_on() -> None:
    """Time goes on where it was; the tombstones may still lie beside what they end."""
    progress = b"t", msgspec.msgpack.encode([2, NOW, 17])
    processor = restored((CELL, UNREADABLE), (CELL, None), progress)
    assert processor.resume(0, "") == 0
    assert processor.watermark == NOW
    outputs = Listed()
    processor.process([Rec(0, APPENDED + HOUR, None, closing(NOW + HOUR))], outputs)
    [(_, _, written)] = [row for row in outputs.by_topic[topics.CELLS] if row[1] == b"t"]
    assert msgspec.msgpack.decode(written or b"")[0] > 2


@pytest.mark.parametrize("key", [b"nudge", b"", b"\xff", b"c\xff", b"x" + CELL[1:]])
def test_a_tombstone_of_an_unknown_key_is_no_loss(key: bytes) -> None:
    progress = b"t", msgspec.msgpack.encode([FORMAT, NOW, 17])
    assert restored(progress, (key, None)).resume(0, "") == 0
    assert restored((key, b"?"), (key, None)).resume(0, "") == 0


@pytest.mark.parametrize(
    "state",
    [
        (b"nudge", b"?"),
        (CELL, UNREADABLE),
        (CELL, msgspec.msgpack.encode((1, b"123"))),
        (b"x" + CELL[1:], b""),
        (b"d\xff", b"?"),
    ],
    ids=["no key of ours", "an open cell", "no hashes", "no kind of ours", "a day"],
)
def test_what_cannot_be_read_is_named_by_its_offset(state: tuple[bytes, bytes]) -> None:
    progress = b"t", msgspec.msgpack.encode([FORMAT, NOW, 17])
    for others in ([progress], []):
        with pytest.raises(UnreadableRecord) as unreadable:
            restored(*others, state, (b"other", b"?")).resume(0, "")
        assert unreadable.value.offset == len(others)


def test_progress_is_there_after_any_step() -> None:
    assert not restored().has_progress
    assert restored((b"t", msgspec.msgpack.encode([FORMAT, None, 0]))).has_progress


def test_counts_without_their_day_are_lost_state() -> None:
    """As where the day's record is damaged and passed over, or has expired before the others."""
    progress = b"t", msgspec.msgpack.encode([FORMAT, NOW, 17])
    cell = CELL, msgspec.msgpack.encode((1, bytes(8)))
    with pytest.raises(Failure, match="some of the state is lost"):
        restored(progress, cell).resume(0, "")
    assert restored(progress, cell, (CELL, None)).resume(0, "") == 0


def test_the_loss_of_any_record_of_the_state_is_noticed() -> None:
    """A cell, a day or a journal that has expired, or was passed over, would lack at the end."""
    world = World()
    ticks = closing(MIDNIGHT), closing(MIDNIGHT + HOUR)
    visits = [event(n, MIDNIGHT + n % 2 * HOUR, url=f"/{n}") for n in range(12)]
    world.put(feed([ticks[0], *visits, ticks[1]], APPENDED))
    world.run()
    worker = world._workers[0]
    state = world.compacted()
    kinds = set()
    for lost in [None, *state]:
        processor, _ = anonymise_processor(world.policy)
        processor.restore([each for each in state if each != lost])
        kind = lost.key[:1] if lost is not None and lost.key else b""
        kinds.add(kind)
        if not kind:
            assert processor.resume(worker.committed, worker.metadata) == 0
            continue
        assert processor.has_progress is (kind != b"t"), "for this the runner asks"
        with pytest.raises(Failure, match=r"some of the state is lost|of another format"):
            processor.resume(worker.committed, worker.metadata)
    assert kinds == {b"", b"t", b"d", b"v", b"c"}


def test_a_commit_of_an_earlier_version_tells_nothing_of_it() -> None:
    progress = b"t", msgspec.msgpack.encode([FORMAT, NOW, 17])
    assert restored(progress).resume(5, "") == 0


def test_a_journal_at_an_impossible_place_is_named() -> None:
    progress = b"t", msgspec.msgpack.encode([FORMAT, NOW, 17])
    journal = b"v" + msgspec.msgpack.encode((DAY, -1)), b""
    with pytest.raises(UnreadableRecord):
        restored(progress, (OPEN_DAY, OF_A_DAY), journal).resume(0, "")
