"""What is made of each raw field: one idea a file, raw text in, something that may be shown out.

`FIELDS` is the table of all of them, a row each: what it is made of, what the public statement says
of that, what analysts get, and what trends count by. What else needs a list of fields or dimensions
takes it from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quietclicks.pipeline.fields.field import Batch, Breakdown, Field
from quietclicks.schemas.pseudonymised import MAJOR
from quietclicks.schemas.trend import NONE, SEARCH_PAGES, Dimension

_ADDRESS = "your IP address"
_CLIENT = "the type of your browser and device"
_HINTS = ("user_agent", "sec_ch_ua", "sec_ch_ua_mobile", "sec_ch_ua_platform")

FIELDS = (  # in the order in which the statement names and the live page lists them
    # Made where the event leaves: the first two under a key of the day, for each reader another.
    Field(name="id", sent=("event_id",)),
    Field(name="visitor", sent=("ip", "user_agent"), said=_ADDRESS),
    Field(name="site", sent=("site",)),
    Field(name="timestamp", sent=("timestamp",), said="the date and time"),
    Field(
        name="page",
        sent=("url", "type", "purpose"),
        said="the page you look at",
        event=lambda batch: batch.names,
        breakdown=Breakdown(
            dimension=Dimension.PAGE,
            values=lambda batch: [
                SEARCH_PAGES if page.is_search else name
                for page, name in zip(batch.pages, batch.names, strict=True)
            ],
        ),
    ),
    Field(
        name="source",
        sent=("referrer", "url"),
        said="the address of the page that led you here (the referrer)",
        event=lambda batch: [source for source, _ in batch.sources],
        breakdown=Breakdown(
            dimension=Dimension.SOURCE,
            values=lambda batch: [label for _, label in batch.sources],
        ),
    ),
    Field(
        name="browser",
        sent=_HINTS,
        said=_CLIENT,
        event=lambda batch: [visitor.client.family for visitor in batch.visitors],
        breakdown=Breakdown(
            dimension=Dimension.BROWSER,
            values=lambda batch: [visitor.browser for visitor in batch.visitors],
        ),
    ),
    Field(  # in place of the column above, where the policy lists it
        name=MAJOR,
        sent=_HINTS,
        said=_CLIENT,
        event=lambda batch: [visitor.client.browser for visitor in batch.visitors],
    ),
    Field(
        name="os",
        sent=_HINTS,
        said=_CLIENT,
        event=lambda batch: [visitor.client.os for visitor in batch.visitors],
    ),
    Field(
        name="device",
        sent=_HINTS,
        said=_CLIENT,
        event=lambda batch: [visitor.client.device for visitor in batch.visitors],
    ),
    Field(
        name="language",
        sent=("accept_language",),
        said="your preferred language",
        event=lambda batch: [visitor.language for visitor in batch.visitors],
        breakdown=Breakdown(
            dimension=Dimension.LANGUAGE,
            values=lambda batch: [visitor.language or NONE for visitor in batch.visitors],
        ),
    ),
    Field(
        name="search",
        sent=("search_terms", "url"),
        said="what you type into our search",
        event=lambda batch: batch.searches,
        breakdown=Breakdown(
            dimension=Dimension.SEARCH,
            values=lambda batch: list(batch.searched),
        ),
    ),
    Field(
        name="network",
        sent=("ip",),
        said=_ADDRESS,
        event=lambda batch: [visitor.place.network for visitor in batch.visitors],
    ),
    Field(
        name="country",
        sent=("ip",),
        said=_ADDRESS,
        event=lambda batch: [visitor.place.country for visitor in batch.visitors],
        breakdown=Breakdown(
            dimension=Dimension.COUNTRY,
            values=lambda batch: [visitor.place.country or NONE for visitor in batch.visitors],
        ),
    ),
    Field(  # counted, and told to nobody of a single visit
        name="choice",
        sent=("consent", "tcf", "dnt", "gpc"),
        said="whether you agreed, refused or object: your choice, Do Not Track, "
        "Global Privacy Control",
        breakdown=Breakdown(
            dimension=Dimension.CHOICE,
            values=lambda batch: [decision.choice for decision in batch.decisions],
        ),
    ),
)

EVENT_COLUMNS: Mapping[str, Callable[[Batch], Sequence[Any]]] = {
    field.name: field.event for field in FIELDS if field.event
}
BREAKDOWNS: Mapping[Dimension, Breakdown] = {
    field.breakdown.dimension: field.breakdown for field in FIELDS if field.breakdown
}
SAID = tuple(dict.fromkeys(field.said for field in FIELDS if field.said))
