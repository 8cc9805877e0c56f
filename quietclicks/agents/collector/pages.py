"""What else the collector answers: its snippet, the opt-out page, GPC's, health and metrics."""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files

import msgspec

from quietclicks.agents.collector import opt_out
from quietclicks.agents.collector.figures import Figures
from quietclicks.agents.web.exchange import Answer, Request, said
from quietclicks.agents.web.guard import READS, Hosts
from quietclicks.agents.web.operations import Operations
from quietclicks.pipeline.collect.sender import FORWARDED, X_FORWARDED_FOR
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.policy import Policy

SNIPPET, GPC = "/q.js", "/.well-known/gpc.json"
OPERATIONS = ("/healthz", "/metrics")
HEALTHY, NO_ROOM = "ok", "no room"
SNIPPET_HEADERS = {
    "Content-Type": "text/javascript; charset=utf-8",
    # A page of another origin may include it, and check its hash, for which it asks by CORS.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def snippet() -> bytes:
    """The file that a page includes."""
    return (files("quietclicks.agents.collector") / "static" / "q.js").read_bytes()


class Pages:
    """Answers for all paths that are no tracker's; 404 for what is none."""

    def __init__(
        self,
        policy: Policy,
        sites: Sites,
        figures: Figures,
        *,
        token: str | None,
        on_this_machine: bool,
        is_full: Callable[[], bool],
    ) -> None:
        self._sites = sites
        self._figures = figures
        self._is_full = is_full
        self._has_token = token is not None
        self._hosts = Hosts((), on_this_machine=True)
        self._operations = Operations(token, on_this_machine=on_this_machine, clock=time.monotonic)
        self._snippet = snippet()
        self._gpc = msgspec.json.encode({"gpc": True, "lastUpdate": policy.revision})

    def answer(self, hit: Hit) -> Answer:
        """One request."""
        if hit.path == opt_out.PATH and hit.method == "POST":
            return opt_out.chosen(hit, self._sites)
        if hit.method not in READS:
            return said(405, "this can only be read", {"Allow": ", ".join(READS)})
        if hit.path == opt_out.PATH:
            return opt_out.page(hit)
        if hit.path == SNIPPET:
            return _kept(hit, self._snippet, SNIPPET_HEADERS)
        if hit.path == GPC:
            return _kept(hit, self._gpc, {"Content-Type": "application/json"})
        if hit.path in OPERATIONS and self._is_for_operators(hit):
            return self._told(hit)
        return said(404, "there is no such page")

    def _told(self, hit: Hit) -> Answer:
        state = NO_ROOM if self._is_full() else HEALTHY
        self._operations.tell(
            {"state": state, "partitions": {}, "metrics": self._figures.exposition()}
        )
        return self._operations.answer(Request(hit.method, hit.path, {}, hit.headers))

    def _is_for_operators(self, hit: Hit) -> bool:
        """Whether it may be asked at all: with a token, or by no proxy and under no other name.

        A proxy on this machine asks for everybody.
        """
        if self._has_token and hit.path == "/metrics":
            return True
        proxied = {FORWARDED, X_FORWARDED_FOR, "x-real-ip", "via"} & hit.headers.keys()
        return not proxied and (hit.path == "/healthz" or self._hosts.has(hit.headers.get("host")))


def _kept(hit: Hit, body: bytes, headers: Mapping[str, str]) -> Answer:
    """What browsers keep, and ask each time whether it still holds."""
    etag = f'"{sha256(body).hexdigest()[:24]}"'
    headers = {**headers, "ETag": etag, "Cache-Control": "no-cache"}
    if hit.headers.get("if-none-match") == etag:
        return Answer(304, headers, b"")
    return Answer(200, headers, body)
