"""Events of a day whose key is destroyed are late, whatever the state or the clock says."""

from collections import Counter

import msgspec
import pytest

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.processor import Listed
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.pipeline_tools import (
    HOUR,
    MIDNIGHT,
    Rec,
    anonymise_processor,
    closing,
    day_key,
    event,
    policy,
)

DAY = MIDNIGHT // MILLISECONDS_PER_DAY


@pytest.mark.parametrize("told", [None, MIDNIGHT - 24 * HOUR], ids=["no tick", "a tick of before"])
@pytest.mark.parametrize(
    ("through", "missing", "late"),
    [(DAY - 1, DAY, 0), (DAY, None, 2), (DAY + 1, None, 3)],
    ids=["the day before", "the day", "the day after"],
)
def test_no_key_is_asked_for(
    told: int | None, through: int, missing: int | None, late: int
) -> None:
    processor, keys = anonymise_processor(policy())
    processor.resume(0, "")
    keys.destroy(through)
    if through <= DAY:
        keys.put(DAY + 1, day_key(DAY + 1))
    times = [MIDNIGHT + 23 * HOUR, MIDNIGHT + 24 * HOUR - 1, MIDNIGHT + 24 * HOUR]
    # A minute after midnight: by the clock and the hours that are closed all of them come in time.
    now = MIDNIGHT + 24 * HOUR + 60_000
    records = [] if told is None else [Rec(0, now, None, closing(told))]
    records += [Rec(at, now, None, event(at, at)) for at in times]
    outputs = Listed()
    step = processor.process(records, outputs)
    assert step.waits_for == missing
    reasons = Counter(
        msgspec.json.decode(value or b"")["reason"]
        for _, _, value in outputs.by_topic[topics.REJECTED]
    )
    assert reasons == ({Reason.LATE: late} if late else {})


def test_a_key_that_is_destroyed_between_two_batches() -> None:
    processor, keys = anonymise_processor(policy())
    processor.resume(0, "")
    keys.put(DAY, day_key(DAY))
    first = processor.process([Rec(0, MIDNIGHT, None, event(0, MIDNIGHT))], Listed())
    keys.destroy(DAY)
    outputs = Listed()
    second = processor.process([Rec(1, MIDNIGHT, None, event(1, MIDNIGHT))], outputs)
    assert (first.waits_for, second.waits_for) == (None, None)
    [(_, _, value)] = outputs.by_topic[topics.REJECTED]
    assert msgspec.json.decode(value or b"")["reason"] == Reason.LATE
