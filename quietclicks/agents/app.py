"""The wiring, all of it: one Faust application that hosts the runners, the ticks and the port.

Faust gives lifecycle and signals. It opens no Kafka client of its own, and no port: the data's way
is the runners', and whoever connects meets another process (`web/port.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import faust
from faust.app.base import BootStrategy
from mode import Service

from quietclicks.agents.country_watch import CountryWatch
from quietclicks.agents.cuts import Cuts
from quietclicks.agents.evidence.audit_log import signing_keys
from quietclicks.agents.evidence.newest import NewestCheckpoint
from quietclicks.agents.evidence.presence import Presence
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.geo import Countries
from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.stages import ANONYMISE, BOUND, RELEASE, RIGHTS, SOURCES
from quietclicks.agents.kafka.stamped import Stamp
from quietclicks.agents.keys.outside import destroyed_through
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.watch import KeyWatch
from quietclicks.agents.metrics import Metrics
from quietclicks.agents.rights.desk import RightsDesk
from quietclicks.agents.rights.list_watch import ListWatch
from quietclicks.agents.settings import Settings
from quietclicks.agents.spammers import spammers
from quietclicks.agents.ticks import Leader
from quietclicks.agents.web.port import Port
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Processor
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.stage import RightsProcessor
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics


class _HostOnly(BootStrategy):
    """Faust's own consumer, producer and tables stay off: nothing of ours uses them."""

    enable_kafka = False


class Host(faust.App):
    """A Faust application whose services are ours."""

    BootStrategy = _HostOnly
    ours: tuple[Service, ...] = ()

    def _create_directories(self) -> None:
        """None: Faust would make one for tables, in whatever folder the worker was started."""

    def on_init_dependencies(self) -> Iterable[Any]:
        """What starts with the application and stops before it."""
        return chain(super().on_init_dependencies(), self.ours)


def build_app(settings: Settings, policy: Policy) -> Host:
    """An application ready for a `faust.Worker`. It connects to nothing yet."""
    app = Host(
        settings.app,
        broker=f"kafka://{settings.bootstrap}",
        web_enabled=False,  # its server is in our process, and without bounds
        topic_disable_leader=True,
        autodiscover=False,
    )
    keys = DayKeys()
    keys.destroy(destroyed_through(settings))
    key_store = KeyStore(settings, keys)
    countries = Countries.open(settings.country_database)
    spam = spammers(settings.referrer_spam)
    restrictions = Restrictions()
    list_watch = ListWatch(settings, restrictions, key_store)
    anonymiser = Anonymiser(policy, countries.country, keys, spam, restrictions)

    metrics = Metrics()
    newest = NewestCheckpoint(settings, [key.verifier for key in signing_keys(settings)])
    desk, runners = _stages(
        settings, policy, keys, key_store, anonymiser, list_watch, metrics, newest.stamp
    )

    def leads() -> bool:
        return runners[0].leads

    def told() -> dict[str, Any]:
        return {
            "state": health_of(runners),
            "partitions": {each.name: sorted(each.partitions) for each in runners},
            "metrics": metrics.exposition().decode(),
        }

    leader = Leader(settings, leads, policy.time.allowed_skew)
    ticking = [leader] if settings.ticks == "live" else []
    port = [Port(settings, told)] if settings.web_port else []
    cuts = Cuts(settings, policy, leads)
    audit = AuditWriter(settings, policy, leads, metrics.told)
    watch = CountryWatch(countries, anonymiser.forget)
    key_watch = KeyWatch(settings, keys, anonymiser.forget)
    presence = Presence(settings, lambda: any(each.crashed for each in runners))
    # The port first: it says "joining". What comes first stops last.
    watching = watch, key_watch, list_watch
    app.ours = (*port, presence, newest, *watching, desk, *runners, cuts, audit, *ticking)
    return app


def _stages(
    settings: Settings,
    policy: Policy,
    keys: DayKeys,
    store: KeyStore,
    anonymiser: Anonymiser,
    list_watch: ListWatch,
    metrics: Metrics,
    stamp: Stamp,
) -> tuple[RightsDesk, tuple[Runner, ...]]:
    """A runner for each stage, in the order of the data's way, and what the last one asks."""

    def anonymise(partition: int, partitions: int) -> AnonymiseProcessor:
        marked = policy.topics.partials_partitions
        return AnonymiseProcessor(policy, anonymiser, partition, partitions, marked)

    def release(partition: int, partitions: int) -> ReleaseProcessor:
        return ReleaseProcessor(None, partition, partitions)

    def rights(partition: int, partitions: int) -> RightsProcessor:
        return RightsProcessor(policy, anonymiser.restrictions)

    specs = [spec for spec in topology(policy) if spec.name not in topics.EVIDENCE]
    counts = {spec.name: spec.partitions for spec in specs}
    desk = RightsDesk(settings, policy, keys, store, anonymiser.restrictions, list_watch, counts)

    def runner(name: str, processor: Callable[[int, int], Processor], **more: Any) -> Runner:
        committed = partial(metrics.committed, name)
        stage = Stage(name, SOURCES[name], processor, committed, store.provide, BOUND[name], **more)
        return Runner(settings, stage, counts)

    async def knows_the_list(_: Processor) -> None:
        await list_watch.caught_up()

    return desk, (
        runner(ANONYMISE, anonymise, prepare=knows_the_list),
        runner(RELEASE, release, stamp=stamp),
        runner(RIGHTS, rights, prepare=desk.prepare, look=desk.look),
    )


def health_of(runners: Sequence[Runner]) -> str:
    """The worst of its stages; `standby` only if no stage has a partition for this worker."""
    states = [each.state for each in runners]
    if any(each.crashed for each in runners):
        return "failed"
    for state in ("joining", "restoring", "ok"):
        if state in states:
            return state
    return "standby"
