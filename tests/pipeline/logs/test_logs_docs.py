"""docs/logs.md: its formats are those there are. And what deploy/logs/ has nginx write is an event.

tests/servers/ has the servers themselves, where they are installed.
"""

import re

import msgspec
import pytest

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.logs.formats import FORMATS
from quietclicks.schemas.raw import ExactEvent, RawEvent
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "logs.md").read_text("utf-8")
NGINX = (ROOT / "deploy" / "logs" / "nginx.conf").read_text("utf-8")
SENT = {
    "request_id": "5f0c6a5292b4f1aa9c1d1f1e5c1f1a2b",
    "host": "shop.example",
    "time_iso8601": "2026-10-17T10:00:00+02:00",
    "scheme": "https",
    "request_uri": '/a?q=\\"tea\\"',
    "remote_addr": "8.8.0.4",
    "http_user_agent": "Mozilla/5.0",
    "http_sec_gpc": "1",
}


NO_HEADERS = {"search_terms", "tcf", "type"}  # a server has no such thing of its own


def written(consent: str, **headers: str) -> bytes:
    """What nginx makes of its `log_format`: a header that was not sent is empty."""
    section = NGINX.partition("log_format raw_event")[2].partition(";")[0]
    form = "".join(re.findall(r"'([^']*)'", section))
    values = SENT | headers | {"consent_analytics": consent}
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], ""), form).encode()


@pytest.mark.parametrize(
    ("consent", "analytics"), [("true", True), ("false", False), ("null", None)]
)
def test_what_nginx_writes_is_an_event(consent: str, analytics: bool | None) -> None:
    event = decode(written(consent))
    assert isinstance(event, ExactEvent), "a field that nobody listed"
    assert event.url == 'https://shop.example/a?q="tea"'
    assert (event.gpc, event.dnt, event.referrer) == ("1", "", "")
    assert event.consent is not None
    assert event.consent.analytics is analytics


def test_nginx_writes_every_field_that_it_knows() -> None:
    assert msgspec.json.decode(written("true")).keys() == {*RawEvent.__struct_fields__} - NO_HEADERS


def test_what_nginx_says_of_a_fetch_ahead_and_of_the_browser_is_read() -> None:
    hints = {"http_sec_ch_ua": '\\"Chromium\\";v=\\"130\\"', "http_sec_ch_ua_mobile": "?0"}
    event = decode(
        written(
            "true",
            **hints,
            http_sec_ch_ua_platform='\\"Linux\\"',
            http_sec_purpose="prefetch",
        )
    )
    assert isinstance(event, ExactEvent)
    assert (event.sec_ch_ua, event.sec_ch_ua_mobile) == ('"Chromium";v="130"', "?0")
    assert (event.sec_ch_ua_platform, event.purpose) == ('"Linux"', "prefetch")


def test_every_format_stands_in_the_page() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == list(FORMATS)
