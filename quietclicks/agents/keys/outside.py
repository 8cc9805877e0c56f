"""How far keys are destroyed, kept outside the broker, beside the audit log's anchor.

A broker that is restored from an older copy has destroyed keys back, and knows nothing of it. Who
has heard of their end uses none of them, after a restart either. The file holds a day, no key.
"""

from pathlib import Path

from quietclicks.agents import kept
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import NEVER, day_of

ENDING = ".destroyed-through"


def destroyed_through(settings: Settings) -> int:
    """The last day whose key was heard to be destroyed; `NEVER` if none. Raises `Failure`."""
    path = _path(settings)
    try:
        return NEVER if path is None else day_of(path.read_bytes().strip())
    except FileNotFoundError:
        return NEVER
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise Failure(
            f"{path} says up to which day keys are destroyed, and cannot be read: write that day "
            "into it, as 2026-11-22 (`quietclicks keys list` tells it)"
        ) from None


def keep(settings: Settings, through: int) -> bool:
    """Whether it has that day, or a later one, now. Raises `Failure`.

    Not where somebody else is just writing: that may be an earlier one.
    """
    path = _path(settings)
    if path is None or through <= destroyed_through(settings):
        return True
    try:
        with kept.alone(path.parent) as mine:
            if mine and through > destroyed_through(settings):
                kept.replace(path, f"{day_text(through)}\n".encode())
            return mine
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from None


def _path(settings: Settings) -> Path | None:
    anchor = settings.audit_anchor_file
    return None if anchor is None else Path(anchor + ENDING)
