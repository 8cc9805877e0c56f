"""Who may have an event: visitors' signals and the policy in, one decision per purpose out.

The rows of the truth table (docs/consent.md) combine by "no wins". Nothing is inferred from an
earlier event, and an unknown choice is never a yes.
"""

from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline import consent_tcf
from quietclicks.pipeline.policy import PartnerPolicy, Policy, PurposePolicy
from quietclicks.schemas.raw import Consent


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


ALLOWS = frozenset({Why.CONSENTED, Why.JURISDICTION})


class Signals(Struct, frozen=True):
    """What a visitor's browser and choice say; a `repr` shows none of it."""

    site: str
    dnt: str | None = None
    gpc: str | None = None
    consent: Consent | None = None
    tcf: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2

    def __repr__(self) -> str:
        return "Signals(…)"


class Explanation(Struct, frozen=True):
    """One reason per purpose, and per partner."""

    trends: Why
    events: Why
    partners: dict[str, Why]


class Decision(Struct, frozen=True):
    """What the hot path asks: counted, passed to analysts, and to which partners.

    The three are independent: a partner's visitor need not be counted.
    """

    trends: bool
    events: bool
    partners: tuple[str, ...]  # names, sorted


class ConsentRules:
    """A policy's rules, ready for many decisions."""

    def __init__(self, policy: Policy) -> None:
        self._purposes = policy.purposes
        self._tcf = policy.tcf
        self._partners = policy.partners
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
        dnt: str | None,
        gpc: str | None,
        consent: Consent | None,
        tcf: str | None,
        country: str | None,
        site: str | None = None,
    ) -> Decision:
        """Without `site` the partners are those of any site: the caller then filters by site."""
        why = self.explain(dnt, gpc, consent, tcf, country, site)
        return Decision(
            why.trends in ALLOWS,
            why.events in ALLOWS,
            tuple(sorted(name for name, reason in why.partners.items() if reason in ALLOWS)),
        )

    def explain(
        self,
        dnt: str | None,
        gpc: str | None,
        consent: Consent | None,
        tcf: str | None,
        country: str | None,
        site: str | None = None,
    ) -> Explanation:
        """The same with reasons."""
        objected = objects_by_dnt(dnt) or objects_by_gpc(gpc)
        string = consent_tcf.decode(tcf, self._vendors, self._vendor_purposes)
        chosen = consent or Consent()
        analytics = _combine(chosen.analytics, _all(string, self._tcf.analytics))
        partners = _combine(chosen.partners, _all(string, self._tcf.partners))
        return Explanation(
            self._trends(analytics, country),
            _event(self._purposes.events, analytics, objected),
            {
                name: self._partner(partner, partners, objected, string, site)
                for name, partner in self._partners.items()
            },
        )

    def _trends(self, analytics: bool | None, country: str | None) -> Why:
        if not self._purposes.trends.enabled:
            return Why.OFF
        if analytics is None and country in self._counts_unknown:
            return Why.JURISDICTION
        return _chosen(analytics)

    def _partner(
        self,
        partner: PartnerPolicy,
        choice: bool | None,
        objected: bool,
        string: consent_tcf.TcfConsent | None,
        site: str | None,
    ) -> Why:
        if site is not None and site not in partner.sites:
            return Why.SITE
        why = _event(self._purposes.partners, choice, objected)
        names_others = string is not None and partner.tcf_vendor is not None
        if why is Why.CONSENTED and string and names_others:
            return why if partner.tcf_vendor in string.vendors else Why.VENDOR
        return why


def decide(signals: Signals, policy: Policy) -> Explanation:
    """One decision by itself, with its reasons."""
    return ConsentRules(policy).explain(
        signals.dnt,
        signals.gpc,
        signals.consent,
        signals.tcf,
        signals.country,
        signals.site,
    )


def objects_by_dnt(header: str | None) -> bool:
    """The first character decides, whatever extension follows it.

    A header sent twice arrives as a list; one "1" in it is an objection.
    """
    return header is not None and any(part.strip(" \t")[:1] == "1" for part in header.split(","))


def objects_by_gpc(header: str | None) -> bool:
    """Global Privacy Control knows one value, `1`."""
    return header is not None and any(part.strip(" \t") == "1" for part in header.split(","))


def _event(purpose: PurposePolicy, choice: bool | None, objected: bool) -> Why:
    if not purpose.enabled:
        return Why.OFF
    if choice is False:
        return Why.REFUSED
    return Why.OBJECTED if objected else _chosen(choice)


def _chosen(choice: bool | None) -> Why:
    if choice is None:
        return Why.UNKNOWN
    return Why.CONSENTED if choice else Why.REFUSED


def _combine(first: bool | None, second: bool | None) -> bool | None:
    """No wins; a yes wins over unknown."""
    if first is False or second is False:
        return False
    return True if first or second else None


def _all(string: consent_tcf.TcfConsent | None, purposes: tuple[int, ...]) -> bool | None:
    return None if string is None else string.purposes.issuperset(purposes)
