"""The decision matrix: every combination against rows written down here a second time."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from quietclicks.pipeline.consent.rules import (
    ALLOWS,
    NO_OBJECTION,
    ConsentRules,
    Signals,
    Why,
    decide,
    objects,
)
from quietclicks.pipeline.consent.table import (
    NOWHERE,
    TCF_NO,
    TCF_NO_VENDOR,
    TCF_YES,
    Case,
    cases,
    render,
)
from quietclicks.pipeline.policy import JurisdictionPolicy, PartnerPolicy, Policy, parse
from quietclicks.schemas.raw import Consent, Header
from quietclicks.schemas.trend import NONE
from tests.paths import ROOT
from tests.rows import each_row

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
RULES = ConsentRules(POLICY)
PARTNER = next(iter(POLICY.partners))
SITE = POLICY.partners[PARTNER].sites[0]
COUNTS = next(
    g.countries[0] for g in POLICY.jurisdictions.values() if g.analytics_unknown == "allow"
)
AGREED = Consent(analytics=True, partners=True)


def expected(case: Case) -> tuple[bool, bool, bool]:
    """The rows of the contract, each a reason to say no (trends, events, the partner)."""
    refused = case.tcf in ("no", "malformed")
    no_wins = case.analytics == "no" or refused
    analytics_known = case.analytics == "yes" or case.tcf in ("yes", "no vendor")
    partners_known = case.partners == "yes" or case.tcf in ("yes", "no vendor")
    objects = case.objection != "none"
    counts_unknown = case.signals.country == COUNTS
    trends = not no_wins and (analytics_known or counts_unknown)
    events = not no_wins and analytics_known and not objects
    partner = (
        case.partners != "no"
        and not refused
        and partners_known
        and not objects
        and case.tcf != "no vendor"
        and case.site == SITE
    )
    return trends, events, partner


def expected_choice(case: Case) -> str:
    """What the objection is counted as, in trends or in the stream of who is not in them."""
    if case.analytics == "no" or case.tcf in ("no", "malformed"):
        return "refused"
    return {"none": NONE, "DNT": "DNT", "GPC": "GPC", "DNT+GPC": "DNT · GPC"}[case.objection]


@each_row("case", [pytest.param(case, id=case.id) for case in cases(POLICY)])
def test_every_combination(case: Case) -> None:
    trends, events, partner = expected(case)
    s = case.signals
    decision = RULES.decide(s.dnt, s.gpc, s.consent, s.tcf, s.country, s.site)
    assert (decision.trends, decision.events) == (trends, events)
    assert decision.partners == ((PARTNER,) if partner else ())
    assert decision.choice == expected_choice(case)
    why = decide(s, POLICY)
    assert (why.trends in ALLOWS, why.events in ALLOWS) == (trends, events)
    assert {name for name, reason in why.partners.items() if reason in ALLOWS} == set(
        decision.partners
    )


REFUSED = Consent(analytics=False)
YES = Consent(analytics=True)


@pytest.mark.parametrize(
    ("dnt", "gpc", "consent", "country", "counted", "choice"),
    [
        pytest.param(None, None, YES, None, True, NONE, id="agreed"),
        pytest.param("1", None, YES, None, True, "DNT", id="agreed, DNT"),
        pytest.param(None, "1", YES, None, True, "GPC", id="agreed, GPC"),
        pytest.param("1", "1", YES, None, True, "DNT · GPC", id="agreed, both"),
        pytest.param("0", "0", YES, None, True, NONE, id="agreed, headers that do not object"),
        pytest.param("1", None, None, COUNTS, True, "DNT", id="unknown, counted there, DNT"),
        pytest.param(None, None, None, COUNTS, True, NONE, id="unknown, counted there"),
        pytest.param(None, None, None, None, False, NONE, id="unknown alone is no objection"),
        pytest.param("1", None, None, None, False, "DNT", id="unknown, DNT"),
        pytest.param(None, "1", None, None, False, "GPC", id="unknown, GPC"),
        pytest.param("1", "1", None, None, False, "DNT · GPC", id="unknown, both"),
        pytest.param(None, None, REFUSED, None, False, "refused", id="refused"),
        pytest.param("1", "1", REFUSED, None, False, "refused", id="a refusal comes first"),
        pytest.param(None, None, REFUSED, COUNTS, False, "refused", id="refused, there"),
        pytest.param(
            None, None, Consent(partners=False), None, False, NONE, id="partners alone refused"
        ),
    ],
)
def test_what_an_objection_is_counted_as(
    dnt: str | None,
    gpc: str | None,
    consent: Consent | None,
    country: str | None,
    counted: bool,
    choice: str,
) -> None:
    found = RULES.decide(dnt, gpc, consent, None, country, SITE)
    assert (found.trends, found.choice) == (counted, choice)


@pytest.mark.parametrize("off", ["objections", "trends"])
def test_switched_off_only_counted_events_have_a_choice(off: str) -> None:
    """Whether that is counted the day's parameters say; without trends nothing is."""
    rules = ConsentRules(
        replace(POLICY, purposes=replace(POLICY.purposes, **{off: _off(POLICY, off)}))
    )
    for case in cases(POLICY):
        s = case.signals
        decision = rules.decide(s.dnt, s.gpc, s.consent, s.tcf, s.country, s.site)
        assert decision.choice == (expected_choice(case) if decision.trends else NONE)
        assert off == "objections" or not decision.trends


