"""The public summary, from what the audit log says: nothing in it is news to who may read that."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from quietclicks.pipeline.evidence.kinds import Audit, Body, KeyDestroyed, PolicyInForce
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary

FORMAT = "%Y-%m-%dT%H:%M:%SZ"

_summary = msgspec.json.Decoder(Summary)


class Public:
    """Entries in order, then the summary."""

    def __init__(self) -> None:
        self._policy: PolicyInForce | None = None
        self._since: datetime | None = None  # audits are promised
        self._destroyed: tuple[date, datetime] | None = None
        self._audit: tuple[Audit, datetime] | None = None

    def add(self, body: Body, time: datetime) -> None:
        """What the log says next."""
        if isinstance(body, PolicyInForce):
            before = self._policy.audit_every_days if self._policy else None
            self._since = time if before is None else self._since
            self._policy = body
        elif isinstance(body, KeyDestroyed):
            if self._destroyed is None or self._destroyed[0] < body.day:
                self._destroyed = body.day, time
        elif isinstance(body, Audit):
            self._audit = body, time

    @property
    def audited(self) -> tuple[str, float] | None:
        """The last audit's outcome, and when it was recorded (seconds since 1970)."""
        return None if self._audit is None else (self._audit[0].outcome, self._audit[1].timestamp())

    def summary(self, k: int, checkpoint: bytes | None) -> Summary:
        """`k`: how many visitors a number has at the least; `checkpoint`: the newest's note."""
        revision = self._policy.revision.isoformat() if self._policy else ""
        return Summary(
            policy=revision,
            k=k,
            keys_destroyed=self._keys_destroyed(),
            last_audit=self._last_audit(),
            next_audit=self._next_audit(),
            checkpoint=None if checkpoint is None else checkpoint.decode(),
        )

    def _keys_destroyed(self) -> DestroyedThrough | None:
        if self._destroyed is None:
            return None
        day, at = self._destroyed
        return DestroyedThrough(day.isoformat(), _text(at))

    def _last_audit(self) -> LastAudit | None:
        if self._audit is None:
            return None
        body, at = self._audit
        return LastAudit(_text(at), body.outcome, body.held, body.broken, body.not_checked)

    def _next_audit(self) -> str | None:
        """When the next one is due by the policy; None: none is promised."""
        since = self._audit[1] if self._audit else self._since
        if since is None or self._policy is None or self._policy.audit_every_days is None:
            return None
        return _text(since + timedelta(days=self._policy.audit_every_days))


def encode(summary: Summary) -> bytes:
    """The same summary gives the same bytes."""
    return msgspec.json.encode(summary, order="sorted")


def decode(data: bytes) -> Summary | None:
    """And back; None for what is none, or speaks of a day that no calendar has."""
    try:
        read = _summary.decode(data)
        if read.keys_destroyed is not None:
            date.fromisoformat(read.keys_destroyed.day)
        for at in _times(read):
            datetime.strptime(at, FORMAT)
    except (ValueError, RecursionError):
        return None
    return read


def _times(read: Summary) -> Iterator[str]:
    for part in (read.keys_destroyed, read.last_audit):
        if part is not None:
            yield part.at
    if read.next_audit is not None:
        yield read.next_audit


def _text(at: datetime) -> str:
    return at.strftime(FORMAT)
