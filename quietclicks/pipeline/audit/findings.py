"""What a check says: held, broken or not checked, with what was measured.

No field holds a value of a record. Held needs evidence: where there was nothing to measure, nothing
was checked. Numbers that tell of few people are rounded before they come here (`rounding.py`).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check

MAX_PROBLEMS = 20  # of one check that are told; more are counted


class Outcome(StrEnum):
    """`NOT_CHECKED` is no fault that was found, and no reason to believe that there is none."""

    HELD = "held"
    BROKEN = "broken"
    NOT_CHECKED = "not-checked"


class Finding(Struct, frozen=True):
    """Of one check. `problems` name what is broken, one by one, and `remedy` what to do."""

    check: Check
    outcome: Outcome
    says: str
    problems: tuple[str, ...] = ()
    remedy: str = ""


def held(check: Check, says: str) -> Finding:
    """It was measured, and is as promised."""
    return Finding(check, Outcome.HELD, says)


def not_checked(check: Check, why: str) -> Finding:
    """It could not be measured, or there is nothing to measure."""
    return Finding(check, Outcome.NOT_CHECKED, why)


class Problems:
    """What a check finds, one by one: the first are kept, the rest is counted."""

    def __init__(self, found: Iterable[str] = ()) -> None:
        self.told: list[str] = []
        self.number = 0
        for each in found:
            self.add(each)

    def __bool__(self) -> bool:
        return self.number > 0

    def add(self, problem: str) -> None:
        """One more."""
        self.number += 1
        if len(self.told) < MAX_PROBLEMS:
            self.told.append(problem)


def broken(check: Check, found: Problems | Sequence[str], remedy: str) -> Finding:
    """It was measured, and is not as promised."""
    problems = found if isinstance(found, Problems) else Problems(found)
    more = problems.number - len(problems.told)
    told = (*problems.told, *([f"and {more:,} more"] if more else ()))
    number = "1 thing is" if problems.number == 1 else f"{problems.number:,} things are"
    return Finding(check, Outcome.BROKEN, f"{number} not as promised", told, remedy)


def outcome_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Of several: broken if one is, held if one was checked and none is broken."""
    there = set(outcomes)
    for outcome in (Outcome.BROKEN, Outcome.HELD):
        if outcome in there:
            return outcome
    return Outcome.NOT_CHECKED


def strictest(outcomes: Iterable[Outcome]) -> Outcome:
    """Of what must all hold: held only if each of them was checked."""
    there = set(outcomes)
    for outcome in (Outcome.BROKEN, Outcome.NOT_CHECKED):
        if outcome in there:
            return outcome
    return Outcome.HELD if there else Outcome.NOT_CHECKED
