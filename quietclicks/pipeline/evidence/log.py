"""What the one writer of the log holds: the last entry's link, and the tree's frontier.

It writes nowhere. What is appended here counts once it is committed; a writer whose transaction
was aborted begins anew from what the topic has.
"""

from datetime import datetime

from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.entries import Entry, EntryError, after, encode, link
from quietclicks.pipeline.evidence.kinds import Body, PolicyInForce
from quietclicks.pipeline.evidence.tree import Frontier, leaf_hash


class Log:
    """A log's end."""

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._next = after(None)

    def __len__(self) -> int:
        return self._frontier.size

    def replay(self, entry: bytes) -> None:
        """An entry that is there already. Raises `EntryError` where it does not follow."""
        if link(entry) != self._next:
            raise EntryError(f"entry {self._next.i} does not follow the one before it")
        self._frontier.append(leaf_hash(entry))
        self._next = after(entry)

    def append(self, body: Body, time: datetime, version: str) -> bytes:
        """The next entry's bytes. Raises `EntryError` for what no entry may say."""
        if not len(self) and not isinstance(body, PolicyInForce):
            raise EntryError("a log begins with the policy in force")
        entry = encode(Entry(self._next.i, self._next.prev, time, version, body))
        self.replay(entry)
        return entry

    def checkpoint(self, origin: str) -> Checkpoint:
        """Of all there is, to be signed when it is committed."""
        return Checkpoint(origin, len(self), self._frontier.root())
