"""The promises of the public statement, and what measures each of them live: one table.

docs/promises.md has the same sections and words, with the tests besides. A sentence that no row
names is not checked, and the report says so: nothing is taken for held.
"""

from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.statement.sentences import ALL, ROWS


class Unmeasured(StrEnum):
    """Why nothing measures a sentence."""

    CONTROLLER = "the controller's promise: no software can measure it"
    UNDER_TEST = "held by tests of the software; a running system shows nothing of it"
    LIMIT = "a limit that is declared, and no promise"
    NO_PROMISE = "no promise: words that lead to others"
    NO_ROW = "nobody has said yet what measures this sentence"


class Promise(Struct, frozen=True):
    """Words of one sentence, or a mark for several; what measures it, or why nothing does."""

    words: str
    checks: tuple[Check, ...] = ()
    why: Unmeasured | None = None


def _by(words: str, *checks: Check) -> Promise:
    return Promise(words, checks)


def _not(words: str, why: Unmeasured) -> Promise:
    return Promise(words, why=why)


PROMISES: dict[str, tuple[Promise, ...]] = {
    "What is collected": (
        _by("This covers visits to", Check.EVENTS),
        _not("When you look at a page", Unmeasured.UNDER_TEST),
        _not("your IP address", Unmeasured.UNDER_TEST),
        _not("the date and time", Unmeasured.UNDER_TEST),
        _not("the page you look at", Unmeasured.UNDER_TEST),
        _not("the address of the page that led you here", Unmeasured.UNDER_TEST),
        _not("the type of your browser", Unmeasured.UNDER_TEST),
        _not("your preferred language", Unmeasured.UNDER_TEST),
        _not("what you type into our search", Unmeasured.UNDER_TEST),
        _not("whether you agreed, refused or object", Unmeasured.UNDER_TEST),
        _not("That is all.", Unmeasured.UNDER_TEST),
        _by("Whatever else arrives", Check.EVENTS),
        _not("No cookie is needed", Unmeasured.UNDER_TEST),
    ),
    "What this is not about": (
        _not("Your account, your orders", Unmeasured.CONTROLLER),
        _by("None of it is used here", Check.EVENTS),
    ),
    "What it is used for": (
        _by(ROWS, Check.CHOICES),
        _not("It is used for nothing else", Unmeasured.CONTROLLER),
    ),
    "Your choice, Do Not Track and Global Privacy Control": (
        _by("If you refuse analytics", Check.CHOICES),
        _not("is itself counted", Unmeasured.UNDER_TEST),
        _by("the page and all else of them stays out of it", Check.THRESHOLDS),
        _by("The number is published only if", Check.THRESHOLDS),
        _not("How many programs come", Unmeasured.UNDER_TEST),
        _not("Taken for a program", Unmeasured.UNDER_TEST),
        _not("One that refuses or objects", Unmeasured.UNDER_TEST),
        _not("As long as you have not chosen", Unmeasured.UNDER_TEST),
        _not("Legal basis: notice", Unmeasured.UNDER_TEST),
        _not("From anywhere else", Unmeasured.UNDER_TEST),
        _by("If your browser sends Do Not Track", Check.CHOICES),
        _by("Partners get something only if", Check.CHOICES),
        _not("You can change your mind", Unmeasured.CONTROLLER),
        _by("It holds from your next page view on", Check.CHOICES),
        _not("If you chose in a consent window", Unmeasured.UNDER_TEST),
        _by("A no anywhere is a no", Check.CHOICES),
    ),
    "How you are protected": (
        _by("Numbers are made anonymous", Check.THRESHOLDS, Check.DIFFERENCING),
        _not("Single visits are not", Unmeasured.LIMIT),
        _by("So they are kept for a short time", Check.CUTS, Check.RETENTION),
        _not("Your country is looked up by", Unmeasured.UNDER_TEST),
        _by("Neither the address nor a part", Check.EVENTS),
        _by("You get a random-looking name", Check.PSEUDONYMS),
        _by("all visits that bear it are deleted", Check.CUTS),
        _by("With that there is nothing left", Check.KEYS, Check.RECEIPTS),
        _not("whoever may look at single visits can recognise", Unmeasured.LIMIT),
        _by("Of a page's address the parameters", Check.EVENTS),
        _by("What we recognise in it as naming a person", Check.EVENTS),
        _by("Of where you came from", Check.EVENTS),
        _by("Where a link says what it is part of", Check.EVENTS),
        _by("From searches, e-mail addresses", Check.EVENTS),
        _by("A number is published only if it describes", Check.THRESHOLDS, Check.DIFFERENCING),
        _by("A number of visitors says about", Check.THRESHOLDS),
        _by("The pages of a search are counted", Check.THRESHOLDS),
        _by("Only by the day", Check.THRESHOLDS),
        _not("One visitor counts with at most", Unmeasured.UNDER_TEST),
        _not("in at several places", Unmeasured.UNDER_TEST),
        _not("What arrives more than", Unmeasured.UNDER_TEST),
    ),
    "How long it is kept": (
        _by(ROWS, Check.RETENTION),
        _by("It is deleted from our disks then", Check.RETENTION, Check.CUTS),
        _by("Single visits are deleted by the day", Check.CUTS),
        _by("Should the program that does this stand still", Check.RETENTION, Check.TOPICS),
        _by("Numbers are kept longer", Check.THRESHOLDS, Check.WINDOWS),
    ),
    "Who sees it": (
        _by(ROWS, Check.ACCESS),
        _by("Of a single visit our analysts get", Check.EVENTS),
        _not("Who knows some of your visits", Unmeasured.LIMIT),
        _by("Each role has its own access", Check.ACCESS),
        _by("Everything is encrypted on its way", Check.ENCRYPTION),
    ),
    "Partners": (
        _by("If you agreed to partners", Check.CHOICES),
        _by(ROWS, Check.EVENTS),
        _by("Each partner gets its own", Check.PSEUDONYMS),
        _not("Still,", Unmeasured.LIMIT),
    ),
    "Where it is": (
        _not("Everything stays in", Unmeasured.CONTROLLER),
        _by("Only published numbers", Check.ACCESS),
    ),
    "Your rights": (
        _not("Write to our data protection officer", Unmeasured.CONTROLLER),
        _not("You may ask", Unmeasured.NO_PROMISE),
        _not("what we have about your visits", Unmeasured.UNDER_TEST),
        _not("to correct it, or to delete it", Unmeasured.UNDER_TEST),
        _not("not to use it", Unmeasured.UNDER_TEST),
        _not("to object, or take back your consent", Unmeasured.UNDER_TEST),
        _not("we need the day", Unmeasured.UNDER_TEST),
        _by("its visits are deleted and its key is destroyed", Check.CUTS, Check.KEYS),
        _not("We may decline a request", Unmeasured.UNDER_TEST),
        _by("Your request is kept for", Check.RETENTION),
        _not("You may also complain", Unmeasured.CONTROLLER),
    ),
    "Checks and limits": (
        _by("This is audited", Check.AUDITS, Check.LOG),
        _not("No measure is perfect", Unmeasured.NO_PROMISE),
        _not("In particular", Unmeasured.NO_PROMISE),
        _not("We cannot recognise every name", Unmeasured.LIMIT),
        _not("Nor can we every name", Unmeasured.LIMIT),
        _not("do not keep anybody from guessing", Unmeasured.LIMIT),
        _not("Whoever knows some of the visits", Unmeasured.LIMIT),
        _not("Names are made anew for each", Unmeasured.LIMIT),
        _not("pretend to be many visitors", Unmeasured.LIMIT),
        _not("Things that go together", Unmeasured.LIMIT),
        _not("One person with two devices", Unmeasured.LIMIT),
        _not("What somebody copied", Unmeasured.CONTROLLER),
    ),
    "Changes": (
        _not(ROWS, Unmeasured.UNDER_TEST),
        _not("This text may change", Unmeasured.NO_PROMISE),
        _by("It was last revised", Check.POLICY),
    ),
    "Every figure, and where it comes from": (_by(ALL, Check.POLICY),),
}
"""By the section's title, as the shipped policy has them."""

OTHERS: dict[str, tuple[Promise, ...]] = {
    "How you are protected": (
        _by("The address is cut to its first", Check.EVENTS),
        _by("Only that goes on.", Check.EVENTS),
    ),
    "Who sees it": (_not("tell you from nearly everybody else", Unmeasured.LIMIT),),
    "Partners": (_by("Nothing goes to any partner", Check.TOPICS, Check.ACCESS),),
}
"""Sentences that other policies have in their places."""
