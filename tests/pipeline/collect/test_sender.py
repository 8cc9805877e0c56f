"""Whose request it is: believed from the right, and only from listed proxies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.collect.sender import Why, sender
from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies
from tests.rows import each_row
from tests.work import counted

TRUSTED = TrustedProxies.of("10.0.0.0/8, 2001:db8:ffff::/48")
PROXY, CLIENT, FORGED = "10.0.0.1", "198.51.100.7", "203.0.113.9"


@each_row(
    ("peer", "x_forwarded_for", "forwarded", "address", "why"),
    [
        # Who connects from elsewhere may write what they like.
        (CLIENT, None, None, CLIENT, Why.DIRECT),
        (CLIENT, FORGED, f"for={FORGED}", CLIENT, Why.DIRECT),
        (PROXY, CLIENT, None, CLIENT, Why.PROXIES),
        (PROXY, f"{FORGED}, {CLIENT}", None, CLIENT, Why.PROXIES),
        (PROXY, f"{FORGED}, {CLIENT}, 10.2.3.4", None, CLIENT, Why.PROXIES),
        (PROXY, f"{CLIENT}:51234", None, CLIENT, Why.PROXIES),
        (PROXY, "2001:db8::7", None, "2001:db8::7", Why.PROXIES),
        (PROXY, None, f"for={CLIENT}", CLIENT, Why.PROXIES),
        (PROXY, None, f"For={CLIENT};proto=https;by=10.0.0.1", CLIENT, Why.PROXIES),
        (PROXY, None, f"proto=https; for={CLIENT}", CLIENT, Why.PROXIES),
        (PROXY, None, f"for={FORGED}, for={CLIENT}", CLIENT, Why.PROXIES),
        (PROXY, None, f"for={CLIENT}, for=10.9.9.9", CLIENT, Why.PROXIES),
        (PROXY, None, 'for="[2001:db8::7]:4711"', "2001:db8::7", Why.PROXIES),
        (PROXY, None, f'for=_hidden, for="{CLIENT}"', CLIENT, Why.PROXIES),
        (PROXY, CLIENT, f"for={CLIENT}", CLIENT, Why.PROXIES),
        # Fail closed.
        (PROXY, None, None, "", Why.NOT_SENT),
        (PROXY, FORGED, f"for={CLIENT}", "", Why.DIFFER),
        (PROXY, "unknown", None, "", Why.UNREADABLE),
        (PROXY, f"{FORGED}, unknown", None, "", Why.UNREADABLE),
        (PROXY, "", None, "", Why.UNREADABLE),
        (PROXY, "10.0.0.2", None, "", Why.UNREADABLE),
        (PROXY, None, f"for={FORGED}, for=_hidden", "", Why.UNREADABLE),
        (PROXY, None, f"for={FORGED}, proto=https", "", Why.UNREADABLE),
        (PROXY, None, f"for={CLIENT};for={FORGED}", "", Why.UNREADABLE),
        (PROXY, None, f"for={CLIENT}, <garbage>", "", Why.UNREADABLE),
        (PROXY, None, f'for="{CLIENT}', "", Why.UNREADABLE),
        (PROXY, None, "", "", Why.UNREADABLE),
        ("", CLIENT, None, "", Why.UNREADABLE),
    ],
)
def test_who_sent_it(
    peer: str, x_forwarded_for: str | None, forwarded: str | None, address: str, why: Why
) -> None:
    found = sender(peer, x_forwarded_for, forwarded, TRUSTED)
    assert (found.address, found.why) == (address, why)


def test_where_no_proxy_is_listed_none_is_believed() -> None:
    found = sender(CLIENT, FORGED, f"for={FORGED}", NOBODY)
    assert (found.address, found.why) == (CLIENT, Why.CONNECTION)


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_a_client_writes_before_counts(first: str, second: str) -> None:
    """What a proxy appends is behind it, whatever it is."""
    assert sender(PROXY, f"{first}, {CLIENT}", None, TRUSTED).address == CLIENT
    quoted = sender(PROXY, None, f"{second}, for={CLIENT}", TRUSTED)
    assert quoted.address in (CLIENT, "")


def test_its_repr_shows_no_address() -> None:
    assert CLIENT not in repr(sender(CLIENT, None, None, TRUSTED))


@pytest.mark.parametrize("part", ["a", ",", ";", "for=1.2.3.4,", "for=", '"', " ", "é,"])
def test_what_a_list_costs_grows_with_its_length(part: str) -> None:
    half, whole = (
        counted(sender, PROXY, None, (part * size)[:size], TRUSTED) for size in (2048, 4096)
    )
    assert whole < 2.5 * half


@pytest.mark.parametrize("sent", ["for=" + "a" * 4000, "," * 4096, ";" * 4096, "a=b;" * 1000])
def test_a_list_without_an_address_is_read_to_its_end(sent: str) -> None:
    assert sender(PROXY, None, sent, TRUSTED).address == ""


def test_a_list_that_is_too_long_is_not_read() -> None:
    longest = f"{'10.0.0.9,' * 500}{CLIENT}"
    assert sender(PROXY, longest[-4096:], None, TRUSTED).address == CLIENT
    assert sender(PROXY, longest, None, TRUSTED).address == ""
    assert sender(PROXY, CLIENT, f"{'a=b;' * 1200}for={CLIENT}", TRUSTED).address == ""
