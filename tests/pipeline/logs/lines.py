"""What the tests of log formats share: a line → its event, or the reason that there is none."""

from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies
from quietclicks.pipeline.logs.formats import READERS, Format
from quietclicks.pipeline.logs.request import Reading, event_of
from quietclicks.pipeline.logs.wrapped import unwrapped
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.rejection import Reason

SITE = "shop.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


def read(
    line: bytes,
    form: Format = "combined",
    *,
    number: int = 1,
    trusted: TrustedProxies = NOBODY,
    without_agents: bool = False,
) -> RawEvent | Reason:
    """As `read_log` does it."""
    request = READERS[form]()(unwrapped(line))
    if request is None:
        return Reason.UNREADABLE_LINE
    return event_of(request, line, b"%d" % number, Reading(SITE, None, trusted, without_agents))


def viewed(line: bytes, form: Format = "combined", *, trusted: TrustedProxies = NOBODY) -> RawEvent:
    """The same of a page view; fails where it is none."""
    event = read(line, form, trusted=trusted)
    assert isinstance(event, RawEvent), event
    return event
