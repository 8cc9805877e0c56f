"""Disclosure control: which numbers may be published, as pure functions.

`close_hour` decides about an hour, `close_day` about what the hours left over. The algorithm and
its proof sketch are in docs/release.md; its step numbers stand in the comments here. Nothing in
this package publishes, stores or asks for the time.
"""

from quietclicks.pipeline.release.cells import (
    ELIGIBLE_NONE,
    OVERFLOW,
    Cell,
    HourCells,
    Released,
    Remainder,
)
from quietclicks.pipeline.release.day import close_day
from quietclicks.pipeline.release.hour import close_hour
from quietclicks.pipeline.release.params import Params, params_of

__all__ = [
    "ELIGIBLE_NONE",
    "OVERFLOW",
    "Cell",
    "HourCells",
    "Params",
    "Released",
    "Remainder",
    "close_day",
    "close_hour",
    "params_of",
]
