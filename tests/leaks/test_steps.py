"""A contract for every pure function of the pipeline: discovered, not listed.

Whatever text is given to it, it answers or raises one of our own exceptions; it logs nothing; and
what it raises holds nothing of what it was given. A new function is covered by being there, or, if
this suite cannot call it, fails the suite until it is listed with a reason.
"""

import importlib
import inspect
import logging
import pkgutil
import traceback
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from quietclicks import pipeline
from quietclicks.errors import QuietclicksError
from quietclicks.pipeline.consent.rules import ConsentRules
from quietclicks.pipeline.dry_run.canaries import FORMS, KINDS, Canary, Finder
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser
from quietclicks.pipeline.rejected import Rejected
from tests.leaks.known import (
    CLEAN,
    LISTED,
    MADE,
    NO_TEXT,
    OTHERS,
    ROOMS_WITHOUT_VISITORS,
    RULES,
    SCRUBBER,
    TEXTS,
)
from tests.pipeline_tools import SITE
from tests.rows import each_row

PREFIX = "quietclicks.pipeline."

Step = Callable[..., object]
Arguments = dict[str, Any]


def functions() -> Iterator[tuple[str, Step]]:
    """Public functions, and methods of what can be made without knowing it."""
    for found in pkgutil.walk_packages(pipeline.__path__, PREFIX):
        module = importlib.import_module(found.name)
        if found.name.removeprefix(PREFIX).partition(".")[0] in ROOMS_WITHOUT_VISITORS:
            continue
        for name, each in vars(module).items():
            if inspect.isfunction(each) and each.__module__ == module.__name__ and name[0] != "_":
                yield f"{module.__name__.removeprefix(PREFIX)}.{name}", each
    yield "Scrubber.scrub", SCRUBBER.scrub
    yield "ConsentRules.decide", ConsentRules(RULES).decide
    pseudonymiser = Pseudonymiser(bytes(32), b"use", SITE)
    yield "Pseudonymiser.text", lambda part: pseudonymiser.text(part)


def parameters(step: Step) -> dict[str, list[Any]]:
    """Each with the types that it may have."""
    try:
        hints = get_type_hints(step)
    except TypeError:  # "array[int]" is no type at run time
        hints = {
            name: array if hint == "array[int]" else hint
            for name, hint in inspect.get_annotations(step).items()
        }
    return {
        name: alternatives(hints.get(name, bytes)) for name in inspect.signature(step).parameters
    }


def alternatives(wanted: Any) -> list[Any]:
    return list(get_args(wanted)) if get_origin(wanted) in (Union, UnionType) else [wanted]


def has_no_text(kind: Any) -> bool:
    """Numbers, times, the policy, cells; and collections of these alone."""
    if isinstance(kind, list):  # what a callable takes
        return all(map(has_no_text, kind))
    inner = [each for each in get_args(kind) if each is not ...]
    return kind in CLEAN or kind in NO_TEXT or (bool(inner) and all(map(has_no_text, inner)))


def filled(step: Step) -> Iterator[Callable[[str], Arguments]]:
    """For each parameter that takes text: a way to make the arguments around a canary."""
    wanted = parameters(step)
    plain: Arguments = {}
    for name, kinds in wanted.items():
        known = [OTHERS[kind] for kind in kinds if kind in OTHERS]
        texts = [TEXTS[kind]("x") for kind in kinds if kind in TEXTS]
        if not known and not texts:
            return
        plain[name] = (texts or known)[0]
    for name, kinds in wanted.items():
        for kind in kinds:
            if kind in TEXTS:
                yield partial(put, plain, name, TEXTS[kind])


def as_only(text: str) -> Arguments:
    return {"text": text}


def called(made: Callable[[str], object], text: str) -> object:
    """What another function made, whatever it calls its parameter."""
    return made(text)


def put(plain: Arguments, name: str, form: Callable[[str], Any], text: str) -> Arguments:
    return {**plain, name: form(text)}


def not_covered(steps: Mapping[str, Step]) -> set[str]:
    """What takes something that this suite does not know, and is not listed."""
    return {
        name
        for name, step in steps.items()
        if name not in {*LISTED, *MADE}
        and not any(filled(step))
        and not all(has_no_text(kind) for kinds in parameters(step).values() for kind in kinds)
    }


