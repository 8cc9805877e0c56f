"""Java's classes, loaded and linked once and kept beside the jars: later brokers start sooner.

Never in the way: where they cannot be kept, or another run is about to, Java loads them itself. A
broker without data makes them, so nothing of one is in them.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from quietclicks.embedded.jars import Progress, cache_home
from quietclicks.errors import Failure

OLDEST = 25
"""It came in parts (JEP 483, 514, 515); what is older has another option, or none."""
SPACE_NEEDED = 512 << 20
STAGING = ".rehearsal-"
MAX_KEPT = 3  # each has some 60 MB
QUIET = "-Xlog:aot*=off"  # it warns of single functions that it has to link anew

Rehearse = Callable[[Sequence[str], Sequence[str]], bool]
"""Runs a broker with the first flags to its orderly end, then Java with the second; did it work?"""


def kept_classes(
    java: Path,
    jars: Sequence[Path],
    flags: Sequence[str],
    progress: Progress,
    rehearse: Rehearse,
    cache: Path | None = None,
) -> list[str]:
    """The flags for a Java that runs with these jars and flags."""
    if _major(java) < OLDEST:
        return []
    folder = (cache or cache_home()) / "classes"
    kept = folder / f"{_identity(java, jars, flags)}.aot"
    try:
        if not kept.exists():
            folder.mkdir(0o700, parents=True, exist_ok=True)
            _make(kept, progress, rehearse)
        os.utime(kept)
    except (OSError, Failure):
        return []
    return [f"-XX:AOTCache={kept}", QUIET]


def _make(kept: Path, progress: Progress, rehearse: Rehearse) -> None:
    folder = kept.parent
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if shutil.disk_usage(folder).free < SPACE_NEEDED:
            return
        progress("Preparing Java, once")
        for left in folder.glob(f"{STAGING}*"):  # by a run that was killed; nobody else is here
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=STAGING) as scratch:
            seen, made = Path(scratch) / "seen", Path(scratch) / "made"
            read = f"-XX:AOTConfiguration={seen}"
            if rehearse(
                ["-XX:AOTMode=record", read],
                ["-XX:AOTMode=create", read, f"-XX:AOTCache={made}"],
            ):
                made.replace(kept)
                _tidy(folder)


def _tidy(folder: Path) -> None:
    """Of other jars, or of a Java of another checkout, the last used are kept."""
    others = sorted(folder.glob("*.aot"), key=lambda file: file.stat().st_mtime_ns)
    for file in others[:-MAX_KEPT]:
        file.unlink()


def _major(java: Path) -> int:
    """The feature version as its own folder has it, 0 where that does not say."""
    try:
        told = (java.resolve().parent.parent / "release").read_text("utf-8")
    except (OSError, ValueError):
        return 0
    match = re.search(r'^JAVA_VERSION="(\d+)', told, re.M)
    return int(match[1]) if match else 0


def _identity(java: Path, jars: Sequence[Path], flags: Sequence[str]) -> str:
    """What Java compares before it takes them: itself, and each jar's name, size and time."""
    files = [java, *jars]
    seen = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((seen, list(flags))).encode()).hexdigest()[:16]
