"""An entry of the audit log as a line for people. What only a program needs is left out."""

import re

import msgspec

from quietclicks.pipeline.clock import text
from quietclicks.pipeline.evidence.entries import Entry
from quietclicks.pipeline.evidence.kinds import NAMES

LEFT_OUT = frozenset({"later", "limits", "end"})
SHOWN_OF_A_HASH = 12
MAX_WORDS = 100


def line(entry: Entry) -> str:
    """`17  2026-11-22T10:00:00Z  key-made  day 2026-11-22, …`."""
    says = msgspec.to_builtins(entry.body)
    words = ", ".join(
        f"{name.replace('_', ' ')} {_words(value)}"
        for name, value in says.items()
        if name not in LEFT_OUT and value is not None
    )
    at = text(int(entry.time.timestamp() * 1000))
    return f"{entry.i:6}  {at}  {NAMES[type(entry.body)]:15} {words}"


def _words(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_words(each) for each in value.values() if each is not None)
    if isinstance(value, list | tuple):
        said = "; ".join(map(_words, value)) or "none"
        return said if len(said) <= MAX_WORDS else f"{said[:MAX_WORDS]}… ({len(value)})"
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{32,}", value):
        return f"{value[:SHOWN_OF_A_HASH]}…"
    return str(value)
