"""A broker's rounds: what it says of them, the slowest one's, and what is assumed otherwise."""

import pytest

from quietclicks.pipeline.topology.rounds import (
    COMPACTION,
    DELETION,
    UNKNOWN,
    WORK_MS,
    Rounds,
    rounds,
)
from quietclicks.pipeline.topology.topics import ROUND

KAFKAS_OWN = {DELETION: "300000", COMPACTION: "15000"}


@pytest.mark.parametrize(
    ("brokers", "deletion_ms", "compaction_ms"),
    [
        pytest.param([KAFKAS_OWN], 300_000 + WORK_MS, 15_000 + WORK_MS, id="as-shipped"),
        pytest.param(
            [{DELETION: "1000", COMPACTION: "500"}], 1000 + WORK_MS, 500 + WORK_MS, id="often"
        ),
        pytest.param(
            [{DELETION: "3600000", COMPACTION: "900000"}],
            3_600_000 + WORK_MS,
            900_000 + WORK_MS,
            id="seldom",
        ),
        pytest.param(
            [{**KAFKAS_OWN, DELETION: "1000"}, {**KAFKAS_OWN, COMPACTION: "20000"}],
            300_000 + WORK_MS,
            20_000 + WORK_MS,
            id="each-by-the-slowest",
        ),
        pytest.param([], ROUND * 1000, ROUND * 1000, id="no-broker"),
        pytest.param([{DELETION: "1000"}], 1000 + WORK_MS, ROUND * 1000, id="one-is-not-told"),
        pytest.param(
            [KAFKAS_OWN, {COMPACTION: "15000"}],
            ROUND * 1000,
            15_000 + WORK_MS,
            id="one-broker-does-not-tell",
        ),
        pytest.param(
            [{DELETION: "", COMPACTION: "-1"}], ROUND * 1000, ROUND * 1000, id="no-numbers"
        ),
    ],
)
def test_how_long_until_they_are_over(
    brokers: list[dict[str, str]], deletion_ms: int, compaction_ms: int
) -> None:
    assert rounds(iter(brokers)) == Rounds(deletion_ms, compaction_ms)


def test_what_is_assumed_is_what_the_statement_assumes() -> None:
    assert Rounds(ROUND * 1000, ROUND * 1000) == UNKNOWN
