"""The JSON Schemas as a reader of the files has them, and what the processors make of a record."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import can_ada
from jsonschema import Draft202012Validator, ValidationError, validators

from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.fields.url import MAX_URL
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.raw import MAX_RECORD_BYTES
from quietclicks.schemas.rejection import Reason
from tests.pipeline_tools import country, day_key
from tests.schemas.generate import FOLDER

SHAPE = frozenset(
    {
        Reason.EMPTY,
        Reason.TOO_LARGE,
        Reason.NOT_UTF8,
        Reason.NOT_JSON,
        Reason.TOO_DEEP,
        Reason.INVALID,
        Reason.BAD_TIMESTAMP,
        Reason.UNREADABLE_LINE,
    }
)
"""Why a record is no event. Every other reason is the policy's, the log's or the clock's."""

ANOTHER_TYPE = Reason.NOT_A_PAGE  # of a shape that the schema refuses, too


def _pattern(
    _: Any, pattern: str, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """As ECMA-262 has it: Python's `$` would allow a line feed behind it."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("does not match the pattern")


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


@cache
def validator(name: str) -> Draft202012Validator:
    """Of one contract's file."""
    made: Draft202012Validator = _Validator(
        json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    )
    return made


def fits(name: str, instance: object) -> bool:
    """Whether the contract accepts it."""
    return validator(name).is_valid(instance)


def parsed(value: bytes) -> object:
    """Strict JSON in UTF-8, or a `ValueError`."""

    def constant(text: str) -> None:
        raise ValueError(text)

    try:
        return json.loads(value.decode(), parse_constant=constant)
    except RecursionError:
        raise ValueError("too deep") from None


def is_raw(value: bytes) -> bool:
    """Whether the schemas of `clickstream.raw` accept a record's value."""
    try:
        instance = parsed(value)
    except ValueError:
        return False
    return fits("raw-event", instance) or fits("tick", instance)


def contract_of(topic: str) -> str:
    """The contract of the values of a public topic."""
    if topic.startswith(topics.PARTNERS):
        return "partner-event"
    if topic in topics.PUBLISHED:
        return "trend"
    return {topics.PSEUDONYMISED: "pseudonymised-event", topics.REJECTED: "rejection"}[topic]


def checked(topic: str, key: bytes | None, value: bytes | None) -> Any:
    """The parsed value of a record that we write; fails where it breaks its contract."""
    found = parsed(value or b"")
    validator(contract_of(topic)).validate(found)
    if topic in topics.PUBLISHED:
        validator("trend-key").validate(parsed(key or b""))
    return found


def fed(
    values: Sequence[bytes], policy: Policy, appended_ms: int, closing: Iterable[bytes] = ()
) -> tuple[list[Reason | None], list[str]]:
    """Through both processors → why each was rejected, or None; and the topics written to.

    Every public record is held against its contract.
    """
    offline = Offline(policy, country, day_key)
    outcomes: list[Reason | None] = [None] * len(values)
    written = []
    day_later = appended_ms + 2 * 86_400_000
    feed = [(value, appended_ms) for value in values] + [(each, day_later) for each in closing]
    for topic, key, value in offline.run(feed):
        found = checked(topic, key, value)
        written.append(topic)
        if topic == topics.REJECTED:
            outcomes[found["offset"]] = Reason(found["reason"])
    return outcomes, written


# What no schema can say


def _no_such_time(value: bytes) -> bool:
    """A day that is not in the calendar, or rounded past the year 9999."""
    text = _fields(value)["timestamp"]
    try:
        datetime(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return True
    return bool(text.startswith("9999-12-31T23:59:59."))


def _unusable(value: bytes) -> bool:
    """A URL that no browser goes to."""
    base = _fields(value)["url"].partition("?")[0]
    if len(base) > MAX_URL:
        return True
    try:
        return base[0] not in "/\\" and can_ada.parse(base).protocol not in ("http:", "https:")
    except ValueError:
        return True


def _repeats(value: bytes) -> bool:
    repeated = []

    def note(pairs: list[tuple[str, object]]) -> None:
        repeated.append(len(dict(pairs)) < len(pairs))

    json.loads(value, object_pairs_hook=note)
    return any(repeated)


def _half_a_character(value: bytes) -> bool:
    r"""An escape such as `\ud800` alone, which JSON's grammar lets through."""
    try:
        json.dumps(parsed(value), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _fields(value: bytes) -> dict[str, Any]:
    found = parsed(value)
    assert isinstance(found, dict)
    return found


EXCUSES: Mapping[Reason, Callable[[bytes], bool]] = {
    Reason.BAD_TIMESTAMP: _no_such_time,
    Reason.INVALID: lambda value: _unusable(value) or _repeats(value),
    Reason.NOT_JSON: _half_a_character,
    Reason.TOO_LARGE: lambda value: len(value) > MAX_RECORD_BYTES,
}
"""By reason: whether a record that the schema accepts is rejected all the same. Besides, what is
nested deeper than a reader survives is `too_deep` here and for most validators."""


def agree(value: bytes, outcome: Reason | None) -> bool:
    """Whether schema and pipeline say the same of a raw record's shape, or no schema could."""
    if is_raw(value):
        return outcome not in SHAPE or (outcome in EXCUSES and EXCUSES[outcome](value))
    if outcome in SHAPE or outcome is ANOTHER_TYPE:
        return True
    # The URL is read last: by then the event may have been late, or of no known site.
    return outcome is not None and fits("raw-event", {**_fields(value), "url": "/"})
