"""Fixtures that every room may use."""

import asyncio
import fcntl
import json
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from hypothesis import HealthCheck, is_hypothesis_test, settings

from quietclicks.commands.secure import admin_settings, prepare
from quietclicks.embedded.broker import Broker
from tests.access_tools import Roles, all_roles, empty
from tests.kafka import world
from tests.kafka_tools import SharedBroker
from tests.paths import SHARED

HERE = Path(__file__).parent

# No test is timed, and none differs from run to run.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

# Of what a shell starts in the background Ctrl-C is ignored, and so it would be of all that tests
# start: none that sends it would see anything end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# These start brokers of their own.
BROKERS = {"chaos", "kafka", "kill", "embedded/test_broker.py", "commands/test_kafka.py"}
SHARED_BROKERS = {"broker", "guarded"}
# The files that take longest, longest first: whoever began one of them last would be waited for.
LONGEST = [
    "kafka/test_week.py",
    "kafka/test_rights_story.py",
    "kill/test_kill.py",
    "kafka/test_run.py",
    "kafka/test_rights.py",
    "kafka/test_restart.py",
    "kafka/test_access_taken_away.py",
    "kafka/test_audit_report.py",
    "kafka/test_worker.py",
    "chaos/test_kill.py",
    "kafka/test_cut.py",
    "chaos/test_campaign.py",
    "bench/test_linkability_table.py",
    "pipeline/test_cost.py",
]
# Whose tests say what of `pipeline/` is covered.
COVERING = {"leaks", "pipeline"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker or a browser, and trace no long test: others cover the same.

    A traced test takes twice as long, so no property is, whose examples are many, and no test of
    another room. What waits for Kafka comes first, so that the rest has something to do meanwhile;
    then what takes long, so that nobody waits for it in the end.
    """
    for item in items:
        path = item.path.relative_to(HERE)
        asked = SHARED_BROKERS.intersection(getattr(item, "fixturenames", ()))
        if asked or BROKERS & {path.parts[0], str(path)}:
            item.add_marker(pytest.mark.kafka)
        if path.parts[0] == "browser":
            item.add_marker(pytest.mark.browser)
        is_long = any(item.get_closest_marker(each) for each in ("kafka", "browser", "slow"))
        if is_long or is_property(item) or path.parts[0] not in COVERING:
            item.add_marker(pytest.mark.no_cover)
    items.sort(key=order)


def is_property(item: pytest.Item) -> bool:
    """Whether Hypothesis runs it."""
    return isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)


def order(item: pytest.Item) -> list[int]:
    """The longest files first, then what needs a broker, then what is slow."""
    name = str(item.path.relative_to(HERE))
    place = LONGEST.index(name) if name in LONGEST else len(LONGEST)
    return [place, *(item.get_closest_marker(each) is None for each in ("kafka", "slow"))]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command that is run in this process sets up logging for all that comes later in it."""
    names = (None, "quietclicks", "aiokafka", "asyncio", "faust.worker", "kafka")
    loggers = [logging.getLogger(name) for name in names]
    before = [(each.level, each.handlers[:], each.filters[:]) for each in loggers]
    disabled = logging.root.manager.disable
    yield
    logging.disable(disabled)
    for each, (level, handlers, filters) in zip(loggers, before, strict=True):
        each.setLevel(level)
        each.handlers[:], each.filters[:] = handlers, filters


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs the real inputs in ../shared, which are not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[SharedBroker]:
    """The suite's one broker."""
    with _shared("broker", tmp_path_factory, worker_id, Broker.start) as found:
        yield found


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[SharedBroker]:
    """The suite's one broker that denies by default, with its files in `guarded.access`."""

    def start() -> Broker:
        own = Broker.start(secure=prepare)
        admin_settings(own)
        return own

    with _shared("guarded", tmp_path_factory, worker_id, start) as found:
        yield found


@pytest.fixture
def roles(guarded: SharedBroker) -> Iterator[Roles]:
    """The table's users, rights and topics, on that broker, for one test at a time."""
    with all_roles(guarded) as made:
        yield made


@pytest.fixture
def fresh(roles: Roles) -> Roles:
    """The same, with empty topics and without groups."""
    empty(roles)
    return roles


@pytest.fixture(scope="session", autouse=True)
def own_broker_at_the_end() -> Iterator[None]:
    """This process' own broker ends with the session, if it was ever started."""
    yield
    world.stop_own_broker()


@pytest.fixture(scope="module")
def own_broker() -> Broker:
    """This process' own broker, without topics: for a file whose topics have the pipeline's names.

    It is the one that whole workers run on: a start takes as long as many a file of tests.
    """
    own = world.own_broker()

    async def without_topics() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=own.bootstrap)
        await admin.start()
        try:
            await world.empty(admin)
        finally:
            await admin.close()

    asyncio.run(without_topics())
    return own


@contextmanager
def _shared(
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    start: Callable[[], Broker],
) -> Iterator[SharedBroker]:
    """A broker for all workers of the suite: the first to need it owns it."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent
    address = folder / f"{name}.json"
    locks = (folder / f"{name}.lock").open("w"), (folder / f"{name}.users").open("w")
    with locks[0] as lock, locks[1] as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address.exists():
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(lock, fcntl.LOCK_UN)
            told = json.loads(address.read_text())
            yield SharedBroker(told["bootstrap"], Path(told["data_dir"]))
            return
        with start() as own:
            address.write_text(
                json.dumps({"bootstrap": own.bootstrap, "data_dir": str(own.data_dir)})
            )
            fcntl.flock(lock, fcntl.LOCK_UN)
            yield SharedBroker(own.bootstrap, own.data_dir)
            # Others may still use it. Once it is withdrawn under the lock, nobody new comes.
            fcntl.flock(lock, fcntl.LOCK_EX)
            address.unlink()
            fcntl.flock(lock, fcntl.LOCK_UN)
            fcntl.flock(users, fcntl.LOCK_EX)
