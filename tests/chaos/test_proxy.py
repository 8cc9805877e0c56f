"""What the proxy does to requests and answers, with a stand-in for a broker that echoes."""

import asyncio
import os
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    TxnOffsetCommitRequest,
)

from quietclicks.embedded.ports import HOST, free_port
from tests.chaos import supervisor
from tests.chaos.proxy import Proxy
from tests.chaos.weather import Way, Weather
from tests.chaos.wire import Api, Frame, frame_of

PATIENCE = 60  # seconds; a bound against hanging


def request(api: Api, transactional_id: str = "app.stage.0", number: int = 1) -> bytes:
    """As the client writes it."""
    wanted = {
        Api.PRODUCE: lambda: ProduceRequest(
            transactional_id=transactional_id, required_acks=-1, timeout=1, topics=[]
        ),
        Api.INIT_PRODUCER_ID: lambda: InitProducerIdRequest(transactional_id, 1),
        Api.ADD_PARTITIONS: lambda: AddPartitionsToTxnRequest(transactional_id, 1, 1, []),
        Api.ADD_OFFSETS: lambda: AddOffsetsToTxnRequest(transactional_id, 1, 1, "group"),
        Api.END_TXN: lambda: EndTxnRequest(transactional_id, 1, 1, True),
        Api.TXN_OFFSET_COMMIT: lambda: TxnOffsetCommitRequest(transactional_id, "group", 1, 1, []),
    }[api]()
    made = wanted.prepare({int(api): (0, 8)})
    header = made.build_request_header(correlation_id=number, client_id="client")
    message = header.encode() + made.encode()
    return len(message).to_bytes(4) + bytes(message)


@pytest.mark.parametrize("api", list(Api), ids=lambda api: api.name)
def test_whose_transaction(api: Api) -> None:
    data = request(api)
    assert frame_of(data) == Frame(api, "app.stage.0", data)


class Echo:
    """Keeps what came, and sends it back."""

    def __init__(self) -> None:
        self.came = bytearray()
        self.more = asyncio.Event()
        self.ends = 0

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.came += data
                self.more.set()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            self.ends += 1
            self.more.set()
            writer.close()

    async def until(self, size: int = 0, ends: int = 0) -> bytes:
        async with asyncio.timeout(PATIENCE):
            while len(self.came) < size or self.ends < ends:
                self.more.clear()
                await self.more.wait()
        return bytes(self.came)


class Net:
    """A proxy in front of an echo."""

    def __init__(self, weather: Weather, proxy: Proxy, echo: Echo, port: int) -> None:
        self.weather, self.proxy, self.echo, self._port = weather, proxy, echo, port

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        return await asyncio.open_connection(HOST, self._port)


@asynccontextmanager
async def net() -> AsyncIterator[Net]:
    echo, weather, port = Echo(), Weather(), free_port()
    server = await asyncio.start_server(echo.serve, HOST, 0)
    proxy = await Proxy.start(weather, port, server.sockets[0].getsockname()[1])
    try:
        yield Net(weather, proxy, echo, port)
    finally:
        await proxy.stop()
        server.close()


async def read(reader: StreamReader, size: int) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await reader.readexactly(size)


