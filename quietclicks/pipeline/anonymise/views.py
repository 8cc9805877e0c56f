"""What leaves for analysts, and what for a partner: the fields that the policy lists for each.

A field that is not listed is not made: it has no column. A record's key is made of what its value
may hold, and of nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat
from typing import Any
from zlib import crc32

import msgspec
from msgspec import UNSET

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.lookups import Lookups
from quietclicks.pipeline.fields import EVENT_COLUMNS
from quietclicks.pipeline.policy import PartnerPolicy
from quietclicks.pipeline.processor import Row
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser, delimited_part
from quietclicks.schemas.pseudonymised import ALWAYS, MAJOR, Pseudonymised

Column = Callable[[Batch], Iterable[Any]]

View = Callable[[Sequence[Pseudonymised]], list[Row]]
"""Pseudonymised events → their records; each visitor's go to one partition."""

KEY = ("visitor", "id")

_encode = msgspec.json.Encoder().encode


def columns_of(fields: Collection[str]) -> tuple[Column, ...]:
    """For each field of an event after the first four: what makes it, if it is listed."""
    listed = {name: EVENT_COLUMNS[name] for name in fields if name in EVENT_COLUMNS}
    if MAJOR in listed:
        listed["browser"] = listed[MAJOR]
    names = Pseudonymised.__struct_fields__[len(ALWAYS) :]
    return tuple(listed.get(name, _unlisted) for name in names)


def _unlisted(_: Batch) -> Iterable[Any]:
    return repeat(UNSET)


def pseudonymised(
    batch: Batch,
    ids: Pseudonymiser,
    names: Iterable[str],
    site: str,
    look_up: Lookups,
    columns: Iterable[Column],
) -> list[Pseudonymised]:
    """A site's events, a column each field.

    `ids` makes the events' ids, `names` are the visitors' pseudonyms, `columns` make the rest.
    """
    return list(
        map(
            Pseudonymised,
            ids.texts([delimited_part(each.encode()) for each in batch.ids]),
            repeat(site),
            look_up.seconds(batch.times),
            names,
            *[column_of(batch) for column_of in columns],
        )
    )


def analyst_view(events: Sequence[Pseudonymised]) -> list[Row]:
    """Everything that was made of an event."""
    visitors = [event.visitor for event in events]
    return [
        (crc32(visitor.encode()), f"{visitor}:{event.id}".encode(), value)
        for visitor, event, value in zip(visitors, events, map(_encode, events), strict=True)
    ]


def partner_view(partner: PartnerPolicy) -> View:
    """An encoder of that partner's fields; the event already bears the partner's own pseudonym."""
    fields = [field for field in partner.fields if field != MAJOR]  # it is inside the browser
    in_key = [field for field in KEY if field in fields]

    def row(event: Pseudonymised) -> Row:
        values = {field: getattr(event, field) for field in fields}
        key = ":".join([values[field] for field in in_key]).encode() if in_key else None
        return crc32(event.visitor.encode()), key, _encode(values)

    return lambda events: [row(event) for event in events]
