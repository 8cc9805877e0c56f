"""Who may have an event: visitors' signals and the policy in, one decision per purpose out.

The rows of the truth table (docs/consent.md) combine by "no wins". Nothing is inferred from an
earlier event, and an unknown choice is never a yes.
"""

from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.consent import tcf as consent_tcf
from quietclicks.pipeline.policy import PartnerPolicy, Policy, PurposePolicy
from quietclicks.schemas.raw import Consent, Header
from quietclicks.schemas.trend import BOTH, DNT, GPC, NONE, REFUSED


class Why(StrEnum):
    """Why a purpose is allowed or denied. Each has a test."""

    CONSENTED = "the visitor agreed"
    JURISDICTION = "no choice known, and the jurisdiction's rule counts it"
    OFF = "the policy has the purpose switched off"
    REFUSED = "the visitor refused"
    OBJECTED = "the browser objects (DNT or Sec-GPC)"
    UNKNOWN = "no choice known"
    VENDOR = "the consent string does not name the partner"
    SITE = "the partner has no part in this site"


_HEADERS = {  # whether DNT and Sec-GPC object → the value that is counted
    (False, False): NONE,
    (True, False): DNT,
    (False, True): GPC,
    (True, True): BOTH,
}
NO_OBJECTION = frozenset({"", "0", "false", "null", "undefined", "unspecified"})  # in any case
ALLOWS = frozenset({Why.CONSENTED, Why.JURISDICTION})


class Signals(Struct, frozen=True):
    """What a visitor's browser and choice say; a `repr` shows none of it."""

    site: str
    dnt: Header = None
    gpc: Header = None
    consent: Consent | None = None
    tcf: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2

    def __repr__(self) -> str:
        return "Signals(…)"


class Explanation(Struct, frozen=True):
    """One reason per purpose, and per partner; and what the visitor's objection is counted as.

    `says_no`: to anything, by a choice or a header, whatever the policy makes of it.
    """

    trends: Why
    events: Why
    partners: dict[str, Why]
    choice: str
    says_no: bool


class Decision(Struct, frozen=True):
    """What the hot path asks: counted, passed to analysts, and to which partners.

    The three are independent: a partner's visitor need not be counted. `choice` is a value of the
    dimension where the event is counted, else the opted-out stream's: (none) is not in that.
    `opted_out` and `anything` follow from the others.
    """

    trends: bool
    events: bool
    partners: tuple[str, ...]  # names, sorted
    choice: str
    opted_out: bool  # counted in that stream
    anything: bool
    says_no: bool  # refuses or objects: a program that does is counted nowhere


class ConsentRules:
    """A policy's rules, ready for many decisions."""

    def __init__(self, policy: Policy) -> None:
        self._purposes = policy.purposes
        self._counts_objections = policy.counts_objections
        self._tcf = policy.tcf
        self._partners = dict(sorted(policy.partners.items()))
        self._vendors = frozenset(
            p.tcf_vendor for p in policy.partners.values() if p.tcf_vendor is not None
        )
        self._vendor_purposes = frozenset(policy.tcf.partners)
        # Unlisted and unknown countries are as strict as can be: not in here.
        self._counts_unknown = frozenset(
            country
            for rule in policy.jurisdictions.values()
            if rule.analytics_unknown == "allow"
            for country in rule.countries
        )

    def decide(
        self,
        dnt: Header,
        gpc: Header,
        consent: Consent | None,
        tcf: str | None,
        country: str | None,
        site: str,
    ) -> Decision:
        """A function of these alone, so that the caller may keep the answer for the next event."""
        why = self.explain(Signals(site, dnt, gpc, consent, tcf, country))
        trends, events = why.trends in ALLOWS, why.events in ALLOWS
        partners = tuple(name for name, reason in why.partners.items() if reason in ALLOWS)
        choice = why.choice if trends or self._counts_objections else NONE
        return Decision(
            trends,
            events,
            partners,
            choice,
            opted_out=not trends and choice != NONE,
            anything=trends or events or bool(partners),
            says_no=why.says_no,
        )

    def explain(self, signals: Signals) -> Explanation:
        """The same with reasons."""
        headers = objects(signals.dnt), objects(signals.gpc)
        objected = any(headers)
        string = consent_tcf.decode(signals.tcf, self._vendors, self._vendor_purposes)
        chosen = signals.consent or Consent()
        unreadable = bool(signals.tcf) and string is None  # what it says may be a no: it is one
        without = False if unreadable else None
        analytics = _combine(chosen.analytics, _all(string, self._tcf.analytics, without))
        choice = _combine(chosen.partners, _all(string, self._tcf.partners, without))
        partners = _event(self._purposes.partners, choice, objected)
        return Explanation(
            self._trends(analytics, signals.country),
            _event(self._purposes.events, analytics, objected),
            {
                name: _partner(partner, partners, string, signals.site)
                for name, partner in self._partners.items()
            },
            # A refusal is the plainer word: whoever refused need not be told from who sent both.
            REFUSED if analytics is False else _HEADERS[headers],
            says_no=objected or analytics is False or choice is False,
        )

    def _trends(self, analytics: bool | None, country: str | None) -> Why:
        if not self._purposes.trends.enabled:
            return Why.OFF
        if analytics is None and country in self._counts_unknown:
            return Why.JURISDICTION
        return _chosen(analytics)


def decide(signals: Signals, policy: Policy) -> Explanation:
    """One decision by itself, with its reasons."""
    return ConsentRules(policy).explain(signals)


def objects(signal: Header) -> bool:
    """Whether a DNT or Sec-GPC signal objects: one that cannot be read does.

    A header sent twice arrives as a list, of which one objection is enough. A JSON boolean or
    number is what it says.
    """
    if isinstance(signal, str):
        return any(part.strip().casefold() not in NO_OBJECTION for part in signal.split(","))
    return bool(signal)


def _event(purpose: PurposePolicy, choice: bool | None, objected: bool) -> Why:
    if not purpose.enabled:
        return Why.OFF
    if choice is False:
        return Why.REFUSED
    return Why.OBJECTED if objected else _chosen(choice)


def _partner(
    partner: PartnerPolicy, partners: Why, string: consent_tcf.TcfConsent | None, site: str
) -> Why:
    """`partners` is what holds for all of them."""
    if site not in partner.sites:
        return Why.SITE
    if partners is not Why.CONSENTED or string is None or partner.tcf_vendor is None:
        return partners
    return partners if partner.tcf_vendor in string.vendors else Why.VENDOR


def _chosen(choice: bool | None) -> Why:
    if choice is None:
        return Why.UNKNOWN
    return Why.CONSENTED if choice else Why.REFUSED


def _combine(first: bool | None, second: bool | None) -> bool | None:
    """No wins; a yes wins over unknown."""
    if first is False or second is False:
        return False
    return True if first or second else None


def _all(
    string: consent_tcf.TcfConsent | None, purposes: tuple[int, ...], without: bool | None
) -> bool | None:
    return without if string is None else string.purposes.issuperset(purposes)
