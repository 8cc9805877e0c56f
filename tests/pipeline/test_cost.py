"""No event costs more than fifty honest ones: counted, so that it is the same on every machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.scrub import MAX_TEXT, Scrubber
from quietclicks.pipeline.scrub.normalise import normalise
from quietclicks.pipeline.scrub.url.percent import MAX_DECODED, decoded
from quietclicks.schemas.raw import MAX_RECORD_BYTES
from tests.crafted import CODED, TYPED, events, value_of
from tests.paths import ROOT
from tests.rows import each_row
from tests.work import LIMIT, Rig, counted

SHIPPED = ROOT / "deploy" / "policy.toml"
SHAPES = [*TYPED.values(), *CODED.values()]


DECLARED = ("koi8-r", "iso-8859-1", "windows-1251")  # as many as a policy may declare


@pytest.fixture(scope="module", params=[(), DECLARED], ids=["UTF-8 alone", "three encodings"])
def rig(request: pytest.FixtureRequest) -> Rig:
    policy = parse(SHIPPED.read_text("utf-8"), "policy.toml")
    sites = {
        name: structs.replace(site, encodings=request.param) for name, site in policy.sites.items()
    }
    return Rig(structs.replace(policy, sites=sites))


def test_what_is_counted_is_work(rig: Rig) -> None:
    usual = value_of(0, {"event_id": "usual"})
    assert 0 < rig.times_the_median(usual) < 10
    assert counted(sum, range(9)) < counted(lambda: [sum(range(9)) for _ in range(9)])
    text = "a" * 10_000
    assert counted(lambda: normalise(text)) < 10 * counted(lambda: normalise(text[:100]))


@pytest.mark.slow
def test_no_crafted_event_costs_more_than_fifty_honest_ones(rig: Rig) -> None:
    cost = {}
    for number, (name, fields) in enumerate(events(), 1):
        value = value_of(number, fields)
        if len(value) <= MAX_RECORD_BYTES:
            cost[name] = rig.times_the_median(value)
    assert len(cost) > 1000
    assert {name: times for name, times in cost.items() if times > LIMIT} == {}


TEXTS = st.lists(
    st.tuples(st.sampled_from(SHAPES), st.integers(1, 60)), min_size=1, max_size=8
).flatmap(
    lambda parts: st.sampled_from(("", " ", " x ", "-")).map(
        lambda gap: gap.join(shape * times for shape, times in parts)
    )
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "search_terms": TEXTS,
        "referrer": st.tuples(st.sampled_from(("https://", "android-app://", "")), TEXTS).map(
            "".join
        ),
        "user_agent": TEXTS.map("Mozilla/5.0 (X11) Gecko ".__add__),
        "accept_language": TEXTS,
        "tcf": TEXTS.map("C".__add__),
        "url": st.tuples(
            st.sampled_from(("/", "/search?q=", "/search?", "https://", "/a/")),
            TEXTS,
            st.sampled_from(("", "?q=x", "&q=1", "/b")),
        ).map("".join),
    },
)


def test_no_event_that_is_put_together_does(rig: Rig) -> None:
    numbers = iter(range(10**6, 10**9))

    @given(FIELDS)
    @settings(derandomize=True, max_examples=150, deadline=None, database=None)
    def holds(fields: dict[str, object]) -> None:
        value = value_of(next(numbers), fields)
        if len(value) <= MAX_RECORD_BYTES:
            assert rig.times_the_median(value) <= LIMIT

    holds()


@each_row("shape", SHAPES)
def test_no_text_outgrows_its_bound(shape: str) -> None:
    for size in (1, 7, 100, 1000, 20_000):
        text = shape * size
        assert len(normalise(text)) <= MAX_TEXT + 1
        assert len(Scrubber(()).scrub(text)) <= MAX_TEXT
        assert len(decoded(text[:8192])) <= MAX_DECODED


@each_row("shape", SHAPES)
def test_work_does_not_grow_with_a_text(shape: str) -> None:
    scrubber = Scrubber(("GB", "DE", "US"))
    once = max(counted(scrubber.scrub, (shape * 400)[:size]) for size in (60, 100, MAX_TEXT))
    for size in (1000, 60_000):
        text = (shape * size)[:size]
        assert counted(scrubber.scrub, text) <= 3 * once + 20_000


def test_a_text_of_mostly_digits_is_dropped_whole() -> None:
    scrubber = Scrubber(("GB", "DE", "US"))
    for text in ("lamp " + "12 34 56 " * 12, "1 " * 60, "lamp " + "7123456789 lamp " * 9):
        assert "lamp" not in scrubber.scrub(text)
        assert not any(map(str.isdigit, scrubber.scrub(text)))
    assert scrubber.scrub("lamp 12 34 56") == "lamp 12 34 56"
