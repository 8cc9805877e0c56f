"""What a new policy changes for people: stricter, looser, or neither, and whose data it touches.

A change that a program cannot judge (a purpose in other words, a rule for paths) counts as looser,
and says that a person must look. Reads no file.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import Policy, hosts_of, policy_hash
from quietclicks.pipeline.policy.consent_source import From
from quietclicks.pipeline.policy.sources import key


class Verdict(StrEnum):
    """Of one difference, seen from the visitor."""

    STRICTER = "stricter"
    LOOSER = "looser"
    NEITHER = "neither"


class Difference(Struct, frozen=True):
    """One thing that changes. `affected` says whose data."""

    key: str
    verdict: Verdict
    text: str
    affected: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.key}: {self.text}; affects {self.affected}"


class _More(StrEnum):
    """What more of it means: a higher number, one more entry, on instead of off."""

    LOOSER = "looser"
    STRICTER = "stricter"
    NEITHER = "neither"
    JUDGE = "judge"  # any other value: a person must judge, so it counts as looser


class _Rule(NamedTuple):
    pattern: str
    more: _More
    meaning: str
    affected: str


_EVERYONE = "every visitor"
_CONSENTED = "visitors who agreed to analytics"
_TCF = "visitors with a consent string"
_SITE = "visitors of that site"
_PARTNER = "visitors who agreed to partners"
_NOBODY = "nobody's data"
_LOOK = "; a person must look"

_CONSENT = "sites.*.collector.consent"
# To take everybody's consent for given asks less of an operator than any way of reading it.
_VOUCHED = _Rule(_CONSENT, _More.LOOSER, "whether the operator vouches for consent", _SITE)
# The first that fits counts.
_RULES = (
    _Rule("regions", _More.STRICTER, "whose personal numbers are removed", _EVERYONE),
    _Rule("controller.region", _More.JUDGE, "where data stays", _EVERYONE),
    _Rule("controller*", _More.JUDGE, "who answers for the data", _EVERYONE),
    _Rule("network.*", _More.LOOSER, "bits of an address that are kept", _CONSENTED),
    _Rule("time.allowed_lateness", _More.LOOSER, "how long visits and keys are kept", _CONSENTED),
    _Rule("time.*", _More.NEITHER, "which events are in time", _NOBODY),
    _Rule("keys.grace", _More.LOOSER, "how long events and a day's key are kept", _CONSENTED),
    _Rule("release.k*", _More.STRICTER, "fewest visitors that a number describes", _EVERYONE),
    _Rule("release.day_only", _More.STRICTER, "published by the day only", _EVERYONE),
    _Rule("release.cap_*", _More.LOOSER, "how much one visitor may add to a number", _EVERYONE),
    _Rule("release.max_values", _More.NEITHER, "how many values are told apart", _NOBODY),
    _Rule("events.fields", _More.LOOSER, "what analysts get of a visit", _CONSENTED),
    _Rule("retention.raw", _More.LOOSER, "how long raw events are kept", _EVERYONE),
    _Rule("retention.requests", _More.LOOSER, "how long requests are kept", "those who ask"),
    _Rule("retention.restrictions", _More.JUDGE, "how long visits are not used", "who restricts"),
    _Rule("retention.*", _More.LOOSER, "how long it is kept", _EVERYONE),
    _Rule("topics.segment", _More.LOOSER, "until when what is deleted is off the disk", _EVERYONE),
    _Rule("audit*", _More.LOOSER, "how long it is until the next audit", _EVERYONE),
    _Rule("topics.*", _More.NEITHER, "the broker's capacity", _NOBODY),
    _Rule(_CONSENT, _More.JUDGE, "where a visitor's choice is read", _SITE),
    _Rule("sites.*.hosts", _More.LOOSER, "which hosts' pages are the site's", _SITE),
    # A rule that hides one segment may be what shows the next: /:part before /user/john.
    _Rule("sites.*.path_rules", _More.JUDGE, "what is hidden and shown in paths", _SITE),
    # A page that no longer is a search page shows what is typed below it.
    _Rule("sites.*.search_*", _More.JUDGE, "what counts as typed", _SITE),
    _Rule("sites.*.parameters.*", _More.LOOSER, "what of a parameter is in the page", _SITE),
    _Rule("sites.*.encodings", _More.JUDGE, "how typed text that is not UTF-8 is read", _SITE),
    _Rule("sites.*.campaigns", _More.LOOSER, "which campaigns are told by name", _SITE),
    _Rule("purposes.*.enabled", _More.LOOSER, "whether data is used for it", _EVERYONE),
    _Rule("purposes.*", _More.JUDGE, "what is said of the purpose", _EVERYONE),
    _Rule("tcf.*", _More.STRICTER, "what a consent string must agree to", _TCF),
    _Rule("partners.*.retention", _More.LOOSER, "how long the partner's copy is kept", _PARTNER),
    _Rule("partners.*.tcf_vendor", _More.JUDGE, "the vendor that is asked about", _PARTNER),
    _Rule("partners.*.purpose", _More.JUDGE, "what the partner does", _PARTNER),
    _Rule("partners.*", _More.LOOSER, "what the partner gets", _PARTNER),
    _Rule("version", _More.NEITHER, "the file's format", _NOBODY),
    _Rule("*", _More.JUDGE, "no rule of this command knows it", _EVERYONE),
)
# Lists of which the first entry that fits counts.
_ORDERED = frozenset({"path_rules", "search_parameters"})
_TABLES = (("sites", _SITE), ("partners", _PARTNER))


def diff(old: Policy, new: Policy, name: str) -> list[Difference]:
    """Every difference, looser first. `name` is the new file's.

    Raises `UsageError` if the policy changed and its revision was not raised.
    """
    same = policy_hash(replace(new, revision=old.revision)) == policy_hash(old)
    if not same and new.revision <= old.revision:
        raise UsageError(
            f"{name}: revision: the policy changed, so raise its date above {old.revision}"
        )
    old, new = _spelt_out(old), _spelt_out(new)
    found = [*_entries(old, new), *_countries(old, new), *_values(old, new)]
    order = [Verdict.LOOSER, Verdict.STRICTER, Verdict.NEITHER]
    return sorted(found, key=lambda difference: (order.index(difference.verdict), difference.key))


def _spelt_out(policy: Policy) -> Policy:
    """With the hosts of each site, whether listed or left to the default."""
    sites = {
        name: replace(site, hosts=tuple(hosts_of(name, site)))
        for name, site in policy.sites.items()
    }
    return replace(policy, sites=sites)


def _entries(old: Policy, new: Policy) -> Iterator[Difference]:
    for table, affected in _TABLES:
        before, after = getattr(old, table), getattr(new, table)
        for name in after.keys() - before.keys():
            yield Difference(key((table, name)), Verdict.LOOSER, "is new", affected)
        for name in before.keys() - after.keys():
            yield Difference(key((table, name)), Verdict.STRICTER, "is gone", affected)


def _countries(old: Policy, new: Policy) -> Iterator[Difference]:
    before, after = _counting(old), _counting(new)
    for country in after - before:
        yield _country(country, Verdict.LOOSER, "now counted")
    for country in before - after:
        yield _country(country, Verdict.STRICTER, "no longer counted")
    yield from _legal_bases(old, new)


def _country(country: str, verdict: Verdict, text: str) -> Difference:
    affected = f"visitors from {country} who made no choice"
    return Difference(f"jurisdictions: {country}", verdict, f"unknown choice {text}", affected)


def _legal_bases(old: Policy, new: Policy) -> Iterator[Difference]:
    """Of who was in a group before, and is in one now, whatever the groups are called."""
    before = {
        country: group.legal_basis
        for group in old.jurisdictions.values()
        for country in group.countries
    }
    for name, group in new.jurisdictions.items():
        bases = {before[country] for country in group.countries if country in before}
        if others := sorted(bases - {group.legal_basis}):
            text = f"the legal basis: {' or '.join(others)} → {group.legal_basis}{_LOOK}"
            at = key(("jurisdictions", name, "legal_basis"))
            yield Difference(at, Verdict.LOOSER, text, "visitors from there")


def _counting(policy: Policy) -> set[str]:
    return {
        country
        for group in policy.jurisdictions.values()
        if group.analytics_unknown == "allow"
        for country in group.countries
    }


def _values(old: Policy, new: Policy) -> Iterator[Difference]:
    before, after = dict(_flat((), old)), dict(_flat((), new))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path) or _told_elsewhere(path, old, new):
            continue
        rule = next(rule for rule in _RULES if fnmatchcase(".".join(path), rule.pattern))
        was, now = before.get(path), after.get(path)
        if rule.pattern == _CONSENT and From.VOUCHED in (was, now):
            rule = _VOUCHED
            was, now = was == From.VOUCHED, now == From.VOUCHED
        look = _LOOK if _is_for_a_person(rule.more, was, now) else ""
        text = f"{rule.meaning}: {_text(was)} → {_text(now)}{look}"
        yield Difference(key(path), _verdict(rule.more, was, now), text, rule.affected)


def _told_elsewhere(path: tuple[str, ...], old: Policy, new: Policy) -> bool:
    if path[0] in ("revision", "changes", "sources", "jurisdictions"):
        return True
    named = {table for table, _ in _TABLES}
    return path[0] in named and not (
        path[1] in getattr(old, path[0]) and path[1] in getattr(new, path[0])
    )


def _is_for_a_person(more: _More, was: object, now: object) -> bool:
    """Also a text in other words: of two patterns none is more."""
    return more is _More.JUDGE or (
        more is not _More.NEITHER and isinstance(was, str) and isinstance(now, str)
    )


def _verdict(more: _More, was: object, now: object) -> Verdict:
    if _is_for_a_person(more, was, now):
        return Verdict.LOOSER
    if more is _More.NEITHER:
        return Verdict.NEITHER
    if isinstance(was, frozenset) and isinstance(now, frozenset):
        if not (was < now or now < was):
            return Verdict.LOOSER  # some came and some went
        grew = was < now
    elif was is None or now is None:
        grew = was is None
    else:
        grew = now > was  # type: ignore[operator]
    return Verdict.LOOSER if grew == (more is _More.LOOSER) else Verdict.STRICTER


def _flat(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _flat((*path, name), getattr(value, name))
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _flat((*path, str(name)), entry)
    elif isinstance(value, tuple) and path[-1] in _ORDERED:
        yield path, value
    elif isinstance(value, tuple):
        yield path, frozenset(value)
    else:
        yield path, value


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset | tuple):
        texts = map(str, value)
        return ", ".join(texts if isinstance(value, tuple) else sorted(texts)) or "none"
    return str(value)