def test_cases_cover_every_combination_once() -> None:
    ids = [case.id for case in cases(POLICY)]
    assert len(ids) == len(set(ids)) == 4 * 3 * 3 * 5 * 4 * 2


def test_every_reason_is_given() -> None:
    off = replace(POLICY, purposes=replace(POLICY.purposes, trends=_off(POLICY, "trends")))
    found = {
        reason
        for policy in (POLICY, off)
        for case in cases(policy)
        for why in [decide(case.signals, policy)]
        for reason in (why.trends, why.events, *why.partners.values())
    }
    assert found == set(Why)


def test_docs_are_what_the_code_decides() -> None:
    page = (ROOT / "docs" / "consent.md").read_text()
    assert page == render(POLICY), "run: quietclicks policy matrix > docs/consent.md"


NO_OBJECTIONS: list[Header] = [
    *(None, False, 0, 0.0, -0.0, "", "0", "false", "null", "undefined", "unspecified"),
    *("FALSE", "Null", " 0\t", "0,0", "0, false", ",", "Unspecified "),
]
OBJECTIONS: list[Header] = [
    *(
        True,
        1,
        2,
        -1,
        0.5,
        1e300,
        "1",
        "1xyz",
        "10",
        "1!#~",
        " 1\t",
        "true",
        "?1",
        "yes",
        "on",
        "?0",
    ),
    # Nobody knows what these mean, so they object.
    *(
        "0xyz",
        "01",
        "00",
        "0.0",
        "-",
        "no",
        "off",
        "none",
        "nil",
        "\uff11",
        "\u00b9",
        "\uff10",
        "\x00",
    ),
    *("0, 1", "0,1", "null,x", "false;true", "undefined1", "x" * 9000, "\ud800"),
]


@each_row(
    ("signal", "is_one"),
    [*((each, False) for each in NO_OBJECTIONS), *((each, True) for each in OBJECTIONS)],
    ids=repr,
)
def test_what_cannot_be_read_objects(signal: Header, is_one: bool) -> None:
    assert objects(signal) is is_one
    for dnt, gpc in ((signal, None), (None, signal)):
        decision = RULES.decide(dnt, gpc, AGREED, None, None, SITE)
        assert decision.events is not is_one
        assert bool(decision.partners) is not is_one
        assert decision.says_no is is_one


@settings(derandomize=True, max_examples=300)
@given(st.text(max_size=20) | st.integers() | st.floats(allow_nan=False) | st.booleans())
def test_nothing_but_a_few_words_is_no_objection(signal: Header) -> None:
    words = {part.strip().casefold() for part in str(signal).split(",")}
    if not objects(signal):
        assert words <= NO_OBJECTION or signal == 0


@pytest.mark.parametrize("text", ["x", "not-a-string", "C", TCF_YES[:20], TCF_NO[:38], "é", "."])
def test_a_consent_string_that_cannot_be_read_is_a_no(text: str) -> None:
    """One that was cut behind its purposes may have said no."""
    found = RULES.decide(None, None, AGREED, text, "US", SITE)
    assert (found.trends, found.events, found.partners) == (False, False, ())
    assert found.says_no


@pytest.mark.parametrize("text", [None, ""])
def test_an_absent_consent_string_decides_nothing(text: str | None) -> None:
    assert RULES.decide(None, None, AGREED, text, None, SITE).events


@pytest.mark.parametrize("trends", [True, False], ids=["trends on", "trends off"])
@pytest.mark.parametrize("events", [True, False], ids=["events on", "events off"])
@pytest.mark.parametrize("partners", [True, False], ids=["partners on", "partners off"])
def test_a_purpose_switched_off_gets_nothing(trends: bool, events: bool, partners: bool) -> None:
    on = {"trends": trends, "events": events, "partners": partners}
    purposes = replace(
        POLICY.purposes,
        **{name: _off(POLICY, name) for name, enabled in on.items() if not enabled},
    )
    rules = ConsentRules(replace(POLICY, purposes=purposes))
    for case in cases(POLICY):
        s = case.signals
        was = RULES.decide(s.dnt, s.gpc, s.consent, s.tcf, s.country, s.site)
        now = rules.decide(s.dnt, s.gpc, s.consent, s.tcf, s.country, s.site)
        assert now.trends is (was.trends and trends)
        assert now.events is (was.events and events)
        assert now.partners == (was.partners if partners else ())


