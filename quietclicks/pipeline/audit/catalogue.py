"""All checks of the audit, once: their names, which never change, and what each of them measures.

docs/audit.md has them in this order, with these words. Nothing here measures anything.
"""

from enum import StrEnum

from msgspec import Struct


class Check(StrEnum):
    """By these names a report, and programs that read it, know a check."""

    TOPICS = "topics"
    ACCESS = "access"
    ENCRYPTION = "encryption"
    RETENTION = "retention"
    CUTS = "cuts"
    KEYS = "keys"
    RECEIPTS = "receipts"
    EVENTS = "events"
    PSEUDONYMS = "pseudonyms"
    CHOICES = "choices"
    THRESHOLDS = "thresholds"
    DIFFERENCING = "differencing"
    WINDOWS = "windows"
    LOG = "log"
    ANCHORS = "anchors"
    POLICY = "policy"
    AUDITS = "audits"


class Meaning(Struct, frozen=True):
    """For people: a title, what is measured, and what that cannot see."""

    title: str
    measures: str
    blind: str


MEANINGS = {
    Check.TOPICS: Meaning(
        "Topics are kept as the policy asks",
        "the broker's topics, their settings and the brokers' own against the policy: what is "
        "missing, differs, is unlisted, or would make topics by itself",
        "what was otherwise between two audits, and put back (the audit log notes drift)",
    ),
    Check.ACCESS: Meaning(
        "Nobody may do more than the table of roles says",
        "users, access list and authorizer of the broker against the roles that follow from the "
        "policy",
        "super users and allow.everyone.if.no.acl.found, whose values a broker does not tell; who "
        "knows a password; who reads the broker's disk",
    ),
    Check.ENCRYPTION: Meaning(
        "Everything is encrypted on its way",
        "each listener of each broker, and how this audit itself reaches it",
        "the way from a browser to the collector; a proxy that takes the encryption off",
    ),
    Check.RETENTION: Meaning(
        "Nothing is older than it may be",
        "the append time of the oldest record of each topic that ends, against its retention and "
        "the time until a segment is off the disk",
        "backups and mirrors; freed blocks of a disk; that the audit's own clock is ahead, which "
        "makes it too strict",
    ),
    Check.CUTS: Meaning(
        "Events of days that are over are gone",
        "events of each topic of single visits: is one of a day that was due to be cut",
        "events without a time, as a partner may get them: the retention alone ends those",
    ),
    Check.KEYS: Meaning(
        "Keys die when they must, and stay dead",
        "the topic of keys: a key that is due and lives, one of a destroyed day that is there "
        "(again), one that the audit log does not know",
        "copies outside the topic: backups, mirrors, memory",
    ),
    Check.RECEIPTS: Meaning(
        "Each destroyed key has its receipt",
        "the days whose keys are destroyed against the audit log's last step of a key's end",
        "keys that were gone before the log began",
    ),
    Check.EVENTS: Meaning(
        "Single visits hold nothing that they may not",
        "events for analysts and partners, rejections, and the values of published numbers: "
        "unlisted fields, forms, headers, addresses, e-mail, tokens, long numbers",
        "names, and what no pattern knows; of very long topics a part is looked at",
    ),
    Check.PSEUDONYMS: Meaning(
        "A name is good for one day, one website and one recipient",
        "the pseudonyms of all topics of events: does one stand on two days, sites or topics",
        "that two recipients join their events by time (a declared limit)",
    ),
    Check.CHOICES: Meaning(
        "Only who agreed is passed on",
        "every event that was passed on, against what is decided anew about the raw events while "
        "they live, under a key that is thrown away",
        "a record that equals, but for its names, one that somebody else agreed to; events whose "
        "raw event is gone; countries, if the audit is given another database than the workers",
    ),
    Check.THRESHOLDS: Meaning(
        "Each number describes enough visitors",
        "published numbers against the policy's thresholds, dimensions and multiples, and whether "
        "a number was published twice",
        "whether enough visitors are in a number of views: that was made sure of with events that "
        "are gone",
    ),
    Check.DIFFERENCING: Meaning(
        "No smaller group follows from published numbers",
        "published numbers of the last days, attacked by adding and subtracting",
        "guesses, what an attacker knows besides, and groups that numbers alone do not decide",
    ),
    Check.WINDOWS: Meaning(
        "What is published is what was released",
        "published numbers of the last days, counted and hashed, against the audit log",
        "windows that the log does not know yet",
    ),
    Check.LOG: Meaning(
        "The audit log is whole",
        "each entry, each signed checkpoint, and whether something is missing between them",
        "a log that was made anew by whoever holds its key: see anchors",
    ),
    Check.ANCHORS: Meaning(
        "The audit log is the one that others have seen",
        "the log against checkpoints that lie elsewhere: the anchor file, a month's published "
        "numbers, the public summary, the newest report before",
        "what came after the newest of them",
    ),
    Check.POLICY: Meaning(
        "The policy in force is the one that is shown",
        "the policy file against what the audit log says is in force; whether one revision's date "
        "stands for two policies",
        "a policy that came and went between two rounds of the log",
    ),
    Check.AUDITS: Meaning(
        "Audits come when they should, and are recorded",
        "the reports before this one: when they came, and whether the audit log has each of them",
        "whether anybody reads them",
    ),
}
"""In the order in which a report tells of them."""
