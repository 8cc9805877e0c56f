"""The statement's part on data: what is collected, what is not, and what protects visitors.

Each sentence is a promise: docs/promises.md says what holds it.
"""

from ipaddress import ip_network

from quietclicks.pipeline.fields import SAID
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.consent_source import From, consent_source
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
        f"No cookie is needed for this{_but_the_choices(policy)}, and this sets none, but for the "
        "one in which your browser keeps for a year that you opted out, should you do so on our "
        "page for it.",
    )


def _but_the_choices(policy: Policy) -> str:
    """The cookies that the collector reads, which are the websites' own."""
    names = sorted(
        {
            source.name
            for site in policy.sites.values()
            if (source := consent_source(site.collector.consent)).kind is From.COOKIE
        }
    )
    if not names:
        return ""
    return f" but that in which the website keeps your choice ({listed(tuple(names))})"


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
    """What is done to data, in the order in which it happens."""
    release, keys = policy.release, policy.keys
    own = ", ".join(f"{d.plural}: {number}" for d, number in sorted(release.k_dimension.items()))
    by_day = listed(tuple(dimension.plural for dimension in sorted(release.day_only)))
    return section(
        "How you are protected",
        "Numbers are made anonymous. Single visits are not: they bear a random-looking name in "
        "place of yours. So they are kept for a short time, and all your rights hold for them.",
        Bullets(
            (
                "Your country is looked up by your IP address, and nothing more exact. "
                f"{_address(policy)}",
                "You get a random-looking name that is good for one day and one website. "
                f"From {keys.grace.words} and {policy.time.allowed_lateness.words} after the day "
                "has ended, all visits that bear it are deleted, and then the key it was made "
                "with is destroyed. With that there is nothing left on our systems that tells "
                "which visits were yours.",
                "Until then, whoever may look at single visits can recognise yours if they know "
                "when you looked at a page, and sometimes by your browser and language.",
                f"Of a page's address the parameters are cut: {_parameters(policy)}. What we "
                "recognise in it as naming a person is replaced.",
                "Of where you came from only the kind of place and the website are kept, never the "
                f"page. {_campaigns(policy)}",
                "From searches, e-mail addresses, telephone, card and account numbers, postal "
                "addresses and long numbers are removed where we recognise them.",
                f"A number is published only if it describes at least {release.k} different "
                f"visitors ({own}), and the number of no smaller group follows from all that is "
                "published by adding and subtracting. A number of visitors says about: a random "
                "number is added to it, and the sum is given as a multiple of "
                f"{release.k}. The pages of a search are counted as one page, under the threshold "
                f"of what is typed there. Only by the day, never by the hour: {by_day}.",
                f"One visitor counts with at most {release.cap_hour} page views an hour and "
                f"{release.cap_day} a day, so that nobody stands out. Where our systems take one "
                "visitor's visits in at several places, that holds for each of them.",
                f"What arrives more than {policy.time.allowed_lateness.words} after its hour has "
                f"ended, or bears a time more than {policy.time.allowed_skew.words} ahead of our "
                "clock, is not used.",
            )
        ),
    )


def _parameters(policy: Policy) -> str:
    names = sorted({name for site in policy.sites.values() for name in site.parameters})
    if not names:
        return "all are removed"
    return f"all but {listed(tuple(names))} are removed, and of these all values we do not expect"


def _campaigns(policy: Policy) -> str:
    names = sorted({name for site in policy.sites.values() for name in site.campaigns})
    kept = f", unless it is one of ours: {listed(tuple(names))}" if names else ""
    return (
        "Where a link says what it is part of (a campaign), we keep whether that is a search "
        f"engine, a network or an assistant; of any other only that there was one{kept}."
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
