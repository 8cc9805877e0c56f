"""What is given to the person, in plain words: what was found, what it is for, and who has it.

Its general part is the public statement's own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.statement import html
from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.statement.parts import Bullets, Section, Table, section
from quietclicks.pipeline.statement.use import kept, partners, purposes, readers
from quietclicks.pipeline.statement.you import rights
from quietclicks.schemas.rights import Answer, DayAnswer


def report(answer: Answer, events: Sequence[Mapping[str, Any]], policy: Policy) -> str:
    """A page of HTML."""
    sections = [
        section(
            "What this is",
            f"You asked what we have about your visits to {answer.site}. This page says it in "
            "words; the files beside it hold the same for computers, and manifest.json lists them.",
        ),
        section("Which days were searched", Bullets(tuple(map(day_words, answer.days)))),
        _found(events),
        *_unreached(answer.unreached),
        section(
            "Where it comes from",
            "From your browser, as it asked our websites for pages. Your IP address and browser "
            "were read to tell your visits from others', and are not kept.",
        ),
        purposes(policy),
        readers(policy),
        partners(policy),
        kept(policy),
    ]
    if policy.controller is not None:
        sections.append(rights(policy, policy.controller))
    return html.render(Statement("Your visits", policy.revision, tuple(sections)))


def day_words(day: DayAnswer) -> str:
    """A day's line, for the person and for the officer."""
    until = f"; it can be found until {day.findable_until}" if day.findable_until else ""
    if day.reason == "key_destroyed":
        proof = "; the receipt is enclosed" if day.receipt else ""
        return (
            f"{day.day}: its key is destroyed, so nobody can find it any more (GDPR Art. 11){proof}"
        )
    if day.reason == "no_match" and not until:
        return f"{day.day}: nothing was ever kept of that day, of anybody"
    less = f"; what was written before {day.since} is deleted already" if day.since else ""
    if day.reason == "no_match":
        return f"{day.day}: searched, and nothing was found{less}{until}"
    if day.reason is not None:
        return f"{day.day}: it was not possible to search it{until}"
    return f"{day.day}: up to {day.events} visits to pages were found{less}{until}"


def _found(events: Sequence[Mapping[str, Any]]) -> Section:
    if not events:
        return section("What our analysts have", "Nothing was found.")
    names = list(dict.fromkeys(name for event in events for name in event))
    rows = tuple(tuple(_cell(event.get(name)) for name in names) for event in events)
    return section("What our analysts have", Table(tuple(names), rows))


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(each)}" for name, each in value.items() if each)
    return "" if value is None else str(value)


def _unreached(names: Sequence[str]) -> list[Section]:
    if not names:
        return []
    return [
        section(
            "What cannot be found",
            "These have pages of visits with nothing by which yours could be told from others', so "
            f"we cannot show you which are yours: {', '.join(names)}.",
        )
    ]
