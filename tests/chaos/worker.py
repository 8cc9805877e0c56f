"""`quietclicks` with a worker that deletes nothing, and writes its audit log all the time.

The campaign compares all that was ever written. What a leading worker cuts, and that a crash in
between does no harm, is shown by tests/kafka/test_cut.py.
"""

from typing import Any

from quietclicks.agents import cuts
from quietclicks.agents.evidence import writer
from quietclicks.commands.cli import main


async def _nothing(cuts: Any) -> None:
    """However long a worker leads."""


def prepare() -> None:
    """This process' workers."""
    vars(writer).update(attempt_seconds=lambda spec: 2.0)
    setattr(cuts.Cuts, "on_started", _nothing)  # noqa: B010


if __name__ == "__main__":
    prepare()
    main()
