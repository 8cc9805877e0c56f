"""The statement's part on use: what for and why that is lawful, how long, and who sees it."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import structs

from quietclicks.pipeline.policy import Policy, PurposePolicy
from quietclicks.pipeline.policy.consent_source import From, consent_source
from quietclicks.pipeline.policy.model import HOUR
from quietclicks.pipeline.policy.units import FOREVER, Duration
from quietclicks.pipeline.statement.parts import Bullets, Section, Table, listed, section
from quietclicks.pipeline.topology.topics import deletion_lag, topology
from quietclicks.schemas import topics

_NAMES = {
    "trends": "Counting visits: anonymous numbers",
    "events": "Looking at single visits, without a name",
    "partners": "Passing visits to partners, without a name",
    "objections": "Counting refusals and objections: a number only",
}

_TOLD = {
    "id": "a random-looking number for it",
    "site": "the website",
    "timestamp": "the time to the second",
    "visitor": "your random-looking name of the day",
    "country": "your country",
    "page": "the page",
    "source": "where you came from",
    "search": "what you searched for",
    "device": "the kind of device",
    "browser": "which browser it is",
    "language": "your language",
    "network": "the network of your IP address",
    "os": "your operating system",
    "browser.major": "your browser's version",
}
_SINGLES_OUT = ("network", "os", "browser.major")


class _Kept(NamedTuple):
    """Of one kind of record: how long, and how much longer until it is off the disks."""

    what: str
    how_long: str
    topic: str = ""


def purposes(policy: Policy) -> Section:
    """What for, and the legal basis of each."""
    used = structs.asdict(policy.purposes)
    if not policy.counts_objections:
        used["objections"] = PurposePolicy(enabled=False)
    rows = tuple((title, *_use(used[name])) for name, title in _NAMES.items())
    return section(
        "What it is used for",
        Table(("Use", "Why", "Legal basis"), rows),
        "It is used for nothing else, and it is never sold.",
    )


def choices(policy: Policy) -> Section:
    """What a visitor's signals do."""
    groups = policy.jurisdictions.values()
    counting = [group for group in groups if group.analytics_unknown == "allow"]
    unknown = [
        "As long as you have not chosen, your visits are counted, and nothing more, if you are in "
        f"(by country code) {listed(group.countries)}. Legal basis: {group.legal_basis}."
        for group in counting
        if policy.purposes.trends.enabled
    ]
    asking = "; ".join(group.legal_basis for group in groups if group.analytics_unknown == "deny")
    unknown.append(
        f"{'From anywhere else, or' if unknown else 'As long as you have not chosen, or'} where "
        "we cannot tell the country, your visits are not even counted before you agree"
        + (f" ({asking})." if asking else ".")
    )
    strings = policy.tcf
    return section(
        "Your choice, Do Not Track and Global Privacy Control",
        Bullets(
            (
                "If you refuse analytics, your visits are not counted, and our analysts get "
                "nothing of them.",
                *_counted_objections(policy),
                *_programs(policy),
                *unknown,
                *_vouched(policy),
                "If your browser sends Do Not Track or Global Privacy Control, nothing goes to "
                "any partner and no single visit to our analysts, whatever else you agreed to.",
                "Partners get something only if you agreed to partners.",
                "You can change your mind at any time. It holds from your next page view on; "
                "published numbers stay, since each is about many.",
                "If you chose in a consent window of the IAB framework (TCF), we take as agreement "
                f"to analytics its {_tcf_purposes(strings.analytics)}, and to partners its "
                f"{_tcf_purposes(strings.partners)}. A no anywhere is a no.",
            )
        ),
    )


def kept(policy: Policy) -> Section:
    """How long each kind is kept, and when it is off the disks."""
    keep = policy.retention
    lags = {spec.name: deletion_lag(spec) for spec in topology(policy)}
    rows = [
        _Kept("What arrives, with your IP address", keep.raw.words, topics.RAW),
        _Kept(
            "Single visits, without a name",
            f"until {policy.keys.grace.words} and {policy.time.allowed_lateness.words} after the "
            "end of their day (UTC)",
            topics.PSEUDONYMISED,
        ),
        _Kept(
            "That a visit was not used, and why (nothing of the visit)",
            keep.rejected.words,
            topics.REJECTED,
        ),
        _Kept(
            "Counts that are not published yet",
            f"until their day is published, {keep.internal.words} at most",
            topics.CELLS,
        ),
        _Kept(
            "Your requests to us (without your IP address once they are answered), and our answers",
            keep.requests.words,
        ),
        _Kept(
            "That your visits are not to be used, if you ask for that (a hash of your IP address "
            "and browser, under a key of its own)",
            f"until you take it back, {keep.restrictions.words} at most",
        ),
        _Kept(
            "Which single visits are deleted, or corrected, because somebody asked for it",
            f"until the key of their day is destroyed, {policy.events_at_most.words} at most",
        ),
        *(
            _Kept(f"What goes to {name}", partner.retention.words, topics.PARTNERS + name)
            for name, partner in sorted(policy.partners.items())
        ),
        _Kept("Published numbers, anonymous", _long(keep.trends)),
    ]
    return section(
        "How long it is kept",
        Table(
            ("Kind", "Kept", "Then off our disks within"),
            tuple((row.what, row.how_long, _within(lags.get(row.topic))) for row in rows),
        ),
        "It is deleted from our disks then, not only hidden. Single visits are deleted by the day, "
        "all of a day at once, which is why the last of a day are kept for less time than the "
        "first. Should the program that does this stand still, our store deletes them by itself, "
        f"{policy.events_at_most.words} after they came, and as soon after that. Numbers are kept "
        "longer because trends show only over time; they describe crowds, not people.",
    )


