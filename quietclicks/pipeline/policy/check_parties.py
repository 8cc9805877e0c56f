"""What a policy may not say about purposes, jurisdictions, consent strings and partners."""

import re
from collections.abc import Iterator

from phonenumbers import SUPPORTED_REGIONS

from quietclicks.pipeline.policy.check_sites import duplicates
from quietclicks.pipeline.policy.model import PartnerPolicy, Policy
from quietclicks.pipeline.policy.units import FOREVER
from quietclicks.schemas.pseudonymised import ALWAYS, LISTABLE, MAJOR

TCF_PURPOSES = range(1, 12)  # TCF v2.2 has eleven
TCF_VENDORS = range(1, 65536)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)  # a part of a topic's name


def check_parties(policy: Policy) -> Iterator[str]:
    """Each contradiction as "key: reason"."""
    yield from _countries("regions", policy.regions)
    yield from _controller(policy)
    yield from _purposes(policy)
    yield from _jurisdictions(policy)
    yield from _tcf(policy)
    yield from _events(policy)
    vendors: dict[int, str] = {}
    for name, partner in policy.partners.items():
        yield from _partner(name, partner, policy)
        if partner.tcf_vendor is not None:
            other = vendors.setdefault(partner.tcf_vendor, name)
            if other != name:
                yield f"partners.{name}.tcf_vendor: the same vendor as partners.{other}"


def _countries(key: str, countries: tuple[str, ...]) -> Iterator[str]:
    yield from duplicates(key, countries)
    for country in countries:
        if country not in SUPPORTED_REGIONS:
            yield f"{key}: {country!r} is no country of ISO 3166-1 (two capital letters)"


def _controller(policy: Policy) -> Iterator[str]:
    if policy.controller is not None:
        for name in policy.controller.__struct_fields__:
            yield from _filled(f"controller.{name}", getattr(policy.controller, name))


def _purposes(policy: Policy) -> Iterator[str]:
    for name in policy.purposes.__struct_fields__:
        purpose = getattr(policy.purposes, name)
        if purpose.enabled:
            yield from _filled(f"purposes.{name}.why", purpose.why)
            yield from _filled(f"purposes.{name}.legal_basis", purpose.legal_basis)


def _jurisdictions(policy: Policy) -> Iterator[str]:
    group_of: dict[str, str] = {}
    for name, group in policy.jurisdictions.items():
        key = f"jurisdictions.{name}"
        if not _NAME.fullmatch(name):
            yield f"{key}: a name is lower case letters, digits and hyphens"
        if name == "unknown":
            yield f"{key}: an unknown country has no rule of its own, it is always the strictest"
        if not group.countries:
            yield f"{key}.countries: none listed"
        yield from _countries(f"{key}.countries", group.countries)
        for country in group.countries:
            other = group_of.setdefault(country, name)
            if other != name:
                yield f"{key}.countries: {country} is in jurisdictions.{other} too"
        yield from _filled(f"{key}.legal_basis", group.legal_basis)


def _tcf(policy: Policy) -> Iterator[str]:
    for name in policy.tcf.__struct_fields__:
        purposes = getattr(policy.tcf, name)
        if not purposes:
            yield f"tcf.{name}: no purpose listed; every string would count as consent"
        yield from duplicates(f"tcf.{name}", purposes)
        for purpose in purposes:
            if purpose not in TCF_PURPOSES:
                yield f"tcf.{name}: {purpose} is no purpose of TCF v2.2 (1 to 11)"


def _events(policy: Policy) -> Iterator[str]:
    yield from _fields("events.fields", policy.events.fields)
    for field in ALWAYS:
        if field not in policy.events.fields:
            yield f"events.fields: without {field}; it is part of what an event is known by"


def _fields(key: str, fields: tuple[str, ...]) -> Iterator[str]:
    yield from duplicates(key, fields)
    for field in fields:
        if field not in LISTABLE:
            yield f"{key}: {field!r} is no field of the pseudonymised event"
    if MAJOR in fields and "browser" not in fields:
        yield f"{key}: {MAJOR} without browser"


def _partner(name: str, partner: PartnerPolicy, policy: Policy) -> Iterator[str]:
    key = f"partners.{name}"
    if not _NAME.fullmatch(name):
        yield f"{key}: a name is lower case letters, digits and hyphens, it becomes a topic's"
    yield from _filled(f"{key}.purpose", partner.purpose)
    yield from _fields(f"{key}.fields", partner.fields)
    yield from duplicates(f"{key}.sites", partner.sites)
    if not partner.fields:
        yield f"{key}.fields: none listed"
    for field in partner.fields:
        if field not in policy.events.fields:
            yield f"{key}.fields: {field!r} is not one of events.fields: no partner gets more"
    if not partner.sites:
        yield f"{key}.sites: none listed"
    for site in partner.sites:
        if site not in policy.sites:
            yield f"{key}.sites: {site!r} is no site of this policy"
    if partner.retention == FOREVER or partner.retention == 0:
        yield f"{key}.retention: {partner.retention} is no retention for a partner's copy"
    elif partner.retention > policy.keys.grace:
        yield (
            f"{key}.retention: {partner.retention} is longer than keys.grace, {policy.keys.grace}; "
            "its copy would be cut before"
        )
    if partner.tcf_vendor is not None and partner.tcf_vendor not in TCF_VENDORS:
        yield f"{key}.tcf_vendor: {partner.tcf_vendor} is no vendor id (1 to 65535)"


def _filled(key: str, text: str) -> Iterator[str]:
    if not text.strip():
        yield f"{key}: empty"