@pytest.mark.parametrize(
    "country", [None, "", "US ", "us", NOWHERE, "DE", "EU", "\u0000"], ids=repr
)
def test_an_unknown_country_is_the_strictest(country: str | None) -> None:
    assert not RULES.decide(None, None, None, None, country, SITE).trends


def test_the_strictest_stays_the_strictest_when_every_group_counts() -> None:
    group = JurisdictionPolicy(("US", "DE"), "allow", "a law")
    rules = ConsentRules(replace(POLICY, jurisdictions={"all": group}))
    assert rules.decide(None, None, None, None, "DE", SITE).trends
    assert not rules.decide(None, None, None, None, None, SITE).trends


def test_a_partner_has_no_part_in_another_site() -> None:
    assert RULES.decide(None, None, AGREED, None, None, SITE).partners == (PARTNER,)
    assert RULES.decide(None, None, AGREED, None, None, "another.example").partners == ()


def test_partners_are_decided_one_by_one_and_sorted() -> None:
    def partner(vendor: int | None) -> PartnerPolicy:
        return PartnerPolicy("measure", ("id",), (SITE,), tcf_vendor=vendor)

    rules = ConsentRules(replace(POLICY, partners={"z": partner(None), "a": partner(7)}))
    assert rules.decide(None, None, AGREED, None, None, SITE).partners == ("a", "z")
    assert rules.decide(None, None, None, TCF_YES, None, SITE).partners == ("a", "z")
    assert rules.decide(None, None, None, TCF_NO_VENDOR, None, SITE).partners == ("z",)
    assert rules.decide(None, None, AGREED, TCF_NO, None, SITE).partners == ()


def test_the_policy_maps_the_strings_purposes() -> None:
    def choice(analytics: tuple[int, ...]) -> bool:
        policy = replace(POLICY, tcf=replace(POLICY.tcf, analytics=analytics))
        # purposes 1, 2 and 3 are consented to: the framework's own published example
        text = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
        return ConsentRules(policy).decide(None, None, None, text, None, SITE).trends

    assert choice((1,))
    assert choice((1, 2, 3))
    assert not choice((1, 4))


def test_a_repr_shows_nothing_of_the_visitor() -> None:
    signals = Signals("canary", "canary", "canary", AGREED, "canary", "canary")
    assert "canary" not in repr(signals)


_TEXT = st.none() | st.text(max_size=40) | st.sampled_from(["1", "0", TCF_YES, TCF_NO])
_CHOICE = st.none() | st.booleans()


@settings(max_examples=200, derandomize=True, deadline=None)
@given(dnt=_TEXT, gpc=_TEXT, analytics=_CHOICE, partners=_CHOICE, tcf=_TEXT, country=_TEXT)
def test_total_and_never_more_than_was_agreed(
    dnt: str | None,
    gpc: str | None,
    analytics: bool | None,
    partners: bool | None,
    tcf: str | None,
    country: str | None,
) -> None:
    def ask(d: str | None, g: str | None, a: bool | None, p: bool | None) -> tuple[bool, ...]:
        decision = RULES.decide(d, g, Consent(a, p), tcf, country, SITE)
        return decision.trends, decision.events, bool(decision.partners)

    answer = ask(dnt, gpc, analytics, partners)
    if analytics is False:
        assert answer[:2] == (False, False)
    if partners is not True and tcf is None:
        assert not answer[2]
    # an objection or a refusal more never allows more
    for stricter in product(("1", dnt), ("1", gpc), (False, analytics), (False, partners)):
        assert all(new <= old for new, old in zip(ask(*stricter), answer, strict=True))


def _off(policy: Policy, purpose: str) -> object:
    return replace(getattr(policy.purposes, purpose), enabled=False)


def test_the_table_puts_each_partner_in_its_column() -> None:
    partners = {
        "z": PartnerPolicy("measure", ("id",), (SITE,)),
        "a": PartnerPolicy("measure", ("id",), ("another.example",)),
    }
    lines = render(replace(POLICY, partners=partners)).splitlines()
    [head] = [line for line in lines if line.startswith("| signal")]
    [row] = [line for line in lines if line.startswith("| `partners` yes")]
    cells = dict(zip(head.split(" | "), row.split(" | "), strict=True))
    assert (cells["a"], cells["z |"]) == ("no: site", "**yes** |")
