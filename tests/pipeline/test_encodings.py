"""What bytes are read as that are not UTF-8: the word that was typed, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.encodings import MAX_BYTES, UNREADABLE, encoding_of, encodings_of, text_of
from tests.rows import each_row

WORDS = {
    "windows-1251": "окно дверь Москва МОЁ «Рим» кафе’",
    "koi8-r": "окно всё ОКНО Москва",
    "koi8-u": "вікно стіл",
    "iso-8859-5": "окно Москва",
    "ibm866": "окно стол",
    "windows-1252": "für musterstraße café Öl ÄÖÜ men’s 20€",
    "iso-8859-15": "cœur œuvre",
    "iso-8859-2": "łódź Żółw kuře",
    "windows-1250": "łódź gąsienica kuře",
    "windows-1253": "λόγος Αθήνα ΑΘΗΝΑ",
    "iso-8859-7": "λόγος Αθήνα",
    "windows-1254": "ışık İstanbul şifre",
    "windows-1255": "שולחן כיסא",
    "windows-1256": "سلام مصباح",
    "windows-874": "กาแฟ น้ำ โต๊ะ รถยนต์ เธอ",
    "shift_jis": "ランプ 椅子 東京タワー テーブル",
    "euc-jp": "ランプ 椅子 東京タワー",
    "gbk": "台灯 椅子 北京市 联通",
    "gb18030": "台灯 椅子",
    "big5": "檯燈 椅子 台北",
    "euc-kr": "램프 의자 회사 서울특별시",
}
# Signs among words, as people write them in Latin letters.
SIGNED = ("nº 5 años", "1ª división", "„Bücher“", "µm größe", "straße¹", "5 m² größe", "3.º año")
CASES = [(name, word) for name, words in WORDS.items() for word in words.split()]
CASES += [("iso-8859-1", words) for words in SIGNED]


def codec(name: str) -> str:
    encoding = encoding_of(name)
    assert encoding
    return encoding.codec


@each_row(("name", "word"), CASES)
def test_a_declared_encoding_is_read(name: str, word: str) -> None:
    data = word.encode(codec(name))
    assert text_of(data, encodings_of((name,))) == word
    assert UNREADABLE in text_of(data, ())


@each_row(("name", "word"), CASES)
def test_utf_8_is_read_as_such_whatever_is_declared(name: str, word: str) -> None:
    assert text_of(word.encode(), encodings_of((name,))) == word


@each_row("name", WORDS)
@each_row(
    "data",
    [
        pytest.param("окно".encode() + "я".encode("cp1251"), id="partly UTF-8"),
        pytest.param("стол".encode("cp1251") + b" " + "окно".encode(), id="partly UTF-8, behind"),
        pytest.param("кафе".encode()[:-1], id="cut"),
        pytest.param("für kü".encode()[:-1], id="cut, a Latin letter"),
        pytest.param("東京".encode()[:-1], id="cut, three bytes a letter"),
        pytest.param("東京".encode()[:-2], id="cut, and but one is left"),
        pytest.param("caf\u00e9".encode()[:-1], id="cut in its only letter"),
        pytest.param(b"\xef\xbf\xbd\xee", id="with U+FFFD"),
        pytest.param(b"\x80\x81\x8d\x8f\x7f\x90\x98\x9d\xa0\xff", id="anything"),
        pytest.param(b"a\xeeb\x00\xee", id="with a control character"),
    ],
)
def test_what_is_not_sure_is_nothing(name: str, data: bytes) -> None:
    assert UNREADABLE in text_of(data, encodings_of((name,)))


def test_two_that_fit_say_nothing() -> None:
    word = "окно".encode("cp1251")
    assert text_of(word, encodings_of(("windows-1251",))) == "окно"
    assert UNREADABLE in text_of(word, encodings_of(("windows-1251", "koi8-r")))
    assert text_of("東京".encode("cp932"), encodings_of(("shift_jis", "euc-jp"))) == "東京"
    same = encodings_of(("windows-1252", "iso-8859-15"))
    assert text_of("für".encode("cp1252"), same) == "für"
    assert UNREADABLE in text_of("5€ für".encode("cp1252") + b"\xa4", same)


def test_a_long_text_is_not_read_in_several_ways() -> None:
    word, declared = "окно".encode("cp1251"), encodings_of(("windows-1251",))
    assert text_of(word * (MAX_BYTES // 4), declared) == "окно" * (MAX_BYTES // 4)
    assert UNREADABLE in text_of(word * (MAX_BYTES // 4) + b"a", declared)


@each_row(
    "name",
    [
        *("utf-8", "utf-16", "utf-16le", "utf-7", "utf-32", "idna", "punycode", "rot13", "base64"),
        *("hex", "zlib", "bz2", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"),
        *("iso-2022-jp", "iso-2022-kr", "hz", "cp437", "cp037", "cp500", "klingon", ""),
        *("../cp1251", "cp1251\0", "windows 1251", "окно", "cp1251\n", "a" * 300),
    ],
)
def test_what_no_website_declares_is_none(name: str) -> None:
    assert encoding_of(name) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("windows-1251", "CP1251"),
        ("iso-8859-1", "windows-1252"),
        ("latin1", "us-ascii"),
        ("iso-8859-9", "windows-1254"),
        ("tis-620", "windows-874"),
        ("sjis", "windows-31j"),
        ("gb2312", "gbk"),
        ("ks_c_5601-1987", "euc-kr"),
    ],
)
def test_several_names_are_one(one: str, other: str) -> None:
    assert encoding_of(one) == encoding_of(other) is not None


@given(st.binary(max_size=60), st.lists(st.sampled_from([*WORDS]), max_size=3))
@settings(derandomize=True, max_examples=500, deadline=None, database=None)
def test_it_is_total_and_never_reads_a_control_character(data: bytes, names: list[str]) -> None:
    text = text_of(data, encodings_of(names))
    try:
        assert text == data.decode()
    except UnicodeDecodeError:
        read = UNREADABLE not in text
        assert not read or text.replace("\u00a0", " ").isprintable()
        assert not read or any(text == data.decode(codec(name), "ignore") for name in names)
