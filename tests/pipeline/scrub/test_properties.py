"""What holds for every text: it ends, it is bounded, twice is once, and no canary survives."""

import string
from collections.abc import Iterable

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

from quietclicks.pipeline.scrub import MAX_TEXT, Scrubber
from quietclicks.pipeline.scrub.normalise import normalise
from quietclicks.pipeline.scrub.spans import Finder, Span
from tests.rows import each_row

SCRUBBER = Scrubber(("GB", "DE", "US"))
ROUGH = settings(derandomize=True, max_examples=250, deadline=None, database=None)
WORDS = ("blue", "lamp", "für", "küche", "15", "rug", "лампа", "8x10", "gift", "the")

# The characters that detectors care about, far more often than chance would have it.
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("0123456789 @.:/+-_()[]%&#;\\\"'°,=?\u200b\u0661＠．：ß∕"),
        st.sampled_from("abcdefxyzAZ"),
        st.characters(),
    ),
    max_size=200,
)
PIECES = st.lists(
    st.sampled_from(
        [
            *"at dot @ . com john example :email :phone born tel order 12 1984 03 + ( )".split(),
            *"- / : % %40 %25 &#64; straße 5 high street nw1 6xe 4111 1111 de89 3704 0x".split(),
            *"10.0.0.1 :: www. http:// :emailx x:email password hunter2 978 3 16".split(),
            *("148410 0", "zero", "seven", "07700 900123", "\u200b", "\ue000", "\ue100"),
        ]
    ),
    max_size=40,
).flatmap(lambda parts: st.sampled_from(("", " ")).map(lambda gap: gap.join(parts)))


@given(st.one_of(HOSTILE, PIECES, st.text(max_size=3000)))
@ROUGH
def test_scrub_is_total_bounded_and_idempotent(text: str) -> None:
    scrubbed = SCRUBBER.scrub(text)
    assert len(scrubbed) <= MAX_TEXT
    assert SCRUBBER.scrub(scrubbed) == scrubbed
    scrubbed.encode()


@given(st.one_of(HOSTILE, PIECES))
@ROUGH
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == " ".join(once.split())


def _card(prefix: str, body: list[int], length: int) -> str:
    digits = (prefix + "".join(map(str, body)))[: length - 1]
    return str(digits + luhn.calc_check_digit(digits))


def _grouped(digits: str, size: int, gap: str) -> str:
    return gap.join(digits[i : i + size] for i in range(0, len(digits), size))


DIGITS = st.lists(st.integers(0, 9), min_size=20, max_size=20)
CARDS = st.builds(
    lambda prefix, body, length, size, gap: _grouped(_card(prefix, body, length), size, gap),
    st.sampled_from(("4", "51", "2221", "34", "6011", "6304")),
    DIGITS,
    st.sampled_from((14, 15, 16, 19)),
    st.sampled_from((4, 5, 20)),
    st.sampled_from((" ", "-", ".", " - ")),
)


def _iban(country: str, bban: str, size: int, gap: str) -> str:
    return _grouped(country + iban.calc_check_digits(f"{country}00{bban}") + bban, size, gap)


IBANS = st.builds(
    lambda body, size, gap: _iban("DE", "37040044" + "".join(map(str, body))[:10], size, gap),
    DIGITS,
    st.sampled_from((4, 40)),
    st.sampled_from((" ", "-")),
)
NAME = st.text(string.ascii_letters + string.digits + "._-", min_size=2, max_size=15).filter(
    lambda name: name[0].isalnum() and name[-1].isalnum()
)
EMAILS = st.builds(
    lambda local, host, end, at: f"{local}{at}{host}.{end}",
    NAME,
    st.text(string.ascii_lowercase + "äéñ", min_size=3, max_size=12),
    st.sampled_from(("com", "co.uk", "de", "museum", "рф")),
    st.sampled_from(("@", "＠", " @ ", "(at)", " [at] ", "%40", "%2540", "\u200b@\u200b", "&#64;")),
).filter(lambda text: " " not in text or not text.endswith("museum"))


def _phone(region: str, kind: int, style: int) -> str:
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    return str(phonenumbers.format_number(number, style))


PHONES = st.builds(
    _phone,
    st.sampled_from(("GB", "DE", "US")),
    st.sampled_from((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)),
    st.sampled_from(
        (
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.NATIONAL,
            phonenumbers.PhoneNumberFormat.E164,
        )
    ),
)
UUIDS = st.uuids().map(str)
ADDRESSES = st.ip_addresses().map(str).filter(lambda text: any(map(str.isdigit, text)))


@pytest.mark.parametrize(
    "canaries",
    [EMAILS, CARDS, IBANS, PHONES, UUIDS, ADDRESSES],
    ids=["email", "card", "iban", "phone", "uuid", "ip"],
)
def test_no_canary_survives_among_words(canaries: st.SearchStrategy[str]) -> None:
    words = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)

    @given(words, canaries, words)
    @settings(ROUGH, max_examples=80)
    def check(before: str, canary: str, after: str) -> None:
        scrubbed = SCRUBBER.scrub(f"{before} {canary} {after}")
        left = set(scrubbed.split()) - set(before.split()) - set(after.split())
        assert left
        assert all(word.startswith(":") for word in left)

    check()


COUNTRIES = "GB DE US FR ES IT NL BE AT CH PL CZ SE NO DK FI PT GR RU UA TR IN CN JP KR BR MX AU ZA"


@each_row("country", COUNTRIES.split())
@each_row("gap", [" ", "-", ".", " - "])
def test_a_number_of_any_country_without_its_plus(country: str, gap: str) -> None:
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert number
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    bare = gap.join(written[1:].replace("-", " ").split())
    assert SCRUBBER.scrub(f"lamp {bare}") in ("lamp :phone", "lamp :id")


@pytest.mark.parametrize(
    "shape", ["0", "1 ", "a@", "%25", "a.", "12 a ", "(", "+1-", "at dot ", "é"]
)
def test_work_is_bounded_whatever_the_length(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No detector ever sees more than the bound, so time cannot grow past it."""
    scrubber = Scrubber(("GB",))
    seen: list[int] = []

    def spy(finder: Finder) -> Finder:
        def find(text: str) -> Iterable[Span]:
            seen.append(len(text))
            return finder(text)

        return find

    watched = tuple((name, least, spy(find)) for name, least, find in scrubber._detectors)
    monkeypatch.setattr(scrubber, "_detectors", watched)
    for size in (100, 1000, 100_000):
        scrubber.scrub(shape * size)
    assert not seen or max(seen) <= MAX_TEXT
