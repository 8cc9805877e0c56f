"""How the audit log stands, in a few numbers for whoever watches it. None is of a person."""

from msgspec import Struct


class Status(Struct, frozen=True):
    """As of the leader's last round.

    `entries` there are, `signed` so many of them; `overdue`: keys whose end is a day late or more;
    `drift`: things that are otherwise than the policy asks; `audit`: the last one's outcome, and
    when it was recorded (seconds since 1970).
    """

    entries: int
    signed: int
    overdue: int
    drift: int
    audit: tuple[str, float] | None = None
