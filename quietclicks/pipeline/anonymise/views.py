"""What leaves for analysts, and what for a partner: the fields its entry in the policy names.

A record's key is made of what its value may hold, and of nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any
from zlib import crc32

import msgspec

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.lookups import Lookups
from quietclicks.pipeline.fields import EVENT_COLUMNS
from quietclicks.pipeline.policy import PartnerPolicy
from quietclicks.pipeline.processor import Row
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser, delimited_part
from quietclicks.schemas.pseudonymised import Pseudonymised

View = Callable[[Sequence[Pseudonymised]], list[Row]]
"""Pseudonymised events → their records; each visitor's go to one partition."""

KEY = ("visitor", "id")

_encode = msgspec.json.Encoder().encode


def pseudonymised(
    batch: Batch, ids: Pseudonymiser, names: Iterable[str], site: str, look_up: Lookups
) -> list[Pseudonymised]:
    """A site's events with every field, a column each.

    `ids` makes the events' ids, `names` are the visitors' pseudonyms.
    """
    columns: dict[str, Iterable[Any]] = {
        "id": ids.texts([delimited_part(each.encode()) for each in batch.ids]),
        "visitor": names,
        "site": repeat(site),
        "timestamp": look_up.seconds(batch.times),
    }
    for name, column_of in EVENT_COLUMNS.items():
        columns[name] = column_of(batch)
    return list(map(Pseudonymised, *[columns[name] for name in Pseudonymised.__struct_fields__]))


def analyst_view(events: Sequence[Pseudonymised]) -> list[Row]:
    """Everything that a pseudonymised event has."""
    visitors = [event.visitor for event in events]
    return [
        (crc32(visitor.encode()), f"{visitor}:{event.id}".encode(), value)
        for visitor, event, value in zip(visitors, events, map(_encode, events), strict=True)
    ]


def partner_view(partner: PartnerPolicy) -> View:
    """An encoder of that partner's fields; the event already bears the partner's own pseudonym."""
    fields = partner.fields
    in_key = [field for field in KEY if field in fields]

    def row(event: Pseudonymised) -> Row:
        values = {field: getattr(event, field) for field in fields}
        key = ":".join([values[field] for field in in_key]).encode() if in_key else None
        return crc32(event.visitor.encode()), key, _encode(values)

    return lambda events: [row(event) for event in events]
