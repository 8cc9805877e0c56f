"""The truth table of a policy: every combination of signals, decided by the code itself.

`docs/consent.md` is this page for the shipped policy; a test fails when they differ.
"""

from collections.abc import Iterator
from itertools import groupby, product

from msgspec import Struct

from quietclicks.pipeline.consent.rules import Explanation, Signals, Why, decide
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas.raw import Consent

# TC strings that fit any policy: all purposes and all vendors, all purposes and no vendor, nothing
TCF_YES = "CP1R2oAP1R2oAAKABBENDIEgAP___wAAAAYn__wAYAA__-AAAAA"
TCF_NO_VENDOR = "CP1R2oAP1R2oAAKABBENDIEgAP___wAAAAYgAAAAAAAA"
TCF_NO = "CP1R2oAP1R2oAAKABBENDIEgAAAAAAAAAAYgAAAAAAAA"

NOWHERE = "ZZ"  # in no jurisdiction: ISO 3166-1 leaves it to its users

OBJECTIONS = {"none": (None, None), "DNT": ("1", None), "GPC": (None, "1"), "DNT+GPC": ("1", "1")}
CHOICES = {"yes": True, "unknown": None, "no": False}
STRINGS = {
    "absent": None,
    "malformed": "not-a-string",
    "yes": TCF_YES,
    "no vendor": TCF_NO_VENDOR,
    "no": TCF_NO,
}


class Case(Struct, frozen=True):
    """One combination. The names are those of the tables above."""

    objection: str
    analytics: str
    partners: str
    tcf: str
    jurisdiction: str
    site: str
    signals: Signals

    @property
    def id(self) -> str:
        """For the test of this case."""
        return (
            f"objection={self.objection},analytics={self.analytics},partners={self.partners},"
            f"tcf={self.tcf},{self.jurisdiction},{self.site}"
        ).replace(" ", "-")


def countries(policy: Policy) -> dict[str, str | None]:
    """One country for each rule: the groups', a country in no group, and none known."""
    groups = {name: group.countries[0] for name, group in policy.jurisdictions.items()}
    return {**groups, "another country": NOWHERE, "country unknown": None}


def cases(policy: Policy) -> Iterator[Case]:
    """Every combination, with each site's rules and none's."""
    for objection, analytics, partners, tcf in product(OBJECTIONS, CHOICES, CHOICES, STRINGS):
        dnt, gpc = OBJECTIONS[objection]
        consent = Consent(CHOICES[analytics], CHOICES[partners])
        for (jurisdiction, country), site in product(
            countries(policy).items(), (*policy.sites, "another site")
        ):
            signals = Signals(site, dnt, gpc, consent, STRINGS[tcf], country)
            yield Case(objection, analytics, partners, tcf, jurisdiction, site, signals)


def render(policy: Policy) -> str:
    """The page, in Markdown."""
    return (
        "\n\n".join(
            (
                "# Who may have an event",
                "Made from `deploy/policy.toml` by `quietclicks policy matrix`; do not edit. "
                "Every combination is a test with an id.",
                _legend(policy),
                "## One signal at a time",
                _single(policy),
                "## Every combination",
                "Only the site is not shown: where a partner has no part in it, the partner's "
                "cell is `no: site` in every row.",
                _complete(policy),
            )
        )
        + "\n"
    )


_SHORT = {
    Why.CONSENTED: "**yes**",
    Why.JURISDICTION: "**yes**: jurisdiction",
    Why.OFF: "no: off",
    Why.REFUSED: "no: refused",
    Why.OBJECTED: "no: objected",
    Why.UNKNOWN: "no: unknown",
    Why.VENDOR: "no: vendor",
    Why.SITE: "no: site",
}


def _legend(policy: Policy) -> str:
    jurisdictions = "\n".join(
        f"- `{name}` ({', '.join(group.countries)}): an unknown choice is "
        f"{'counted' if group.analytics_unknown == 'allow' else 'not counted'}. "
        f"Legal basis: {group.legal_basis}."
        for name, group in policy.jurisdictions.items()
    )
    on = {
        name: getattr(policy.purposes, name).enabled for name in policy.purposes.__struct_fields__
    } | {"objections": policy.counts_objections}
    purposes = ", ".join(f"{name} {'on' if enabled else 'off'}" for name, enabled in on.items())
    reasons = "\n".join(f"- `{_SHORT[why].replace('*', '')}`: {why.value}." for why in Why)
    return (
        "`trends`: counted. `choice`: the value of that dimension, where the event is counted; "
        "where it is not, the value under which the stream of those who opted out counts it, "
        "`(none)` not at all. `events`: a pseudonymised event for analysts. "
        'The rest: an event for that partner. The rows combine by "no wins"; an event that is '
        "counted but not passed on is rejected as `counted_only`, one that is neither as "
        f"`no_consent`.\n\nPurposes: {purposes}.\n\nJurisdictions:\n\n{jurisdictions}\n"
        "- any other country, and an unknown one: an unknown choice is not counted.\n\n"
        f"Reasons:\n\n{reasons}"
    )


def _single(policy: Policy) -> str:
    site = next(iter(policy.sites))
    rows: list[tuple[str, Signals]] = [
        (f"`analytics` {name}", Signals(site, consent=Consent(analytics=choice)))
        for name, choice in CHOICES.items()
    ]
    rows += [
        (f"`partners` {name}", Signals(site, consent=Consent(partners=choice)))
        for name, choice in CHOICES.items()
    ]
    rows += [
        (f"all agreed, {name}", Signals(site, *OBJECTIONS[name], consent=Consent(True, True)))
        for name in OBJECTIONS
        if name != "none"
    ]
    rows += [
        (f"nothing known, {name}", Signals(site, country=country))
        for name, country in countries(policy).items()
    ]
    rows += [(f"TC string: {name}", Signals(site, tcf=text)) for name, text in STRINGS.items()]
    columns = ("trends", "choice", "events", *sorted(policy.partners))
    lines = _head(("signal (nothing else known)", *columns))
    for name, signals in rows:
        why = decide(signals, policy)
        cells = [_SHORT[why.trends], why.choice, _SHORT[why.events], *_partners(why)]
        lines.append(_row([name, *cells]))
    return "\n".join(lines)


def _complete(policy: Policy) -> str:
    places = countries(policy)
    lines = _head(
        (
            *("objection", "analytics", "partners", "TC string"),
            *(f"trends, {name}" for name in places),
            *("choice", "events", *sorted(policy.partners)),
        )
    )
    site = next(iter(policy.sites))
    here = (case for case in cases(policy) if case.site == site)
    for names, group in groupby(here, lambda c: (c.objection, c.analytics, c.partners, c.tcf)):
        found = [decide(case.signals, policy) for case in group]  # one per place
        trends = [_SHORT[why.trends] for why in found]
        cells = [*trends, found[0].choice, _SHORT[found[0].events], *_partners(found[0])]
        lines.append(_row([*names, *cells]))
    return "\n".join(lines)


def _partners(why: Explanation) -> list[str]:
    return [_SHORT[reason] for reason in why.partners.values()]


def _head(names: tuple[str, ...]) -> list[str]:
    return [_row(list(names)), "|---" * len(names) + "|"]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
