"""What may be asked: what is meant by it, and what is refused without repeating it."""

import pytest

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.dashboard.ask import MAX_DAYS, Refused, Span, asked
from quietclicks.schemas.trend import Dimension
from tests.rows import each_row

SPAN = {"from": "2026-11-01", "to": "2026-11-26"}

REFUSED = [
    {"from": "2026-11-01"},
    {"to": "2026-11-01"},
    {"from": "2026-11-02", "to": "2026-11-01"},
    {"from": "2016-11-01", "to": "2026-11-26"},
    {"from": "20261101", "to": "20261102"},
    {"from": "2026-02-30", "to": "2026-03-01"},
    {"from": "2026-02-01\n", "to": "2026-03-01"},
    {"from": "0000-01-01", "to": "0000-01-01"},
    {"from": "0001-01-01", "to": "0001-01-31"},  # nothing can come before it
    {"from": "1969-12-31", "to": "1970-01-01"},
    {"from": "9999-12-01", "to": "9999-12-31"},  # nor behind it
    {"from": "２０２６-02-01", "to": "2026-03-01"},
    {"by": "week"},
    {"by": ""},
    {"by": "hour", "from": "2026-01-01", "to": "2026-02-01"},
    {"compare": "next"},
    {"dimension": "total"},
    {"dimension": "visitor"},
    {"dimension": ""},
    {"page": "0"},
    {"page": "-1"},
    {"page": "1e3"},
    {"page": "٣"},
    {"page": "100001"},
    {"page": "9" * 5000},
    {"size": "501"},
    {"search": "x" * 201},
    {"what": "all"},
    {"format": "xlsx"},
]


def test_all_that_may_be_said_is_taken() -> None:
    found = asked(
        {
            **SPAN,
            "site": "shop.example",
            "by": "month",
            "compare": "previous",
            "dimension": "search",
            "search": "Red",
            "page": "3",
            "size": "500",
            "what": "list",
            "format": "parquet",
        }
    )
    assert found.span is not None
    assert found.span.texts == SPAN
    assert (found.site, found.by, found.compare) == ("shop.example", "month", True)
    assert (found.dimension, found.search) == (Dimension.SEARCH, "Red")
    assert (found.page, found.size, found.what, found.format) == (3, 500, "list", "parquet")


def test_what_is_not_said_has_a_meaning() -> None:
    found = asked({"unknown": "x"})
    assert (found.site, found.span, found.by, found.compare) == (None, None, "day", False)
    assert (found.dimension, found.search, found.page, found.size) == (None, "", 1, 50)
    assert (found.what, found.format) == ("series", "csv")


@each_row("query", REFUSED)
def test_what_cannot_be_meant_is_refused_and_not_repeated(query: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        asked(query)
    told = str(refused.value)
    assert "\n" not in told
    assert len(told) < 120
    assert not [text for text in query.values() if len(text) > 4 and text in told]


def test_the_longest_spans_are_taken() -> None:
    first = Span(20_000, 20_000 + MAX_DAYS - 1)
    assert asked(first.texts).span == first
    month = {"from": "2026-10-01", "to": "2026-10-31"}
    assert asked({**month, "by": "hour"}).by == "hour"


def test_a_span_knows_its_hours_and_the_one_before() -> None:
    span = Span(20_000, 20_006)
    assert span.days == 7
    assert (span.before, span.before.days) == (Span(19_993, 19_999), 7)
    assert (span.hours[0], len(span.hours)) == (480_000, 168)
    assert span.texts == {"from": day_text(20_000), "to": day_text(20_006)}
