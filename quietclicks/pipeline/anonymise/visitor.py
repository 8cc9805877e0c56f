"""Who an event is from: an address and a browser, and what is derived of them for one day.

What was sent is kept in memory alone, in bounded caches, until the day has ended. A `repr` shows
none of it.
"""

from collections.abc import Callable

from msgspec import Struct

from quietclicks.pipeline.cache import Budget, Cache, size_of
from quietclicks.pipeline.fields.bots import is_bot
from quietclicks.pipeline.fields.browser import Client, Hints, browser_label, client_of
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.fields.language import primary_language
from quietclicks.pipeline.fields.network import is_global, truncate
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_ring import DayPseudonymisers
from quietclicks.pipeline.pseudonyms.pseudonym import Numbers, visitor_identity
from quietclicks.schemas.trend import Stream

Agent = tuple[str | None, str | None, str | None, str | None]
"""User agent and client hints, as sent."""

MAX_SENT = 1024  # characters of a header: the rules read half of it

Sent = tuple[str, str | None, *Agent]
"""Address and languages, and then the agent."""

CLIENT_BYTES = 300  # and its key, beside the texts: measured by `tests.bench.cache_weights`


class Place(Struct, frozen=True, gc=False):
    """What is kept of an address."""

    packed: bytes | None
    network: str | None
    country: str | None

    def __repr__(self) -> str:
        return "Place(…)"


class Visitor(Struct, gc=False):
    """One address and browser: what is the same for each of their events.

    The last five are derived of them, for one day: numbers and a pseudonym once an event of theirs
    may be used, the stream's numbers for bots and for who refuses or objects.
    """

    is_bot: bool
    has_no_address: bool  # that could be read
    place: Place
    client: Client
    browser: str
    language: str | None
    user_agent: str | None
    derived: object = None  # the token of the pseudonymisers that the next two are of
    numbers: Numbers = ()  # in the samples of trends
    pseudonym: str = ""  # for analysts
    stream_derived: object = None
    stream_numbers: Numbers = ()  # in the samples of a stream, with nothing that is above

    @property
    def identity(self) -> bytes:
        """To be hashed."""
        return visitor_identity(self.place.packed, self.user_agent)

    def derive(self, of_the_day: DayPseudonymisers) -> None:
        """As the trends and the analysts know them."""
        identity = self.identity
        self.numbers = of_the_day.trends.numbers(identity)
        self.pseudonym = of_the_day.events.text(identity)
        self.derived = of_the_day.token

    def derive_for_stream(self, of_the_day: DayPseudonymisers, stream: Stream) -> None:
        """As the stream knows them."""
        self.stream_numbers = of_the_day.streams[stream].numbers(self.identity)
        self.stream_derived = of_the_day.token

    def __repr__(self) -> str:
        return "Visitor(…)"


class Visitors:
    """From what was sent to a visitor, whatever the site."""

    def __init__(
        self, policy: Policy, country: Callable[[bytes], str | None], budget: Budget
    ) -> None:
        self._prefixes = policy.network
        self._country = country
        self._clients = Cache(_client, budget, _weigh_client)
        self._languages = Cache(primary_language, budget)

    def visitor(self, key: Sent) -> Visitor:
        """Address, languages, user agent and client hints."""
        ip, language, user_agent = key[:3]
        place = self._place(ip)
        client, browser, bot = self._clients[key[2:]]
        return Visitor(
            bot,
            place.packed is None,
            place,
            client,
            browser,
            self._languages[language],
            user_agent,
        )

    def _place(self, ip: str) -> Place:
        packed = packed_address(ip)
        if packed is None:
            return Place(None, None, None)
        return Place(
            packed,
            truncate(packed, self._prefixes.ipv4_prefix, self._prefixes.ipv6_prefix),
            self._country(packed) if is_global(packed) else None,
        )

    def forget(self) -> None:
        """Drop what was sent."""
        self._clients.clear()
        self._languages.clear()


def _weigh_client(key: Agent, _: object) -> int:
    return CLIENT_BYTES + size_of(key)


def _client(key: Agent) -> tuple[Client, str, bool]:
    user_agent, *hints = [each and each[:MAX_SENT] for each in key]
    client = client_of(user_agent, Hints(*hints) if any(hints) else None)
    return client, browser_label(client), is_bot(user_agent)
