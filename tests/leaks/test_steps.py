"""A contract for every pure function of the pipeline that takes text: discovered, not listed.

Whatever is given to it, it answers or raises one of our own exceptions; it logs nothing; and what
it raises holds nothing of what it was given. A new step is covered by being there.
"""

import importlib
import inspect
import logging
import pkgutil
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from quietclicks import pipeline
from quietclicks.errors import QuietclicksError
from quietclicks.pipeline.consent.rules import ConsentRules
from quietclicks.pipeline.dry_run.canaries import FORMS, KINDS, Canary, Finder
from quietclicks.pipeline.fields.page import PageRules
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.scrub.url.path_rules import SiteRules
from quietclicks.schemas.raw import Consent
from tests.pipeline_tools import SITE, policy

RULES = policy()
SCRUBBER = Scrubber(RULES.regions)
# What a step may be given besides text, by its annotation.
OTHERS: dict[Any, Any] = {
    int: 7,
    bool: True,
    Policy: RULES,
    Scrubber: SCRUBBER,
    PageRules: PageRules(SITE, RULES.sites[SITE], SCRUBBER.scrub),
    SiteRules: SiteRules(("/user/:name",)),
    Consent: Consent(True, True),
    tuple[str, ...]: ("GB", "DE"),
    list[str]: ["a", "b"],
    frozenset[int]: frozenset({1}),
    Callable[[str], str]: SCRUBBER.scrub,
    NoneType: None,
}
# Not about visitors: what an operator writes is told to the operator, by name and value.
OF_OPERATORS = ("policy", "statement", "attack", "utility")

# Functions that no visitor's text reaches as it is, and why.
NOT_FOR_VISITORS = {
    "scrub.spans.pattern": "compiles our own expressions",
    "scrub.labelled.labelled": "compiles our own words",
    "readable.is_noise": "takes only the letters and digits that `chunks` found",
}

Step = Callable[..., object]
Arguments = dict[str, Any]


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(pipeline.__path__, "quietclicks.pipeline."):
        if not found.name.split(".")[2].startswith(OF_OPERATORS):
            yield importlib.import_module(found.name)


def functions() -> Iterator[tuple[str, Step]]:
    """Public functions, and methods of what can be made without knowing it."""
    for module in modules():
        for name, each in vars(module).items():
            if inspect.isfunction(each) and each.__module__ == module.__name__ and name[0] != "_":
                yield f"{module.__name__.removeprefix('quietclicks.pipeline.')}.{name}", each
    yield "Scrubber.scrub", SCRUBBER.scrub
    yield "ConsentRules.decide", ConsentRules(RULES).decide
    pseudonymiser = Pseudonymiser(bytes(32), b"use", SITE)
    yield "Pseudonymiser.text", lambda part: pseudonymiser.text(part)


def alternatives(wanted: Any) -> list[Any]:
    return list(get_args(wanted)) if get_origin(wanted) in (Union, UnionType) else [wanted]


def filled(step: Step) -> Iterator[Callable[[str], Arguments]]:
    """For each parameter that takes text: a way to make the arguments around a canary."""
    try:
        hints = get_type_hints(step)
    except TypeError:
        return  # an annotation that is no type at run time; none of text is so
    names = list(inspect.signature(step).parameters)
    wanted = {name: alternatives(hints.get(name, bytes)) for name in names}
    plain: Arguments = {}
    for name, kinds in wanted.items():
        known = [OTHERS[kind] for kind in kinds if kind in OTHERS]
        if str in kinds:
            plain[name] = "x"
        elif bytes in kinds:
            plain[name] = b"x"
        elif known:
            plain[name] = known[0]
        else:
            return
    for name, kinds in wanted.items():
        if str in kinds:
            yield partial(put, plain, name, str)
        if bytes in kinds:
            yield partial(put, plain, name, str.encode)


def put(plain: Arguments, name: str, form: Callable[[str], Any], text: str) -> Arguments:
    return {**plain, name: form(text)}


STEPS = {name: (step, list(filled(step))) for name, step in functions()}
COVERED = {
    name: found for name, found in STEPS.items() if found[1] and name not in NOT_FOR_VISITORS
}

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


def failure(step: Step, arguments: Arguments) -> str:
    """All that could be read in what a step raises; other exceptions are a failure."""
    try:
        step(**arguments)
    except (Rejected, QuietclicksError, ValueError) as error:
        whole = traceback.TracebackException.from_exception(error, capture_locals=False)
        return f"{''.join(whole.format())} {error!r} {error.args}"
    return ""


@pytest.mark.parametrize(
    "name",
    """
    decode.decode page.page_of page.query_of referrer.referrer_of search.search_term
    network.parse_address browser.client_of bots.is_bot language.primary_language
    Scrubber.scrub ConsentRules.decide access_log.event_of pseudonym.visitor_identity
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

    for step in (telling, chained):
        (arguments,) = filled(step)
        assert FINDER.find(failure(step, arguments(CASES[0][1])))


@pytest.mark.parametrize("name", COVERED)
def test_a_step_is_deterministic(name: str) -> None:
    step, ways = COVERED[name]
    if inspect.isgeneratorfunction(step):
        pytest.skip("its answer is read once")
    for arguments in ways:
        for _, text, _ in CASES[::5]:
            assert repr(outcome(step, arguments(text))) == repr(outcome(step, arguments(text)))


def outcome(step: Step, arguments: Arguments) -> object:
    try:
        return step(**arguments)
    except (Rejected, QuietclicksError, ValueError) as error:
        return error
