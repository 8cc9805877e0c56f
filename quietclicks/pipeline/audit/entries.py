"""The audit log as the checks need it. What cannot be read, the check of the log itself tells."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from quietclicks.pipeline.evidence.entries import EntryError, decode
from quietclicks.pipeline.evidence.kinds import (
    Audit,
    Drift,
    KeyDestroyed,
    KeyMade,
    KeyTombstoned,
    PolicyInForce,
    WindowReleased,
    Workers,
)


class Told(Struct):
    """What the log says, in order, with each entry's time; `versions` of workers."""

    policies: list[tuple[datetime, PolicyInForce]] = field(default_factory=list)
    windows: list[WindowReleased] = field(default_factory=list)
    audits: list[tuple[datetime, Audit]] = field(default_factory=list)
    made: dict[int, KeyMade] = field(default_factory=dict)  # by day since 1970
    tombstoned: dict[int, KeyTombstoned] = field(default_factory=dict)
    destroyed: dict[int, KeyDestroyed] = field(default_factory=dict)
    drifts: list[tuple[datetime, Drift]] = field(default_factory=list)
    versions: dict[str, datetime] = field(default_factory=dict)  # since when
    size: int = 0

    @property
    def changed_at(self) -> datetime | None:
        """Since when the policy in force is, if there was another one before."""
        if len({each.hash for _, each in self.policies}) < 2:
            return None
        newest = self.policies[-1][1].hash
        since = None
        for at, each in reversed(self.policies):
            if each.hash != newest:
                break
            since = at
        return since


_EPOCH = datetime(1970, 1, 1).date()


def told(entries: Iterable[bytes]) -> Told:
    """Each entry is read by itself."""
    found = Told()
    for data in entries:
        found.size += 1
        try:
            entry = decode(data)
        except EntryError:
            continue
        found.versions.setdefault(entry.version, entry.time)
        match entry.body:
            case PolicyInForce() as body:
                found.policies.append((entry.time, body))
            case WindowReleased() as body:
                found.windows.append(body)
            case Drift() as body:
                found.drifts.append((entry.time, body))
            case Workers() as body:
                for version in body.versions:
                    found.versions.setdefault(version, entry.time)
            case Audit() as body:
                found.audits.append((entry.time, body))
            case KeyMade() as body:
                found.made[(body.day - _EPOCH).days] = body
            case KeyTombstoned() as body:
                found.tombstoned[(body.day - _EPOCH).days] = body
            case KeyDestroyed() as body:
                found.destroyed[(body.day - _EPOCH).days] = body
            case _:
                pass
    return found
