"""From what was typed to the term that trends count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.encodings import encodings_of
from quietclicks.pipeline.fields.search import MAX_TERM, search_term
from quietclicks.pipeline.scrub import Scrubber
from tests.rows import each_row

SCRUBBER = Scrubber(("GB", "DE", "US"))


@each_row(
    ("text", "term"),
    [
        pytest.param("Blue Lamp", "blue lamp", id="case"),
        pytest.param("  blue \t lamp\n", "blue lamp", id="spaces"),
        pytest.param("GROẞE STRAßE", "grosse strasse", id="full case folding"),
        pytest.param("Ｂｌｕｅ\u3000ｌａｍｐ", "blue lamp", id="full width"),
        pytest.param("blue\u200b la\u00admp", "blue lamp", id="invisible"),
        pytest.param("blue\x00 la\x1bmp", "blue lamp", id="control"),
        pytest.param("caf\u0065\u0301", "café", id="composed"),
        pytest.param("blue%20lamp", "blue lamp", id="still encoded"),
        pytest.param("red shoes JOHN@EXAMPLE.COM", "red shoes :email", id="keeps its rest"),
        pytest.param("john@example.com", None, id="nothing left"),
        pytest.param("john@example.com, 07700 900123!", None, id="only signs left"),
        pytest.param("JOHN%2540EXAMPLE.COM", None, id="encoded twice"),
        pytest.param("John AT Example DOT Com", None, id="spelled in mixed case"),
        pytest.param("ghp_16C7e42F292c6912E7710c838347Ae178B4a", None, id="case tells a token"),
        pytest.param("", None, id="empty"),
        pytest.param(" \u200b ", None, id="invisible only"),
        pytest.param("?!", None, id="signs only"),
        pytest.param(":email", None, id="a placeholder typed"),
        pytest.param("(other)", "other", id="reserved: other"),
        pytest.param(" (None) ", "none", id="reserved: none"),
        pytest.param("（ｏｔｈｅｒ）", "other", id="reserved in disguise"),
        pytest.param("🦊", "🦊", id="a picture is a search"),
        pytest.param("椅子", "椅子", id="no alphabet"),
        pytest.param("İSTANBUL", "istanbul", id="a Turkish capital with its dot"),
        pytest.param("i\u0307stanbul", "istanbul", id="what folding makes of it"),
        pytest.param("ISTANBUL", "istanbul", id="a capital without"),
        pytest.param("ıstanbul", "istanbul", id="a small letter without"),
        pytest.param("ΛΌΓΟΣ", "λόγος", id="Greek in capitals"),
        pytest.param("λόγος", "λόγος", id="a final sigma"),
        pytest.param("λόγοσ σίγμα", "λόγος σίγμα", id="another sigma at an end"),
        pytest.param("n-σ, σ", "n-σ, σ", id="a sigma that ends no word"),
        pytest.param("น้ำตาล", "น้ำตาล", id="Thai am"),
        pytest.param("น\u0e4d\u0e49าตาล", "น้ำตาล", id="Thai am, typed in its parts"),
        pytest.param("ນ້ຳ", "ນ້ຳ", id="Lao am"),
        pytest.param("բարև", "բարև", id="an Armenian letter of two"),
        pytest.param("ԲԱՐԵՒ", "բարև", id="and its capitals"),
        pytest.param("ㅋㅋ", "ㅋㅋ", id="Korean letters that stand alone"),
        pytest.param("ǰ", "ǰ", id="a letter that folding takes apart"),
        pytest.param("lamp \u0378", None, id="a character that Unicode has not"),
        pytest.param("lamp\ufdd0", None, id="one that it never will"),
        pytest.param("lamp \U000e0fff rug", None, id="one of its last planes"),
        pytest.param("lamp %CD%B8", None, id="one that Unicode has not, encoded"),
        pytest.param("lamp &#x378;", None, id="as an entity, of none"),
        pytest.param("a\ufffdb lamp", None, id="not decoded by who sent it"),
        pytest.param("lamp %EF%BF%BD", None, id="the same, encoded"),
        pytest.param("lamp &#xFFFD;", None, id="the same, as an entity"),
        pytest.param("musterstra%DFe 5", None, id="bytes that are not UTF-8"),
        pytest.param("musterstra%25DFe 5", None, id="encoded twice"),
        pytest.param(r"musterstra\xDFe 5", None, id="as nginx writes them"),
        pytest.param("％DF", None, id="in full width"),
        pytest.param("%D0%BF%D1", None, id="cut"),
        pytest.param("%D0%BF%EE", None, id="partly UTF-8"),
        pytest.param("%uD83D lamp", None, id="half a pair"),
        pytest.param("\ud83d lamp", None, id="half a pair, as it is"),
        pytest.param("%u043E%u043A%u043D%u043E", "окно", id="JavaScript's escape()"),
        pytest.param(r"\xD0\xBE\xD0\xBA\xD0\xBD\xD0\xBE", "окно", id="nginx"),
        pytest.param("&#1086;&#1082;&#x43D;&#1086;", "окно", id="entities"),
        pytest.param("100%", "100%", id="a percent sign"),
        pytest.param("50% off & more", "50% off & more", id="signs of escapes"),
    ],
)
def test_term(text: str, term: str | None) -> None:
    assert search_term(text, SCRUBBER) == term


LEGACY = {
    "окно": ("%EE%EA%ED%EE", "windows-1251"),
    "дверь": ("%25E4%25E2%25E5%25F0%25FC", "windows-1251"),
    "стол": (r"\xF1\xF2\xEE\xEB", "cp1251"),
    "möbel": ("M%F6bel", "iso-8859-1"),
    "テーブル": ("%83e%81[%83u%83%8B", "shift_jis"),
    "台灯": ("%CC%A8%B5%C6", "gb2312"),
    "檯燈": ("%C2i%BFO", "big5"),
    "램프": ("%B7%A5%C7%C1", "euc-kr"),
}


@pytest.mark.parametrize("word", LEGACY)
def test_a_declared_encoding_gives_the_word_and_no_other_does(word: str) -> None:
    sent, name = LEGACY[word]
    assert search_term(sent, SCRUBBER, encodings_of((name,))) == word
    assert search_term(sent, SCRUBBER) is None
    assert search_term(word, SCRUBBER, encodings_of((name,))) == word


def test_what_is_decoded_is_scrubbed() -> None:
    latin = encodings_of(("windows-1252",))
    assert search_term("Musterstra%DFe 5", SCRUBBER, latin) is None
    assert search_term("lampe M%FCllerstra%DFe 5", SCRUBBER, latin) == "lampe :place"
    assert search_term("gr%FC%DFe j%F6rg%40example.com", SCRUBBER, latin) == "grüsse :email"


def test_a_long_term_ends_at_a_word() -> None:
    term = search_term("shoes " * 1000, SCRUBBER)
    assert term is not None
    assert len(term) <= MAX_TERM
    assert set(term.split()) == {"shoes"}


def test_a_placeholder_is_never_cut() -> None:
    for length in range(80, 100):
        term = search_term("a" * 8 + " b" * (length // 2) + " john@example.com end", SCRUBBER)
        assert term is not None
        assert term.split()[-1] in (":email", "b", "end")


@given(st.text(max_size=700))
@settings(derandomize=True, max_examples=300, deadline=None, database=None)
def test_a_term_is_none_or_a_bounded_fixed_point(text: str) -> None:
    term = search_term(text, SCRUBBER)
    if term is not None:
        assert 0 < len(term) <= MAX_TERM
        assert term not in ("(other)", "(none)", "")
        assert search_term(term, SCRUBBER) == term
