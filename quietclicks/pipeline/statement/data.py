"""The statement's part on data: what is collected, what is not, and how it is made anonymous."""

from ipaddress import ip_network

from quietclicks.pipeline.fields import SAID
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.statement.parts import Bullets, Section, listed, section

# Addresses that documentation may use (RFC 5737, RFC 3849)
_EXAMPLES = ("203.0.113.77", "2001:db8:1:2:3:4:5:6")


def collected(policy: Policy) -> Section:
    """The fields of a raw event, in words."""
    return section(
        "What is collected",
        f"This covers visits to {listed(tuple(sorted(policy.sites)))}. "
        "When you look at a page, your browser sends, and we read:",
        Bullets(SAID),
        "That is all. Whatever else arrives with it is dropped when it is read, and never used. "
        "No cookie is needed for this, and none is set.",
    )


def not_collected() -> Section:
    """What a retailer has elsewhere."""
    return section(
        "What this is not about",
        "Your account, your orders and payments, marketing messages and your talks with our "
        "support are kept elsewhere, for other ends, and have their own statements. None of it "
        "is used here: such data is dropped when it is read, and what you may type into our "
        "search by accident (an e-mail address, a telephone or card number) is removed where we "
        "recognise it.",
    )


def protected(policy: Policy) -> Section:
    """How it is made anonymous, in the order in which it happens."""
    release, keys = policy.release, policy.keys
    own = ", ".join(f"{d.plural}: {number}" for d, number in sorted(release.k_dimension.items()))
    by_day = listed(tuple(dimension.plural for dimension in sorted(release.day_only)))
    parameters = sorted({p for site in policy.sites.values() for p in site.allowed_parameters})
    kept = f"all but {listed(tuple(parameters))} are removed" if parameters else "all are removed"
    return section(
        "How it is made anonymous",
        Bullets(
            (
                "Your country is looked up by your IP address, and nothing more exact. "
                f"{_address(policy)}",
                "You get a random-looking name that is good for one day and one website. "
                f"The visits that bear it are deleted {keys.grace.words} after the day has ended, "
                "and after them the key that it was made with; then nobody can tell any more which "
                "visits were yours, not even we.",
                f"Of a page's address the parameters are cut: {kept}. What we recognise in it as "
                "naming a person is replaced.",
                "Of the referrer only the website is kept, never the page.",
                "From searches, e-mail addresses, telephone, card and account numbers, postal "
                "addresses and long numbers are removed.",
                f"A number is published only if it describes at least {release.k} different "
                f"visitors ({own}), and no smaller group can be worked out from it. Numbers of "
                f"visitors are rounded down to multiples of {release.k}. Only by the day, never by "
                f"the hour: {by_day}.",
                f"One visitor counts with at most {release.cap_hour} page views an hour and "
                f"{release.cap_day} a day, so that nobody stands out; as long as what one visitor "
                "does arrives in one part of our log, which is for the program that sends it to "
                "see to.",
                f"What arrives more than {policy.time.allowed_lateness.words} after its hour has "
                f"ended, or bears a time more than {policy.time.allowed_skew.words} ahead of our "
                "clock, is thrown away.",
            )
        ),
    )


def _address(policy: Policy) -> str:
    if "network" not in policy.events.fields:
        return "Neither the address nor a part of it goes on."
    network = policy.network
    return (
        f"The address is cut to its first {network.ipv4_prefix} of 32 bits, or "
        f"{network.ipv6_prefix} of 128 for the newer kind: {_cut(policy)}. Only that goes on."
    )


def _cut(policy: Policy) -> str:
    prefixes = policy.network.ipv4_prefix, policy.network.ipv6_prefix
    return ", ".join(
        f"{address} becomes {ip_network((address, prefix), strict=False)}"
        for address, prefix in zip(_EXAMPLES, prefixes, strict=True)
    )
