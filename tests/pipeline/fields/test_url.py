"""Which URLs are of the site's pages: the host as a browser has it, never as it is spelt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.url import pathname_of, segments_of
from quietclicks.pipeline.policy import SitePolicy, hosts_of
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.rejection import Reason
from tests.rows import each_row

HOSTS = hosts_of("shop.example", SitePolicy())

OWN = {
    "as it is": "https://shop.example/a",
    "with www": "https://www.shop.example/a",
    "without encryption": "http://shop.example/a",
    "a port": "https://shop.example:8443/a",
    "capitals": "HTTPS://SHOP.Example/a",
    "a dot at the end": "https://shop.example./a",
    "a user": "https://john:pw@shop.example/a",
    "a host for a user": "https://evil.example@shop.example/a",
    "encoded": "https://%73hop.example/a",
    "full-width": "https://ｓｈｏｐ.example/a",
    "another full stop": "https://shop。example/a",
    "back slashes": "https:\\\\shop.example\\a",
    "one slash": "https:/shop.example/a",
    "spaces around": " https://shop.example/a ",
    "a path": "/a",
    "a path of two slashes": "//a",
    "a doubled slash before a year": "//2024/a",
    "two slashes and the host": "//shop.example/a",
    "three": "///www.shop.example:443/a",
    "in a log, from whoever": "//a b/c",
    "its host and two slashes": "https://shop.example//a",
    "its host, two slashes, a year": "https://shop.example//2024/a",
    "its host twice": "https://shop.example//www.shop.example/a",
}
ELSEWHERE = {
    "a search engine": "http://www.google.com/search",
    "a proxy probe": "http://azenv.net/",
    "localhost": "http://localhost:3000/a",
    "this machine": "http://127.0.0.1/a",
    "this machine, hidden": "http://0x7f.1/a",
    "an address": "https://203.0.113.7/a",
    "IPv6": "http://[::1]/a",
    "a preview deployment": "https://shop-git-main.preview.example/a",
    "below the site": "https://staging.shop.example/a",
    "www below www": "https://www.www.shop.example/a",
    "above the site": "https://example/a",
    "an archive": "https://web.archive.org/web/2024/https://shop.example/a",
    "a translator": "https://shop-example.translate.goog/a",
    "the site's host as a user": "https://shop.example@evil.example/a",
    "the site's host below another": "https://shop.example.evil.example/a",
    "the site's host in another": "https://notshop.example/a",
    "the site's host in the path": "https://evil.example/shop.example/a",
    "another letter": "https://shоp.example/a",
    "two dots at the end": "https://shop.example../a",
    "two slashes": "//www.google.com/search",
    "two slashes, a user, a port": "//john@www.google.com:80/search",
    "slashes of both kinds": "/\\www.google.com/search",
    "two slashes and an address": "//127.0.0.1/a",
    "two slashes and IPv6": "//[::1]/a",
    "behind its host": "https://shop.example//www.google.com/search",
    "behind its host, three slashes": "http://www.shop.example:80///www.google.com:443/search",
    "behind its host, back slashes": "https://shop.example\\\\www.google.com\\search",
    "behind its host, a user": "https://shop.example//john@www.google.com/search",
    "behind its host, an address": "https://shop.example//127.0.0.1/a",
    "behind its host, IPv6": "https://shop.example//[::1]/a",
}


@each_row("base", OWN.values(), ids=OWN)
def test_a_page_of_the_site(base: str) -> None:
    assert segments_of(pathname_of(base, HOSTS))[-1] in ("a", "c")


@each_row("base", ELSEWHERE.values(), ids=ELSEWHERE)
def test_another_host(base: str) -> None:
    with pytest.raises(Rejected) as caught:
        pathname_of(base, HOSTS)
    assert caught.value.reason is Reason.OTHER_HOST
    assert not str(caught.value) or base not in str(caught.value)


@pytest.mark.parametrize(
    ("site", "listed", "own"),
    [
        ("shop.example", (), {"shop.example", "www.shop.example"}),
        ("www.shop.example", (), {"shop.example", "www.shop.example"}),
        ("shop.example", ("m.shop.example",), {"m.shop.example"}),
        ("shop", ("shop.example", "203.0.113.7"), {"shop.example", "203.0.113.7"}),
    ],
)
def test_the_hosts_of_a_site(site: str, listed: tuple[str, ...], own: set[str]) -> None:
    hosts = hosts_of(site, SitePolicy(hosts=listed))
    assert hosts == own
    for host in own:
        assert pathname_of(f"https://{host}/a", hosts) == "/a"


def test_other_letters_are_known_by_what_browsers_send() -> None:
    hosts = hosts_of("xn--mnchen-3ya.example", SitePolicy())
    for host in ("münchen.example", "MÜNCHEN.example", "xn--mnchen-3ya.example"):
        assert pathname_of(f"https://{host}/a", hosts) == "/a"


PIECES = st.sampled_from(
    "/ // \\ : @ . .. [ ] http: https: shop.example evil.example a 7 %".split()
)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=9).map("".join)))
def test_any_text_is_a_path_or_one_of_two_reasons(text: str) -> None:
    for base in (text, "/" + text, "//" + text, "https://" + text):
        assert told(base) in ("/", Reason.OTHER_HOST, Reason.INVALID)


def told(base: str) -> str:
    """How the path begins, or the reason why there is none."""
    try:
        return pathname_of(base, HOSTS)[:1]
    except Rejected as rejected:
        return rejected.reason