async def ended(reader: StreamReader) -> bytes:
    """What still came before the end."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_passes_on_what_came() -> None:
    async with net() as made:
        reader, writer = await made.connect()
        sent = request(Api.PRODUCE) + request(Api.END_TXN)
        seen = made.weather.passes(lambda frame: frame.api == Api.END_TXN)
        writer.write(sent)
        assert await read(reader, len(sent)) == sent
        assert await seen == writer.get_extra_info("sockname")[1]
        writer.close()
        await made.echo.until(ends=1)


async def test_no_broker_no_connection() -> None:
    proxy = await Proxy.start(Weather(), port := free_port(), free_port())
    reader, writer = await asyncio.open_connection(HOST, port)
    assert await ended(reader) == b""
    writer.close()
    await proxy.stop()


async def test_holds_a_request_and_what_follows() -> None:
    async with net() as made:
        reader, writer = await made.connect()
        before, held, after = request(Api.PRODUCE), request(Api.END_TXN), request(Api.ADD_OFFSETS)
        with made.weather.holding(lambda frame: frame.api == Api.END_TXN) as hold:
            followed = made.weather.passes(lambda frame: frame.api == Api.ADD_OFFSETS)
            writer.write(before + held + after)
            assert await read(reader, len(before)) == before
            await followed
            assert hold.caught.result() == (
                writer.get_extra_info("sockname")[1],
                Frame(Api.END_TXN, "app.stage.0", held),
            )
            assert made.echo.came == before
            assert not hold.client_gone.is_set()
            again = request(Api.END_TXN, number=2)  # from the same client, elsewhere
            other_reader, other_writer = await made.connect()
            other_writer.write(again)
            assert await read(other_reader, len(again)) == again
        assert await read(reader, len(held + after)) == held + after
        writer.close()
        other_writer.close()


async def test_delivers_when_the_client_is_gone() -> None:
    async with net() as made:
        _, writer = await made.connect()
        held = request(Api.END_TXN)
        with made.weather.holding(lambda frame: True) as hold:
            writer.write(held)
            await hold.caught
            writer.transport.abort()
            async with asyncio.timeout(PATIENCE):
                await hold.client_gone.wait()
            assert made.echo.came == b""
            hold.released.set()
            assert await made.echo.until(len(held)) == held
            await made.echo.until(ends=1)


async def test_a_hold_that_caught_nothing_is_over() -> None:
    async with net() as made:
        with made.weather.holding(lambda frame: True):
            pass
        reader, writer = await made.connect()
        writer.write(sent := request(Api.END_TXN))
        assert await read(reader, len(sent)) == sent
        writer.close()


@pytest.mark.parametrize("way", list(Way), ids=lambda way: way.name)
async def test_halves(way: Way) -> None:
    async with net() as made:
        reader, writer = await made.connect()
        writer.write(first := request(Api.PRODUCE))
        await read(reader, len(first))
        [link] = made.proxy.links
        link.halve(way)
        writer.write(sent := request(Api.END_TXN))
        half = sent[: len(sent) // 2]
        assert await ended(reader) == (half if way is Way.DOWN else b"")
        wanted = sent if way is Way.DOWN else half
        await made.echo.until(ends=1)
        assert made.echo.came == first + wanted
        writer.close()


async def test_cuts_those_that_are_wanted() -> None:
    async with net() as made:
        streams = [await made.connect() for _ in range(2)]
        sent = request(Api.PRODUCE)
        for reader, writer in streams:
            writer.write(sent)
            await read(reader, len(sent))
        port = streams[0][1].get_extra_info("sockname")[1]
        assert made.proxy.cut(lambda link: link.port == port) == 1
        assert await ended(streams[0][0]) == b""
        streams[1][1].write(sent)
        assert await read(streams[1][0], len(sent)) == sent
        for _, writer in streams:
            writer.close()


@pytest.mark.parametrize("way", list(Way), ids=lambda way: way.name)
async def test_swallows_until_it_is_clear(way: Way) -> None:
    async with net() as made:
        reader, writer = await made.connect()
        made.weather.swallow(way)
        seen = made.weather.passes(lambda frame: True)
        writer.write(sent := request(Api.PRODUCE))
        await seen
        if way is Way.DOWN:
            await made.echo.until(len(sent))
        else:
            assert made.echo.came == b""
        answer = asyncio.create_task(read(reader, len(sent)))
        await asyncio.sleep(0)
        assert not answer.done()
        made.weather.clear()
        assert await answer == sent
        writer.close()


async def test_delays_both_ways() -> None:
    async with net() as made:
        reader, writer = await made.connect()
        made.weather.delay = 0.05
        now = asyncio.get_running_loop().time
        began = now()
        writer.write(sent := request(Api.PRODUCE))
        await read(reader, len(sent))
        assert now() - began >= 2 * made.weather.delay
        writer.close()


async def test_whose_connection() -> None:
    async with net() as made:
        _, writer = await made.connect()
        port = writer.get_extra_info("sockname")[1]
        assert supervisor._socket(port) in supervisor._sockets(os.getpid())
        assert supervisor._socket(1) == "none"
        writer.close()
        await writer.wait_closed()
        # The kernel remembers it for a minute: who uses the port next must not be taken for it.
        assert supervisor._socket(port) == "none"
