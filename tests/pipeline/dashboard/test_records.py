"""Records of the topics: what is kept of a trend, and that nothing else is taken for one."""

import msgspec
from msgspec import structs

from quietclicks.pipeline.dashboard.records import Decoder, Key, Numbers
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.rows import each_row

KEY = TrendKey("shop.example", "P1D", "2026-09-01T00:00:00Z", Dimension.PAGE, "/products/7")
TREND = Trend(**structs.asdict(KEY), views=412, visitors=180, complete=False, policy="2026-11-22")
PLACE = Key("shop.example", True, 496_728, "page", "/products/7")
AT_MS = 1_788_307_200_000


def entry(trend: object, key: object = KEY) -> object:
    return Decoder().entry(msgspec.json.encode(key), msgspec.json.encode(trend), AT_MS)


def test_a_trend_is_numbers_under_its_key() -> None:
    assert entry(TREND) == (PLACE, Numbers(412, 180, False, AT_MS // 3_600_000))
    hour = structs.replace(TREND, window="PT1H", start="2026-09-01T13:00:00Z")
    found = entry(hour)
    assert isinstance(found, tuple)
    assert found[0] == PLACE._replace(is_day=False, hour=496_741)


def test_without_a_value_it_is_to_be_removed() -> None:
    assert Decoder().entry(msgspec.json.encode(KEY), None, AT_MS) == (PLACE, None)


OTHERS = [
    {"views": -1},
    {"views": 2**60},
    {"visitors": -1},
    {"start": "2026-09-01T13:00:00Z"},  # no day begins there
    {"start": "2026-09-01"},
    {"start": "2026-02-30T00:00:00Z"},
    {"start": "0001-01-01T00:00:00Z"},
    {"start": "9999-12-31T00:00:00Z"},
    {"start": "2026-09-01T24:00:00Z"},
    {"start": "2026-09-01T00:30:00Z"},
    {"site": "x" * 254},
    {"value": "x" * 1025},
    {"site": "shop.example (bots)"},  # of which no page is told
]


@each_row("changes", OTHERS)
def test_what_is_no_trend_of_ours_is_left_out(changes: dict[str, object]) -> None:
    assert entry(structs.replace(TREND, **changes)) is None


@each_row("value", [b"", b"{}", b"[]", b"\xff", b'{"site": 1}', b"x" * 10_000])
def test_what_is_no_trend_at_all_is_left_out(value: bytes) -> None:
    assert Decoder().entry(b"{}", value, AT_MS) is None
    assert Decoder().entry(value, None, AT_MS) is None


@each_row("dimension", [Dimension.TOTAL, Dimension.CHOICE])
def test_a_stream_has_a_total_and_choices(dimension: Dimension) -> None:
    stream = structs.replace(TREND, site="shop.example (opted out)", dimension=dimension)
    assert entry(stream) is not None