STEPS = dict(functions())
CALLED: dict[str, tuple[Step, list[Callable[[str], Arguments]]]] = {
    **{name: (step, list(filled(step))) for name, step in STEPS.items() if name not in LISTED},
    **{name: (partial(called, made), [as_only]) for name, made in MADE.items()},
}
COVERED = {name: (step, ways) for name, (step, ways) in CALLED.items() if ways}

CASES = [
    (kind, place.replace("{}", wrap(make(number)[0])), make(number)[1])
    for number, (kind, make) in enumerate(KINDS.items(), 7)
    for wrap in FORMS.values()
    for place in (
        "{}",
        "https://shop.example/{}?q={}#{}",
        "https://{}@{}:99999/",
        '{"event_id": "{}", "timestamp": "{}"}',
        "{}\x00{}",
        "[{}" * 50,
        "{}, {};q={}",
        '"{}";v="{}"',
    )
]
FINDER = Finder([Canary(kind, "", "", "", "", needle, needle) for kind, _, needle in CASES])


@pytest.mark.parametrize("name", COVERED)
def test_a_step_answers_or_says_nothing(name: str, caplog: pytest.LogCaptureFixture) -> None:
    step, ways = COVERED[name]
    with caplog.at_level(logging.DEBUG):
        for arguments in ways:
            for _, text, _ in CASES:
                told = failure(step, arguments(text))
                assert FINDER.find(told) == set()
    assert caplog.records == []


def answer(step: Step, arguments: Arguments) -> object:
    """All of it: a generator does nothing until it is read."""
    found = step(**arguments)
    return list(found) if isinstance(found, Iterator) else found


def failure(step: Step, arguments: Arguments) -> str:
    """All that could be read in what a step raises; other exceptions are a failure."""
    try:
        answer(step, arguments)
    except (Rejected, QuietclicksError, ValueError) as error:
        whole = traceback.TracebackException.from_exception(error, capture_locals=False)
        return f"{''.join(whole.format())} {error!r} {error.args}"
    return ""


@each_row("name", COVERED)
def test_a_step_is_deterministic(name: str) -> None:
    step, ways = COVERED[name]
    for arguments in ways:
        for _, text, _ in CASES[::5]:
            assert repr(outcome(step, arguments(text))) == repr(outcome(step, arguments(text)))


def outcome(step: Step, arguments: Arguments) -> object:
    try:
        return answer(step, arguments)
    except (Rejected, QuietclicksError, ValueError) as error:
        return error


def test_every_function_is_covered_or_listed() -> None:
    assert not_covered(STEPS) == set()


def test_what_is_listed_is_there() -> None:
    assert {*LISTED, *MADE} <= STEPS.keys()
    rooms = {each.name for each in pkgutil.iter_modules(pipeline.__path__) if each.ispkg}
    assert ROOMS_WITHOUT_VISITORS.keys() <= rooms


def test_a_function_that_cannot_be_called_is_told_of() -> None:
    def of_something_else(thing: complex) -> None:
        raise AssertionError

    def of_texts_among_others(text: str, thing: complex) -> None:
        raise AssertionError

    def of_numbers(numbers: Sequence[int], policy: Policy | None) -> None:
        raise AssertionError

    new = {f"new.{each.__name__}": each for each in
           (of_something_else, of_texts_among_others, of_numbers)}  # fmt: skip
    assert not_covered(new) == {"new.of_something_else", "new.of_texts_among_others"}


@each_row(
    "name",
    """
    anonymise.decode.decode anonymise.decoded.decoded_runs fields.page.page_of
    fields.query.query_of fields.referrer.referrer_of fields.search.search_term
    fields.network.parse_address fields.browser.client_of fields.bots.is_bot
    fields.language.primary_language fields.country.country_code Scrubber.scrub
    ConsentRules.decide logs.request.event_of logs.events.read_log
    pseudonyms.pseudonym.visitor_identity scrub.phones.phones scrub.identity.identities
    scrub.postcodes.postcodes scrub.mail.emails
    """.split(),
)
def test_the_steps_are_discovered(name: str) -> None:
    assert name in COVERED


def test_a_step_that_tells_is_found() -> None:
    def telling(address: str) -> None:
        raise ValueError(f"not an address: {address}")

    def chained(address: str) -> None:
        try:
            telling(address)
        except ValueError:
            raise ValueError("not an address") from None if not address else ValueError(address)

    def when_it_is_read(address: str) -> Iterator[None]:
        telling(address)
        yield

    for step in (telling, chained, when_it_is_read):
        (arguments,) = filled(step)
        assert FINDER.find(failure(step, arguments(CASES[0][1])))
