"""`quietclicks topics` on a broker of its own: what it says, does, and refuses."""

import asyncio
import re
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner, Result

from quietclicks.commands.topics import topics
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure, UsageError
from quietclicks.schemas.topics import RETIRED
from tests.kafka_tools import create_topics
from tests.paths import ROOT
from tests.runner_tools import until

REFERENCE = (ROOT / "deploy" / "policy.toml").read_text()
COUNT = 26


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    return own_broker


@pytest.fixture(autouse=True)
def empty(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """No topics, and the commands know where the broker is."""
    monkeypatch.setenv("QUIETCLICKS_BOOTSTRAP", broker.bootstrap)

    async def delete(admin: AIOKafkaAdminClient) -> None:
        async def gone() -> bool:
            names = [name for name in await admin.list_topics() if not name.startswith("__")]
            if names:
                await admin.delete_topics(names)
            return not names

        await until(gone, "topics are deleted")

    administer(broker, delete)


def administer(broker: Broker, what: object) -> None:
    async def run() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        try:
            await what(admin)  # type: ignore[operator]
        finally:
            await admin.close()

    asyncio.run(run())


def configure(broker: Broker, name: str, **configs: str) -> None:
    async def alter(admin: AIOKafkaAdminClient) -> None:
        wanted = {key.replace("_", "."): value for key, value in configs.items()}
        [answer] = await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, wanted)]
        )
        assert [row[0] for row in answer.resources] == [0]

        async def changed() -> bool:
            [answer] = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name)]
            )
            now = {key: value for key, value, *_ in answer.resources[0][4]}
            return wanted.items() <= now.items()

        await until(changed, "the topic is changed")

    administer(broker, alter)


def policy(folder: Path, *edits: tuple[str, str]) -> str:
    text = REFERENCE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file = folder / "policy.toml"
    file.write_text(text)
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(topics, arguments)


