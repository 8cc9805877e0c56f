"""A broker with topics as they should be, and topics of evidence that are a test's own."""

import base64

import pytest

from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import told_cut
from tests.kafka.world import policy_text
from tests.kafka_tools import unique

SMALL = policy_text(event_partitions=1, raw_partitions=1, trends_partitions=2)
POLICY = parse(SMALL, "policy.toml")


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    return own_broker


@pytest.fixture
async def settings(broker: Broker) -> Settings:
    """The topics as they should be, but for what an earlier test has written."""
    kek = base64.b64encode(bytes(range(32))).decode()
    made = Settings(bootstrap=broker.bootstrap, app=unique("app"), key_encryption_key=kek)
    await apply(made, topology(POLICY), yes=True)
    await told_cut(made, 0)
    return made


@pytest.fixture
async def own_log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics of evidence that are the test's own, and a broker that is right but for those."""
    for name in ("AUDIT", "CHECKPOINTS", "AUDITS", "WORKERS", "SUMMARY", "KEYS"):
        monkeypatch.setattr(topics, name, f"privacy.{unique(name.lower())}")
    published = tuple(f"trends.{unique('t')}" for _ in "ab")
    monkeypatch.setattr(topics, "PUBLISHED", published)
    await apply(settings, topology(POLICY))
    return settings
