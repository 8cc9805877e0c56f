"""What a row of the field table says, and what of a batch its columns may look at.

A batch is described by what is used of it alone, so that no field knows the steps that fill it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from quietclicks.schemas.pseudonymised import Browser, Device, Source
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.trend import Dimension


class Place(Protocol):
    """What is kept of an address."""

    @property
    def network(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...


class Client(Protocol):
    """What is kept of a user agent and its hints."""

    @property
    def browser(self) -> Browser: ...
    @property
    def os(self) -> str: ...
    @property
    def device(self) -> Device: ...
    @property
    def family(self) -> Browser: ...


class Visitor(Protocol):
    """`browser` is what counts them."""

    @property
    def place(self) -> Place: ...
    @property
    def client(self) -> Client: ...
    @property
    def browser(self) -> str: ...
    @property
    def language(self) -> str | None: ...


class Decision(Protocol):
    """Who may use an event, of which a field is only what counts."""

    @property
    def choice(self) -> str: ...


class Page(Protocol):
    """What is made of a URL, of which a field is only whether it is a search page."""

    @property
    def is_search(self) -> bool: ...


class Batch(Protocol):
    """Columns of one length; `anonymise/batch.py` says what each of them is."""

    @property
    def events(self) -> Sequence[RawEvent]: ...
    @property
    def pages(self) -> Sequence[Page]: ...
    @property
    def visitors(self) -> Sequence[Visitor]: ...
    @property
    def decisions(self) -> Sequence[Decision]: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def sources(self) -> Sequence[tuple[Source, str]]: ...
    @property
    def searches(self) -> Sequence[str | None]: ...
    @property
    def searched(self) -> Sequence[str]: ...


class Breakdown(Struct, frozen=True, kw_only=True):
    """What trends count by. `values` makes a new list, a value an event."""

    dimension: Dimension
    values: Callable[[Batch], list[str]]


class Field(Struct, frozen=True, kw_only=True):
    """One thing that is known of a page view.

    `sent` are the fields of the raw event that it is made of, `said` what the public statement
    calls them; the same words are said once. `event` is its column for analysts, under its name.
    """

    name: str
    sent: tuple[str, ...]
    said: str = ""
    event: Callable[[Batch], Sequence[Any]] | None = None
    breakdown: Breakdown | None = None
