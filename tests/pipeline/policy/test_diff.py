"""What a new policy changes: each key has a direction, and a changed policy a later date."""

import pytest

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.policy import diff as policy_diff
from quietclicks.pipeline.policy.diff import Difference, Verdict, diff
from tests.paths import ROOT
from tests.rows import each_row

PARAMETERS = '[sites."shop.example".parameters]\n'
REFERENCE = (ROOT / "deploy" / "policy.toml").read_text()
OLD = parse(REFERENCE, "old.toml")
RAISED = REFERENCE.replace('revision = "2026-11-22"', 'revision = "2026-11-23"')


def _new(*edits: tuple[str, str]) -> Policy:
    text = RAISED
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return parse(text, "new.toml")


# name: (the edit, the key, the verdict, what the line says)
CASES: dict[str, tuple[tuple[str, str], str, Verdict, str]] = {
    "shorter prefix": (
        ("ipv4_prefix = 24", "ipv4_prefix = 16"),
        "network.ipv4_prefix",
        Verdict.STRICTER,
        "24 → 16; affects visitors who agreed to analytics",
    ),
    "lower threshold": (
        ("cap_hour = 10", "cap_hour = 8"),
        "release.cap_hour",
        Verdict.STRICTER,
        "10 → 8; affects every visitor",
    ),
    "higher k": (("k = 10 ", "k = 11 "), "release.k", Verdict.STRICTER, "10 → 11"),
    "higher search": (
        ("search = 20", "search = 25"),
        "release.k_dimension.search",
        Verdict.STRICTER,
        "20 → 25",
    ),
    "one more threshold": (
        ("{ search = 20 }", "{ search = 20, page = 12 }\n# "),
        "release.k_dimension.page",
        Verdict.STRICTER,
        "none → 12",
    ),
    "more by the day": (
        ('day_only = ["search", "choice"]', 'day_only = ["search", "choice", "country"]'),
        "release.day_only",
        Verdict.STRICTER,
        "choice, search → choice, country, search",
    ),
    "higher cap": (
        ("cap_day = 50", "cap_day = 90"),
        "release.cap_day",
        Verdict.LOOSER,
        "50 → 90",
    ),
    "raw shorter": (
        ('raw = "24h"', 'raw = "12h"'),
        "retention.raw",
        Verdict.STRICTER,
        "24h → 12h",
    ),
    "a field of events more": (
        ('"browser",\n', '"browser", "network",\n'),
        "events.fields",
        Verdict.LOOSER,
        "network, page, search, site, source, timestamp, visitor; affects visitors who agreed to",
    ),
    "a field of events less": (
        ('"device", "browser"', '"browser"'),
        "events.fields",
        Verdict.STRICTER,
        "affects visitors who agreed to analytics",
    ),
    "trends not forever": (
        ('trends = "forever"', 'trends = "365d"'),
        "retention.trends",
        Verdict.STRICTER,
        "forever → 365d",
    ),
    "events and keys longer": (
        ('grace = "48h"', 'grace = "72h"'),
        "keys.grace",
        Verdict.LOOSER,
        "2d → 3d; affects visitors who agreed to analytics",
    ),
    "lateness": (
        ('"15m" # an', '"30m" # an'),
        "time.allowed_lateness",
        Verdict.LOOSER,  # a day's visits and key are there until its grace and this are over
        "15m → 30m; affects visitors who agreed to analytics",
    ),
    "partitions": (
        ("raw_partitions = 4", "raw_partitions = 8"),
        "topics.raw_partitions",
        Verdict.NEITHER,
        "4 → 8; affects nobody's data",
    ),
    "fewer regions": (
        ('["GB", "DE", "US"]', '["GB"]'),
        "regions",
        Verdict.LOOSER,
        "DE, GB, US → GB",
    ),
    "other regions": (('["GB", "DE", "US"]', '["FR", "GB"]'), "regions", Verdict.LOOSER, "FR"),
    "more regions": (('"DE", "US"]', '"DE", "US", "FR"]'), "regions", Verdict.STRICTER, "FR"),
    "region of the data": (
        ("the European Economic Area", "Atlantis"),
        "controller.region",
        Verdict.LOOSER,
        "Atlantis",
    ),
    "contact": (
        ("privacy@", "dpo@"),
        "controller.contact",
        Verdict.LOOSER,
        "dpo@shop.example; a person must look; affects every visitor",
    ),
    "a parameter that is the page": (
        (PARAMETERS, PARAMETERS + 'colour = "red|blue"\n'),
        'sites."shop.example".parameters.colour',
        Verdict.LOOSER,
        "none → red|blue; affects visitors of that site",
    ),
    "one campaign more": (
        ('"newsletter", "catalogue"', '"newsletter", "catalogue", "flyer"'),
        'sites."shop.example".campaigns',
        Verdict.LOOSER,
        "catalogue, newsletter → catalogue, flyer, newsletter",
    ),
    "one campaign less": (
        ('"newsletter", "catalogue"', '"newsletter"'),
        'sites."shop.example".campaigns',
        Verdict.STRICTER,
        "catalogue, newsletter → newsletter; affects",
    ),
    "a campaign by another name": (
        ('"newsletter", "catalogue"', '"Newsletter", "catalogue"'),
        'sites."shop.example".campaigns',
        Verdict.LOOSER,
        "Newsletter",
    ),
    "an encoding": (
        ("encodings = []", 'encodings = ["windows-1251"]'),
        'sites."shop.example".encodings',
        Verdict.LOOSER,
        "none → windows-1251; a person must look",
    ),
    "consent from a cookie": (
        ('consent = "page"', 'consent = "cookie choice=yes"'),
        'sites."shop.example".collector.consent',
        Verdict.LOOSER,
        "page → cookie choice=yes; a person must look; affects visitors of that site",
    ),
    "consent that is vouched for": (
        ('consent = "page"', 'consent = "vouched"'),
        'sites."shop.example".collector.consent',
        Verdict.LOOSER,
        "whether the operator vouches for consent: off → on; affects visitors of that site",
    ),
    "a path rule": (
        ("path_rules = []", 'path_rules = ["/user/:name"]'),
        'sites."shop.example".path_rules',
        Verdict.LOOSER,
        "none → /user/:name; a person must look",
    ),
    "a path rule that shows": (
        ("path_rules = []", 'path_rules = ["/*/termin/:id"]'),
        'sites."shop.example".path_rules',
        Verdict.LOOSER,
        "none → /*/termin/:id; a person must look",
    ),
    "another search page": (
        ('search_pages = ["/search"]', 'search_pages = ["/search", "/find"]'),
        'sites."shop.example".search_pages',
        Verdict.LOOSER,
        "/search → /find, /search; a person must look",
    ),
    "another search parameter": (
        ('search_parameters = ["q"]', 'search_parameters = ["q", "query"]'),
        'sites."shop.example".search_parameters',
        Verdict.LOOSER,
        "q → q, query; a person must look",
    ),
    "a site more": (
        ("[network]", '[sites."b.example"]\n[network]'),
        'sites."b.example"',
        Verdict.LOOSER,
        "is new; affects visitors of that site",
    ),
    "a purpose off": (
        ("[purposes.events]\nenabled = true", "[purposes.events]\nenabled = false"),
        "purposes.events.enabled",
        Verdict.STRICTER,
        "on → off",
    ),
    "objections counted no longer": (
        ("[purposes.objections]\nenabled = true", "[purposes.objections]\nenabled = false"),
        "purposes.objections.enabled",
        Verdict.STRICTER,
        "on → off; affects every visitor",
    ),
    "a purpose in other words": (
        ("to find faults", "to find friends"),
        "purposes.events.why",
        Verdict.LOOSER,
        "friends",
    ),
    "a country more": (
        ('countries = ["US"]', 'countries = ["US", "BR"]'),
        "jurisdictions: BR",
        Verdict.LOOSER,
        "now counted; affects visitors from BR who made no choice",
    ),
    "a country less": (
        ('analytics_unknown = "allow"', 'analytics_unknown = "deny"'),
        "jurisdictions: US",
        Verdict.STRICTER,
        "no longer counted",
    ),
    "another legal basis": (
        ("consent, ePrivacy", "legitimate interest, ePrivacy"),
        "jurisdictions.consent-first.legal_basis",
        Verdict.LOOSER,
        "legitimate",
    ),
    "a group by another name and on another basis": (
        (
            '[jurisdictions.opt-out]\ncountries = ["US"]\nanalytics_unknown = "allow"\n'
            'legal_basis = "notice',
            '[jurisdictions.us]\ncountries = ["US"]\nanalytics_unknown = "allow"\n'
            'legal_basis = "no notice',
        ),
        "jurisdictions.us.legal_basis",
        Verdict.LOOSER,
        "; a person must look; affects visitors from there",
    ),
    "strings agree to less": (
        ("analytics = [8, 9]", "analytics = [8]"),
        "tcf.analytics",
        Verdict.LOOSER,
        "8, 9 → 8",
    ),
    "a field less": (
        ('"source", "country"]', '"source"]'),
        "partners.adreach.fields",
        Verdict.STRICTER,
        "page, site, source, timestamp, visitor; affects visitors who agreed to partners",
    ),
    "a partner's copy longer": (
        ('retention = "24h"', 'retention = "25h"'),
        "partners.adreach.retention",
        Verdict.LOOSER,
        "24h → 25h",
    ),
    "another vendor": (
        ("tcf_vendor = 65000", "tcf_vendor = 65001"),
        "partners.adreach.tcf_vendor",
        Verdict.LOOSER,
        "65000 → 65001",
    ),
    "a partner's name": (
        ("[partners.adreach]", "[partners.other]"),
        "partners.other",
        Verdict.LOOSER,
        "is new",
    ),
}

