"""What leaves for analysts, and what for a partner: the fields its entry in the policy names.

A record's key is made of what its value may hold, and of nothing else.
"""

from collections.abc import Callable

import msgspec

from quietclicks.pipeline.policy import PartnerPolicy
from quietclicks.schemas.anonymised import Anonymised

View = Callable[[Anonymised], tuple[bytes | None, bytes]]
"""An anonymised event → key and value."""

KEY = ("visitor", "id")

_encode = msgspec.json.Encoder().encode


def analyst_view(event: Anonymised) -> tuple[bytes | None, bytes]:
    """Everything that an anonymised event has."""
    return f"{event.visitor}:{event.id}".encode(), _encode(event)


def partner_view(partner: PartnerPolicy) -> View:
    """An encoder of that partner's fields; the event already bears the partner's own pseudonym."""
    fields = partner.fields
    in_key = [field for field in KEY if field in fields]

    def view(event: Anonymised) -> tuple[bytes | None, bytes]:
        values = {field: getattr(event, field) for field in fields}
        key = ":".join([values[field] for field in in_key]).encode() if in_key else None
        return key, _encode(values)

    return view
