"""Times as numbers and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.clock import day_text, hour_text, milliseconds, precise_text, text

YEARS = st.integers(-62_135_596_800_000, 253_402_300_799_999)  # of `datetime`: 1 to 9999


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), -1),
        (datetime(2026, 9, 22, 10, 0, 0, 123_999, tzinfo=UTC), 1_790_071_200_123),
        (datetime(2026, 9, 22, 12, tzinfo=timezone(timedelta(hours=2))), 1_790_071_200_000),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))), -62_135_679_600_000),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=23))), 253_402_380_000_000),
    ],
)
def test_milliseconds(instant: datetime, expected: int) -> None:
    assert milliseconds(instant) == expected


def test_texts() -> None:
    assert text(1_790_071_200_999) == "2026-09-22T10:00:00Z"
    assert precise_text(1_790_071_200_007) == "2026-09-22T10:00:00.007Z"
    assert hour_text(497_242) == "2026-09-22T10:00:00Z"
    assert day_text(20_718) == "2026-09-22"


@settings(max_examples=200, derandomize=True)
@given(YEARS)
def test_there_and_back(at_ms: int) -> None:
    year_four_digits = at_ms >= -30_610_224_000_000  # strftime writes the year 999 as "999"
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    assert milliseconds(instant) == at_ms
    if year_four_digits:
        assert milliseconds(datetime.fromisoformat(precise_text(at_ms))) == at_ms
        assert milliseconds(datetime.fromisoformat(text(at_ms))) == at_ms // 1000 * 1000
