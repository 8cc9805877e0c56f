"""What the audit log tells of requests: a verb, what came of it, a day; nothing of whom."""

import msgspec
import pytest

from quietclicks.pipeline.clock import text
from quietclicks.pipeline.evidence.answers import told_of
from quietclicks.pipeline.evidence.kinds import Refusal, Request
from quietclicks.schemas.rights import Answer
from tests.pipeline_tools import MIDNIGHT, Rec

ANSWER = Answer(id="request-1", state="in_progress", at=text(MIDNIGHT), verb="erase", site="a.b")


def told(answer: Answer, key: bytes = b"request-1") -> list[object]:
    record = Rec(0, MIDNIGHT + 12_345_678, key, msgspec.json.encode(answer))
    return [body for body, _ in told_of([record])]


def change(**fields: object) -> Answer:
    return msgspec.structs.replace(ANSWER, **fields)


def test_a_state_and_a_refusal() -> None:
    assert told(ANSWER) == [Request(verb="erase", state="in_progress")]
    denied = change(state="denied", reason="no_match", words="198.51.100.7")
    assert told(denied) == [Refusal(verb="erase", reason="no_match")]


def test_the_time_is_the_day() -> None:
    record = Rec(0, MIDNIGHT + 12_345_678, b"request-1", msgspec.json.encode(ANSWER))
    [(_, time)] = told_of([record])
    assert time.isoformat() == "2026-09-22T00:00:00+00:00"


def test_who_asks_again_is_not_told_again() -> None:
    assert told(change(retold=True)) == []


def test_what_nobody_could_read_had_no_verb() -> None:
    assert told(change(verb=None, state="denied", reason="other")) == []


@pytest.mark.parametrize("key", [b"box.2026-09-22", b"request-1/0"])
def test_boxes_and_archives_are_no_answers(key: bytes) -> None:
    assert told(ANSWER, key) == []


@pytest.mark.parametrize("value", [None, b"", b"x", b"[" * 100_000, b"{}"])
def test_whatever_else_is_there_is_passed_over(value: bytes | None) -> None:
    assert list(told_of([Rec(0, 0, b"request-1", value), Rec(1, 0, None, None)])) == []
