"""What the caches say that they hold, beside what Python's allocator says, by the kind of value.

    .venv/bin/python -m tests.bench.cache_weights

Each kind of look-up is asked for values that never come again; prints bytes an entry.
"""

import tracemalloc
from collections.abc import Callable, Iterator

from quietclicks.pipeline.anonymise.lookups import Lookups
from quietclicks.pipeline.anonymise.site import Sites
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas.raw import Consent, RawEvent
from quietclicks.schemas.trend import Stream
from tests.pipeline_tools import DAY, MIDNIGHT, SITE, country, day_key, listed, policy

ENTRIES = 5000
ROOMY = 1 << 40  # bytes: nothing is emptied here
# A text each time; the last makes Python keep four bytes for each of its characters.
TEXTS: dict[str, Callable[[int], str]] = {
    "short": lambda number: f"{number:x}",
    "usual": lambda number: f"{number:x}" + "-some-words-of-a-name" * 4,
    "long": lambda number: f"{number:x}" + "-some-words-of-a-name" * 14,
    "wide": lambda number: "\U00020000" + f"{number:x}" + "-some-words-of-a-name" * 4,
}
KINDS = (
    *("pages", "queries", "restricted", "visitors", "decisions", "referrers", "searches"),
    "seconds",
)


def event(text: str, number: int) -> RawEvent:
    """Of a visitor who shares nothing with another."""
    return RawEvent(
        event_id="e",
        site=SITE,
        timestamp=MIDNIGHT,  # type: ignore[arg-type]  # nothing here reads it
        url="/",
        ip=f"2a00:{number >> 16:x}:{number & 0xFFFF:x}::1",
        user_agent=f"{text} a",  # texts of their own, as when decoded
        accept_language=f"{text} b",
        sec_ch_ua_platform=f"{text} c",
        consent=Consent(True, True),
        tcf=f"{text} d",
    )


def ask(kind: str, look_up: Lookups, text: str, number: int) -> None:
    """One question of this kind, with a new value in it."""
    keys = DayKeys()
    keys.put(DAY, day_key(DAY))
    if kind == "pages":
        look_up.pages([f"https://{SITE}/{text}"])
    elif kind == "queries":
        look_up.queries([f"q={text}"])
    elif kind == "referrers":
        look_up.referrers([f"https://a{number}.example.org/{text}"])
    elif kind == "searches":
        look_up.searches([text])
    elif kind == "seconds":
        look_up.seconds([number * 1000])
    elif kind == "restricted":
        look_up.restricted([event(text, number)], DAY)
    else:
        one = event(text, number)
        [visitor] = look_up.visitors([one])
        pseudonymisers = keys.of(DAY, SITE, [])
        visitor.derive(pseudonymisers)
        visitor.derive_for_stream(pseudonymisers, Stream.OPTED_OUT)
        if kind == "decisions":
            look_up.decisions([one], [visitor])


def weigh(kind: str, text: Callable[[int], str], entries: int = ENTRIES) -> tuple[float, float]:
    """(what the caches say, what the allocator says), bytes a question."""
    sites = Sites(policy(), country, max_bytes=ROOMY, restrictions=listed())
    look_up = sites.by_name[SITE].look_up
    for number in range(100):
        ask(kind, look_up, text(10**9 + number), 10**6 + number)  # what is made once
    budget = look_up._pages._budget
    held = budget.held
    tracemalloc.start()
    for number in range(entries):
        ask(kind, look_up, text(number), number)
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (budget.held - held) / entries, traced / entries


def table() -> Iterator[str]:
    """In Markdown."""
    yield "| asked for | text | counted | allocated |\n|---|---|---|---|"
    for kind in KINDS:
        for name, text in TEXTS.items():
            counted, allocated = weigh(kind, text)
            yield f"| {kind} | {name} | {counted:,.0f} | {allocated:,.0f} |"


def main() -> None:
    """Print it."""
    browser.load()
    bots.load()
    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    main()
