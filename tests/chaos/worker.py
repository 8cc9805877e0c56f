"""`quietclicks` with a worker that deletes nothing, and writes its audit log all the time.

The campaign compares all that was ever written. What a leading worker cuts, and that a crash in
between does no harm, is shown by tests/kafka/test_cut.py.
"""

from quietclicks.agents import cuts
from quietclicks.agents.evidence import writer
from quietclicks.commands.cli import main

if __name__ == "__main__":
    cuts.SOON_SECONDS = 1e6
    for name in ("attempt_seconds", "segment_seconds"):
        setattr(cuts, name, lambda spec: 1e6)
    setattr(writer, "attempt_seconds", lambda spec: 2.0)  # noqa: B010
    main()
