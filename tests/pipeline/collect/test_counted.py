"""A page view of each tracker ends in trends, under the policy that is shipped."""

import json
from urllib.parse import urlencode

import msgspec
import pytest

from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.consent.rules import ConsentRules
from quietclicks.pipeline.consent.table import STRINGS
from quietclicks.pipeline.policy.consent_source import consent_source
from quietclicks.schemas.raw import RawEvent
from tests.collect_tools import COOKIE, crowd, records, shipped, views
from tests.pipeline_tools import FIREFOX
from tests.rows import each_row

URL = "https://shop.example/shoes"
HEADERS = {
    "user-agent": FIREFOX,
    "origin": "https://shop.example",
    "referer": "https://shop.example/",
    "cookie": COOKIE,
}
BODIES = {
    "/collect": {"url": URL},
    "/api/event": {"n": "pageview", "v": 36, "u": URL, "d": "shop.example", "r": None},
    "/api/send": {"type": "event", "payload": {"website": "w", "url": URL}},
}
QUERIES = {
    "/pixel.gif": {"url": URL},
    "/matomo.php": {"idsite": "1", "rec": "1", "url": URL, "_id": "0123456789abcdef"},
    "/piwik.php": {"idsite": "1", "rec": "1", "url": URL},
    "/count": {"p": "/shoes", "rnd": "x"},
}


def hit(path: str) -> Hit:
    """A page view of `/shoes`."""
    body = json.dumps(BODIES[path]).encode() if path in BODIES else b""
    query = urlencode(QUERIES.get(path, {}))
    method = "POST" if body else FORMATS[path].methods[0]
    return Hit(method=method, path=path, query=query, headers=HEADERS, body=body)


@each_row("path", FORMATS)
def test_a_page_view_is_published_with_those_of_nine_others(path: str) -> None:
    policy = shipped(f"cookie {COOKIE}")
    written = records(policy, crowd(hit(path), policy.release.k))
    assert views(policy, written) == {"/shoes": policy.release.k}
    assert views(policy, written[1:]) == {}


@each_row("path", FORMATS)
def test_without_a_word_of_consent_nobody_is_counted(path: str) -> None:
    policy = shipped("page")
    written = records(policy, crowd(hit(path), 2 * policy.release.k))
    assert len(written) == 2 * policy.release.k
    assert views(policy, written) == {}


@each_row("header", ["dnt", "sec-gpc"])
@each_row("path", FORMATS)
def test_an_objection_is_passed_on_whatever_the_tracker_says(path: str, header: str) -> None:
    objects = msgspec.structs.replace(hit(path), headers={**HEADERS, header: "1"})
    [written] = records(shipped(f"cookie {COOKIE}"), crowd(objects, 1))
    event = msgspec.json.decode(written, type=RawEvent)
    assert (event.dnt, event.gpc) == (("1", None) if header == "dnt" else (None, "1"))


@pytest.mark.parametrize("said", [None, {"partners": True}, {"analytics": True, "partners": True}])
@each_row("tcf", STRINGS)
@each_row("line", [f"cookie {COOKIE}", "header X-Consent=yes", "vouched"])
def test_a_tc_string_says_no_and_never_yes_where_another_source_is_asked(
    line: str, tcf: str, said: dict[str, bool] | None
) -> None:
    policy = shipped(line)
    body = {"url": URL, "tcf": STRINGS[tcf], "consent": said}
    asked = Hit(method="POST", path="/collect", body=json.dumps(body).encode())
    [written] = records(policy, crowd(asked, 1))
    event = msgspec.json.decode(written, type=RawEvent)
    decision = ConsentRules(policy).decide(
        event.dnt, event.gpc, event.consent, event.tcf, "DE", event.site
    )
    refuses = tcf in ("malformed", "no")
    assert decision.trends is (consent_source(line).kind == "vouched" and not refuses)
    assert decision.says_no is refuses
    assert decision.partners == ()
