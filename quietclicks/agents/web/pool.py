"""Answers that take a while, made by a few threads, so that whoever asks for something else is not
held up. What was made is kept until there is something new: a page that polls costs nothing.

Nobody can make it hold more than so many questions at a time; the rest is told to come again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from http import HTTPStatus

from quietclicks.agents.web.exchange import Answer, Request, compressed, said, takes_gzip

THREADS = 2  # the store's own queries use as many
MAX_WAITING = 8  # different questions: of the dearest, seconds
MAX_KEPT_BYTES = 16 * 1024 * 1024
OVERHEAD_BYTES = 1024  # of an answer that is kept, beside its body and what was asked
CHARACTER_BYTES = 4
MAX_BODY_BYTES = 1024 * 1024  # what is longer is made each time

_Question = tuple[str, bool, tuple[tuple[str, str], ...]]


class Pool:
    """`answer` is asked in a thread; `version` is the same as long as its answers are."""

    def __init__(self, answer: Callable[[Request], Answer], version: Callable[[], str]) -> None:
        self._answer = answer
        self._version = version
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._waiting: dict[_Question, asyncio.Future[Answer]] = {}
        self._kept: dict[_Question, Answer] = {}  # the oldest first
        self._kept_version = ""
        self._kept_bytes = 0

    def close(self) -> None:
        """Waits for the questions under way."""
        self._threads.shutdown(cancel_futures=True)

    def __call__(self, request: Request) -> Answer | Awaitable[Answer]:
        """At once what is kept; later all else; 503 where too many wait."""
        version = self._version()
        if version != self._kept_version:
            self._kept.clear()
            self._kept_bytes, self._kept_version = 0, version
        question = request.path, takes_gzip(request), tuple(sorted(request.query.items()))
        known = request.headers.get("if-none-match")
        if kept := self._kept.get(question):
            return _unless_known(kept, known)
        making = self._waiting.get(question)
        if making is None:
            if len(self._waiting) >= MAX_WAITING:
                later = {"Retry-After": "1"}
                return said(HTTPStatus.SERVICE_UNAVAILABLE, "too many ask: come again", later)
            making = asyncio.ensure_future(self._made(question, request, version))
            self._waiting[question] = making
        return self._shared(making, known)

    async def _made(self, question: _Question, request: Request, version: str) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._threads, self._in_thread, request)
        finally:
            del self._waiting[question]
        is_kept = answer.status == HTTPStatus.OK and len(answer.body) <= MAX_BODY_BYTES
        if is_kept and version == self._kept_version:
            self._keep(question, answer)
        return answer

    def _in_thread(self, request: Request) -> Answer:
        answer = self._answer(request)
        if answer.status != HTTPStatus.OK:
            return answer
        etag = f'W/"{blake2b(answer.body, digest_size=12).hexdigest()}"'
        # "no-cache" means: keep it, and ask each time whether it still holds.
        headers = {"ETag": etag, "Cache-Control": "no-cache", **answer.headers}
        return compressed(answer._replace(headers=headers), request)

    def _keep(self, question: _Question, made: Answer) -> None:
        self._kept[question] = made
        self._kept_bytes += _size(question, made)
        while self._kept_bytes > MAX_KEPT_BYTES:
            oldest = next(iter(self._kept))
            self._kept_bytes -= _size(oldest, self._kept.pop(oldest))

    async def _shared(self, making: "asyncio.Future[Answer]", known: str | None) -> Answer:
        # Others may wait for the same: who goes away takes nothing with them.
        return _unless_known(await asyncio.shield(making), known)


def _size(question: _Question, made: Answer) -> int:
    """Bytes at most, with what was asked: whoever asks chooses how much that is."""
    path, _, query = question
    asked = len(path) + sum(len(name) + len(value) for name, value in query)
    return OVERHEAD_BYTES + CHARACTER_BYTES * asked + len(made.body)


def _unless_known(answer: Answer, known: str | None) -> Answer:
    etag = answer.headers.get("ETag")
    if etag is None or etag != known:
        return answer
    headers = {name: answer.headers[name] for name in ("ETag", "Cache-Control")}
    return Answer(HTTPStatus.NOT_MODIFIED, headers, b"")
