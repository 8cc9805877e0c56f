"""Which trends bear a checkpoint, and that it comes back."""

import pytest

from quietclicks.pipeline.evidence.trend_anchor import HEADER, header_of, notes_of
from quietclicks.pipeline.evidence.window_hash import Name
from tests.pipeline.evidence.test_windows import DAY, key

WHOLE = key(Name((DAY + 1) * 24, True), "/")
NOTE = "log.example/audit\n1\nAAAA\n\n— log.example/audit AAAA\n".encode()


def test_a_day_bears_the_checkpoint_as_it_is() -> None:
    assert header_of(WHOLE, NOTE) == [(HEADER, NOTE)]
    assert notes_of([("other", b""), *header_of(WHOLE, NOTE)]) == [NOTE]


@pytest.mark.parametrize(
    "name", [key(Name(DAY * 24 + 1, False), "/"), b"", b"{", b"\xff", None], ids=str
)
def test_an_hour_or_what_is_no_trend_bears_none(name: bytes | None) -> None:
    assert header_of(name, NOTE) == []


def test_without_a_checkpoint_there_is_none() -> None:
    assert header_of(WHOLE, None) == []
