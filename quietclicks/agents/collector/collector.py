"""What the collector answers to a request, and what it passes on. It knows no socket and no Kafka.

The answer is the same whatever was decided of a page view: nobody learns from it who is counted.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from quietclicks.agents.collector.figures import FULL, TAKEN, TOO_MANY_REQUESTS, Figures
from quietclicks.agents.replay import partition_of
from quietclicks.agents.web.exchange import Answer, said
from quietclicks.pipeline.collect.consent import may_have_opted_out_unheard
from quietclicks.pipeline.collect.event import Arrival, Collecting, record
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.rates import BYTES_A_TOKEN, Rates
from quietclicks.pipeline.collect.sender import FORWARDED, X_FORWARDED_FOR, Why, sender
from quietclicks.pipeline.collect.view import Format, Hit
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.policy.consent_source import From
from quietclicks.schemas.raw import RawEvent

RETRY_SECONDS = "30"  # after which a broker that restarts is back
PREFLIGHT_SECONDS = "86400"  # a browser keeps it for two hours to a day
# What browsers may send from another origin: that of JSON, and Umami's own.
HEADERS_TAKEN = "Content-Type, X-Umami-Cache"
TOO_MANY = said(429, "too many requests", {"Retry-After": RETRY_SECONDS})

log = logging.getLogger(__name__)


class Outgoing(Protocol):
    """Where records go."""

    @property
    def partitions(self) -> int:
        """How many there are."""

    @property
    def is_full(self) -> bool:
        """Whether it takes nothing."""

    def put(self, partition: int, value: bytes) -> None:
        """Send it in time."""


class Collector:
    """Answers for the trackers' paths. `clock` is what events bear, `timer` what rates go by."""

    def __init__(
        self,
        collecting: Collecting,
        trusted: TrustedProxies,
        outgoing: Outgoing,
        figures: Figures,
        *,
        clock: Callable[[], float],
        timer: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._collecting = collecting
        self._trusted = trusted
        self._outgoing = outgoing
        self._figures = figures
        self._clock = clock
        self._timer = timer
        self._new_id = new_id
        self._rates = Rates()
        self._told: set[str] = set()

    def answer(self, hit: Hit, peer: str) -> Answer:
        """`peer` is the address that connected. Raises `KeyError` for no tracker's path."""
        format = FORMATS[hit.path]
        answer = self._answer(format, hit, peer)
        return answer._replace(headers={**answer.headers, **self._shared_with(hit)})

    def admits(self, hit: Hit, peer: str) -> bool:
        """Whether its network may ask for anything more now."""
        return self._rates.admits(self._address(hit, peer), self._timer())

    def _answer(self, format: Format, hit: Hit, peer: str) -> Answer:
        address = self._address(hit, peer)
        if not self._rates.admits(address, self._timer()):
            # Told before anything of it is read, so it says nothing of anybody's choice; and who
            # is told 2xx has been heard.
            self._figures.count(format.name, TOO_MANY_REQUESTS)
            self._tell(
                "more than 50 requests a second come from one network, and the rest is answered "
                "429: is a proxy missing in QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES?"
            )
            return TOO_MANY
        if hit.method == "OPTIONS":
            return _preflight(format)
        if hit.method not in format.methods:
            allowed = ", ".join((*format.methods, "OPTIONS"))
            return said(405, f"this takes {allowed}", {"Allow": allowed})
        if self._outgoing.is_full:
            self._figures.count(format.name, FULL)
            self._tell("there is no room for more events: requests are answered 503")
            return said(503, "come again later", {"Retry-After": RETRY_SECONDS})
        self._collect(format, hit, address)
        reply = format.reply(hit)
        kind = {"Content-Type": reply.content_type} if reply.content_type else {}
        return Answer(reply.status, kind, reply.body)

    def _collect(self, format: Format, hit: Hit, address: str) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC)
        views = size = 0
        for event in self._collecting.events(hit, format, Arrival(at, address, self._new_id)):
            value = record(event) if isinstance(event, RawEvent) else event
            if isinstance(value, bytes):
                self._outgoing.put(partition_of(value, self._outgoing.partitions), value)
                self._figures.count(format.name, TAKEN)
                views, size = views + 1, size + len(value)
            else:
                self._figures.count(format.name, value)
            if isinstance(event, RawEvent):
                self._tell_unknown(format, hit, event.site)
        # Else one network could fill the outbox, and all others were told to come again.
        self._rates.charge(address, max(views, size / BYTES_A_TOKEN, 1) - 1)

    def _address(self, hit: Hit, peer: str) -> str:
        forwarded = hit.headers.get(X_FORWARDED_FOR), hit.headers.get(FORWARDED)
        found = sender(peer, *forwarded, self._trusted)
        if found.why in (Why.NOT_SENT, Why.DIFFER):
            self._tell(f"no address is taken of some requests: {found.why}")
        elif found.why is Why.CONNECTION and any(forwarded):
            self._tell(
                "a proxy wrote down whom it asks for, and none is listed, so all of its visitors "
                "look like one: see QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES"
            )
        return found.address

    def _tell_unknown(self, format: Format, hit: Hit, site: str) -> None:
        if may_have_opted_out_unheard(format.cookies, hit):
            self._tell(
                f"{format.name}: it {format.cookies}, so who opted out on the collector's page "
                f"may be counted on {site}: see docs/trackers.md"
            )
        if not format.tells_choice and self._collecting.sources[site].kind is From.PAGE:
            self._tell(
                f"{format.name}: its requests carry no visitor's choice, so of {site} nobody is "
                'counted by it where consent is asked: see [sites."…".collector] in the policy'
            )

    def _tell(self, line: str) -> None:
        """Once. It holds words of ours and of the policy."""
        if line not in self._told:
            self._told.add(line)
            log.warning("%s", line)

    def _shared_with(self, hit: Hit) -> Mapping[str, str]:
        """On every answer, so that a page's script is told of an error by its status."""
        headers = {
            "Vary": "Origin",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "no-store",
        }
        origin = hit.headers.get("origin")
        if origin is not None and self._collecting.sites.of(origin) is not None:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"  # the cookie of who opts out
        return headers


def _preflight(format: Format) -> Answer:
    return Answer(
        204,
        {
            "Access-Control-Allow-Methods": ", ".join(format.methods),
            "Access-Control-Allow-Headers": HEADERS_TAKEN,
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        },
        b"",
    )
