"""The dashboard's JSON API: a request → what the store knows, as docs/api.md has it.

It only reads. Nothing that was asked is repeated in an error, or logged.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import orjson

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.exchange import Answer, Request
from quietclicks.agents.web.exports import export
from quietclicks.pipeline.dashboard import answers
from quietclicks.pipeline.dashboard.answers import Missing, Thresholds
from quietclicks.pipeline.dashboard.ask import Asked, Refused, asked
from quietclicks.pipeline.dashboard.known import Known
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas.summary import Summary

PREFIX = "/api/v1/"
JSON = {"Content-Type": "application/json"}

Told = Callable[[Known, Asked], dict[str, Any]]


class Api:
    """Answers of one store. May be asked by several threads at a time."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        summary: Callable[[], Summary | None] = lambda: None,
        is_reading: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_reading`: whether the topics have more than the store has read so far."""
        release = policy.release
        self._store = store
        self._thresholds = Thresholds(release.k, release.k_dimension)
        # Plain strings: the JSON library takes no enum for a key.
        k_dimension = {dimension.value: k for dimension, k in release.k_dimension.items()}
        self._policy = {"revision": policy.revision, "k": release.k, "k_dimension": k_dimension}
        self._summary = summary
        self._is_reading = is_reading
        self._told: Mapping[str, Told] = {
            "sites": self._sites,
            "trends": lambda known, asked: answers.trends(known, asked, self._thresholds),
            "list": lambda known, asked: answers.one_list(known, asked, self._thresholds),
            "privacy": self._privacy,
        }

    def has(self, path: str) -> bool:
        """Whether it answers for that path."""
        return path.startswith(PREFIX)

    def version(self) -> str:
        """The same as long as the same is answered to the same."""
        return f"{self._store.version} {self._is_reading()} {self._summary()}"

    def answer(self, request: Request) -> Answer:
        """What is asked for, or 400 or 404 with a line that says why not."""
        path = request.path.removeprefix(PREFIX)
        if path not in self._told and path != "export":
            return _error(HTTPStatus.NOT_FOUND, "there is no such path: see docs/api.md")
        try:
            wanted = asked(request.query)
            with self._store.reading() as known:
                if path == "export":
                    return export(known, wanted, self._thresholds)
                return Answer(HTTPStatus.OK, JSON, orjson.dumps(self._told[path](known, wanted)))
        except Refused as refused:
            return _error(HTTPStatus.BAD_REQUEST, str(refused))
        except Missing as missing:
            return _error(HTTPStatus.NOT_FOUND, str(missing))

    def _sites(self, known: Known, _: Asked) -> dict[str, Any]:
        return {
            "sites": answers.sites(known),
            "policy": self._policy,
            "reading": self._is_reading(),
            "records": known.records(),
        }

    def _privacy(self, known: Known, asked: Asked) -> dict[str, Any]:
        site, span = answers.chosen(known, asked)
        return {
            "site": site,
            **span.texts,
            "summary": msgspec.to_builtins(self._summary()),
            "policy": self._policy,
            "uncounted": answers.uncounted(known, site, span, self._thresholds),
        }


def _error(status: int, line: str) -> Answer:
    return Answer(status, JSON, orjson.dumps({"error": line}))
