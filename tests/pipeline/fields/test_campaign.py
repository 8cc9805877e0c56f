"""What a link says of where it stands: a closed list, whatever is typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.campaign import NAMES, UNLISTED, campaign_source, listed
from quietclicks.pipeline.fields.referrer import known_host, referrer_of
from quietclicks.pipeline.fields.referrer_hosts import (
    ASSISTANTS,
    ENGINES,
    ENGINES_ANYWHERE,
    SEARCH_HOSTS,
    SOCIALS,
)
from quietclicks.schemas.pseudonymised import Source, SourceClass
from tests.rows import each_row

CAMPAIGNS = listed(("Newsletter", "Straße 7", "band"))
HOSTS = ASSISTANTS | ENGINES | SOCIALS | SEARCH_HOSTS

KNOWN: list[tuple[str, SourceClass]] = [
    ("google", "search"),
    ("Google", "search"),
    (" google ", "search"),
    ("google.com", "search"),
    ("www.google.com", "search"),
    ("google.de", "search"),
    ("images.google.co.uk", "search"),
    ("bing", "search"),
    ("yahoo", "search"),
    ("facebook", "social"),
    ("fb", "social"),
    ("m.facebook.com", "social"),
    ("pinterest.de", "social"),
    ("IG", "social"),
    ("x", "social"),
    ("t.co", "social"),
    ("chatgpt.com", "ai"),
    ("chatgpt", "ai"),
    ("perplexity", "ai"),
    ("gemini", "ai"),
    ("copilot.com", "ai"),
]


@each_row(("typed", "kind"), KNOWN, ids=[typed for typed, _ in KNOWN])
def test_of_a_known_name_the_kind_is_told(typed: str, kind: SourceClass) -> None:
    assert campaign_source(typed, CAMPAIGNS) == Source(kind, None)


UNKNOWN = [
    *("17", "letter", "newsletter-17", "google-ads", "googl", "com", ".", "site", "none"),
    *("blog.example.org", "shop.example", "198.51.100.7", "[2001:db8::1]", "ada@google.com"),
    *("google.com/ada", "https://google.com", "google.com.evil.example", "ada.google", "(other)"),
    *("google.ada17", "𝔤oogle", "a" * 9000, "\ud800", "\x00"),
]


@each_row("typed", UNKNOWN)
def test_any_other_is_a_campaign_without_a_name(typed: str) -> None:
    assert campaign_source(typed, CAMPAIGNS) == UNLISTED


@pytest.mark.parametrize(
    ("typed", "name"),
    [("newsletter", "Newsletter"), ("NEWSLETTER", "Newsletter"), ("STRASSE 7", "Straße 7")],
)
def test_a_listed_name_is_spelt_as_the_policy_has_it(typed: str, name: str) -> None:
    assert campaign_source(typed, CAMPAIGNS) == Source("campaign", name)


def test_what_is_known_stands_before_what_is_listed() -> None:
    both = listed(("google", "chatgpt.com"))
    assert campaign_source("google", both) == Source("search", None)
    assert campaign_source("chatgpt.com", both) == Source("ai", None)


def test_a_word_that_is_also_a_hosts_first_part_is_nobodys_name() -> None:
    assert campaign_source("band", CAMPAIGNS) == Source("campaign", "band")
    assert campaign_source("band.us", CAMPAIGNS) == Source("social", None)


def test_every_bare_name_is_of_the_tables() -> None:
    for name, host in NAMES.items():
        assert name == name.casefold()
        assert "." not in name, "a host needs no entry"
        assert known_host(host), name
        assert known_host(host) == referrer_of(f"https://{host}/", "shop.example").kind, name


def test_every_host_of_the_tables_is_known() -> None:
    unknown = {host for host in HOSTS if known_host(host) is None}
    assert all(host.endswith((".onion", ".google")) for host in unknown)
    assert len(unknown) < 5


PIECES = st.sampled_from(
    [
        *(*sorted(HOSTS)[::40], *sorted(NAMES)[::5], *sorted(ENGINES_ANYWHERE)[::4], "pinterest"),
        *(".com", ".de", ".co.uk", ".example", ".xyz", "www.", "ada", "newsletter"),
        *"-.@/:% a1",
    ]
)


HANDFUL = {
    *CAMPAIGNS.values(),
    *(UNLISTED, Source("search", None), Source("social", None), Source("ai", None)),
}


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=4).map("".join)))
def test_whatever_is_typed_the_source_is_one_of_a_handful(typed: str) -> None:
    assert campaign_source(typed, CAMPAIGNS) in HANDFUL


def test_no_list_of_known_hosts_tells_readers_apart() -> None:
    """A mailing could give each reader another of hundreds of hosts."""
    assert len(HOSTS) > 700
    assert len({campaign_source(host, {}) for host in HOSTS | set(NAMES)}) <= 4
