"""The recipe of docs/collector.md, run: nginx before a collector, and whom it then sees."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from tests.agents.collector.tools import ORIGIN, PAGE, Standing, listening
from tests.kafka.world import until
from tests.paths import ROOT

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CLIENT, FORGED = "127.0.0.2", "203.0.113.9"
PATIENCE = 30

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


def recipe() -> tuple[str, str]:
    """The upstream and the location."""
    page = (ROOT / "docs" / "collector.md").read_text("utf-8")
    upstream, location = re.findall(r"```nginx\n(.*?)```", page, re.S)
    return upstream, location


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    """The port of an nginx that has the recipe, and nothing else."""
    upstream, location = recipe()
    assert upstream.count("127.0.0.1:6068") == 1
    port = free_port()
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}"
        f"{upstream.replace('6068', str(behind))}"
        f"server {{ listen 127.0.0.1:{port};\n{location}}}\n}}\n"
    )
    assert NGINX is not None
    process = subprocess.Popen(
        [NGINX, "-e", "error.log", "-p", folder, "-c", folder / "nginx.conf"]
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def listens(port: int) -> None:
    async def connects() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            return False
        writer.close()
        return True

    await until(connects, "nginx listens", PATIENCE)


async def test_a_visitor_is_whom_nginx_saw_whatever_they_write(tmp_path: Path) -> None:
    standing = Standing(trusted=TrustedProxies.of("127.0.0.1"))
    headers = {
        "X-Forwarded-For": FORGED,
        "Forwarded": f"for={FORGED}",
        "User-Agent": "Mozilla/5.0",
        "Origin": ORIGIN,
        "Cookie": "quietclicks-opt-out=out",
    }
    async with listening(standing) as behind:
        with nginx(tmp_path, behind) as port:
            await listens(port)
            connector = aiohttp.TCPConnector(local_addr=(CLIENT, 0))
            where = f"http://127.0.0.1:{port}"
            async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
                body = json.dumps({"url": PAGE, "consent": {"analytics": True}})
                async with session.post(f"{where}/collect", data=body) as answer:
                    assert answer.status == 204
                    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
                async with session.get(f"{where}/pixel.gif", params={"url": PAGE}) as answer:
                    assert answer.headers["Content-Type"] == "image/gif"
                for path in ("q.js", "opt-out", ".well-known/gpc.json"):
                    async with session.get(f"{where}/{path}") as answer:
                        assert answer.status == 200
                # The page's own form, by the host that the browser knows.
                own = {"Origin": where}
                async with session.post(
                    f"{where}/opt-out", data=b"choice=out", headers=own, allow_redirects=False
                ) as answer:
                    assert (answer.status, answer.headers["Location"]) == (303, "opt-out")
                for path in ("metrics", "healthz", "collect/x"):
                    async with session.get(f"{where}/{path}") as answer:
                        assert answer.status == 404
    posted, pictured = standing.outgoing.events
    for event in (posted, pictured):
        assert (event.ip, event.user_agent) == (CLIENT, "Mozilla/5.0")
        assert event.consent is not None
        assert event.consent.analytics is False
