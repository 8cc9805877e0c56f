"""How much of what people type the scrub alters: of honest searches, and of personal data.

Reads files of one text a line, or makes numbers up from their plans by a seed. Never prints a text
unless asked to (`--show`), and then only from the files that it was given. docs/scrubbing.md says
which public sets were measured with it.

    python -m tests.bench.scrub_rates FILE...           # of each file
    python -m tests.bench.scrub_rates --made 2000       # telephone and identity numbers made up
"""

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.scrub.normalise import normalise

REGIONS = ("GB", "DE", "US")
GAPS = (" ", "-", "/", ".", "·", "\u00a0", "")


def telephones(region: str, count: int, chance: random.Random) -> Iterator[str]:
    """Valid numbers of a region's plan, in layouts that people type."""
    for _ in range(count):
        number = _number(region, chance)
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        abroad = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        groups = national.replace("-", " ").replace("/", " ").replace("(", "").replace(")", "")
        first, *rest = groups.split()
        gap = chance.choice(GAPS)
        yield chance.choice(
            (
                national,
                abroad,
                abroad.replace("+", "00", 1).replace(" ", gap),
                gap.join((first, *rest)),
                f"{first}{gap or ' '}{''.join(rest)}",
                f"({first}) {''.join(rest)}",
                f"tel {''.join((first, *rest))}",
            )
        )


def _number(region: str, chance: random.Random) -> phonenumbers.PhoneNumber:
    kind = chance.choice((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE))
    example = phonenumbers.example_number_for_type(region, kind)
    assert example is not None
    digits = phonenumbers.national_significant_number(example)
    while True:
        fixed = chance.randint(1, 4)
        made = digits[:fixed] + "".join(chance.choices("0123456789", k=len(digits) - fixed))
        number = phonenumbers.parse(f"+{example.country_code}{made}")
        if phonenumbers.is_valid_number_for_region(number, region):
            return number


def _weighted(digits: str, weights: range) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11


def _nhs(chance: random.Random) -> str:
    while True:
        nine = "".join(chance.choices("0123456789", k=9))
        check = (11 - _weighted(nine, range(10, 1, -1))) % 11
        if check != 10:
            ten, gap = f"{nine}{check}", chance.choice((" ", "-", ".", ""))
            return gap.join((ten[:3], ten[3:6], ten[6:]))


def _medicare(chance: random.Random) -> str:
    letters = "ACDEFGHJKMNPQRTUVWXY"
    either, digits = letters + "0123456789", "0123456789"
    shape = ("123456789", letters, either, digits, letters, either, digits)
    written = "".join(map(chance.choice, (*shape, letters, letters, digits, digits)))
    gap = chance.choice(("-", " ", ""))
    return gap.join((written[:4], written[4:7], written[7:]))


def _employer(chance: random.Random) -> str:
    return f"{chance.randint(10, 99)}-{chance.randint(0, 9_999_999):07}"


def _twelve(chance: random.Random) -> str:
    digits, size = f"{chance.randrange(10**12):012}", chance.choice((3, 4, 6))
    return chance.choice(GAPS).join(digits[i : i + size] for i in range(0, 12, size))


NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "GB health": _nhs,
    "US Medicare": _medicare,
    "US employer": _employer,
    "twelve digits": _twelve,
}


def measure(name: str, texts: list[str], scrubber: Scrubber, show: bool) -> None:
    """Prints how many texts there were, how many were altered, and in how many a digit is left."""
    altered = digits = 0
    for text in texts:
        before = normalise(text)
        after = scrubber.scrub(text)
        altered += after != before
        digits += any(map(str.isdigit, after))
        if show:
            print(f"  {'altered' if after != before else 'whole'}\t{text}\t{after}")
    share = 100 / max(len(texts), 1)
    print(
        f"{name}: {len(texts)} texts, {altered} altered ({altered * share:.3f} %), "
        f"whole {(len(texts) - altered) * share:.2f} %, with a digit left {digits * share:.2f} %"
    )


def main() -> None:
    """Measures what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--made", type=int, default=0, metavar="COUNT", help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="each text and what is kept of it")
    options = parser.parse_args()
    scrubber = Scrubber(REGIONS)
    for file in options.files:
        measure(file.name, file.read_text("utf-8").splitlines(), scrubber, options.show)
    if options.made:
        for region in (*REGIONS, "AT", "CH", "FR", "IT", "ES", "NL", "BE", "PL", "SE"):
            made = telephones(region, options.made, random.Random(f"{options.seed}{region}"))
            measure(f"telephones {region}", list(made), scrubber, options.show)
        for name, make in NUMBERS.items():
            chance = random.Random(f"{options.seed}{name}")
            texts = [make(chance) for _ in range(options.made)]
            measure(name, texts, scrubber, options.show)


if __name__ == "__main__":
    main()
