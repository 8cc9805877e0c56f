"""Referrers: class and registrable domain, never more; nothing from what is no public place."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.referrer import is_spam, is_told_by_path, origin_of, referrer_of
from quietclicks.schemas.pseudonymised import Source, SourceClass
from tests.rows import each_row

SITE = "shop.example"

CASES: list[tuple[str, str | None, SourceClass, str | None]] = [
    ("none", None, "none", None),
    ("empty", "", "none", None),
    ("dash", "-", "none", None),
    ("garbage", "not a url", "none", None),
    ("surrogate", "https://\ud800/", "none", None),
    ("no scheme", "www.google.com", "none", None),
    ("google", "https://www.google.com/", "search", "google.com"),
    ("google in Britain", "https://www.google.co.uk/search?q=john", "search", "google.co.uk"),
    ("google's images", "https://images.google.de/", "search", "google.de"),
    ("yandex in Turkey", "https://yandex.com.tr/search/", "search", "yandex.com.tr"),
    ("yahoo in Germany", "https://de.search.yahoo.com/", "search", "yahoo.com"),
    ("brave", "https://search.brave.com/", "search", "brave.com"),
    ("bing", "https://www.bing.com/search?q=x", "search", "bing.com"),
    ("duckduckgo", "https://duckduckgo.com/", "search", "duckduckgo.com"),
    ("google's mail", "https://mail.google.com/mail/u/0/", "site", "google.com"),
    ("google's documents", "https://docs.google.com/d/abc", "site", "google.com"),
    ("yahoo's mail", "https://mail.yahoo.com/", "site", "yahoo.com"),
    ("facebook", "https://m.facebook.com/", "social", "facebook.com"),
    ("facebook's redirector", "https://l.facebook.com/l.php?u=x", "social", "facebook.com"),
    ("facebook's mobile redirector", "http://lm.facebook.com/", "social", "facebook.com"),
    ("instagram's redirector", "https://l.instagram.com/?u=x", "social", "instagram.com"),
    ("t.co", "https://t.co/AbC123", "social", "t.co"),
    ("lnkd.in", "https://lnkd.in/x", "social", "lnkd.in"),
    ("youtu.be", "https://youtu.be/dQw4w9WgXcQ", "social", "youtu.be"),
    ("reddit's redirector", "https://out.reddit.com/t3_x", "social", "reddit.com"),
    ("threads", "https://www.threads.com/@john", "social", "threads.com"),
    ("bluesky", "https://bsky.app/profile/john.bsky.social", "social", "bsky.app"),
    ("mastodon", "https://mastodon.social/@john", "social", "mastodon.social"),
    ("pinterest in Austria", "https://www.pinterest.at/", "social", "pinterest.at"),
    ("pinterest in Mexico", "https://www.pinterest.com.mx/", "social", "pinterest.com.mx"),
    ("pinterest's namesake", "https://pinterest.blog.example/", "site", "blog.example"),
    ("whatsapp's redirector", "https://l.wl.co/l?u=x", "social", "wl.co"),
    ("google lens", "https://lens.google.com/", "search", "google.com"),
    ("chatgpt", "https://chatgpt.com/c/123", "ai", "chatgpt.com"),
    ("perplexity", "https://www.perplexity.ai/", "ai", "perplexity.ai"),
    ("gemini", "https://gemini.google.com/app", "ai", "google.com"),
    ("copilot", "https://copilot.microsoft.com/", "ai", "microsoft.com"),
    ("grok at x", "https://x.com/i/grok?id=1", "ai", "x.com"),
    ("grok's namesake", "https://x.com/i/groklet", "social", "x.com"),
    (
        "google app",
        "android-app://com.google.android.googlequicksearchbox/",
        "search",
        "google.com",
    ),
    (
        "google app with a path",
        "android-app://com.google.android.googlequicksearchbox/https/www.google.com",
        "search",
        "google.com",
    ),
    ("gmail app", "android-app://com.google.android.gm/", "site", "google.com"),
    ("telegram app", "android-app://org.telegram.messenger/", "social", "telegram.org"),
    ("facebook app", "android-app://com.facebook.katana/", "social", "facebook.com"),
    ("linkedin app", "android-app://com.linkedin.android/", "social", "linkedin.com"),
    ("vk app", "android-app://com.vkontakte.android/", "social", "vk.com"),
    ("ecosia app", "android-app://com.ecosia.android/", "search", "ecosia.org"),
    (
        "an app's smaller edition",
        "android-app://com.reddit.frontpage.lite/",
        "social",
        "reddit.com",
    ),
    ("music app", "android-app://com.google.android.apps.youtube.music/", "social", "youtube.com"),
    ("app that is a host", "android-app://m.facebook.com/", "social", "facebook.com"),
    ("unknown app", "android-app://com.slack/", "site", "slack.com"),
    ("app of nobody", "android-app://john.smith/", "none", None),
    ("own page", "https://shop.example/user/john", "internal", "shop.example"),
    ("own subdomain", "https://www.shop.example:443/", "internal", "shop.example"),
    ("look-alike", "https://notshop.example/", "site", "notshop.example"),
    ("site", "https://blog.partner.example/x?email=john@x.example", "site", "partner.example"),
    ("user part", "https://google.com@evil.example/", "site", "evil.example"),
    ("e-mail as user", "https://john%40mail.example:pw@evil.example/", "site", "evil.example"),
    ("back slash", "https://evil.example\\@google.com/", "site", "evil.example"),
    ("port and dot", "https://Partner.Example.:8443/", "site", "partner.example"),
    ("IDN", "https://www.münchen.de/", "site", "xn--mnchen-3ya.de"),
    ("person's blog", "https://john-smith.blogspot.com/", "site", "blogspot.com"),
    ("person's pages", "https://john-smith.github.io/", "site", "github.io"),
    ("public suffix", "https://co.uk/", "none", None),
    ("one label", "https://intranet/", "none", None),
    ("localhost", "http://localhost:3000/", "none", None),
    ("home network", "http://johns-macbook.local/", "none", None),
    ("unknown top level", "http://nas.smith/", "none", None),
    ("address", "http://8.8.8.8/", "site", None),
    ("private address", "http://192.168.1.10/admin", "none", None),
    ("hidden address", "http://0x7f.1/", "none", None),
    ("IPv6", "http://[2001:4860:4860::8888]/", "site", None),
    ("loopback", "http://[::1]/", "none", None),
    ("number as a name", "https://447911123456.com/", "site", None),
    ("token as a name", "https://d41d8cd98f00b204e9800998ecf8427e.com/", "site", None),
    ("encoded host", "https://goog%6Ce.com/", "search", "google.com"),
    ("encoded twice", "https://goog%256Ce.com/", "none", None),
    ("long host", "https://" + "a." * 200 + "com/", "none", None),
    ("javascript", "javascript:alert(1)", "none", None),
    ("file", "file:///home/john/x.html", "none", None),
    ("about", "about:blank", "none", None),
    ("extension", "chrome-extension://abcdefghijklmnop/", "none", None),
]


@each_row(
    ("referrer", "kind", "host"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_referrer_is_a_class_and_a_domain(
    referrer: str | None, kind: SourceClass, host: str | None
) -> None:
    assert referrer_of(referrer, SITE) == Source(kind, host)


@pytest.mark.parametrize(
    ("referrer", "site", "kind", "host"),
    [
        ("https://shop.co.uk/", "www.shop.co.uk", "internal", "shop.co.uk"),
        ("https://www.john.github.io/", "john.github.io", "internal", "github.io"),
        ("https://jane.github.io/", "john.github.io", "site", "github.io"),
        ("http://intranet/x", "intranet", "internal", None),
        ("http://10.0.0.1/", "10.0.0.1", "internal", None),
        ("https://www.google.com/", "google.com", "internal", "google.com"),
    ],
)
def test_a_site_knows_its_own(
    referrer: str, site: str, kind: SourceClass, host: str | None
) -> None:
    assert referrer_of(referrer, site) == Source(kind, host)


def _hosts(path: Path) -> Iterator[str]:
    """The hosts of a list: lists of plain hosts, or those under `urls:`."""
    wanted = path.stem != "SearchEngines"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.rstrip().endswith(":"):
            wanted = path.stem != "SearchEngines" or line.strip(" -") == "urls:"
        elif wanted and line.strip().startswith("- "):
            yield line.strip()[2:].strip("'\"")


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [("SearchEngines", "search", 600), ("Socials", "social", 200), ("AIAssistants", "ai", 20)],
)
def test_the_lists_of_others_agree(shared: Path, name: str, kind: str, least: int) -> None:
    hosts = list(_hosts(shared / "data" / f"{name}.yml"))
    assert len(hosts) > least
    # A host is in more than one list: an assistant that searches, a network with a search.
    missed = [
        host
        for host in hosts
        for region in ("com", "de", "co.uk")
        if _kind("https://" + host.replace("{}", region)) != kind
    ]
    assert len(missed) / (3 * len(hosts)) <= 0.01, missed


def _kind(referrer: str) -> str:
    referrer = referrer.replace("https://android-app//", "android-app://")
    return referrer_of(referrer, SITE).kind


def _enough(referrer: str | None) -> str | None:
    origin = origin_of(referrer)
    return referrer if origin and is_told_by_path(origin) else origin


@each_row("referrer", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_the_origin_is_enough(referrer: str | None) -> None:
    assert referrer_of(_enough(referrer), SITE) == referrer_of(referrer, SITE)


PIECES = st.sampled_from(
    (
        "https:// http:// android-app:// // / \\ @ : . .. www. google com co.uk x.com /i/grok "
        "bing.com /chat john %40 %00 münchen xn-- [::1] 127.0.0.1 8080 ? # blogspot.com "
        "shop.example \u200b ＠ 447911123456"
    ).split(" ")
)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=10).map("".join)))
def test_any_text_gives_a_bounded_referrer_that_is_its_own(text: str) -> None:
    for referrer in (text, "https://" + text, "https://example.com/" + text):
        found = referrer_of(referrer, SITE)
        assert referrer_of(_enough(referrer), SITE) == found
        if found.host is None:
            continue
        assert len(found.host) <= 253  # RFC 1035
        assert re.fullmatch("[a-z0-9._-]+", found.host)
        again = referrer_of(f"https://{found.host}/", SITE)
        assert again.host == found.host


@each_row("start", ["", "//", "/", "\\\\", " ", "http://", "https:", "HTTPS://", "http:/"])
@each_row("host", ["semalt.com", "www.semalt.com", "Semalt.COM", "a.b.semalt.com."])
@each_row("end", ["", "/", "/x", ":80", ":80/x?y", "?q", "#f", " "])
def test_spam_is_told_however_it_is_written(start: str, host: str, end: str) -> None:
    sent = start + host + end
    assert is_spam(sent, "shop.example", {"semalt.com"})
    assert is_spam(origin_of(sent), "shop.example", {"semalt.com"})
    assert not is_spam(sent, "semalt.com", {"semalt.com"})


@pytest.mark.parametrize(
    "sent",
    [
        *("", "-", "/", "//", "semalt", "notsemalt.com", "semalt.com.example", "/a/semalt.com"),
        *("https://a.example/semalt.com", "a.example/?q=semalt.com", "//a.example#semalt.com"),
        *("semalt.com@a.example", "semalt com", "http:", "://", None),
    ],
)
def test_what_is_no_spam(sent: str | None) -> None:
    assert not is_spam(sent, "shop.example", {"semalt.com"})
