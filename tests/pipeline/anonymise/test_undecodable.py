"""Text that is not UTF-8, through the whole pipeline: decoded where declared, or dropped whole."""

from pathlib import Path

import pytest

from quietclicks.pipeline.logs.events import read_log
from quietclicks.pipeline.logs.request import Reading
from quietclicks.schemas.raw import Consent
from tests.pipeline.anonymise.test_sources import everything, of_the_day, ran
from tests.pipeline.logs.lines import viewed
from tests.pipeline_tools import EVERY_FIELD, FIREFOX, NOW, event
from tests.rows import each_row

DECLARED = ('campaigns = ["Letter"]', 'campaigns = ["Letter"]\nencodings = ["windows-1251"]')
WORD = "окно".encode("cp1251")
ESCAPED = "%EE%EA%ED%EE"
TERM = "/search?q="
# A way to say it, and what it is where the encoding is declared.
SAID: dict[str, tuple[dict[str, str], str | None]] = {
    "in the query": ({"url": TERM + ESCAPED}, "окно"),
    "beside other words": ({"url": f"{TERM}my+{ESCAPED}+5"}, "my окно 5"),
    "encoded twice": ({"url": TERM + ESCAPED.replace("%", "%25")}, "окно"),
    "as nginx escapes it": ({"url": TERM + ESCAPED.replace("%", r"\x")}, "окно"),
    "by JavaScript's escape()": ({"url": TERM + "%u043E%u043A%u043D%u043E"}, "окно"),
    "as entities": ({"url": TERM + "%26%231086%3B%26%231082%3B"}, "ок"),
    "by the collector": ({"url": "/search", "search_terms": ESCAPED}, "окно"),
    "by the collector as nginx": ({"url": "/search", "search_terms": r"\xEE\xEA"}, "ок"),
    "replaced by the collector": ({"url": "/search", "search_terms": "\ufffd\ufffd"}, None),
    "replaced in part": ({"url": "/search", "search_terms": "окн\ufffd 5"}, None),
    "replaced in the URL": ({"url": TERM + "\ufffd\ufffd"}, None),
    "replaced, and encoded": ({"url": TERM + "%EF%BF%BD%EF%BF%BD"}, None),
    "partly UTF-8": ({"url": TERM + "%D0%BE" + ESCAPED}, None),
    "a cut sequence": ({"url": TERM + "%D0%BE%D0"}, None),
    "half a pair": ({"url": TERM + "lamp%uD83D"}, None),
    "in another's encoding": ({"url": TERM + "%83%81%83u"}, None),
}


@each_row("changes", [(), (DECLARED,)], ids=["declaring none", "declaring it"])
@each_row(("fields", "term"), SAID.values(), ids=SAID.keys())
def test_a_term_is_decoded_or_dropped_whole(
    fields: dict[str, str], term: str | None, changes: tuple[tuple[str, str], ...]
) -> None:
    is_utf_8 = "%u04" in fields["url"] or "%26%23" in fields["url"]
    world = ran([event(1, NOW, **fields)], EVERY_FIELD, *changes)
    assert world.reasons() == []
    [told] = world.events()
    assert told["search"] == (term if changes or is_utf_8 else None)
    assert "\ufffd" not in everything(world)
    assert "ufffd" not in everything(world).lower()


@pytest.mark.parametrize("changes", [(), (DECLARED,)], ids=["declaring none", "declaring it"])
def test_nothing_else_shows_it(changes: tuple[tuple[str, str], ...]) -> None:
    bad = "\ufffd%EE%EF%BF%BD"
    values = [
        event(1, NOW, url=f"/a{bad}/b"),
        event(2, NOW, url=f"/?topic={bad}&utm_source=Letter{bad}&{bad}=1"),
        event(3, NOW, referrer=f"https://www.google.com/?q={bad}", accept_language=bad),
        event(4, NOW, referrer=f"https://{bad}.example/", user_agent=FIREFOX + bad),
        event(5, NOW, sec_ch_ua=f'"{bad}";v="1"', sec_ch_ua_platform=bad),
        event(6, NOW, url=f"/search/{bad}"),
    ]
    world = ran(values, EVERY_FIELD, *changes)
    assert len(world.events()) == 6
    assert {each["page"] for each in world.events()} >= {"/:token/b", "/", "/search/:search"}
    assert "\ufffd" not in everything(world)
    assert "ufffd" not in everything(world).lower()


def test_a_parameter_that_is_the_page_is_read_as_well() -> None:
    pattern = ('parameters = { topic = "[a-z@/:.-]+" }', 'parameters = { topic = "окно|стол" }')
    world = ran([event(1, NOW, url="/?topic=" + ESCAPED)], EVERY_FIELD, DECLARED, pattern)
    assert [each["page"] for each in world.events()] == ["/?topic=окно"]
    assert [each["page"] for each in ran([event(1, NOW, url="/?topic=" + ESCAPED)]).events()] == [
        "/"
    ]


@pytest.mark.parametrize("escaped", [WORD, b"".join(rb"\x%02X" % byte for byte in WORD)])
def test_bytes_of_a_log(escaped: bytes) -> None:
    line = (
        b'203.0.113.7 - - [22/Sep/2026:02:00:00 +0000] "GET /search?q=%b HTTP/1.1" 200 1 '
        b'"-" "%b"' % (escaped, FIREFOX.encode())
    )
    assert viewed(line).url == "/search?q=" + ESCAPED
    values = list(read_log([line], "combined", Reading("shop.example", Consent(True, True))))
    assert [each["search"] for each in ran(values, EVERY_FIELD, DECLARED).events()] == ["окно"]
    assert [each["search"] for each in ran(values, EVERY_FIELD).events()] == [None]


@pytest.mark.parametrize("changes", [(), (DECLARED,)], ids=["declaring none", "declaring it"])
def test_four_words_are_never_one(shared: Path, changes: tuple[tuple[str, str], ...]) -> None:
    case = shared / "data" / "cases" / "01-legacy-encoding-merges-words.ndjson"
    values = case.read_bytes().splitlines()
    midnight = 1_795_651_200_000  # 2026-11-26
    least = ("k = 5\n", "k = 5\nk_dimension = { search = 20 }\n")
    why = ("[sources]\n", '[sources]\n"release.k_dimension.search" = "the shipped policy"\n')
    world = ran(values, least, why, *changes, start_ms=midnight)
    assert world.reasons() == []
    assert "\ufffd" not in everything(world)
    terms = {each["search"] for each in world.events()}
    words = {"окно", "дверь", "двер", "стол", "стул"}
    assert bool(terms & words) is bool(changes)
    published = of_the_day(world, "trends.searches") if "trends.searches" in world.trends() else {}
    assert "lamp" in published
    assert words.isdisjoint(published)  # of twelve visitors each


def test_what_is_replaced_by_json_is_no_word_either() -> None:
    value = event(1, NOW, url="/search", search_terms="x")
    for escape in (b'"\\ufffd"', b'"\\ud83d\\ude00 \\ufffd"'):
        world = ran([value.replace(b'"x"', escape)], EVERY_FIELD)
        assert [each["search"] for each in world.events()] == [None]
