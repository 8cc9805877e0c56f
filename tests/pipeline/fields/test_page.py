"""Pages: what stays readable, what becomes a placeholder, what is no page; and that it is total."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.page import (
    MAX_PATH,
    PageRules,
    page_of,
)
from quietclicks.pipeline.fields.query import MAX_QUERY, query_of, relevant
from quietclicks.pipeline.policy import SitePolicy
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.pseudonymised import Source, SourceClass
from quietclicks.schemas.rejection import Reason
from tests.rows import each_row

POLICY = SitePolicy(
    search_pages=("/search", "/de/suche/"),
    search_parameters=("q", "query"),
    parameters={"topic": ".*", "sort": "[a-z]{1,9}", "größe": "[0-9]{1,2}"},
    campaigns=("Spring Sale", "flyer"),
    path_rules=("/praxis/:patient", "/*/termin/:id", "/katalog/*"),
)
RULES = PageRules("shop.example", POLICY, str)


def page(base: str) -> str:
    return page_of(base, RULES).path


READABLE = [
    ("product", "/products/1042"),
    ("dated", "/2015/05/17/post"),
    ("dated slug", "/2015-05-17-my-post"),
    ("compact date", "/archive/20150517"),
    ("year", "/blog/how-to-2024"),
    ("set number", "/lego-10333"),
    ("graphics card", "/rtx-4090-24gb"),
    ("notebook", "/products/lenovo-thinkpad-x1-2023-16-512"),
    ("model name", "/p/samsung-ue55au7172uxxc"),
    ("ean", "/products/4006381333931"),
    ("isbn", "/books/9780306406157"),
    ("question", "/questions/11227809/why-is-processing-a-sorted-array-faster"),
    ("asin", "/dp/B08N5WRWNW"),
    ("version", "/docs/api/v2.1/users.html"),
    ("file", "/blog/geekery/xsendevent-xdotool-and-ld_preload.html"),
    ("coined word", "/blog/geekery/pyblosxom-mdate-vim-hack.html"),
    ("camel case", "/doc/support/TransportMasterNodeOperationAction.html"),
    ("accents", "/produkte/kühlschränke-freistehend"),
    ("Chinese", "/新闻/东京"),
    ("Arabic", "/العربية"),
    ("account page", "/account/settings"),
    ("verification page", "/verify/success"),
    ("what is done with an account", "/account/edit/address"),
    ("end of a newsletter", "/unsubscribe/success"),
    ("a wiki's category", "/wiki/Category:Rivers"),
    ("at in a slug", "/work-at-home.html"),
    ("capitals", "/Wiki/Hungarian_Rhapsody_No._2"),
    ("numbers apart", "/windows-11-22h2"),
    ("a word below the site's catalogue", "/katalog/ab12cd34ef56"),
    ("years", "/blog/geekery/2000-to-2009.html"),
    ("space", "/blog/tags/installer%20failure"),
    ("measures", "/billy-bookcase-80x28x202"),
    ("isbn of ten digits", "/dp/0306406152"),
    ("isbn with hyphens", "/isbn/978-0-306-40615-7"),
    ("number of an article on help", "/kb/KB5034441"),
    ("a book that is shown", "/book/show/3735293-clean-code"),
    ("a page below an order", "/checkout/step-2"),
    ("a document's title", "/documents/guidance-notes-2023"),
    ("account page with underscores", "/users/sign_in"),
    ("account page with an extension", "/user/login.php"),
    ("account page of two words", "/my-account/edit-address"),
    ("about customers", "/customers/case-studies"),
    ("a meaning among several", "/wiki/User_(computing)"),
    ("a year behind a word", "/order-2024"),
    ("percent sign", "/100%25-cotton"),
    ("number sign", "/tags/c%23"),
]


@each_row("path", [p for _, p in READABLE], ids=[n for n, _ in READABLE])
def test_an_honest_path_stays_as_it_is(path: str) -> None:
    assert page(path) == path


SHAPED = [
    (
        "user, port, fragment",
        "https://john:pw@shop.example:8443/products/1042#top",
        "/products/1042",
    ),
    ("fragment alone", "/products/1042#/user/john", "/products/1042"),
    ("host only", "https://shop.example", "/"),
    ("capital scheme", "HTTP://SHOP.EXAMPLE/A", "/A"),
    ("directory in a log's path", "//blog/path", "/blog/path"),
    ("back slashes", "https://shop.example\\a\\b", "/a/b"),
    ("dot segments", "/a/../b/./c", "/b/c"),
    ("encoded dot segments", "/a/%2e%2e/b/%252e%252e/c", "/c"),
    ("above the root", "/../../a", "/a"),
    ("doubled slashes", "/a//b///c", "/a/b/c"),
    ("trailing slash", "/projects/", "/projects"),
    ("default document", "/index.php", "/"),
    ("default document below", "/foo/INDEX.HTML", "/foo"),
    ("default document twice", "/foo/index.html/index.php", "/foo"),
    ("asp.net", "/foo/Default.aspx", "/foo"),
    ("index that is none", "/index.of.prices", "/index.of.prices"),
    ("path parameter", "/cart;jsessionid=0A1B/pay", "/cart/pay"),
    ("encoded path parameter", "/cart%3Bjsessionid=0A1B", "/cart"),
    ("encoded question mark", "/a%3Femail=john", "/a"),
    ("newline and tab", "https://shop.example/pro\nduc\tts", "/products"),
    ("surrounding space", "  https://shop.example/a  ", "/a"),
    ("percent-encoded accents", "/caf%C3%A9", "/café"),
    ("full-width", "/ｃａｆｅ", "/cafe"),
    ("invisible inside", "/pro%E2%80%8Bducts", "/products"),
    ("null byte", "/a/x%00y", "/a/:token"),
    ("broken UTF-8", "/caf%E9/menu", "/:token/menu"),
    ("private use", "/a/%EE%80%80", "/a/:token"),
]


@each_row(("base", "path"), [(b, p) for _, b, p in SHAPED], ids=[n for n, _, _ in SHAPED])
def test_a_page_has_one_name(base: str, path: str) -> None:
    assert page(base) == path


PERSONAL = [
    ("e-mail", "/unsubscribe/john@example.com", "/unsubscribe/:email"),
    ("e-mail in a piece", "/invite-john.doe%40example.com-42", "/:email"),
    ("encoded twice", "/x/john%2540example.com", "/x/:email"),
    ("encoded five times", "/x/john%2525252540example.com", "/x/:email"),
    ("encoded without end", "/x/john%" + "25" * 40 + "40example.com", "/x/:email"),
    ("wrapped in every way", "/x/john%" + "uFF05" * 6 + "40example.com", "/:token"),
    ("encoded digit by digit", "/x/john%25%34%30example.com", "/x/:email"),
    ("full-width at", "/x/john＠example.com", "/x/:email"),
    ("small at", "/x/john%EF%B9%ABexample.com", "/x/:email"),
    ("zero width", "/x/john%E2%80%8B%40%E2%80%8Bexample.com", "/x/:email"),
    ("zero width in the escape", "/x/john%%E2%80%8B40example.com", "/x/:email"),
    ("soft hyphen", "/x/jo%C2%ADhn%40example.com", "/x/:email"),
    ("capitals", "/x/JOHN%40EXAMPLE.COM", "/x/:email"),
    ("Cyrillic o", "/x/jоhn@example.com", "/x/:email"),
    ("circled letters", "/x/ⓙⓞⓗⓝ@ⓔⓧ.com", "/x/:email"),
    ("right to left", "/x/%E2%80%AEmoc.elpmaxe@nhoj", "/x/:email"),
    ("old escape", "/x/john%u0040example.com", "/x/:email"),
    ("quoted-printable", "/x/john=40example.com", "/x/:email"),
    ("entity", "/x/john&commat;example.com", "/x/:email"),
    ("numeric entity", "/x/john%26%2364%3Bexample.com", "/x/:email"),
    ("spelt", "/x/john-at-example-dot-com", "/x/:email"),
    ("bracketed", "/x/john[at]example[dot]com", "/x/:email"),
    ("mailto", "/x/mailto:john@example.com", "/x/:email"),
    ("base64 of an e-mail", "/x/am9obkBleGFtcGxlLmNvbQ==", "/x/:token"),
    ("base64url of an e-mail", "/x/am9obkBleGFtcGxlLmNvbQ", "/x/:token"),
    ("short base64", "/x/am9obg==", "/x/:token"),
    ("name behind its key", "/go/user=john", "/go/:name"),
    ("base32 of an e-mail", "/x/NJXWQ3SAMV4GC3LQNRSS4Y3PNU", "/x/:token"),
    ("hex of an e-mail", "/x/6a6f686e406578616d706c652e636f6d", "/x/:id"),
    ("JWT", "/reset,eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2huIn0.c2ln", "/:token"),
    ("phone", "/call/+44-7911-123456", "/call/:phone"),
    ("phone with brackets", "/call/+1(415)555-2671", "/call/:phone"),
    ("phone with dots", "/call/415.555.2671", "/call/:phone"),
    ("phone with spaces", "/call/%2B49%2030%20123456", "/call/:phone"),
    ("phone in threes among words", "/call-612-345-678-now", "/:phone"),
    ("phone among words", "/call-me-on-415-555-2671-now", "/:phone"),
    ("national phone", "/call/07911123456", "/call/:phone"),
    ("Arabic digits", "/call/٠٧٩١١١٢٣٤٥٦", "/call/:phone"),
    ("card", "/x/4111-1111-1111-1111", "/x/:id"),
    ("card as a product", "/products/4111111111111111", "/products/:id"),
    ("IBAN", "/x/GB29NWBK60161331926819", "/x/:token"),
    ("IBAN in fours", "/x/GB29-NWBK-6016-1331-9268-19", "/x/:phone"),
    ("IPv4", "/x/203.0.113.7", "/x/:ip"),
    ("IPv4 in a name", "/x/ip-203-0-113-7", "/x/:ip"),
    ("IPv6", "/x/2001:db8::1", "/x/:ip"),
    ("hardware address", "/x/00-1B-44-11-3A-B7", "/x/:id"),
    ("birthday", "/x/1985-03-12", "/x/:date"),
    ("UUID", "/x/550e8400-e29b-41d4-a716-446655440000", "/x/:id"),
    ("MD5", "/x/d41d8cd98f00b204e9800998ecf8427e", "/x/:id"),
    ("short hash", "/x/9f86d081", "/x/:token"),
    ("session", "/x/sess_7Gh2kL9pQ", "/x/:token"),
    ("API key", "/x/sk_live_51H8xYzAbCdEfGhIj", "/x/:token"),
    ("ULID", "/x/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/x/:token"),
    ("video id", "/watch/dQw4w9WgXcQ", "/watch/:token"),
    ("letters of no word", "/x/qwrtzpsdfgklmnb", "/x/:token"),
    ("noise in pieces", "/x/k3x-9pq-2zr-7mw-4bt", "/x/:token"),
    ("endless", "/x/" + "lorem-" * 30, "/x/:token"),
    ("order", "/orders/12345", "/orders/:id"),
    ("order among words", "/order-123456789", "/order-:id"),
    ("order with a prefix", "/order/ORD-2024-0001", "/order/:id"),
    ("order in German", "/bestellungen/77", "/bestellungen/:id"),
    ("long number", "/x/1234567", "/x/:id"),
    ("article number among words", "/news/storm-hits-123456789", "/news/storm-hits-:id"),
    ("name", "/user/john", "/user/:name"),
    ("name with a space", "/User/John%20Smith", "/User/:name"),
    ("name behind an encoded slash", "/a%2Fuser%2Fjohn", "/a/user/:name"),
    ("name in German", "/de/kunden/mueller/konto", "/de/kunden/:name/konto"),
    ("number of a user", "/users/12345/orders/99", "/users/:id/orders/:id"),
    ("home directory", "/~john/pub", "/:name/pub"),
    ("encoded tilde", "/%7Ejohn", "/:name"),
    ("handle", "/@john", "/:name"),
    ("Windows path", "/C:\\Users\\john\\x", "/C:/Users/:name/x"),
    ("e-mail as a name", "/user/john@example.com", "/user/:email"),
    ("code", "/verify/482913", "/verify/:token"),
    ("secret", "/confirm/AbCdEfG", "/confirm/:token"),
    ("the site's rule", "/praxis/schmidt/akte", "/praxis/:patient/akte"),
    ("the site's rule below", "/nord/termin/heute", "/nord/termin/:id"),
    ("an e-mail in the catalogue", "/katalog/john@example.com", "/katalog/:email"),
    ("typed below a search page", "/Search/john/smith", "/Search/:search"),
    ("typed below a search page in German", "/de/suche/hans", "/de/suche/:search"),
    ("name behind what is done", "/user/edit/john", "/user/edit/:name"),
    ("name behind what is shown", "/customers/view/maria-garcia", "/customers/view/:name"),
    ("name in Swedish", "/användare/anna", "/användare/:name"),
    ("name in Finnish", "/käyttäjä/anna", "/käyttäjä/:name"),
    ("name behind a longer key", "/go/customer_name=john", "/go/:name"),
    ("name as wikis write it", "/wiki/User:John", "/wiki/:name"),
    ("first and last name", "/firstname/john/lastname/smith", "/firstname/:name/lastname/:name"),
    ("whom to write no more", "/unsubscribe/john-smith", "/unsubscribe/:token"),
    ("secret of letters", "/token/hunter", "/token/:token"),
    (
        "order by its parameter's name",
        "/sales/order/view/order_id/3021",
        "/sales/order/view/order_id/:id",
    ),
    ("user by a glued name", "/userId/4711", "/userId/:id"),
    ("customer's number in German", "/kundennr/4711", "/kundennr/:id"),
    ("order received", "/checkout/order-received/48213", "/checkout/order-received/:id"),
    ("order viewed", "/my-account/view-order/48213", "/my-account/view-order/:id"),
    ("order of a year", "/invoices/2024/00231", "/invoices/:id/:id"),
    ("order among orders", "/orders/order-12", "/orders/:id"),
    ("order glued to its word", "/order88213", "/order:id"),
    ("order behind its word", "/orders-88213-details", "/orders-:id-details"),
    ("invoice with letters", "/invoice_INV00231", "/invoice_:id"),
    ("booking in capitals", "/manage-booking/QXZLPP/SMITH", "/manage-booking/:id/:id"),
    ("secret behind underscores", "/reset_password/sunflower42", "/reset_password/:token"),
    ("profile of one's own", "/my-profile/john", "/my-profile/:name"),
    ("user behind an extension", "/users.php/john", "/users.php/:name"),
    ("user behind a dot", "/user./john", "/user./:name"),
    ("user behind a null byte", "/user%00/john", "/:token/:name"),
    ("user by id", "/users/id/38472", "/users/id/:id"),
    ("key of a service", "/odata/Users('john')", "/odata/:name"),
    ("object of a service", "/graphql/user(id:4711)", "/graphql/:name"),
    ("JSON", "/x/%7B%22user%22:%22john%22%7D", "/x/:name"),
    ("name in Chinese", "/客户/王小明", "/客户/:name"),
    ("name in Russian", "/пользователь/ivan", "/пользователь/:name"),
    ("name in Japanese", "/ユーザー/tanaka", "/ユーザー/:name"),
    ("e-mail made a slug", "/x/jane-roe-gmail-com", "/x/:email"),
    ("e-mail half said", "/x/jane%20at%20gmail", "/x/:email"),
    (
        "words around a long number",
        "/wirtschaft/dax-im-plus-110123456.html",
        "/wirtschaft/dax-im-plus-:id.html",
    ),
    ("user of the URL in a path", "/go/https:%2F%2Fjohn:pw@x.example", "/go/https:/:email"),
]


@each_row(("base", "path"), [(b, p) for _, b, p in PERSONAL], ids=[n for n, _, _ in PERSONAL])
def test_what_is_personal_becomes_a_placeholder(base: str, path: str) -> None:
    assert page(base) == path


NOT_PAGES = [
    ("nothing", "", Reason.INVALID),
    ("data", "data:text/html,x", Reason.INVALID),
    ("javascript", "javascript:alert(1)", Reason.INVALID),
    ("file", "file:///home/john", Reason.INVALID),
    ("blob", "blob:https://shop.example/x", Reason.INVALID),
    ("ftp", "ftp://shop.example/x", Reason.INVALID),
    ("relative", "products/1042", Reason.INVALID),
    ("asterisk", "*", Reason.INVALID),
    ("bad host", "https://exa mple/", Reason.INVALID),
    ("surrogate", "https://shop.example/\ud800", Reason.INVALID),
    ("over 8 KiB", "/" + "a" * 8192, Reason.INVALID),
    ("another host", "https://other.example/products/7", Reason.OTHER_HOST),
    ("another host's picture", "https://other.example/a.png", Reason.OTHER_HOST),
    ("host in a log's path", "//other.example/path", Reason.OTHER_HOST),
]


@pytest.mark.parametrize(
    ("base", "reason"), [(b, r) for _, b, r in NOT_PAGES], ids=[n for n, _, _ in NOT_PAGES]
)
def test_what_is_no_page_is_rejected(base: str, reason: Reason) -> None:
    with pytest.raises(Rejected) as caught:
        page_of(base, RULES)
    assert caught.value.reason is reason
    assert not base or base not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/style.css", "/style.css"),
        ("/x.js;v=1", "/x.js"),
        ("/a%2Ep%6Eg", "/a.png"),
        ("/user/john.png", "/user/:name"),
        ("https://shop.example/horses/feed", "/horses/feed"),
    ],
)
def test_what_is_called_as_assets_are_is_a_page_if_the_event_says_so(base: str, path: str) -> None:
    found = page_of(base, RULES)
    assert (found.path, found.reason) == (path, Reason.NOT_A_PAGE)


@pytest.mark.parametrize(
    ("rule", "base", "is_page"),
    [
        ("/package/*", "/package/three.js", True),
        ("/Package/*", "/package/three.js", True),
        ("/package/*", "/package/three.js/dist.js", False),
        ("/package/*", "/package/three.js/", True),
        ("/package/*/*", "/package/three.js", False),
        ("/package/:name", "/package/three.js", False),
        ("/horses/feed", "/horses/feed", True),
        ("/horses/feed", "/cows/feed", False),
        ("/*/feed", "/cows/feed", True),
        ("/*", "/horses/feed", False),
    ],
)
def test_what_a_path_rule_shows_to_its_end_is_a_page(rule: str, base: str, is_page: bool) -> None:
    rules = PageRules("shop.example", SitePolicy(path_rules=(rule,)), str)
    assert (page_of(base, rules).reason is None) is is_page


@pytest.mark.parametrize(
    ("base", "is_search"),
    [
        ("/search", True),
        ("/search/", True),
        ("/de/suche", True),
        # What is below was typed; and who is on a search page in another case is on it.
        ("/search/x", True),
        ("/search/red-shoes/2", True),
        ("/Search", True),
        ("/SEARCH?q=x", True),
        ("/DE/suche/", True),
        ("/searching", False),
        ("/x/search", False),
        ("/", False),
    ],
)
def test_search_pages_are_told_exactly(base: str, is_search: bool) -> None:
    assert page_of(base, RULES).is_search is is_search


@pytest.mark.parametrize("pages", [("/a", "/a/b"), ("/a/b", "/a")])
def test_below_two_search_pages_the_nearer_one_counts(pages: tuple[str, ...]) -> None:
    rules = PageRules("shop.example", SitePolicy(search_pages=pages), str)
    assert page_of("/a/b/shoes", rules).path == "/a/b/:search"
    assert page_of("/a/shoes", rules).path == "/a/:search"


def test_a_path_that_is_cut_says_so() -> None:
    long = "/" + "x" * 3000
    assert page("/a/b" + long) == "/a/b/:more"
    assert page("/search" + long) == "/search/:search"
    assert page_of("/search" + long, RULES).is_search
    assert page("/user/" + "é" * 1000) == "/user/:more"
    assert page("/" + "/".join(["word-" * 6] * 16)).endswith("/:more")
    assert page(long) == "/:more"
    assert page("/" + "ﷺ" * 200) == "/:token"
    assert page_of("/a" + long + "/b.png", RULES).reason is Reason.NOT_A_PAGE
    for end in (".png", ".PNG/", "%2Epng", ".js;v=1", ".js;" + "v" * 99, "/feed/"):
        assert page_of("/thumb" + long + end, RULES).reason is Reason.NOT_A_PAGE
    for end in ("", ".html", "png", "feed", ".png/a"):
        assert page_of("/thumb" + long + end, RULES).reason is None


def test_a_host_without_end_is_no_page() -> None:
    for host in ("a." * 200, "ü" * 400, "u:" + "p" * 400 + "@shop.example"):
        with pytest.raises(Rejected):
            page(f"https://{host}/")
    assert page("https://u:" + "p" * 100 + "@shop.example/x") == "/x"


def test_bytes_as_nginx_writes_them() -> None:
    assert page(r"/caf\xC3\xA9") == "/café"
    assert page(r"/caf\xE9") == "/:token"


def test_a_deep_or_long_path_ends_in_more() -> None:
    deep = page("/" + "/".join("abcdefghij"[:3] for _ in range(400)))
    assert deep == "/" + "abc/" * 15 + ":more"
    long = page("/" + "/".join(["some-readable-words-of-forty-characters-ab"] * 10))
    assert long.endswith("-ab/:more")
    assert len(long) <= MAX_PATH


def test_the_scrub_of_typed_text_is_asked_too() -> None:
    def scrub(text: str) -> str:
        return text.replace("12 downing street", ":place")

    rules = PageRules("shop.example", POLICY, scrub)
    assert page_of("/to/12-downing-street", rules).path == "/to/:place"
    assert query_of("topic=12+downing+street", rules).kept == "topic=:place"


QUERIES = [
    ("nothing", "", "", None),
    ("unlisted", "token=abc&email=john%40example.com", "", None),
    ("sorted", "topic=b&sort=a", "sort=a&topic=b", None),
    ("first of two", "topic=a&topic=b", "topic=a", None),
    ("empty value", "topic=&sort=+", "", None),
    ("encoded name", "to%70ic=a", "topic=a", None),
    ("name in capitals: another parameter", "Topic=a", "", None),
    ("accented name", "gr%C3%B6%C3%9Fe=10", "größe=10", None),
    ("e-mail", "topic=john%2540example.com", "topic=:email", None),
    ("token", "topic=am9obkBleGFtcGxlLmNvbQ", "topic=:token", None),
    ("broken UTF-8", "topic=%ff", "", None),
    ("too long", "topic=" + "a-" * 65, "", None),
    ("separators", "topic=a%26b%3Dc%2Bd%23", "topic=a%26b%3Dc%2Bd%23", None),
    ("fragment", "topic=a#sort=b", "topic=a", None),
    ("path as a value", "topic=/user/john", "topic=/user/:name", None),
    ("label in a value", "topic=user%3Djohn", "topic=:name", None),
    ("order in a value", "topic=order_48213", "topic=order_:id", None),
    ("ways apart", "topic=mail/spring", "topic=mail/spring", None),
    ("not in the pattern", "sort=price2", "", None),
    ("pattern in a part of it", "sort=price%0A", "sort=price", None),
    ("pattern on two lines", "sort=price%0Aup", "", None),
    ("pattern of the whole value", "sort=abcdefghij", "", None),
    ("pattern after decoding", "sort=%70rice", "sort=price", None),
    ("no second try", "sort=2&sort=price", "", None),
    ("a campaign is no page", "utm_source=flyer&utm_campaign=x&topic=a", "topic=a", None),
    ("search", "q=red+shoes&topic=a", "topic=a", "red shoes"),
    ("search by the policy's order", "query=b&q=a", "", "a"),
    ("empty search", "q=&query=b", "", "b"),
    ("search, encoded twice", "q=caf%25C3%25A9", "", "café"),
    ("search with controls", "q=a%00b%0Ac", "", "a b c"),
    ("search of percent", "q=100%25+cotton", "", "100% cotton"),
]


@each_row(
    ("query", "kept", "search"),
    [(q, k, s) for _, q, k, s in QUERIES],
    ids=[n for n, _, _, _ in QUERIES],
)
def test_of_a_query_only_the_listed_parameters_stay(
    query: str, kept: str, search: str | None
) -> None:
    found = query_of(query, RULES)
    assert (found.kept, found.search) == (kept, search)


def test_what_the_scrub_leaves_must_be_in_the_pattern_too() -> None:
    strict = SitePolicy(parameters={"ref": "[a-z@.]+"})
    rules = PageRules("shop.example", strict, str)
    assert query_of("ref=john", rules).kept == "ref=john"
    assert query_of("ref=john@example.com", rules).kept == ""


def test_a_policy_without_parameters_keeps_none() -> None:
    rules = PageRules("shop.example", SitePolicy(), str)
    assert query_of("utm_source=a&utm_medium=b&page=2&colour=red", rules).kept == ""


CAMPAIGNS = [
    ("none", "topic=a", None),
    ("an engine", "utm_source=google", ("search", None)),
    ("a network's host", "utm_source=l.facebook.com&utm_medium=paid", ("social", None)),
    ("an assistant", "utm_source=chatgpt.com", ("ai", None)),
    ("listed", "utm_source=flyer", ("campaign", "flyer")),
    ("listed in another case", "utm_source=FLYER", ("campaign", "flyer")),
    ("spelt as the policy has it", "utm_source=spring+sale", ("campaign", "Spring Sale")),
    ("encoded", "utm_source=%53pring%20S%61le", ("campaign", "Spring Sale")),
    ("encoded twice", "utm_source=fl%2579er", ("campaign", "flyer")),
    ("full-width", "utm_source=ｆｌｙｅｒ", ("campaign", "flyer")),
    ("unlisted", "utm_source=letter", ("campaign", None)),
    ("a listed name in another", "utm_source=flyer-a17", ("campaign", None)),
    ("a reader's number", "utm_source=17", ("campaign", None)),
    ("a reader's address", "utm_source=john%40example.com", ("campaign", None)),
    ("broken UTF-8", "utm_source=%ff", ("campaign", None)),
    ("empty", "utm_source=", None),
    ("blank", "utm_source=+%20", None),
    ("without a value", "utm_source", None),
    ("empty, then told", "utm_source=&utm_source=flyer", ("campaign", "flyer")),
    ("the first of two", "utm_source=flyer&utm_source=google", ("campaign", "flyer")),
    ("encoded name", "utm%5Fsource=flyer", ("campaign", "flyer")),
    ("name in capitals", "UTM_SOURCE=flyer", ("campaign", "flyer")),
    ("encoded name in capitals", "%55TM%5Fsource=flyer", ("campaign", "flyer")),
    ("other parameters of its kind", "utm_medium=flyer&utm_campaign=flyer&utm_id=flyer", None),
    ("a longer name", "utm_source_platform=flyer", None),
    ("in the fragment", "topic=a#utm_source=flyer", None),
]


@each_row(("query", "source"), [(q, s) for _, q, s in CAMPAIGNS], ids=[n for n, _, _ in CAMPAIGNS])
def test_a_campaign_has_a_name_only_where_it_is_listed(
    query: str, source: tuple[SourceClass, str | None] | None
) -> None:
    wanted = Source(*source) if source else None
    assert query_of(query, RULES).source == wanted
    assert query_of(relevant(query, RULES), RULES).source == wanted


def test_a_long_search_is_cut_between_words() -> None:
    typed = query_of("q=" + "word+" * 200, RULES).search
    assert typed is not None
    assert len(typed) <= 512
    assert typed.endswith("word")
    assert query_of("q=" + "a" * 600, RULES).search is None


def test_a_query_never_shows_itself() -> None:
    told = repr(query_of("q=john&topic=paul&utm_source=flyer", RULES))
    assert not any(word in told for word in ("john", "paul", "flyer"))


PIECES = st.sampled_from(
    "/ // %2f %25 % \\ ; ? # .. . @ : & = + - _ , user orders reset search shop john 2015 05 17 "
    "1042 4111111111111111 eyJhbGciOi %40 %C3%A9 é ＠ \u200b \x00 \n ٣ 東京 :id :name index.html "
    "am9obkBleGFtcGxl http:// https://shop.example .css q topic order_id view-order ( [ "
    "utm_source UTM_Source google.de "
    "88213 123456789 QXZLPP step-2 用户 gmail com at 80x28x202".split(" ")
)
HOSTILE = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))


@settings(derandomize=True, max_examples=500, deadline=None)
@given(HOSTILE)
def test_any_url_gives_a_bounded_page_that_is_its_own_page(text: str) -> None:
    for base in (text, "/" + text, "https://shop.example/" + text):
        try:
            found = page_of(base, RULES)
        except Rejected:
            continue
        assert found.path.startswith("/")
        assert len(found.path) <= MAX_PATH
        assert found.path.isprintable()
        assert "?" not in found.path
        again = page_of(found.path, RULES)
        assert (again.path, again.is_search) == (found.path, found.is_search)
        assert found.reason or not again.reason


@settings(derandomize=True, max_examples=150, deadline=None)
@given(HOSTILE)
def test_any_query_gives_a_bounded_one_that_is_its_own(text: str) -> None:
    for query in (text, "topic=" + text + "&q=" + text + "&utm_source=" + text):
        found = query_of(query, RULES)
        assert len(found.kept) <= MAX_QUERY
        assert found.kept.isprintable()
        assert query_of(found.kept, RULES).kept == found.kept
        assert query_of(relevant(query, RULES), RULES) == found


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.emails().filter(lambda address: "/" not in address),
    st.sampled_from(["/{}", "/unsubscribe/{}", "/products/{}", "/user/{}", "/a-{}-b", "/x,{},y"]),
    st.integers(1, 4),
)
def test_no_part_of_an_address_stays(address: str, place: str, times: int) -> None:
    local = address.partition("@")[0]
    wrapped = "".join(f"%{byte:02x}" for byte in address.encode())
    for _ in range(times - 1):
        wrapped = wrapped.replace("%", "%25")
    try:
        found = page_of(place.format(wrapped), RULES).path
    except Rejected:  # its domain ends like the name of an asset
        return
    assert "@" not in found
    assert len(local) < 4 or local.lower() not in found.lower()


@pytest.mark.parametrize("sent", ["%CD%B8", "\u0378", "%EF%B7%90", "%F3%A0%BF%BF"])
def test_a_search_with_a_character_that_unicode_has_not_is_none(sent: str) -> None:
    assert query_of("q=red+lamp", RULES).search == "red lamp"
    assert query_of("q=red%0Alamp", RULES).search == "red lamp"
    assert query_of(f"q=red+lamp{sent}", RULES).search is None
