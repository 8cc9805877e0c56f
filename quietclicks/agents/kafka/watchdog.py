"""What a consumer never says by itself: that the broker is gone, or the topic, or its membership.

Looked at every few seconds, beside the data. It ends nothing: it says why to end.
"""

import time
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import JoinGroupRequest

from quietclicks.agents.kafka.layout import Layout, describe
from quietclicks.agents.kafka.refusals import SEE, refusal

WATCH_SECONDS = 5
AWAY_SECONDS = 60  # a broker that restarts is back sooner, and so is a rebalance over


class Watchdog:
    """Of one consumer in a group."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        group: str,
        layout: Layout,
        refused: Callable[[], Awaitable[str | None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`refused`: why the broker lets nobody in, where that will last."""
        self._consumer = consumer
        self._group = group
        self._layout = layout
        self._refused = refused
        self._told: str | None = None
        self._clock = clock
        self._answered = self._found = self._member = clock()

    async def look(self) -> str | None:
        """The reason to end the process, if there is one."""
        coordinator = self._consumer._coordinator
        try:
            # `getmany` asks this, too, but nobody polls before there is a partition.
            coordinator.check_errors()
        except KafkaError as error:
            kind = type(error).__name__
            return refusal(error) or f"the broker refused the group {self._group}: {kind}"
        cluster = await describe(self._consumer, WATCH_SECONDS)
        now = self._clock()
        if cluster is None:
            told = await self._refused()
            if told is not None and told == self._told:
                return told
            self._told = told  # once may be a broker that has only just started
            if now - self._answered > AWAY_SECONDS:
                return f"the broker has not answered for {AWAY_SECONDS} seconds"
            return None
        self._answered = now
        self._told = None
        if told := self._layout.differs(cluster):
            return told
        missing = self._layout.missing(cluster)
        if not missing:
            self._found = now
        elif now - self._found > AWAY_SECONDS:
            return f"{missing[0]} is gone, or this user has no right to it any more: {SEE}"
        # A member that the group has forgotten is told nothing, and joins again only if it polls.
        if coordinator.member_id != JoinGroupRequest.UNKNOWN_MEMBER_ID:
            self._member = now
        elif now - self._member > AWAY_SECONDS:
            return f"the group {self._group} has not taken this worker for {AWAY_SECONDS} seconds"
        return None
