"""What a visitor chose: by the policy's source alone, and a no from anywhere."""

from quietclicks.pipeline.collect.consent import (
    NO,
    choice,
    has_opted_out,
    may_have_opted_out_unheard,
)
from quietclicks.pipeline.collect.view import Cookies, Hit, View
from quietclicks.pipeline.policy.consent_source import consent_source
from quietclicks.schemas.raw import Consent
from tests.rows import each_row

YES, REFUSED = Consent(analytics=True), Consent(analytics=False)
BOTH = Consent(analytics=True, partners=True)
NO_PARTNERS = Consent(analytics=True, partners=False)


def chosen(line: str, said: Consent | None = None, **headers: str) -> Consent | None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    hit = Hit(method="POST", path="/collect", headers=sent)
    return choice(consent_source(line), hit, View(url="https://shop.example/", consent=said))


@each_row(
    ("line", "said", "headers", "expected"),
    [
        ("page", None, {}, None),
        ("page", BOTH, {}, BOTH),
        ("page", REFUSED, {}, REFUSED),
        ("page", None, {"cookie": "choice=yes"}, None),
        ("cookie choice=yes", None, {}, None),
        ("cookie choice=yes", None, {"cookie": "choice=yes"}, YES),
        ("cookie choice=yes", None, {"cookie": "a=1; choice=yes; b=2"}, YES),
        ("cookie choice=yes", None, {"cookie": 'choice="yes"'}, YES),
        ("cookie choice=yes", None, {"cookie": "choice=no"}, REFUSED),
        ("cookie choice=yes", None, {"cookie": "choice=YES"}, REFUSED),
        ("cookie choice=yes", None, {"cookie": "choice"}, REFUSED),
        ("cookie choice=yes", None, {"cookie": "choice=yes; choice=no"}, REFUSED),
        ("cookie choice=yes", None, {"cookie": "my-choice=yes; choice2=yes"}, None),
        # The page is not the source here: its yes is none, its no is one.
        ("cookie choice=yes", BOTH, {}, None),
        ("cookie choice=yes", REFUSED, {"cookie": "choice=yes"}, REFUSED),
        ("cookie choice=yes", NO_PARTNERS, {"cookie": "choice=yes"}, NO_PARTNERS),
        ("cookie choice=yes", NO_PARTNERS, {}, Consent(partners=False)),
        ("header X-Consent=granted", None, {}, None),
        ("header X-Consent=granted", None, {"x_consent": "granted"}, YES),
        ("header X-Consent=granted", None, {"x_consent": " granted "}, YES),
        ("header X-Consent=granted", None, {"x_consent": "granted, denied"}, REFUSED),
        ("header X-Consent=granted", None, {"x_consent": "denied"}, REFUSED),
        ("vouched", None, {}, YES),
        ("vouched", REFUSED, {}, REFUSED),
        ("vouched", BOTH, {}, YES),
    ],
)
def test_the_choice(
    line: str, said: Consent | None, headers: dict[str, str], expected: Consent | None
) -> None:
    assert chosen(line, said, **headers) == expected


@each_row("line", ["page", "cookie choice=yes", "header X-Consent=granted", "vouched"])
def test_who_opts_out_refuses_everything(line: str) -> None:
    cookie = "choice=yes; quietclicks-opt-out=out"
    assert chosen(line, BOTH, cookie=cookie, x_consent="granted") == NO


@each_row(
    ("cookie", "is_out"),
    [
        ("quietclicks-opt-out=out", True),
        ("quietclicks-opt-out=", True),
        ("a=1;quietclicks-opt-out=out", True),
        ("quietclicks-opt-out2=out", False),
        ("a=quietclicks-opt-out", False),
        ("", False),
    ],
)
def test_the_cookie_of_who_opts_out(cookie: str, is_out: bool) -> None:
    assert has_opted_out(Hit(method="GET", path="/", headers={"cookie": cookie})) is is_out


def test_the_cookie_of_who_opts_out_is_found_among_many() -> None:
    many = "; ".join([*(f"c{number}=1" for number in range(2_000)), "quietclicks-opt-out=out"])
    assert has_opted_out(Hit(method="GET", path="/", headers={"cookie": many}))


OWN = {"origin": "https://shop.example", "host": "shop.example"}
OTHER = {"origin": "https://shop.example", "host": "collect.shop.example"}


@each_row(
    ("cookies", "headers", "is_unheard"),
    [
        (Cookies.SENT, OTHER, False),
        (Cookies.ON_THE_PAGES_HOST, OWN, False),
        (Cookies.ON_THE_PAGES_HOST, OTHER, True),
        (Cookies.ON_THE_PAGES_HOST, {**OTHER, "sec-fetch-site": "same-origin"}, False),
        (Cookies.ON_THE_PAGES_HOST, {**OWN, "sec-fetch-site": "same-site"}, True),
        (Cookies.ON_THE_PAGES_HOST, {"host": "shop.example"}, True),
        (Cookies.ON_THE_PAGES_HOST, {"origin": "null", "host": "null"}, True),
        (Cookies.LEFT_OUT, OWN, True),
        (Cookies.LEFT_OUT, {**OTHER, "cookie": "a=b"}, False),
    ],
)
def test_whose_opting_out_may_not_be_heard(
    cookies: Cookies, headers: dict[str, str], is_unheard: bool
) -> None:
    hit = Hit(method="POST", path="/", headers=headers)
    assert may_have_opted_out_unheard(cookies, hit) is is_unheard
