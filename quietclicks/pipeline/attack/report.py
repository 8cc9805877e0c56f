"""What the attacker hands back. It holds counts and published names, no other values."""

from enum import StrEnum

from msgspec import Struct

from quietclicks.schemas.trend import Dimension


class Kind(StrEnum):
    """How a group's count comes about."""

    PUBLISHED = "published"  # it is a record
    REMAINDER = "remainder"  # a day's record less the hours' of the same value
    CUT = "cut"  # some hours less the values that occur only there
    VISITORS = "visitors"  # numbers of visitors and of views bound each other


class Group(Struct, frozen=True):
    """A group of events whose count is determined."""

    kind: Kind
    dimension: Dimension
    value: str | None  # None where the group is not one value's
    hours: tuple[str, ...]  # their starts, the hours that it is in
    views: int | None  # None where only its visitors are told
    visitors: int | None  # None where the attacker had no events; by bounds: at most


class Report(Struct, frozen=True):
    """What one site-day gives away.

    `violations` have fewer than k visitors for certain. `unproven` are only there where the
    attacker had no events: determined, and the published numbers do not show that k visitors are
    in them. Where `exhaustive` is false, the search stopped at a limit. Where `consistent` is
    false, the numbers do not add up, and the rest of the report says nothing.
    """

    violations: tuple[Group, ...]
    unproven: tuple[Group, ...]
    consistent: bool
    exhaustive: bool