def done(*arguments: str) -> list[str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.exception
    return result.stdout.splitlines()


def drift(*arguments: str) -> list[str]:
    result = run("check", *arguments)
    lines = result.stdout.splitlines()
    assert isinstance(result.exception, Failure)  # exit status 1
    assert str(result.exception).startswith(f"{len(lines)} difference(s)")
    assert all(line.startswith("drift: ") for line in lines)
    return [line.removeprefix("drift: ") for line in lines]


def test_plan_apply_check() -> None:
    planned = done("plan")
    assert len(planned) == COUNT
    assert planned[0] == "create: clickstream.raw: missing; 4 partition(s)"
    assert len(drift()) == COUNT
    assert done("plan") == planned, "a plan changes nothing"
    assert done("apply") == planned
    assert done("apply") == done("plan") == done("check") == []


def test_a_config_that_drifted_comes_back_and_the_others_stay(broker: Broker) -> None:
    done("apply")
    # The call by which somebody changed one value reset all the others: they are drift, too.
    configure(broker, "clickstream.rejected", retention_ms="3600000", retention_bytes="1000")
    found = drift()
    assert "clickstream.rejected: retention.ms: 1h → 7d" in found
    assert "clickstream.rejected: segment.ms: 7d → 6h" in found
    assert (
        "clickstream.rejected: retention.bytes: 1000 → the broker's default; the policy does not "
        "ask for it" in found
    )
    assert {line.split(":")[0] for line in found} == {"clickstream.rejected"}
    assert len(done("apply")) == len(found)
    assert done("check") == []


def test_a_shorter_retention_asks_for_a_yes(tmp_path: Path) -> None:
    done("apply")
    shorter = policy(tmp_path, ('rejected = "7d"', 'rejected = "6d"'))
    planned = done("plan", "--policy", shorter)
    assert planned == ["change: clickstream.rejected: retention.ms: 7d → 6d (DELETES DATA)"]
    result = run("apply", "--policy", shorter)
    assert isinstance(result.exception, UsageError)  # exit status 2
    assert str(result.exception) == (
        "say --yes to delete data: clickstream.rejected: retention.ms: 7d → 6d (DELETES DATA)"
    )
    assert done("plan", "--policy", shorter) == planned, "refused before the first change"
    assert done("apply", "--yes", "--policy", shorter) == planned
    assert done("check", "--policy", shorter) == []


def test_a_longer_retention_needs_none(tmp_path: Path) -> None:
    done("apply")
    longer = policy(tmp_path, ('rejected = "7d"', 'rejected = "8d"'))
    assert done("apply", "--policy", longer) == [
        "change: clickstream.rejected: retention.ms: 7d → 8d"
    ]


def test_topics_that_nobody_listed(broker: Broker) -> None:
    done("apply")
    asyncio.run(create_topics(broker.bootstrap, {"clickstream.copy": 1, "orders": 1}))

    async def visible(admin: AIOKafkaAdminClient) -> None:
        async def there() -> bool:
            return {"clickstream.copy", "orders"} <= set(await admin.list_topics())

        await until(there, "topics are made")

    administer(broker, visible)
    line = "clickstream.copy: the policy does not list it: delete it, or give it another name"
    assert drift() == [line]
    result = run("apply")
    assert (result.exit_code, result.stdout) == (0, f"by hand: {line}\n")
    assert result.stderr == f"{COUNT} topics, 0 change(s) done, 1 left to you\n"


def test_topics_of_an_earlier_version(broker: Broker) -> None:
    """Numbers may stay, and are no drift; single visits may not."""
    done("apply")
    old = {"clickstream.anonymised": 1, "trends.referrers": 1}
    asyncio.run(create_topics(broker.bootstrap, old))
    numbers = f"trends.referrers: {RETIRED['trends.referrers']}"
    visits = f"clickstream.anonymised: {RETIRED['clickstream.anonymised']}"

    async def visible(admin: AIOKafkaAdminClient) -> None:
        async def there() -> bool:
            return set(old) <= set(await admin.list_topics())

        await until(there, "topics are made")

    administer(broker, visible)
    assert done("plan") == [f"by hand: {visits}", f"retired: {numbers}"]
    result = run("check")
    assert result.stdout.splitlines() == [f"retired: {numbers}", f"drift: {visits}"]
    assert str(result.exception).startswith("1 difference(s)")

    async def delete(admin: AIOKafkaAdminClient) -> None:
        await admin.delete_topics(["clickstream.anonymised"])

        async def gone() -> bool:
            return "clickstream.anonymised" not in await admin.list_topics()

        await until(gone, "the topic is deleted")

    administer(broker, delete)
    assert done("check") == [f"retired: {numbers}"]
    result = run("apply")
    assert result.stderr == f"{COUNT} topics, 0 change(s) done\n"


def test_a_partner_that_left(tmp_path: Path) -> None:
    done("apply")
    table = re.search(r"\[partners\.adreach\]\n(?:.+\n)+", REFERENCE)
    assert table
    edits = [(table[0], "")]
    edits += [(each[0], "") for each in re.finditer(r'"partners\.adreach.*\n', REFERENCE)]
    without = policy(tmp_path, *edits)
    events, notices = drift("--policy", without)
    assert events.startswith("clickstream.partners.adreach: the policy does not list it")
    assert notices.startswith("clickstream.partners.adreach.notices: the policy does not list it")


def test_fewer_partitions_are_refused(tmp_path: Path) -> None:
    done("apply")
    fewer = policy(
        tmp_path,
        ("event_partitions = 4", "event_partitions = 2"),
        ('rejected = "7d"', 'rejected = "8d"'),
    )
    planned = done("plan", "--policy", fewer)
    assert sum(line.startswith("impossible: ") for line in planned) == 5
    result = run("apply", "--policy", fewer)
    assert isinstance(result.exception, Failure)
    assert "partitions: 4 → 2: partitions cannot be taken away" in str(result.exception)
    assert done("plan", "--policy", fewer) == planned, "refused before the first change"


def test_more_partitions_for_events(tmp_path: Path) -> None:
    done("apply")
    more = policy(tmp_path, ("event_partitions = 4", "event_partitions = 6"))
    assert len(done("apply", "--policy", more)) == 5
    assert done("check", "--policy", more) == []


def test_more_raw_partitions_on_a_pipeline_that_never_ran(tmp_path: Path) -> None:
    done("apply")
    more = policy(tmp_path, ("raw_partitions = 4", "raw_partitions = 6"))
    planned = done("plan", "--policy", more)
    assert planned[0] == "grow: clickstream.raw: partitions: 4 → 6 (only when all is drained)"
    assert done("apply", "--policy", more) == planned
    assert done("check", "--policy", more) == []


def test_a_broker_with_too_few_nodes_says_so(tmp_path: Path) -> None:
    three = policy(tmp_path, ("replication = 1", "replication = 3"))
    result = run("apply", "--policy", three)
    assert isinstance(result.exception, Failure)
    assert "would not make clickstream.raw" in str(result.exception)
    done("apply")
    assert sum("replication: 1 → 3" in line for line in drift("--policy", three)) == COUNT


def test_a_broker_that_makes_topics_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with Broker.start(properties={"auto.create.topics.enable": "true"}) as other:
        monkeypatch.setenv("QUIETCLICKS_BOOTSTRAP", other.bootstrap)
        done("apply")
        assert drift() == [
            "broker 1: auto.create.topics.enable is not false: it makes topics that nobody listed"
        ]


def test_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIETCLICKS_BOOTSTRAP", "127.0.0.1:1")
    for command in ("plan", "apply", "check"):
        result = run(command)
        assert isinstance(result.exception, Failure)
        assert str(result.exception).startswith("no Kafka broker answers at 127.0.0.1:1")