# What else must be edited to stay valid: the sources
_ALSO = {
    "release.k_dimension.page": [
        ('"release.cap_hour"', '"release.k_dimension.page" = "x"\n"release.cap_hour"')
    ],
    "partners.other": [
        (f'"partners.adreach.{number}"', f'"partners.other.{number}"')
        for number in ("retention", "tcf_vendor")
    ],
}


@each_row(("edit", "key", "verdict", "says"), CASES.values(), ids=CASES)
def test_verdict(edit: tuple[str, str], key: str, verdict: Verdict, says: str) -> None:
    [found] = [
        one for one in diff(OLD, _new(edit, *_ALSO.get(key, [])), "new.toml") if one.key == key
    ]
    assert found.verdict is verdict
    assert says in str(found)


def test_both_ways_are_opposite() -> None:
    opposite = {
        Verdict.STRICTER: Verdict.LOOSER,
        Verdict.LOOSER: Verdict.STRICTER,
        Verdict.NEITHER: Verdict.NEITHER,
    }
    new = _new(
        ("ipv4_prefix = 24", "ipv4_prefix = 16"),
        ("cap_day = 50", "cap_day = 90"),
        ('raw = "24h"', 'raw = "12h"'),
        ("replication = 1", "replication = 3"),
        ('countries = ["US"]', 'countries = ["US", "BR"]'),
        ("[network]", '[sites."b.example"]\n[network]'),
    )
    older = parse(REFERENCE.replace("2026-11-22", "2026-11-24"), "old.toml")
    there = {found.key: found.verdict for found in diff(OLD, new, "x")}
    back = {found.key: found.verdict for found in diff(new, older, "x")}
    assert len(there) == 6
    assert back == {name: opposite[verdict] for name, verdict in there.items()}


