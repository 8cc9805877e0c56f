"""Writes the audit log, in the worker that leads. Nothing ever waits for it.

It tells what others have done, from what they have committed; so what was missed while no worker
led is told afterwards.
"""

import logging
from collections.abc import Callable

from mode import Service

from quietclicks.agents.evidence.anchor import Anchor
from quietclicks.agents.evidence.anchor_command import hand_over
from quietclicks.agents.evidence.audit_log import Written, signing_keys, write_on
from quietclicks.agents.evidence.say import Once
from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.errors import Failure, QuietclicksError
from quietclicks.pipeline.evidence.entries import EntryError
from quietclicks.pipeline.evidence.status import Status
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import attempt_seconds, topology
from quietclicks.schemas import topics

log = logging.getLogger(__name__)


class AuditWriter(Service):
    """A round as often as a key can take a step, while `leads()`."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        leads: Callable[[], bool],
        told: Callable[[Status | None], None] = lambda status: None,
    ) -> None:
        """`told` hears how the log stands; None: this worker does not know it.

        Raises `UsageError` where a signing key is set and cannot be read.
        """
        super().__init__()
        self._told = told
        self._handed_over: bytes | None = None
        self._settings = settings
        self._policy = policy
        self._leads = leads
        self._wrapping = Wrapping(key_encryption_keys(settings))
        self._keys = signing_keys(settings)
        self._say = Once()
        self._anchor = Anchor(settings)
        # Each round takes one of 32,767 epochs, and a tombstone stays for what a segment spans.
        [spec] = [each for each in topology(policy) if each.name == topics.KEYS]
        self._interval = attempt_seconds(spec)

    @Service.task
    async def _write(self) -> None:
        async for _ in self.itertimer(self._interval, name="audit log"):
            if self._leads():
                await self.round()
            else:
                self._told(None)

    async def round(self) -> None:
        """Once, now. What goes wrong is told, and the next one tries again."""
        written = await self._write_on()
        self._told(None if written is None else written.status)
        if written is not None:
            await self._hand_over(written.newest)
            self._say.end_round()

    async def _write_on(self) -> Written | None:
        try:
            written = await write_on(
                self._settings,
                self._policy,
                self._wrapping,
                self._keys,
                self._anchor,
                self._say,
            )
        except Rival:
            return None  # who came leads now
        except QuietclicksError as error:
            log.error("%s", error)
        except EntryError as error:  # its text shows no value
            log.error("nothing is written to the audit log: %s", error)
        except Exception as error:
            log.warning("nothing was written to the audit log: %s", type(error).__name__)
        else:
            if written.new:
                log.info("the audit log has %d more entries", written.new)
            return written
        return None

    async def _hand_over(self, note: bytes | None) -> None:
        """What is newly signed, to the operator's command; after a start, the newest once more."""
        command = self._settings.audit_anchor_command
        if not command or note is None or note == self._handed_over:
            return
        try:
            await hand_over(command, note)
        except Failure as error:
            self._say(f"the command of QUIETCLICKS_AUDIT_ANCHOR_COMMAND failed: {error}")
        else:
            self._handed_over = note
