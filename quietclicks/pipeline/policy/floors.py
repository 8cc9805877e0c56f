"""The numbers below, or above, which the release rules' guarantee does not hold.

A policy may be stricter, never looser: `check` refuses the file, and `release.params` refuses a
day's parameters wherever they were read from.
"""

# Under it, why a value was folded can give a count away: exhaustive tiny worlds (docs/release.md).
K_FLOOR = 5
K_CEILING = 256  # half of what a visitor sample counts exactly (`sketch.SIZE`)
SEARCH_FLOOR = 20  # what people type may be about them: docs/decisions/policy-numbers.md
CAP_FLOOR = 5  # for the same reason as K_FLOOR
