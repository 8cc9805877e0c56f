"""The demo shop of a run: opened when the sample day is over, at the hour that comes next."""

import asyncio
import time
import urllib.error
import urllib.request

from quietclicks.commands.run import watched as looks
from quietclicks.commands.run.demo import HOST
from quietclicks.commands.run.watched import Watched
from quietclicks.demo.clock import SPEED
from quietclicks.demo.shop import SITE
from quietclicks.embedded.ports import free_port

HOUR = 3600


def open_demo(watched: Watched, live_page: str) -> None:
    """Begin it, and say where it is once it answers. Raises `Failure` where it does not.

    Not while a loop runs.
    """
    screen, processes = watched.screen, watched.processes
    if SITE not in watched.policy.sites:
        screen.say(f"No demo shop: {SITE} is not in the policy.")
        return
    start = (asyncio.run(watched.released_until()) + 1) * HOUR
    shop, collector = free_port(), free_port()
    processes.begin_demo(str(shop), str(collector), live_page, str(start))
    while not (_answers(shop) and _answers(collector, "healthz")):
        processes.check()
        time.sleep(looks.LOOK_SECONDS)
    screen.say(
        f"The demo shop: http://{HOST}:{shop}/ . Look around in it, with a crowd; its clock runs "
        f"{SPEED} times as fast, and when your hour closes the live page tells of it."
    )


def _answers(port: int, path: str = "") -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/{path}", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
