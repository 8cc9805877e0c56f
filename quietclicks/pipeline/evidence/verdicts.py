"""What may be said of a log after a look at it: each verdict by itself, and where it breaks."""

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """`UNKNOWN` is no fault that was found, and no reason to believe that there is none."""

    HOLDS = "holds"
    UNKNOWN = "not shown"
    BROKEN = "BROKEN"


class Finding(Struct, frozen=True):
    """A verdict in words; `at` is the index of the entry where it breaks, where there is one."""

    verdict: Verdict
    says: str
    at: int | None = None


def holds(says: str) -> Finding:
    """Nothing is wrong."""
    return Finding(Verdict.HOLDS, says)


def unknown(says: str, at: int | None = None) -> Finding:
    """It cannot be told."""
    return Finding(Verdict.UNKNOWN, says, at)


def broken(says: str, at: int | None = None) -> Finding:
    """Something is wrong."""
    return Finding(Verdict.BROKEN, says, at)


class Report(Struct, frozen=True):
    """The four verdicts on a log of `size` entries."""

    size: int
    intact: Finding
    consistent: Finding
    anchored: Finding
    complete: Finding
