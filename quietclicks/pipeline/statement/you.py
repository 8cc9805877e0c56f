"""The statement's part on the reader: rights, transfers, limits, what changed, and every figure."""

from quietclicks.pipeline.policy import ControllerPolicy, Policy
from quietclicks.pipeline.policy.model import DAY
from quietclicks.pipeline.policy.show import value_text
from quietclicks.pipeline.policy.sources import key, numbers, source
from quietclicks.pipeline.statement.parts import Bullets, Section, Table, section
from quietclicks.schemas.trend import Dimension

DECLINE = (
    "We may decline a request that we cannot tie to you, or that would show us another person's "
    "data, and give you the reason."
)


def transfers(policy: Policy, controller: ControllerPolicy) -> Section:
    """What may cross a border."""
    return section(
        "Where it is",
        f"Everything stays in {controller.region}, under its law. Only published numbers, each "
        f"describing {policy.release.k} visitors or more, may be sent elsewhere: they are about "
        "crowds, not persons.",
    )


def rights(policy: Policy, controller: ControllerPolicy) -> Section:
    """How to use them, and when one cannot be granted."""
    return section(
        "Your rights",
        f"Write to our data protection officer: {controller.contact}. You may ask",
        Bullets(
            (
                "what we have about your visits, and for a copy to take elsewhere",
                "to correct it, or to delete it",
                "not to use it (restriction), now and later",
                "to object, or take back your consent: refuse in the consent window, and "
                "your visits are not counted either; or switch Do Not Track or Global Privacy "
                "Control on, which ends all but the counting; no letter needed",
            )
        ),
        "As there is no name on a visit, we need the day, and your IP address and browser, to "
        f"find it. From {policy.keys.grace.words} and {policy.time.allowed_lateness.words} after "
        "the day on, its visits are deleted and its key is destroyed: then there is nothing left "
        f"to find, and we will say so. {DECLINE} "
        f"Your request is kept for {policy.retention.requests.words}"
        f" as a proof. You may also complain to {controller.authority}.",
    )


def limits(policy: Policy) -> Section:
    """What no measure does."""
    release = policy.release
    typed = release.k_dimension.get(Dimension.SEARCH, release.k)
    return section(
        "Checks and limits",
        f"{_audits(policy)}No measure is perfect. In particular:",
        Bullets(
            (
                "We cannot recognise every name that somebody types into our search; what protects "
                f"there is that a term is published only if {typed} visitors or more typed it. Nor "
                "can we every name in a page's address or a website's; these are published only if "
                f"{release.k_dimension.get(Dimension.PAGE, release.k)} and "
                f"{release.k_dimension.get(Dimension.SOURCE, release.k)} visitors or more were "
                "there, but our analysts, and the partners that get them, see them in single "
                "visits.",
                "Published numbers do not keep anybody from guessing: what is likely, and what all "
                "of a crowd have in common, is said of each of them.",
                "Whoever knows some of the visits can take them off, and learns about the rest.",
                "Names are made anew for each who gets visits, but that does not keep two of them "
                "apart: who has both ours and a partner's, or two partners', can tell by time and "
                "page which are of one visitor.",
                "Somebody who can pretend to be many visitors can learn more than others.",
                "Things that go together tell on each other: a browser that always objects, a "
                "website whose links all lead to one page, a language and its country.",
                "One person with two devices counts as two visitors, and people with one address "
                "and the same browser count as one.",
                "What somebody copied while they might look at it is out of our reach.",
            )
        ),
    )


def _audits(policy: Policy) -> str:
    if policy.audit is None:
        return ""
    every = policy.audit.every
    often = "every day" if every == DAY else f"every {every.words}"
    return (
        f"This is audited {often}: what the systems do is measured against this text, and the "
        "result is recorded. "
    )


def changes(policy: Policy) -> Section:
    """When it was last revised, and what each revision changed."""
    text = f"This text may change, at once. It was last revised on {policy.revision}."
    if not policy.changes:
        return section("Changes", text)
    rows = tuple((change.revision, change.text) for change in policy.changes)
    return section("Changes", text, Table(("Revision", "What changed"), rows))


def figures(policy: Policy) -> Section:
    """Every number in force, those of the machinery too."""
    return section(
        "Every figure, and where it comes from",
        Table(
            ("Figure", "Value", "Source"),
            tuple(
                (key(path), value_text(value), source(policy, path))
                for path, value in numbers(policy).items()
            ),
        ),
    )
