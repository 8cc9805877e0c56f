"""Which site a page is of, and whether who sent a request is of the same."""

from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.policy import parse
from tests.rows import each_row

POLICY = parse(
    """
    revision = "2026-11-22"
    version = 1
    [sites."shop.example"]
    [sites."other.example"]
    hosts = ["other.example", "xn--bcher-kva.example"]
    """,
    "policy.toml",
)
SITES = Sites(POLICY)


@each_row(
    ("url", "site"),
    [
        ("https://shop.example/shoes?q=1#top", "shop.example"),
        ("http://WWW.Shop.Example:8443/", "shop.example"),
        ("https://shop.example./", "shop.example"),
        ("https://user:word@shop.example/", "shop.example"),
        ("https://bücher.example/", "other.example"),
        ("https://shop.example", "shop.example"),
        ("https://evil.example/shop.example", None),
        ("https://shop.example.evil.example/", None),
        ("https://evil.example\\@shop.example/", None),
        ("//shop.example/", None),
        ("/shoes", None),
        ("ftp://shop.example/", None),
        ("javascript://shop.example/%0aalert(1)", None),
        ("", None),
        ("\x00", None),
        ("https://shop.example/" + "a" * 8192, None),
        ("null", None),
    ],
)
def test_the_site_of_a_page(url: str, site: str | None) -> None:
    assert SITES.of(url) == site


@each_row(
    ("origin", "referer", "fetched_from", "is_own"),
    [
        (None, None, None, True),
        ("https://shop.example", "https://www.shop.example/a", None, True),
        ("https://shop.example", None, "cross-site", True),
        (None, "https://shop.example/", "cross-site", True),
        ("null", None, None, True),
        ("null", None, "same-site", True),
        ("null", None, "same-origin", True),
        # Any page can have its requests say nothing of it.
        ("null", None, "cross-site", False),
        (None, None, "cross-site", False),
        ("", "", "cross-site", False),
        ("null", "https://evil.example/", None, False),
        ("https://other.example", None, None, False),
        (None, "https://other.example/a", None, False),
        ("https://shop.example", "https://evil.example/", None, False),
        ("https://shop.example", "https://evil.example/", "same-origin", False),
        ("https://shop.example, https://evil.example", None, None, False),
        ("", "", None, True),
    ],
)
def test_a_page_of_another_site_sends_nothing(
    origin: str | None, referer: str | None, fetched_from: str | None, is_own: bool
) -> None:
    sent = {"origin": origin, "referer": referer, "sec-fetch-site": fetched_from}
    headers = {name: value for name, value in sent.items() if value is not None}
    assert SITES.is_from("shop.example", headers) is is_own
