"""By which names a server may be asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.agents.web.guard import Hosts
from tests.rows import each_row

HERE, OPEN, BOTH = (True,), (False,), (True, False)


@each_row(
    ("host", "where"),
    [
        pytest.param("localhost", BOTH, id="this machine"),
        pytest.param("LocalHost:6066", BOTH, id="in any case, with a port"),
        pytest.param("127.0.0.1:8080", BOTH, id="its address, by way of a tunnel"),
        pytest.param("127.9.9.9", BOTH, id="another of its addresses"),
        pytest.param("[::1]:6066", BOTH, id="IPv6"),
        pytest.param("metrics.shop.example", BOTH, id="a name that is set"),
        pytest.param("192.0.2.7:6066", OPEN, id="an address from elsewhere"),
        pytest.param("[2001:db8::7]", OPEN, id="an IPv6 address from elsewhere"),
        pytest.param("evil.example", (), id="another name"),
        pytest.param("localhost.evil.example", (), id="a name that begins like ours"),
        pytest.param("evil.example:localhost", (), id="no port"),
        pytest.param("127.0.0.1.evil.example", (), id="a name that begins like an address"),
        pytest.param("localhost@evil.example", (), id="a user"),
        pytest.param("localhost, evil.example", (), id="two"),
        pytest.param("localhost.", (), id="a dot behind"),
        pytest.param("0x7f000001", (), id="an address as nobody writes it"),
        pytest.param("[localhost]", (), id="no address in brackets"),
        pytest.param("127.1", (), id="a short address"),
        pytest.param(" localhost", (), id="a space"),
        pytest.param("localhost:123456", (), id="no port is so long"),
        pytest.param("", (), id="empty"),
        pytest.param(None, (), id="none"),
    ],
)
@each_row("on_this_machine", BOTH)
def test_a_name(host: str | None, where: tuple[bool, ...], on_this_machine: bool) -> None:
    hosts = Hosts(["Metrics.Shop.example"], on_this_machine=on_this_machine)
    assert hosts.has(host) is (on_this_machine in where)


@given(st.text())
def test_no_text_is_one_by_chance(host: str) -> None:
    assert not Hosts([], on_this_machine=True).has(host + ".evil.example")
