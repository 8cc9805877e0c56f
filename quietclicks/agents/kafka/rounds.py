"""Asks the brokers how often they delete and compact. It changes nothing."""

import logging

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.topics import broker_values
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.topology.rounds import UNKNOWN, Rounds, rounds

log = logging.getLogger(__name__)


async def broker_rounds(settings: Settings) -> Rounds:
    """How long until both are over; `UNKNOWN` where this user may not see it.

    Raises `KafkaError`, `Failure` where nobody answers.
    """
    client = clients.admin(settings)
    await clients.start(client, settings)
    try:
        async with clients.in_time("told its settings"):
            try:
                return rounds((await broker_values(client)).values())
            except Failure as refused:
                log.warning("%s; its rounds are taken for five minutes", refused)
                return UNKNOWN
    finally:
        await clients.stop(client)
