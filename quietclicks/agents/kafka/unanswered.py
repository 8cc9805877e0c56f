"""Transactional requests that were sent and never answered: nobody knows what became of them.

The client would send them again, or abort, and a late first one could then end the *next*
transaction half way, for all of one producer's transactions look alike to the broker (KIP-890).
So here the first one without an answer ends the producer: what an answer refuses is tried again as
before, and the next start of the same id fences whatever is still on its way.
"""

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import ConnectionGroup
from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    TxnOffsetCommitRequest,
)

from quietclicks.errors import Failure

# Not InitProducerId: whatever became of it, the next one is a later epoch.
TRANSACTIONAL = (
    ProduceRequest,
    AddPartitionsToTxnRequest,
    AddOffsetsToTxnRequest,
    TxnOffsetCommitRequest,
    EndTxnRequest,
)


class Unanswered(Failure):
    """Why a worker ends whose transaction may have been committed, or not."""


class OutcomeUnknown(Exception):
    """No `KafkaError`: those the client takes for a reason to send the request again."""


class Requests:
    """What a transactional producer sends. It hooks into the producer's client for good."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.lost: str | None = None  # the kind of the first that has no answer
        self._send = producer.client.send
        producer.client.send = self.send

    async def send(
        self, node_id: int, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> Any:
        """As the client's own; raises `OutcomeUnknown`, which ends its sender."""
        if not isinstance(request, TRANSACTIONAL):
            return await self._send(node_id, request, group=group)
        if self.lost is not None:
            raise OutcomeUnknown(self.lost)
        try:
            return await self._send(node_id, request, group=group)
        except NodeNotReadyError:  # there was no connection: it was not sent
            raise
        except KafkaError:
            self.lost = type(request).__name__.removesuffix("Request")
        raise OutcomeUnknown(self.lost)