def _site(text: str, revision: str = "2026-11-23") -> Policy:
    head = f'revision = "{revision}"\nversion = 1\n[sites."shop.example"]\n'
    return parse(head + text, "new.toml")


# What a reviewer did unseen, and the like of it: what was, what is, the key that must be named.
UNSEEN = {
    "rules in another order, so that a name is shown": (
        'path_rules = ["/praxis/:patient", "/praxis/*"]',
        'path_rules = ["/praxis/*", "/praxis/:patient"]',
        "path_rules",
    ),
    "a rule that hides what told that the next is a name": (
        "",
        'path_rules = ["/:part"]',
        "path_rules",
    ),
    "a search page less, so that what is typed below it is a page": (
        'search_pages = ["/search", "/find"]',
        'search_pages = ["/search"]',
        "search_pages",
    ),
    "search parameters in another order": (
        'search_pages = ["/search"]\nsearch_parameters = ["q", "query"]',
        'search_pages = ["/search"]\nsearch_parameters = ["query", "q"]',
        "search_parameters",
    ),
    "a search parameter less": (
        'search_pages = ["/search"]\nsearch_parameters = ["q", "query"]',
        'search_pages = ["/search"]\nsearch_parameters = ["q"]',
        "search_parameters",
    ),
    "a wider pattern": (
        'parameters = { colour = "red|blue" }',
        'parameters = { colour = ".*" }',
        "parameters.colour",
    ),
    "a narrower pattern, for all that a program can tell": (
        'parameters = { colour = "red|blue" }',
        'parameters = { colour = "blue" }',
        "parameters.colour",
    ),
}


