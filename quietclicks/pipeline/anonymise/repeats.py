"""Which records name a signal twice. Readers of JSON take the last and say nothing of the others,
so an objection that stands before would never be heard.

Many records are looked at together, at first by counting alone; only suspects are read in full.
"""

import json
from collections.abc import Collection, Sequence

import re2

from quietclicks.schemas.raw import RawEvent

_SIGNALS = ("consent", "dnt", "gpc", "tcf")
_CHOICES = ("analytics", "partners")  # inside `consent`

_BYTES = re2.Options()
_BYTES.encoding = re2.Options.Encoding.LATIN1  # a byte is a character
_BYTES.log_errors = False
# A letter of a name may be written as `\u0064`. No program does, but who does is looked at.
_ESCAPED = re2.compile(rb"\\u00[67]", _BYTES)
# The ends of the names that most records have not got: quicker to miss than to count.
_ENDS = {name: re2.compile(f'{name}"'.encode(), _BYTES) for name in ("dnt", "gpc", "tcf")}
# In a record that was decoded a NUL is nowhere, and a quote inside of a text has a backslash before
# it: so a name between quotes is a key, or the whole of a text.
_TWICE = re2.compile(
    "|".join([rf'"{name}"[^\x00]*"{name}"' for name in (*_SIGNALS, *_CHOICES)]).encode(), _BYTES
)


def repeats(values: Sequence[bytes], events: Sequence[RawEvent]) -> list[int]:
    """The rows of records that name one twice. `events` are what was decoded of them."""
    joined = b"\0".join(values)
    if not _ESCAPED.search(joined) and not (_may(joined, events) and _TWICE.search(joined)):
        return []
    return [
        row
        for row, value in enumerate(values)
        if (_ESCAPED.search(value) or _TWICE.search(value)) and names_twice(value)
    ]


def names_twice(value: bytes) -> bool:
    """Whether a record does, read in full. What cannot be read again may: nobody knows."""
    try:
        event = json.loads(
            value.decode("utf-8", "replace"),  # what nobody reads may be broken
            object_pairs_hook=_Pairs,
            parse_int=str,  # of any length
            parse_float=str,
        )
    except (ValueError, RecursionError):
        return True
    if not isinstance(event, _Pairs):
        return False
    chosen = [each for name, each in event if name == "consent" and isinstance(each, _Pairs)]
    return _is_twice(event, _SIGNALS) or any(_is_twice(each, _CHOICES) for each in chosen)


def _may(joined: bytes, events: Sequence[RawEvent]) -> bool:
    """Whether a name stands there more often than records say something by it.

    Each of these has it at least once. So where it is as often, no record has it twice.
    """
    for name, end in _ENDS.items():
        if end.search(joined) and _is_over(joined, name, [getattr(e, name) for e in events]):
            return True
    consents = [each.consent for each in events if each.consent is not None]
    return (
        joined.count(b'"consent"') > len(consents)
        or _is_over(joined, "analytics", [each.analytics for each in consents])
        or _is_over(joined, "partners", [each.partners for each in consents])
    )


def _is_over(joined: bytes, name: str, said: Sequence[object]) -> bool:
    return joined.count(f'"{name}"'.encode()) > len(said) - said.count(None)


class _Pairs(list[tuple[str, object]]):
    """A JSON object with all that it says, in order."""


def _is_twice(pairs: _Pairs, wanted: Collection[str]) -> bool:
    names = [name for name, _ in pairs if name in wanted]
    return len(names) > len(set(names))
