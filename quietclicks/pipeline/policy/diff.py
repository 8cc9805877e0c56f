"""What a new policy changes for people: stricter, looser, or neither, and whose data it touches.

A change that a program cannot judge (a purpose in other words) counts as looser. Reads no file.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import Policy, policy_hash
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

# The first that fits counts.
_RULES = (
    _Rule("regions", _More.STRICTER, "whose personal numbers are removed", _EVERYONE),
    _Rule("controller.region", _More.JUDGE, "where data stays", _EVERYONE),
    _Rule("controller*", _More.NEITHER, "who answers for the data", _NOBODY),
    _Rule("network.*", _More.LOOSER, "bits of an address that are kept", _CONSENTED),
    _Rule("time.*", _More.NEITHER, "which events are in time", _NOBODY),
    _Rule("keys.grace", _More.LOOSER, "how long events and a day's key are kept", _CONSENTED),
    _Rule("release.k*", _More.STRICTER, "fewest visitors that a number describes", _EVERYONE),
    _Rule("release.day_only", _More.STRICTER, "published by the day only", _EVERYONE),
    _Rule("release.cap_*", _More.LOOSER, "how much one visitor may add to a number", _EVERYONE),
    _Rule("release.max_values", _More.NEITHER, "how many values are told apart", _NOBODY),
    _Rule("events.fields", _More.LOOSER, "what analysts get of a visit", _CONSENTED),
    _Rule("retention.raw", _More.LOOSER, "how long raw events are kept", _EVERYONE),
    _Rule("retention.requests", _More.LOOSER, "how long requests are kept", "those who ask"),
    _Rule("retention.*", _More.LOOSER, "how long it is kept", _EVERYONE),
    _Rule("topics.*", _More.NEITHER, "the broker's capacity", _NOBODY),
    _Rule("sites.*.path_rules.hidden", _More.STRICTER, "what is hidden in paths", _SITE),
    _Rule("sites.*.path_rules.shown", _More.LOOSER, "what is shown in paths", _SITE),
    _Rule("sites.*", _More.LOOSER, "what is kept of a URL", _SITE),
    _Rule("purposes.*.enabled", _More.LOOSER, "whether data is used for it", _EVERYONE),
    _Rule("purposes.*", _More.JUDGE, "what is said of the purpose", _EVERYONE),
    _Rule("jurisdictions.*.legal_basis", _More.JUDGE, "the legal basis", "visitors from there"),
    _Rule("tcf.*", _More.STRICTER, "what a consent string must agree to", _TCF),
    _Rule("partners.*.retention", _More.LOOSER, "how long the partner's copy is kept", _PARTNER),
    _Rule("partners.*.tcf_vendor", _More.JUDGE, "the vendor that is asked about", _PARTNER),
    _Rule("partners.*.purpose", _More.JUDGE, "what the partner does", _PARTNER),
    _Rule("partners.*", _More.LOOSER, "what the partner gets", _PARTNER),
    _Rule("version", _More.NEITHER, "the file's format", _NOBODY),
)
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
    found = [*_entries(old, new), *_countries(old, new), *_values(old, new)]
    order = [Verdict.LOOSER, Verdict.STRICTER, Verdict.NEITHER]
    return sorted(found, key=lambda difference: (order.index(difference.verdict), difference.key))


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


def _country(country: str, verdict: Verdict, text: str) -> Difference:
    affected = f"visitors from {country} who made no choice"
    return Difference(f"jurisdictions: {country}", verdict, f"unknown choice {text}", affected)


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
        text = f"{rule.meaning}: {_text(was)} → {_text(now)}"
        yield Difference(key(path), _verdict(rule.more, was, now), text, rule.affected)


def _told_elsewhere(path: tuple[str, ...], old: Policy, new: Policy) -> bool:
    if path[0] in ("revision", "changes", "sources"):
        return True
    if path[0] == "jurisdictions":
        return path[-1] != "legal_basis" or not (
            path[1] in old.jurisdictions and path[1] in new.jurisdictions
        )
    named = {table for table, _ in _TABLES}
    return path[0] in named and not (
        path[1] in getattr(old, path[0]) and path[1] in getattr(new, path[0])
    )


def _verdict(more: _More, was: object, now: object) -> Verdict:
    if more is _More.JUDGE:
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
    elif path[-1:] == ("path_rules",) and isinstance(value, tuple):
        # A rule may do both: `*` lets pass what the default rules would have hidden.
        yield (*path, "hidden"), frozenset(rule for rule in value if ":" in rule)
        yield (*path, "shown"), frozenset(rule for rule in value if "*" in rule)
    elif isinstance(value, tuple):
        yield path, frozenset(value)  # no other list of the file has an order that matters
    else:
        yield path, value


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value))) or "none"
    return str(value)
