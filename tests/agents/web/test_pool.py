"""Answers that take a while: nobody is held up, nobody is asked twice, and there is a bound."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from quietclicks.agents.web import pool as pool_module
from quietclicks.agents.web.exchange import Answer, Request
from quietclicks.agents.web.pool import MAX_WAITING, Pool

LONG = b"x" * 5000
PATIENCE = 60  # seconds: a bound against hanging


class Kitchen:
    """Makes answers when it is let; counts them."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may = threading.Event()
        self.may.set()
        self.version = "1"
        self.pool = Pool(self.answer, lambda: self.version)

    def answer(self, request: Request) -> Answer:
        assert self.may.wait(PATIENCE)
        self.made.append(request.path)
        if request.path == "/fails":
            raise RuntimeError("a fault")
        status = 404 if request.path == "/none" else 200
        return Answer(status, {"Content-Type": "text/plain"}, LONG)

    async def ask(self, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found = self.pool(Request("GET", path, {}, named))
        return found if isinstance(found, Answer) else await found


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    made = Kitchen()
    yield made
    made.may.set()
    made.pool.close()


async def test_what_was_made_is_kept_until_there_is_something_new(kitchen: Kitchen) -> None:
    first = await kitchen.ask("/a")
    assert await kitchen.ask("/a") == first
    known = await kitchen.ask("/a", if_none_match=first.headers["ETag"])
    assert (known.status, known.body) == (304, b"")
    assert kitchen.made == ["/a"]
    kitchen.version = "2"
    again = await kitchen.ask("/a", if_none_match=first.headers["ETag"])
    assert again.status == 304, "the same was made again"
    assert kitchen.made == ["/a", "/a"]


async def test_what_is_refused_or_fails_is_not_kept(kitchen: Kitchen) -> None:
    for _ in range(2):
        assert (await kitchen.ask("/none")).status == 404
        with pytest.raises(RuntimeError):
            await kitchen.ask("/fails")
    assert kitchen.made == ["/none", "/fails"] * 2


async def test_who_asks_the_same_waits_for_the_same(kitchen: Kitchen) -> None:
    kitchen.may.clear()
    asking = [asyncio.create_task(kitchen.ask("/a")) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()  # who goes away takes nothing with them
    await asyncio.sleep(0)
    kitchen.may.set()
    answers = await asyncio.gather(*asking[1:])
    assert {answer.status for answer in answers} == {200}
    assert kitchen.made == ["/a"]


async def test_of_different_questions_so_many_wait_and_no_more(kitchen: Kitchen) -> None:
    kept = await kitchen.ask("/kept")
    kitchen.may.clear()
    asking = [asyncio.create_task(kitchen.ask(f"/{n}")) for n in range(MAX_WAITING)]
    await asyncio.sleep(0)
    refused = await kitchen.ask("/more")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert await kitchen.ask("/kept") == kept, "what is kept is given at once"
    kitchen.may.set()
    assert {answer.status for answer in await asyncio.gather(*asking)} == {200}
    assert (await kitchen.ask("/more")).status == 200


async def test_what_is_kept_is_bounded(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MAX_KEPT_BYTES", 3 * (len(LONG) + 1100))
    for path in ("/a", "/b", "/c", "/d", "/d"):
        await kitchen.ask(path)
    assert kitchen.made == ["/a", "/b", "/c", "/d"]
    await kitchen.ask("/a")  # the oldest made room
    monkeypatch.setattr(pool_module, "MAX_BODY_BYTES", 100)
    for _ in range(2):
        await kitchen.ask("/long")
    assert kitchen.made[4:] == ["/a", "/long", "/long"]


async def test_what_was_asked_is_bounded_with_it(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "MAX_KEPT_BYTES", 100_000)
    for number in (1, 2, 3, 4, 1):
        found = kitchen.pool(Request("GET", "/a", {f"{number}": "x" * 8000}, {}))
        assert not isinstance(found, Answer), "made anew: no room for four long questions"
        await found


async def test_gzip_goes_to_who_takes_it(kitchen: Kitchen) -> None:
    plain = await kitchen.ask("/a", accept_encoding="gzip;q=0, br")
    small = await kitchen.ask("/a", accept_encoding="br, gzip")
    assert plain.body == LONG
    assert len(small.body) < 200
    assert small.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
