"""Where each number of a policy comes from: a law, a guideline or a page of decisions.

A number that stands in the file has its source in the file's `[sources]`; one that the file
leaves to the default has the default's, below. There is no number without.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from quietclicks.pipeline.policy.model import Policy

DECISIONS = "docs/decisions/policy-numbers.md"

DEFAULT_SOURCES = {
    "network.ipv4_prefix": f"GDPR Art. 5(1)(c) and recital 30; {DECISIONS}#network",
    "network.ipv6_prefix": f"GDPR Art. 5(1)(c); RFC 6177 (a site's own block); {DECISIONS}#network",
    "time.allowed_lateness": f"{DECISIONS}#time",
    "time.allowed_skew": f"{DECISIONS}#time",
    "keys.grace": f"GDPR Art. 5(1)(e) and recital 26; {DECISIONS}#keys",
    "release.k": f"GDPR recital 26; WP29 Opinion 05/2014 (singling out); {DECISIONS}#release",
    "release.k_dimension.search": f"{DECISIONS}#release",
    "release.cap_hour": f"{DECISIONS}#release",
    "release.cap_day": f"{DECISIONS}#release",
    "release.max_values": f"{DECISIONS}#release",
    "retention.raw": f"GDPR Art. 5(1)(e); {DECISIONS}#retention",
    "retention.rejected": f"{DECISIONS}#retention",
    "retention.internal": f"{DECISIONS}#retention",
    "retention.requests": "GDPR Art. 12(3): one month to answer",
    "retention.restrictions": f"{DECISIONS}#retention",
    "retention.trends": f"GDPR recital 26 (anonymous information); {DECISIONS}#retention",
    "topics.raw_partitions": f"{DECISIONS}#capacity",
    "topics.event_partitions": f"{DECISIONS}#capacity",
    "topics.partials_partitions": f"{DECISIONS}#capacity",
    "topics.trends_partitions": f"{DECISIONS}#capacity",
    "topics.replication": f"{DECISIONS}#capacity",
    "topics.raw_max_message": f"{DECISIONS}#capacity",
    "topics.segment": f"{DECISIONS}#capacity",
    "audit.every": f"{DECISIONS}#audits",
    "tcf.analytics": f"IAB Europe TCF Policies v4, appendix A; {DECISIONS}#consent-strings",
    "tcf.partners": f"IAB Europe TCF Policies v4, appendix A; {DECISIONS}#consent-strings",
    "partners.*.retention": f"GDPR Art. 5(1)(e); {DECISIONS}#retention",
}

Path = tuple[str, ...]


def numbers(policy: Policy) -> dict[Path, object]:
    """Every number in force, by its path in the file; a list of numbers is one."""
    return {path: value for path, value in _walk((), policy) if path != ("version",)}


def key(path: Path) -> str:
    """As `[sources]` and the messages write it: `release.k`."""
    return ".".join(f'"{part}"' if "." in part else part for part in path)


def source(policy: Policy, path: Path) -> str:
    """Where the number at `path` comes from."""
    own = policy.sources.get(key(path))
    if own is not None:
        return own
    if path[0] == "partners":
        return DEFAULT_SOURCES[f"partners.*.{path[2]}"]
    return DEFAULT_SOURCES[key(path)]


def check_sources(policy: Policy, data: Mapping[str, Any]) -> Iterator[str]:
    """Each number in the file without a source, and each source without a number."""
    in_file = {key(path) for path in numbers(policy) if _stands(path, data)}
    for name in sorted(in_file - policy.sources.keys()):
        yield f'{name}: no source; add "{name}" to [sources], naming a law or a decision page'
    for name, text in policy.sources.items():
        if name not in in_file:
            yield f'sources."{name}": no number of this file has that key'
        if not text.strip():
            yield f'sources."{name}": empty'


def _walk(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _walk((*path, name), getattr(value, name))
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _walk((*path, str(name)), entry)
    elif _is_number(value) or (isinstance(value, tuple) and any(map(_is_number, value))):
        yield path, value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _stands(path: Path, data: object) -> bool:
    for part in path:
        if not isinstance(data, Mapping) or part not in data:
            return False
        data = data[part]
    return True
