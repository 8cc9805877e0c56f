"""What a worker's port answers, from what the worker has told it last: health and metrics.

It knows no worker: these answers are given by a process that holds no event, no key and no address.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from quietclicks.agents.web.exchange import Answer, Request, said

HEALTHY = frozenset({"ok", "standby"})
# A worker tells many times a second, but for a step of two seconds at most (`agents/kafka`), and on
# a machine that does much else.
STALLED_SECONDS = 15.0
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Operations:
    """Answers for `/healthz` and `/metrics`.

    Without a token, metrics are for this machine alone; and on no machine for a page's reader.
    """

    def __init__(
        self, token: str | None, *, on_this_machine: bool, clock: Callable[[], float]
    ) -> None:
        self._token = token
        self._on_this_machine = on_this_machine
        self._clock = clock
        self._told: Mapping[str, Any] = {"state": "joining", "partitions": {}, "metrics": ""}
        self._told_at = clock()

    def tell(self, told: Mapping[str, Any]) -> None:
        """`state`, `partitions` and `metrics`, as things are now."""
        self._told = told
        self._told_at = self._clock()

    def answer(self, request: Request) -> Answer:
        """404 for any other path."""
        if request.path == "/healthz":
            return self._health()
        if request.path == "/metrics":
            return self._metrics(request.headers.get("authorization"))
        return said(HTTPStatus.NOT_FOUND, "there is /healthz, and /metrics")

    def _health(self) -> Answer:
        state = self._told["state"]
        if self._clock() - self._told_at > STALLED_SECONDS:
            state = "stalled"
        status = HTTPStatus.OK if state in HEALTHY else HTTPStatus.SERVICE_UNAVAILABLE
        body = json.dumps({"state": state, "partitions": self._told["partitions"]}).encode()
        return Answer(status, {"Content-Type": "application/json"}, body)

    def _metrics(self, authorization: str | None) -> Answer:
        if not self._may_read(authorization):
            wanted = {"WWW-Authenticate": "Bearer"}
            return said(HTTPStatus.UNAUTHORIZED, "see QUIETCLICKS_METRICS_TOKEN", wanted)
        return Answer(HTTPStatus.OK, {"Content-Type": METRICS_TYPE}, self._told["metrics"].encode())

    def _may_read(self, authorization: str | None) -> bool:
        if self._token is None:
            return self._on_this_machine
        scheme, _, shown = (authorization or "").partition(" ")
        # Headers are read as Latin-1, so that whatever was sent can be compared.
        expected = self._token.encode()
        is_it = hmac.compare_digest(shown.strip().encode("latin-1", "replace"), expected)
        return is_it and scheme.lower() == "bearer"
