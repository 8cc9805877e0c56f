"""Words are told from noise by their letters: few words are lost, few tokens stay."""

import csv
import random
import re
import string
from pathlib import Path

import pytest

from quietclicks.pipeline.scrub.url.noise import has_word, is_noise
from tests.rows import each_row

WORDS = """
products kubernetes postgresql xmlhttprequest fjallraven schwarzkopf lululemon playstation
huaweip30pro thinkpadx1 MacBookPro iPhone15Pro JavaScript GitHubActions HowToInstallPython
geschwindigkeitsbegrenzung kuehlschraenke przedsiebiorstwo hyvaksyminen donaudampfschifffahrt
decade2020 20150517 1042 HP250 iphone15pro256gb 1000xm5 80x28x202 1920x1080px
""".split()
NOISE = """
dQw4w9WgXcQ am9obkBleGFtcGxlLmNvbQ 9f86d081 d41d8cd98f00b204 deadbeef12345678 AbCdEfGhIj
qwrtzpsdfgkl NJXWQ3SAMV4GC3LQ 01ARZ3NDEKTSV4RRFFQ69G5FAV x7k2m9q1 ABCDEFABCDEFABCDEF
""".split()


@each_row("chunk", WORDS)
def test_a_word_is_no_noise(chunk: str) -> None:
    assert not is_noise(chunk)


@pytest.mark.parametrize("chunk", NOISE)
def test_noise_is_no_word(chunk: str) -> None:
    assert is_noise(chunk)


@pytest.mark.parametrize(
    ("alphabet", "length", "share"),
    [
        (string.ascii_letters + string.digits, 8, 0.85),
        (string.ascii_letters + string.digits, 11, 0.93),
        (string.ascii_letters + string.digits, 22, 0.99),
        (string.ascii_lowercase + string.digits, 10, 0.9),
        (string.ascii_lowercase + string.digits, 26, 0.98),
        (string.ascii_uppercase + "234567", 26, 0.95),
        (string.ascii_lowercase, 16, 0.97),
        ("0123456789abcdef", 8, 0.75),
        ("0123456789abcdef", 12, 0.99),
    ],
    ids=lambda value: str(value)[-6:],
)
def test_random_strings_are_found(alphabet: str, length: int, share: float) -> None:
    source = random.Random(7)
    tries = ["".join(source.choices(alphabet, k=length)) for _ in range(2000)]
    found = sum(is_noise(text) for text in tries if not text.isdigit())
    assert found / len(tries) >= share


def test_what_people_look_for_is_readable(shared: Path) -> None:
    with (shared / "data" / "shop_search_terms.csv").open(encoding="utf-8-sig") as file:
        terms = [row["query"] for row in csv.DictReader(file, delimiter="\t")]
    words = {word for term in terms for word in re.findall("[a-z0-9]+", term.lower())}
    assert len(words) > 500
    assert [word for word in words if is_noise(word)] == []


def test_a_word_stands_in_camel_case() -> None:
    assert has_word("xyTransport9")
    assert not has_word("qPx7bcdfg")
