"""Everything that a round works on: a new broker behind a proxy, topics, workers, and the stream.

Workers know the proxy's address alone; what the round itself sends and reads goes past it.
"""

import asyncio
import base64
import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import HOST, free_port
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import topology
from tests.chaos import rules
from tests.chaos.feeder import Feeder
from tests.chaos.proxy import Proxy
from tests.chaos.stream import Stream
from tests.chaos.supervisor import Supervisor
from tests.chaos.weather import Wanted, Weather
from tests.chaos.wire import Api, Frame

APP = "chaos"
WORKERS = 2
SESSION_SECONDS = 3.0
REQUEST_SECONDS = 5.0  # a client that waits longer for an answer gives up
STEADY_SECONDS = 20.0  # for partitions to be where they stay
STOPPING_SECONDS = 10.0
RECORDS = 200  # in a transaction: many moments to die in


class Rig:
    """What faults strike."""

    def __init__(
        self,
        broker: Broker,
        weather: Weather,
        proxy: Proxy,
        settings: Settings,
        policy: Policy,
        feeder: Feeder,
        supervisor: Supervisor,
    ) -> None:
        self.broker = broker
        self.weather = weather
        self.proxy = proxy
        self.settings = settings  # of who goes past the proxy
        self.policy = policy
        self.feeder = feeder
        self.supervisor = supervisor
        self.repairing = asyncio.Lock()  # the broker is down, or will be

    async def commits(self, number: int, seconds: float) -> bool:
        """Wait until workers have asked for so many commits; whether they did."""
        for _ in range(number):
            if await self.request(is_commit, seconds) is None:
                return False
        return True

    async def steady(self) -> None:
        """Wait until no partition is handed over any more: all workers are there, and at work."""
        deadline = time.monotonic() + STEADY_SECONDS
        while time.monotonic() < deadline:
            if await self.request(begins, SESSION_SECONDS + 1) is None:
                return

    async def request(self, wanted: Wanted, seconds: float) -> int | None:
        """Wait for a request of a worker's; the port that it came from."""
        try:
            return await asyncio.wait_for(self.weather.passes(wanted), seconds)
        except TimeoutError:
            return None


def begins(frame: Frame) -> bool:
    """Whether a partition is taken over; the next thing is to read its state."""
    of_stage = is_of("anonymise", frame) or is_of("release", frame)
    return frame.api == Api.INIT_PRODUCER_ID and of_stage


def is_commit(frame: Frame) -> bool:
    """Of any partition of the first stage."""
    return is_of("anonymise", frame) and frame.api == Api.END_TXN


SIGNING_KEY = SigningKey("campaign/audit", bytes(range(32)))


def is_of(stage: str, frame: Frame) -> bool:
    """Whether a transaction of this stage is meant: a stage's name, or `keys`."""
    return (frame.transactional_id or "").startswith(f"{APP}.{stage}")


@asynccontextmanager
async def rig(seed: int, per_second: int) -> AsyncIterator[Rig]:
    """A new one; all of it is gone afterwards."""
    direct, proxied, behind, controller = (free_port() for _ in range(4))
    policy = rules.policy()
    weather = Weather()
    with TemporaryDirectory(prefix="quietclicks-chaos-") as name:
        folder = Path(name)
        (folder / "policy.toml").write_text(rules.text(), "utf-8")
        (folder / "signing-key").write_text(SIGNING_KEY.private_text(), "utf-8")
        settings = Settings(
            bootstrap=f"{HOST}:{direct}",
            app=APP,
            policy=str(folder / "policy.toml"),
            key_encryption_key=base64.b64encode(secrets.token_bytes(32)).decode(),
            signing_key_file=str(folder / "signing-key"),
            ticks="none",
        )
        broker = await asyncio.to_thread(_broker, direct, proxied, behind, controller)
        proxy = await Proxy.start(weather, proxied, behind)
        stream = Stream(seed, policy.topics.raw_partitions)
        feeder = Feeder(settings.bootstrap, stream, policy.topics.raw_partitions, per_second)
        supervisor = None
        try:
            await apply(settings, topology(policy))
            await feeder.start()
            supervisor = Supervisor(folder, _environment(settings, proxied), WORKERS)
            yield Rig(broker, weather, proxy, settings, policy, feeder, supervisor)
        finally:
            if supervisor is not None:
                supervisor.stop()
            await proxy.stop()
            with contextlib.suppress(TimeoutError):  # it may still have to send, and nobody to
                await asyncio.wait_for(feeder.stop(), STOPPING_SECONDS)
            await asyncio.to_thread(broker.stop)


def _broker(direct: int, proxied: int, behind: int, controller: int) -> Broker:
    """Whoever comes in from behind the proxy is told to come back through it."""
    return Broker.start(
        port=direct,
        properties={
            "listeners": f"BROKER://{HOST}:{direct},PROXIED://{HOST}:{behind},"
            f"CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"BROKER://{HOST}:{direct},PROXIED://{HOST}:{proxied}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,PROXIED:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT",
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "group.min.session.timeout.ms": "1000",  # dead workers are noticed soon
        },
        progress=lambda _: None,
    )


def _environment(settings: Settings, proxied: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "QUIETCLICKS_BOOTSTRAP": f"{HOST}:{proxied}",
        "QUIETCLICKS_APP": APP,
        "QUIETCLICKS_POLICY": settings.policy or "",
        "QUIETCLICKS_KEY_ENCRYPTION_KEY": settings.key_encryption_key or "",
        "QUIETCLICKS_SIGNING_KEY_FILE": settings.signing_key_file or "",
        "QUIETCLICKS_TICKS": settings.ticks,
        "QUIETCLICKS_SESSION_SECONDS": str(SESSION_SECONDS),
        "QUIETCLICKS_REQUEST_SECONDS": str(REQUEST_SECONDS),
        "QUIETCLICKS_RECORDS_PER_TRANSACTION": str(RECORDS),
    }
