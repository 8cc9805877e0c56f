"""The measuring of the scrub: a seed makes the same numbers, and no text is printed unasked."""

import random

import phonenumbers
import pytest

from quietclicks.pipeline.scrub import Scrubber
from tests.bench.scrub_rates import NUMBERS, REGIONS, measure, telephones


def test_a_seed_makes_the_same_telephones_and_all_are_of_the_plan() -> None:
    made = list(telephones("DE", 50, random.Random(1)))
    assert made == list(telephones("DE", 50, random.Random(1)))
    assert len(set(made)) > 40
    plain = [text.removeprefix("tel ").replace("·", " ") for text in made]
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(text, "DE")) for text in plain)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_kind_of_number_is_not_one_number(name: str) -> None:
    chance = random.Random(1)
    assert len({NUMBERS[name](chance) for _ in range(50)}) > 40


def test_what_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["red shoes", "lamp 07700 900123", "iphone 15", "john@example.com 15"]
    measure("four", texts, Scrubber(REGIONS), show=False)
    printed = capsys.readouterr().out
    assert printed == (
        "four: 4 texts, 2 altered (50.000 %), whole 50.00 %, with a digit left 50.00 %\n"
    )
