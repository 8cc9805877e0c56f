"""What an event costs, counted and not timed: the same in every run and on every machine.

A unit is an instruction of Python's, and what C does in that time: a call is four, and reads of the
longest text that its caller holds four characters where it may look at each (regular expressions,
Unicode), 64 where it copies, hashes or searches (texts' own methods, JSON).
"""

import builtins
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from types import FrameType
from typing import Any

from quietclicks.demo.load import load
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Listed
from tests.pipeline_tools import NOW, Rec, anonymise_processor, closing, day_key, event

CALL = 4
SCANNED, COPIED = 4, 64  # characters that are read in the time of an instruction
LIMIT = 50  # times the median of honest events
HONEST, BATCH = 2_500, 250  # events, of which most visitors and pages are new
# What phonenumbers loads when it first meets a country, once in a process.
LOADED = ("+1 212 555 2368", "+44 7700 900123", "+49 171 2345678", "79991234567", "7123456789")


def counted(function: Callable[..., object], *arguments: object) -> int:
    """The units that a call takes."""
    units = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal units
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        units += event == "opcode"
        return trace

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal units
        if event == "c_call":
            units += CALL
            if characters := _characters(argument):
                held = frame.f_locals.values()
                longest = max([len(each) for each in held if isinstance(each, str | bytes)] or [0])
                units += longest // characters

    before = sys.gettrace(), sys.getprofile()
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return units


def _characters(function: Any) -> int:
    """That a unit reads of a text; 0 for what reads none."""
    owner = getattr(function, "__self__", None)
    if owner is builtins or isinstance(owner, list | dict | set | frozenset | tuple):
        return 0
    if isinstance(owner, str | bytes) or type(owner).__module__.startswith(("msgspec", "_blake2")):
        return COPIED
    return SCANNED


class Rig:
    """A partition's processor, and what an honest event costs that it has not seen before."""

    def __init__(self, policy: Policy) -> None:
        browser.load()
        bots.load()
        self._processor, keys = anonymise_processor(policy)
        self._processor.resume(0, "")
        keys.put(NOW // 86_400_000, day_key(NOW // 86_400_000))
        self._offset = 0
        self.process([closing(NOW)])
        for number, typed in enumerate(LOADED):
            self.process([event(number, NOW, url="/search", search_terms=typed)])
        values = list(load(1, HONEST, datetime.fromtimestamp(NOW / 1000, UTC)))
        batches = [values[at : at + BATCH] for at in range(0, HONEST, BATCH)]
        self.honest = median(counted(self.process, each) / BATCH for each in batches)
        # What a transaction costs that has nothing in it but an event that was seen before.
        again = [value.replace(b'"event_id":"', b'"event_id":"again-') for value in values[-99:]]
        self._fixed = median(counted(self.process, [each]) for each in again)

    def process(self, values: list[bytes]) -> None:
        """One transaction."""
        records = [Rec(self._offset + at, NOW, None, value) for at, value in enumerate(values)]
        self._offset += len(values)
        step = self._processor.process(records, Listed())
        assert step.waits_for is None

    def forget(self) -> None:
        """Empty caches, as after a start."""
        for sites in (self._processor._anonymiser.sites, self._processor._anonymiser.uncached):
            sites.forget()

    def times_the_median(self, value: bytes) -> float:
        """What an event costs by itself, beside the median of honest ones."""
        return max(counted(self.process, [value]) - self._fixed, 0) / self.honest
