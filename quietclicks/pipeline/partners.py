"""What a partner gets: the fields its entry in the policy names, and nothing else."""

from collections.abc import Callable

import msgspec

from quietclicks.pipeline.policy import PartnerPolicy
from quietclicks.schemas.anonymised import Anonymised

View = Callable[[Anonymised], bytes]


def partner_view(partner: PartnerPolicy) -> View:
    """An encoder of that partner's fields; the event already bears the partner's own pseudonym."""
    fields = partner.fields
    encode = msgspec.json.Encoder().encode

    def view(event: Anonymised) -> bytes:
        return encode({field: getattr(event, field) for field in fields})

    return view
