"""An officer's program that asks for many people at once, and keeps all that it is answered."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.rights.archive import archive
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.rows import encode
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, Done, Request
from tests.kafka.world import World, until
from tests.kafka_tools import produce

PATIENCE = 120  # seconds; a bound against hanging, on a machine that does much else


class Officers:
    """Follows the answers; `inbox` is what they come to."""

    def __init__(self, world: World, consumer: AIOKafkaConsumer) -> None:
        self.inbox = Inbox()
        self._world = world
        self._consumer = consumer
        self._told: defaultdict[str, list[Answer]] = defaultdict(list)

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    answer = self.inbox.take(record)
                    if answer is not None:
                        self._told[answer.id].append(answer)

    async def write(self, requests: Iterable[Request | Done]) -> None:
        """All of them, in one go."""
        rows = [(0, each.id.encode(), encode(each)) for each in requests]
        await produce(self._world.settings.bootstrap, topics.REQUESTS, rows)

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """What each comes to: of a look its answer, of an act the end or that notices are out."""
        since = {each.id: len(self._told[each.id]) for each in requests}
        await self.write(requests)
        return [await self.answer(each.id, _is_over(each), since[each.id]) for each in requests]

    async def answer(self, name: str, fits: Callable[[Answer], bool], since: int = 0) -> Answer:
        """The first one under that id that fits, after so many."""

        async def there() -> Answer | None:
            self._world.check_workers()
            return next(filter(fits, self._told[name][since:]), None)

        found = await until(there, f"{name} is answered", PATIENCE)
        assert found is not None
        return found

    async def noticed(self, names: Iterable[str]) -> None:
        """Wait until one of these has come so far that its notices are out."""
        wanted = tuple(names)

        async def there() -> bool:
            self._world.check_workers()
            return any(each.step == "noticed" for name in wanted for each in self._told[name])

        await until(there, "notices are out", PATIENCE)

    def files(self, answer: Answer) -> Mapping[str, bytes]:
        """Of an archive."""
        return archive(answer, self.inbox.parts(answer.id), self._world.policy)

    async def fetched(self, answers: Iterable[Answer]) -> None:
        """Say so; then the archives leave the broker."""
        ids = [each.id for each in answers]
        await self.write(Done(id=each, done="fetched") for each in ids)

        async def left() -> bool:
            return not any(self.inbox.parts(each) for each in ids)

        await until(left, "what was fetched has left the topic", PATIENCE)


def _is_over(request: Request) -> Callable[[Answer], bool]:
    def fits(answer: Answer) -> bool:
        is_looked_at = not request.act and request.ground is None
        return is_looked_at or (answer.step != "restricted" and answer.state != "open")

    return fits


@asynccontextmanager
async def officers(world: World, settings: Settings) -> AsyncIterator[Officers]:
    """At work."""
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    place = TopicPartition(topics.RESPONSES, 0)
    consumer.assign([place])
    consumer.seek(place, 0)
    made = Officers(world, consumer)
    following = asyncio.create_task(made.follow())
    try:
        yield made
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await clients.stop(consumer)