def readers(policy: Policy) -> Section:
    """The roles, each with its own access."""
    fields = policy.events.fields
    extra = [_TOLD[field] for field in _SINGLES_OUT if field in fields]
    return section(
        "Who sees it",
        Table(
            ("Who", "What"),
            (
                (
                    "Our software",
                    "what arrives, and the counts that are not published yet (internal.partials: "
                    "in which hours a nameless visitor came); no person reads these, and of our "
                    "audit program only its reports",
                ),
                (
                    "Our analysts",
                    "single visits without a name, which of them are deleted or corrected on "
                    "request, and published numbers",
                ),
                ("Our operators", "that visits were not used and why, never a visit"),
                ("Our data protection officer", "your requests, and the answers"),
                (
                    "Our auditors",
                    "reports of audits, the record of which key was destroyed when, and "
                    "published numbers",
                ),
                (
                    "Named partners",
                    "what is listed below, of visitors who agreed, and what of it they have to "
                    "delete or correct",
                ),
                ("Everybody else in the company", "published numbers only"),
            ),
        ),
        "Of a single visit our analysts get: "
        f"{listed(tuple(_TOLD.get(field, field) for field in fields))}. Who knows some of your "
        "visits may recognise you by that, and find the others of the same day.",
        *(
            [f"Of these, {listed(tuple(extra))} tell you from nearly everybody else together."]
            if extra
            else []
        ),
        "Each role has its own access and nothing more; who has one has signed for "
        "confidentiality. Everything is encrypted on its way.",
    )


def partners(policy: Policy) -> Section:
    """Each by name, or that there is none."""
    if not policy.partners or not policy.purposes.partners.enabled:
        return section("Partners", "Nothing goes to any partner.")
    rows = tuple(
        (
            name,
            partner.purpose,
            listed(partner.fields),
            listed(partner.sites),
            "none" if partner.tcf_vendor is None else str(partner.tcf_vendor),
        )
        for name, partner in sorted(policy.partners.items())
    )
    return section(
        "Partners",
        "If you agreed to partners, and your browser does not object:",
        Table(("Partner", "What for", "What it gets", "From", "Number in the IAB list"), rows),
        "Each partner gets its own random-looking names: they match neither another partner's nor "
        "ours. Still, who has the visits of two can tell, by page and time, which visits are one.",
    )


def _use(purpose: PurposePolicy) -> tuple[str, str]:
    return (purpose.why, purpose.legal_basis) if purpose.enabled else ("not done", "none needed")


def _counted_objections(policy: Policy) -> Iterator[str]:
    if policy.counts_objections:
        yield (
            "How many visitors refuse, or send Do Not Track or Global Privacy Control, is itself "
            "counted, as a number only. Where your visits are not counted otherwise, the page and "
            "all else of them stays out of it, and you are told from others by a random-looking "
            "name that is used for nothing else and lasts for the day. The number is published "
            f"only if it describes {policy.release.k} visitors or more."
        )


def _programs(policy: Policy) -> Iterator[str]:
    if policy.purposes.trends.enabled:
        yield (
            "How many programs come, such as search engines', is counted apart from visitors. "
            "Taken for a program is whatever calls itself one, leaves an address, is dressed as no "
            "browser is, names none, or is on a public list of crawlers. One that refuses or "
            "objects is counted nowhere."
        )


def _vouched(policy: Policy) -> Iterator[str]:
    sites = [
        name
        for name, site in sorted(policy.sites.items())
        if consent_source(site.collector.consent).kind is From.VOUCHED
    ]
    if sites:
        yield (
            f"On {listed(tuple(sites))} our counting program is not told what each visitor chose: "
            "who runs the website vouches that it sends us visits only of those who agreed to "
            "analytics. Who refuses on the website's page is not sent to us, then. Who opted out "
            "on our page for it is not counted where the browser tells us so; where it does not, "
            "as that page explains, only the website's page helps."
        )


def _tcf_purposes(numbers: tuple[int, ...]) -> str:
    word = "purpose" if len(numbers) == 1 else "purposes"
    return f"{word} {listed(tuple(map(str, numbers)))}"


def _within(lag: Duration | None) -> str:
    """In whole hours."""
    return "" if lag is None else Duration(-(-lag // HOUR) * HOUR).words


def _long(duration: Duration) -> str:
    return "for as long as they are useful" if duration == FOREVER else duration.words
