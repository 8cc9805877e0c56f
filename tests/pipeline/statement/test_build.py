"""The public statement: every promise is in it, and every number in it comes from the policy."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import (
    FOREVER,
    Duration,
    EventsPolicy,
    Policy,
    SitePolicy,
    Size,
    parse,
)
from quietclicks.pipeline.policy.sources import Path, key, numbers
from quietclicks.pipeline.statement import build as statement
from quietclicks.pipeline.statement import html as statement_html
from quietclicks.pipeline.topology.topics import deletion_lag, topology
from quietclicks.schemas.pseudonymised import LISTABLE
from tests.paths import ROOT
from tests.rows import each_row

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
MINIMAL = parse((ROOT / "deploy" / "policy-minimal.toml").read_text(), "policy-minimal.toml")


def markdown(policy: Policy) -> str:
    return statement.render(statement.build(policy, "policy.toml"))


def html(policy: Policy) -> str:
    return statement_html.render(statement.build(policy, "policy.toml"))


def prose(text: str) -> str:
    """Without the last section, the table of figures."""
    return text.rpartition("Every figure")[0]


def changed(value: object, path: Path, to: Any) -> Any:
    """The same policy with one value of it replaced."""
    if not path:
        return to
    if isinstance(value, Struct):
        field: Any = getattr(value, path[0])
        return replace(value, **{path[0]: changed(field, path[1:], to)})
    assert isinstance(value, dict)
    entry = next(name for name in value if str(name) == path[0])
    return {**value, entry: changed(value[entry], path[1:], to)}


def another(value: object) -> Any:
    match value:
        case Duration():
            return Duration(777 * 86400)
        case Size():
            return Size(777 * 1024**2)
        case int():
            return 17 if value > 20 else value + 7
        case _:
            return (3, 5, 11)


# In the table of figures only; of the network nothing is told where nobody gets it.
MACHINERY = ("topics", "release.max_values", "network")
EVERY_FIELD = replace(POLICY, events=EventsPolicy(fields=LISTABLE))


@each_row("path", numbers(POLICY), ids=key)
def test_every_number_changes_the_statement(path: Path) -> None:
    policy = changed(POLICY, path, another(numbers(POLICY)[path]))
    before, after = markdown(POLICY), markdown(policy)
    is_machinery = key(path).startswith(MACHINERY)
    if not is_machinery:
        before, after = prose(before), prose(after)
    assert before != after
    shown = numbers(policy)[path]
    text = str(shown).strip("()")
    if isinstance(shown, Duration) and not is_machinery:
        text = shown.words
    for part in text.split(", "):
        assert re.search(rf"\b{part}\b", after)
    assert html(policy) != html(POLICY)


def test_without_audits_none_is_promised() -> None:
    policy = replace(POLICY, audit=None)
    assert "audited" in markdown(POLICY)
    assert "audited" not in markdown(policy)
    assert "No measure is perfect" in markdown(policy)


def test_no_number_that_is_not_the_policys() -> None:
    """Every figure of the prose vanishes when all the policy's numbers become others."""
    policy = POLICY
    for path, value in numbers(POLICY).items():
        policy = changed(policy, path, another(value))
    policy = replace(policy, revision="2031-12-31", changes=())
    constant = {"32", "128"}  # how long addresses are
    text = _without_texts(prose(markdown(policy)), policy)
    new = {number for value in numbers(policy).values() for number in _figures(value)}
    # What follows from them: the retention of events, and how long deletion takes.
    new.update(_figures(policy.events_at_most))
    new.update(str(-(-deletion_lag(spec) // 3600)) for spec in topology(policy))
    found = set(re.findall(r"(?<![\w.:/])\d+(?![\w:/]|\.\d)", text))
    assert found <= new | constant | {"2031", "12", "31"}


def _figures(value: object) -> list[str]:
    return re.findall(r"\d+", value.words if isinstance(value, Duration) else str(value))


PROMISES = {
    "1 what is collected": (
        "IP address",
        "browser",
        "language",
        "referrer",
        "date and time",
        "page you look at",
        "search",
    ),
    "2 what is not": ("account", "orders", "payments", "marketing", "support"),
    "3 anonymised": ("made anonymous", "random-looking name"),
    "4 purposes, never sold": ("Why", "Legal basis", "never sold"),
    "objections": ("Counting refusals and objections", "used for nothing else"),
    "5 partners": ("adreach", "to measure which advertisements led to a visit", "referrer"),
    "6 Do Not Track": ("Do Not Track", "Global Privacy Control", "nothing goes to any partner"),
    "7 cookies": ("No cookie",),
    "8 kept": (
        "| 24 hours | 2 hours |",
        "until 2 days and 15 minutes after the end of their day (UTC) | 2 hours |",
        "| 7 days | 7 hours |",
        "until their day is published, 3 days at most",
        "74 hours after they came",
    ),
    "9 destroyed": ("deleted from our disks",),
    "10 who sees it": ("confidentiality", "analysts", "operators"),
    "11 in transit": ("encrypted",),
    "12 audits": ("This is audited every 7 days",),
    "13 rights": (
        "data protection officer",
        "copy",
        "correct",
        "delete",
        "restriction",
        "decline",
        "complain",
        "privacy@shop.example",
    ),
    "14 transfers": ("European Economic Area", "may be sent elsewhere"),
    "15 revision": ("Last revised: 2026-11-22", "First published."),
    "16 limits": ("No measure is perfect", "who has both ours and a partner's"),
}


@pytest.mark.parametrize("words", PROMISES.values(), ids=PROMISES)
def test_every_promise_is_covered(words: tuple[str, ...]) -> None:
    text = markdown(POLICY)
    assert [word for word in words if word not in text] == []


def test_the_policys_texts_are_in_it() -> None:
    text = markdown(POLICY)
    for part in _texts(POLICY):
        assert part in text


def test_what_is_kept_of_an_address_and_of_a_campaign_is_said() -> None:
    assert "the parameters are cut: all are removed." in markdown(POLICY)
    assert "only that there was one, unless it is one of ours: catalogue and newsletter." in (
        markdown(POLICY)
    )
    site = SitePolicy(parameters={"colour": "red|blue"})
    text = markdown(replace(POLICY, sites={"shop.example": site}))
    assert "all but colour are removed, and of these all values we do not expect." in text
    assert "only that there was one." in text


def test_a_purpose_switched_off_is_said() -> None:
    off = replace(POLICY.purposes.trends, enabled=False)
    policy = replace(POLICY, purposes=replace(POLICY.purposes, trends=off))
    assert "| Counting visits: anonymous numbers | not done | none needed |" in markdown(policy)
    assert "your visits are counted, and nothing more" not in markdown(policy)


@pytest.mark.parametrize("off", ["objections", "trends"])
def test_refusals_and_objections_are_said_to_be_counted_where_they_are(off: str) -> None:
    purpose, use = "a number only", "Counting refusals and objections: a number only"
    assert "is itself counted, as a number only" in markdown(POLICY)
    assert f"| {use} | to see how many visitors opt out" in markdown(POLICY)
    disabled = replace(getattr(POLICY.purposes, off), enabled=False)
    text = markdown(replace(POLICY, purposes=replace(POLICY.purposes, **{off: disabled})))
    assert f"| {use} | not done | none needed |" in text
    assert text.count(purpose) == 1, "in the table alone"


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(replace(POLICY, partners={}), id="none listed"),
        pytest.param(
            replace(
                POLICY,
                purposes=replace(
                    POLICY.purposes, partners=replace(POLICY.purposes.partners, enabled=False)
                ),
            ),
            id="switched off",
        ),
    ],
)
def test_without_partners(policy: Policy) -> None:
    assert "Nothing goes to any partner." in markdown(policy)
    assert "clickstream" not in prose(markdown(policy))


def test_programs_are_said_to_be_counted_where_they_are() -> None:
    assert "How many programs come" in markdown(POLICY)
    off = replace(POLICY.purposes.trends, enabled=False)
    policy = replace(POLICY, purposes=replace(POLICY.purposes, trends=off))
    assert "How many programs come" not in markdown(policy)


def test_strict_everywhere() -> None:
    text = markdown(replace(POLICY, jurisdictions={}))
    assert "As long as you have not chosen, or where we cannot tell the country" in text


def test_trends_kept_for_a_while() -> None:
    assert POLICY.retention.trends == FOREVER
    retention = replace(POLICY.retention, trends=Duration(400 * 86400))
    assert "| Published numbers, anonymous | 400 days | " in markdown(
        replace(POLICY, retention=retention)
    )


def test_what_analysts_get_is_said() -> None:
    usual, more = markdown(POLICY), markdown(EVERY_FIELD)
    assert "Neither the address nor a part of it goes on." in usual
    for extra in ("the network of your IP address", "your operating system", "browser's version"):
        assert extra not in usual
        assert more.count(extra) == 2, "in the list, and that it tells people apart"
    assert "tell you from nearly everybody else" in more
    assert "203.0.113.77 becomes 203.0.113.0/24" in more
    assert "Neither the address" not in more


@pytest.mark.parametrize("path", [p for p in numbers(POLICY) if p[0] == "network"], ids=key)
def test_the_prefix_is_said_where_the_network_is_given(path: Path) -> None:
    policy = changed(EVERY_FIELD, path, 7)
    assert prose(markdown(policy)) != prose(markdown(EVERY_FIELD))


def test_the_caps_are_said_with_what_they_rest_on() -> None:
    text = markdown(POLICY)
    assert "at most 10 page views an hour and 50 a day" in text
    assert (
        "Where our systems take one visitor's visits in at several places, that holds for each"
        in text
    )


def test_nobody_answers_for_it() -> None:
    with pytest.raises(UsageError, match=r"^policy-minimal\.toml: controller: missing"):
        statement.build(MINIMAL, "policy-minimal.toml")


def test_hostile_texts_stay_text() -> None:
    assert POLICY.controller
    hostile = '<script src="//x.example/"></script>'
    policy = replace(POLICY, controller=replace(POLICY.controller, name=hostile, region=hostile))
    page = html(policy)
    assert "<script" not in page
    assert page.count("&lt;script") == 3  # the title twice, and where the data is


class _Page(HTMLParser):
    """What a checker of the page wants to know."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _page() -> _Page:
    page = _Page()
    page.feed(html(POLICY))
    page.close()
    return page


def test_page_is_well_formed_and_accessible() -> None:
    page = _page()
    assert page.open == []
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert ("lang", "en") in page.attributes
    ids = [value for name, value in page.attributes if name == "id"]
    targets = {value for name, value in page.attributes if name == "aria-labelledby"}
    links = {(value or "")[1:] for name, value in page.attributes if name == "href"}
    assert len(ids) == len(set(ids))
    assert targets == links == set(ids)


def test_page_loads_nothing_else() -> None:
    page = _page()
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert {name for name, _ in page.attributes}.isdisjoint({"src", "srcset", "style"})
    assert not re.search(r"url\(|@import|https?:", html(POLICY))


def test_page_says_what_the_markdown_says() -> None:
    page = " ".join(_page().text.split())
    for line in markdown(POLICY).splitlines():
        for cell in line.strip("|# ").removeprefix("- ").split(" | "):
            assert " ".join(cell.strip("-|").split()) in page


def _texts(policy: Policy) -> list[str]:
    """What the policy itself words."""
    assert policy.controller
    return [
        *(getattr(policy.controller, name) for name in policy.controller.__struct_fields__),
        *(getattr(policy.purposes, name).why for name in policy.purposes.__struct_fields__),
        *(getattr(policy.purposes, name).legal_basis for name in policy.purposes.__struct_fields__),
        *(group.legal_basis for group in policy.jurisdictions.values()),
        *(partner.purpose for partner in policy.partners.values()),
        *(change.text for change in policy.changes),
        *policy.sites,
    ]


def _without_texts(text: str, policy: Policy) -> str:
    for part in sorted(_texts(policy), key=len, reverse=True):
        text = text.replace(part, "")
    return text


@pytest.mark.parametrize(
    ("claim", "limit"),
    [
        ("could guess, by page and time", "can tell, by page and time"),
        ("What names a person in it is replaced", "What we recognise in it as naming a person"),
        ("", "ends all but the counting"),
        ("nobody can tell", "nothing left on our systems that tells"),
        ("nobody can be found", "each is about many"),
        ("Only that goes on", "Neither the address nor a part of it goes on"),
        ("long numbers are removed.", "removed where we recognise them"),
        ("rounded down", "a random number is added to it"),
        ("is thrown away", "is not used"),
        ("How it is made anonymous", "Single visits are not"),
        ("no personal data", "about crowds, not persons"),
        ("", "can recognise yours if they know when you looked at a page"),
        ("", "that holds for each of them"),
        ("", "is counted nowhere"),
        ("", "Nor can we every name in a page's address"),
    ],
    ids=[
        "partners who pool",
        "names in pages",
        "objections and counting",
        "who may still tell",
        "what numbers hide",
        "nothing of an address",
        "what people type",
        "visitors by chance",
        "what is late lies in the raw topic",
        "visits are pseudonymous",
        "what numbers are",
        "who knows moments",
        "a visitor on several partitions",
        "programs that refuse",
        "names in single visits",
    ],
)
def test_it_claims_no_more_than_the_code_keeps(claim: str, limit: str) -> None:
    text = markdown(POLICY)
    assert limit in text
    assert not claim or claim not in text


def test_consent_that_the_operator_vouches_for_is_told() -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text()
    vouched = parse(text.replace('consent = "page"', 'consent = "vouched"'), "policy.toml")
    told = "On shop.example our counting program is not told what each visitor chose"
    assert told in markdown(vouched)
    assert told in html(vouched)
    assert "is not counted where the browser tells us so" in markdown(vouched)
    assert "vouches" not in markdown(POLICY)


def test_the_cookie_that_the_choice_is_read_from_is_told() -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text()
    cookie = parse(text.replace('consent = "page"', 'consent = "cookie statistics=yes"'), "policy")
    told = (
        "No cookie is needed for this but that in which the website keeps your choice (statistics)"
    )
    assert told in markdown(cookie)
    assert told in html(cookie)
    assert "No cookie is needed for this, and this sets none" in markdown(POLICY)
