"""`quietclicks` with a worker that deletes nothing.

The campaign compares all that was ever written. What a leading worker cuts, and that a crash in
between does no harm, is shown by tests/kafka/test_cut.py.
"""

from quietclicks.agents import cuts
from quietclicks.commands.cli import main

if __name__ == "__main__":
    cuts.SOON_SECONDS = cuts.ROUND_SECONDS = 1e6
    main()
