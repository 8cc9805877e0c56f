"""A policy as a person reads it on a terminal: every number in force, and where it comes from."""

from collections.abc import Iterator

from quietclicks.pipeline.policy import Policy, hosts_of, policy_hash
from quietclicks.pipeline.policy.consent_source import From
from quietclicks.pipeline.policy.sources import key, numbers, source

_DEFAULT = " (default)"


def show(policy: Policy) -> str:
    """Several lines, without a newline at the end."""
    return "\n".join(_lines(policy))


def value_text(value: object) -> str:
    """As the file has it, but for quotes."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _lines(policy: Policy) -> Iterator[str]:
    yield f"revision {policy.revision}, hash {policy_hash(policy)}"
    yield f"sites: {', '.join(policy.sites)}"
    for name, site in policy.sites.items():
        yield f"site {name}: pages on {', '.join(sorted(hosts_of(name, site)))}"
        yield f"site {name}: the collector reads a visitor's choice from: {site.collector.consent}"
        if site.collector.consent == From.VOUCHED:
            yield (
                f"site {name}: all that is sent is taken for agreed, and who opts out on the "
                "collector's page is not heard where a tracker sends no cookie (docs/trackers.md)"
            )
    for name in policy.purposes.__struct_fields__:
        purpose = getattr(policy.purposes, name)
        on = policy.counts_objections if name == "objections" else purpose.enabled
        yield f"purpose {name}: {'on' if on else 'off'}; {purpose.legal_basis}"
    for name, group in policy.jurisdictions.items():
        rule = "counted" if group.analytics_unknown == "allow" else "not counted"
        yield f"jurisdiction {name}: an unknown choice is {rule}; {group.legal_basis}"
    yield f"events: {', '.join(policy.events.fields)}"
    for name, partner in policy.partners.items():
        yield f"partner {name}: {partner.purpose}; {', '.join(partner.fields)}"
    rows = [
        (
            key(path),
            value_text(value) + ("" if key(path) in policy.sources else _DEFAULT),
            source(policy, path),
        )
        for path, value in numbers(policy).items()
    ]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, text, origin in rows:
        yield f"{name:<{names}}  {text:<{values}}  {origin}"
