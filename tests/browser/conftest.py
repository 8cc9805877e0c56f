"""A real browser, and the dashboard's own server over a made-up year."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from quietclicks.agents.dashboard.store import Store
from tests.browser.shop import Shop, open_shop
from tests.dashboard_tools import Dashboard, closing, filled, serving

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP *.example 127.0.0.1",  # a shop by its name
)
KEYS = {"Tab": 9, "Enter": 13, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}
ANSWER_WITHIN = 120  # seconds: a browser that hangs fails the test


class Tab:
    """One page in a browser profile of its own, driven by the DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session: str | None = None
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.complaints: list[str] = []  # exceptions, and what the page's own policy refused

    async def start(self) -> None:
        # Gone with its test: pages that nobody looks at go on asking.
        context = await self.call("Target.createBrowserContext", disposeOnDetach=True)
        target = await self.call(
            "Target.createTarget",
            url="about:blank",
            browserContextId=context["browserContextId"],
        )
        await self.enter(target["targetId"])

    async def enter(self, target: str) -> None:
        """Drive that page, or frame, from now on."""
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{domain}.enable")

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        async with asyncio.timeout(ANSWER_WITHIN):
            while True:
                answer = json.loads(await self._socket.receive_str())
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    result: dict[str, Any] = answer["result"]
                    return result
                self._note(answer)

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def wait_for(self, condition: str) -> None:
        """Until a JavaScript expression is true, looked at each time the page is drawn."""
        await self.run(
            "new Promise(done => { const look = () => "
            f"({condition}) ? done() : setTimeout(look, 20); look(); }})"
        )

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def size(self, width: int, height: int = 900) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def scheme(self, value: str) -> None:
        await self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": value}],
        )

    async def key(self, name: str) -> None:
        code = KEYS[name]
        text = {"text": "\r"} if name == "Enter" else {}
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **text
            )

    async def screenshot(self, *, whole: bool = True) -> bytes:
        """All of the page, or what the window has room for."""
        answer = await self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])


@pytest.fixture(scope="session")
def browser_address() -> Iterator[str]:
    """Where a headless Chromium listens; the test is skipped where there is none."""
    with browser() as address:
        yield address


@contextlib.contextmanager
def browser() -> Iterator[str]:
    """The same, for whoever is no test."""
    binary = next((found for name in NAMES if (found := shutil.which(name))), None)
    if binary is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={profile}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "HOME": profile, "TMPDIR": profile},
        )
        assert process.stderr
        # What it says later is read and dropped, or it would wait for a reader in the end.
        drain = threading.Thread(target=deque, args=(process.stderr, 0), daemon=True)
        try:
            mark = "DevTools listening on "
            line = next((each for each in process.stderr if mark in each), None)
            assert line, "the browser ended before it listened"
            drain.start()
            yield line.split(mark)[1].strip()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if drain.is_alive():
                drain.join()
            process.stderr.close()


@pytest.fixture
async def tab(browser_address: str) -> AsyncIterator[Tab]:
    async with connected(browser_address) as opened:
        await opened.start()
        yield opened


@contextlib.asynccontextmanager
async def connected(browser_address: str) -> AsyncIterator[Tab]:
    """Not started it is the browser itself, which is asked for pages that nobody looks into."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(browser_address, max_msg_size=0) as socket,
    ):
        yield Tab(socket)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Pages with the snippet, and who writes down what it sends."""
    async with open_shop() as opened:
        yield opened


@pytest.fixture(scope="session")
def made_up_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A year of a made-up site, for tests that only look: who feeds fills a store of their own."""
    with closing(filled(tmp_path_factory.mktemp("store"))) as store:
        yield store


@pytest.fixture
async def dashboard(made_up_store: Store) -> AsyncIterator[Dashboard]:
    """The page's files and the JSON API over it, from the real server."""
    async with serving(made_up_store) as served:
        yield served


@pytest.fixture
def pictures() -> Path | None:
    """Where to leave pictures for a person to look at: set QUIETCLICKS_PICTURES to a folder."""
    folder = os.environ.get("QUIETCLICKS_PICTURES")
    return Path(folder) if folder else None
