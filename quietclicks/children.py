"""What a process of ours gives away to others on its machine, and to those that it starts: nothing
that they do not need. It imports nothing of ours.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Mapping

# Where programs and libraries are found, and how text is written. A list of what may pass, so that
# no secret does that nobody thought of, of ours or of anybody's. PYTHONPATH is one of them: a child
# of ours has to import what we did, and whoever set it has decided already what that is.
PASSED_ON = (
    *("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"),
    *("JAVA_HOME", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
)
PR_SET_DUMPABLE = 4


def environment(ours: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child is given of the environment."""
    held = os.environ if ours is None else ours
    return {name: held[name] for name in PASSED_ON if name in held}


def forbid_dumps() -> None:
    """No core dump of this process; and none of its user's others looks into its memory.

    Either would hold addresses and keys. Whoever is root sees them as before.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # a dump may go to a program, whatever the limit says
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