@pytest.mark.parametrize(("was", "now", "key"), UNSEEN.values(), ids=UNSEEN)
def test_what_no_program_can_judge_is_for_a_person(was: str, now: str, key: str) -> None:
    [found] = diff(_site(was, "2026-11-22"), _site(now), "new.toml")
    assert found.key == f'sites."shop.example".{key}'
    assert found.verdict is Verdict.LOOSER
    assert "; a person must look; affects visitors of that site" in str(found)


def test_to_vouch_no_longer_is_stricter() -> None:
    collector = '[sites."shop.example".collector]\nconsent = '
    [found] = diff(
        _site(f'{collector}"vouched"', "2026-11-22"), _site(f'{collector}"page"'), "new.toml"
    )
    assert found.verdict is Verdict.STRICTER
    assert "on → off" in found.text


def test_a_parameter_less_is_stricter() -> None:
    [found] = diff(
        _site('parameters = { a = "[0-9]", b = "[0-9]" }', "2026-11-22"),
        _site('parameters = { b = "[0-9]" }'),
        "new.toml",
    )
    assert (found.key, found.verdict) == ('sites."shop.example".parameters.a', Verdict.STRICTER)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('campaigns = ["a", "b"]', 'campaigns = ["b", "a"]'),
        ('search_pages = ["/a", "/b"]', 'search_pages = ["/b", "/a"]'),
        ('parameters = { a = "x", b = "y" }', 'parameters = { b = "y", a = "x" }'),
    ],
    ids=["campaigns", "search pages", "parameters"],
)
def test_an_order_without_a_meaning_changes_nothing(was: str, now: str) -> None:
    assert diff(_site(was, "2026-11-22"), _site(now), "new.toml") == []


def test_what_no_rule_knows_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key of the policy, of which whoever added it did not think here."""
    rules = [rule for rule in policy_diff._RULES if rule.pattern != "release.cap_*"]
    monkeypatch.setattr(policy_diff, "_RULES", rules)
    [found] = diff(OLD, _new(("cap_day = 50", "cap_day = 40")), "new.toml")
    assert found.verdict is Verdict.LOOSER
    assert "no rule of this command knows it: 50 → 40; a person must look" in found.text


def test_looser_first() -> None:
    new = _new(("ipv4_prefix = 24", "ipv4_prefix = 16"), ("cap_day = 50", "cap_day = 90"))
    assert [found.verdict for found in diff(OLD, new, "x")] == [Verdict.LOOSER, Verdict.STRICTER]


def test_the_same_policy_has_no_difference() -> None:
    assert diff(OLD, parse(REFERENCE, "copy.toml"), "copy.toml") == []
    assert diff(OLD, parse(RAISED, "new.toml"), "new.toml") == []


@pytest.mark.parametrize("revision", ["2026-11-22", "2026-11-21", "2025-12-31"])
def test_a_change_must_raise_the_revision(revision: str) -> None:
    text = REFERENCE.replace("2026-11-22", revision).replace("cap_day = 50", "cap_day = 49")
    with pytest.raises(UsageError, match=r"^new\.toml: revision: .* above 2026-11-22$"):
        diff(OLD, parse(text, "new.toml"), "new.toml")


def test_a_changed_source_is_a_change_of_the_policy_but_of_nobodys_data() -> None:
    edit = ('"release.k" = "GDPR', '"release.k" = "See GDPR')
    assert diff(OLD, _new(edit), "new.toml") == []
    with pytest.raises(UsageError, match="revision"):
        diff(OLD, parse(REFERENCE.replace(*edit), "new.toml"), "new.toml")


def test_one_line_each() -> None:
    minimal = parse(
        (ROOT / "deploy" / "policy-minimal.toml").read_text().replace("11-22", "11-23"), "m"
    )
    for one in (*diff(OLD, minimal, "m"), Difference("k", Verdict.LOOSER, "t", "a")):
        assert str(one).isprintable()
