"""A flood from one network is cut, and no other network notices."""

from quietclicks.pipeline.collect.rates import Rates, network_of
from tests.rows import each_row


@each_row(
    ("address", "network"),
    [
        ("198.51.100.7", b"\xc6\x33\x64"),
        ("198.51.100.250:1234", b"\xc6\x33\x64"),
        ("::ffff:198.51.100.9", b"\xc6\x33\x64"),
        ("2001:db8:1:2::7", bytes.fromhex("20010db80001")),
        ("2001:db8:1:ffff::7", bytes.fromhex("20010db80001")),
        ("", b""),
        ("unknown", b""),
    ],
)
def test_a_network(address: str, network: bytes) -> None:
    assert network_of(address) == network


def test_a_network_has_its_burst_and_then_its_rate() -> None:
    rates = Rates(per_second=2, burst=3)
    assert [rates.admits("198.51.100.1", 0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert [rates.admits("198.51.100.2", 1) for _ in range(3)] == [True, True, False]
    assert rates.admits("198.51.101.1", 1)
    assert [rates.admits("198.51.100.3", 60) for _ in range(4)] == [True] * 3 + [False]


def test_its_memory_is_bounded_and_forgets_who_was_quiet() -> None:
    rates = Rates(per_second=1, burst=1, max_networks=2)
    assert rates.admits("198.51.100.1", 0)
    assert rates.admits("198.51.101.1", 0)
    assert not rates.admits("198.51.100.1", 0)
    assert rates.admits("198.51.102.1", 0)
    assert len(rates) == 2
    assert not rates.admits("198.51.100.1", 0), "it was heard after the other"
    assert rates.admits("198.51.101.1", 0)


def test_who_owes_is_admitted_once_it_is_paid() -> None:
    rates = Rates(per_second=2, burst=3)
    assert rates.admits("198.51.100.1", 0)
    rates.charge("198.51.100.9", 6)
    assert not rates.admits("198.51.100.1", 2)
    assert rates.admits("198.51.101.1", 2)
    assert [rates.admits("198.51.100.1", 3) for _ in range(2)] == [True, True]
