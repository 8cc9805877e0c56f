"""The suite's broker that denies by default, with the table's users and topics on it."""

import asyncio
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient

from quietclicks.agents.access.apply import apply, finish
from quietclicks.agents.kafka import topics
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.access.diff import AccessKind
from quietclicks.pipeline.access.rights import Rights, rights
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import topology
from tests.kafka.operations import make_coordinators
from tests.kafka.world import policy_text
from tests.kafka_tools import SharedBroker, create_topics_as

APP = "quietclicks"
TEXT = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1).replace(
    "[[changes]]",
    '[partners.second]\npurpose = "to try"\nfields = ["id", "site"]\nsites = ["shop.example"]\n'
    'retention = "24h"\n\n[[changes]]',
    1,
)
TEXT += '"partners.second.retention" = "as the other"\n'  # [sources] is the last table
POLICY = parse(TEXT, "policy.toml")
WANTED = rights(POLICY, APP)
PATIENCE = 120  # seconds; a bound against hanging, on a machine that does much else
OTHERS = ("clickstream.unlisted", "orders")


@dataclass(frozen=True)
class Roles:
    """The broker, its files, and what its users may do."""

    broker: SharedBroker
    wanted: Rights

    @property
    def files(self) -> Path:
        return self.broker.access

    @property
    def admin(self) -> Settings:
        """Its super user's."""
        return self.broker.settings()

    def settings(self, user: str) -> Settings:
        """A role's."""
        return self.broker.settings(user)


@contextmanager
def all_roles(guarded: SharedBroker) -> Iterator[Roles]:
    """Users, rights and topics as the table has them: nobody else changes them meanwhile."""
    made = Roles(guarded, WANTED)
    with (guarded.data_dir / "roles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = apply(made.admin, WANTED, made.files)
        for each in found:
            if each.kind is AccessKind.ROTATING:  # a test that failed left both
                finish(made.admin, WANTED, made.files, each.user)
        left = [each.user for each in found if each.kind is AccessKind.LEFT]
        if left:
            apply(made.admin, WANTED, made.files, left)
        asyncio.run(topics.apply(made.admin, topology(POLICY)))
        create_topics_as(made.admin, OTHERS)
        with administration(made.admin) as client:
            make_coordinators(client)
        yield made


def _groups(client: KafkaAdminClient) -> list[str]:
    found = [str(each["group_id"]) for each in client.list_groups()]
    return [each for each in found if each.startswith(f"{APP}.")]


def empty(roles: Roles) -> None:
    """New topics, and no groups."""
    names = [spec.name for spec in topology(POLICY)]
    with administration(roles.admin) as client:
        client.delete_topics(names)
        ends = time.monotonic() + PATIENCE
        while ours := _groups(client):  # until a worker that was killed is no member any more
            assert time.monotonic() < ends, ours
            client.delete_groups(ours)
            time.sleep(0.1)
        while left := set(names) & set(client.list_topics()):  # a broker answers before it is done
            assert time.monotonic() < ends, left
            time.sleep(0.1)
    asyncio.run(topics.apply(roles.admin, topology(POLICY)))
