"""The wire contracts: what is in them is exactly what was agreed, and nothing shows or changes."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import parse
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Browser, Pseudonymised, Source
from quietclicks.schemas.raw import (
    MAX_RECORD_BYTES,
    Consent,
    ExactConsent,
    ExactEvent,
    RawEvent,
    Tick,
)
from quietclicks.schemas.rejection import Reason, Rejection
from quietclicks.schemas.trend import (
    NONE,
    OTHER,
    RESERVED,
    SEARCH_PAGES,
    Dimension,
    Stream,
    Trend,
    TrendKey,
    stream_name,
    stream_of,
)

FIELDS: list[tuple[type[Struct], str, str]] = [
    (
        RawEvent,
        "event_id site timestamp url ip",
        "type user_agent accept_language referrer sec_ch_ua sec_ch_ua_mobile sec_ch_ua_platform "
        "search_terms purpose dnt gpc consent tcf",
    ),
    (Consent, "", "analytics partners"),
    (Tick, "timestamp", "type"),
    (
        Pseudonymised,
        "id site timestamp visitor",
        "network country page source search browser os device language",
    ),
    (Source, "class host", ""),
    (Browser, "family", "major"),
    (Rejection, "reason topic partition offset timestamp", ""),
    (TrendKey, "site window start dimension value", ""),
    (Trend, "site window start dimension value views visitors complete policy", ""),
]


@pytest.mark.parametrize(
    ("schema", "required", "optional"), FIELDS, ids=lambda each: str(each)[:40]
)
def test_fields(schema: type[Struct], required: str, optional: str) -> None:
    found = msgspec.structs.fields(schema)
    assert [f.encode_name for f in found if f.required] == required.split()
    assert [f.encode_name for f in found if not f.required] == optional.split()
    assert schema.__struct_config__.frozen


def test_the_exact_event_differs_only_in_what_it_refuses() -> None:
    assert set(ExactEvent.__struct_fields__) == set(RawEvent.__struct_fields__)
    assert ExactConsent.__struct_fields__ == Consent.__struct_fields__
    assert ExactConsent.__struct_config__.forbid_unknown_fields
    assert ExactEvent.__struct_config__.forbid_unknown_fields
    assert not RawEvent.__struct_config__.forbid_unknown_fields


def test_an_events_repr_hides_everything() -> None:
    fields: dict[str, Any] = {
        "event_id": "secret",
        "site": "secret",
        "timestamp": "2026-09-22T10:00:00Z",
        "url": "secret",
        "ip": "secret",
    }
    for schema in (RawEvent, ExactEvent):
        event = msgspec.convert(fields, schema)
        assert f"{event!r}" == f"{event}" == f"{schema.__name__}(…)"
        with pytest.raises(AttributeError) as caught:
            event.ip = "x"  # type: ignore[misc]
        assert "secret" not in str(caught.value)


def test_absent_fields_are_not_written() -> None:
    event = msgspec.convert(
        {"event_id": "1", "site": "s", "timestamp": "2026-09-22T10:00:00Z", "url": "/", "ip": ""},
        RawEvent,
    )
    assert msgspec.json.decode(msgspec.json.encode(event)).keys() == {
        *("event_id", "site", "timestamp", "url", "ip")
    }


def test_reasons_are_closed_and_stable() -> None:
    assert [reason.value for reason in Reason] == (
        "empty too_large not_utf8 not_json too_deep invalid unclear_signal repeated_signal "
        "bad_timestamp from_the_future unknown_site late duplicate restricted prefetch other_host "
        "not_a_page unreadable_line bot referrer_spam no_consent counted_only error"
    ).split()


def test_topics() -> None:
    assert set(topics.TRENDS) == set(Dimension)
    names = [topics.RAW, topics.PSEUDONYMISED, topics.REJECTED, topics.CELLS, topics.PARTIALS]
    names += [topics.KEYS, *topics.PUBLISHED]
    assert len(set(names)) == len(names)
    assert {name.partition(".")[0] for name in topics.PUBLISHED} == {"trends"}


@pytest.mark.parametrize("stream", Stream)
def test_a_stream_stands_where_a_site_stands_and_is_none(stream: Stream) -> None:
    name = stream_name("shop.example", stream)
    assert name == f"shop.example ({stream.value})"
    assert stream_of(name) is stream
    for dimension in Dimension:
        assert topics.published_in(name, dimension) == topics.UNCOUNTED
    policy = f'revision = "2026-11-22"\nversion = 1\n[sites."{name}"]\n'
    with pytest.raises(UsageError, match="not a host name"):
        parse(policy, "policy.toml")


@pytest.mark.parametrize("site", ["shop.example", "", " ", "shop.example (x)", "a (bots) b"])
def test_anything_else_is_a_sites_own(site: str) -> None:
    assert stream_of(site) is None
    assert {topics.published_in(site, d) for d in Dimension} == set(topics.TRENDS.values())


def test_limits_and_special_values() -> None:
    assert MAX_RECORD_BYTES == 65_536
    assert {OTHER, NONE, SEARCH_PAGES} == RESERVED == {"(other)", "(none)", "(search)"}
