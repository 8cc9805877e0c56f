"""The embedded broker's jars: which ones (the lock), where they are kept, and how they get there.

Never uses a jar whose SHA-256 is not the locked one, and never leaves half a file under its
final name.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from quietclicks.errors import Failure

_PACKAGE = Path(__file__).resolve().parent.parent
LOCK = next(
    (p for p in [_PACKAGE / "deploy/kafka/jars.lock"] if p.exists()),
    _PACKAGE.parent / "deploy/kafka/jars.lock",
)
"""Inside the package when installed from a wheel, in the repository otherwise."""

ATTEMPTS = 3
CONNECTIONS = 6
STAGING = ".download-"

Progress = Callable[[str], None]


class Jar(msgspec.Struct, frozen=True):
    """One line of the lock: `group:artifact:version sha256 bytes`."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock(lock: Path = LOCK) -> list[Jar]:
    """The locked jars, in class path order."""
    jars = []
    try:
        for line in lock.read_text().splitlines():
            if line and not line.startswith("#"):
                coordinate, sha256, size = line.split()
                group, artifact, version = coordinate.split(":")
                jars.append(Jar(group, artifact, version, sha256, int(size)))
    except (OSError, ValueError) as problem:
        raise Failure(f"cannot read the broker's jar lock {lock}: {problem}") from None
    return jars


def cache_home() -> Path:
    """Where this user's downloads are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "quietclicks"


def materialise(
    progress: Progress,
    *,
    lock: Path = LOCK,
    cache: Path | None = None,
    repositories: dict[str, str] | None = None,
) -> list[Path]:
    """Paths of all locked jars, each verified; downloads what is missing.

    `repositories` (name to address) replaces the ones that jgo is configured with.
    """
    folder = (cache or cache_home()) / "jars"
    jars = read_lock(lock)
    with _readable_errors(folder):
        if not all((folder / jar.name).exists() for jar in jars):
            folder.mkdir(parents=True, exist_ok=True)
            with _only_one(folder / ".lock", progress):
                _download(
                    [j for j in jars if not (folder / j.name).exists()],
                    folder,
                    repositories,
                    progress,
                )
        for jar in jars:
            verify(folder / jar.name, jar)
    return [folder / jar.name for jar in jars]


def verify(path: Path, jar: Jar) -> None:
    """Raises Failure unless the file's SHA-256 is the locked one."""
    if sha256_of(path) != jar.sha256:
        raise Failure(
            f"wrong checksum: {path} is not the {jar.name} that the lock names; "
            "delete it and try again"
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _readable_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise Failure(f"no disk space left for the broker's jars in {folder}") from None
        raise Failure(f"cannot use {folder}: {problem.strerror or problem}") from None


@contextmanager
def _only_one(lock: Path, progress: Progress) -> Iterator[None]:
    """Two first runs at once: the second waits. The kernel frees the lock of a killed holder."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another run is downloading Apache Kafka; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(
    jars: Sequence[Jar], folder: Path, repositories: dict[str, str] | None, progress: Progress
) -> None:
    if not jars:
        return
    for left in folder.glob(f"{STAGING}*"):  # by a run that was killed; nobody else is here
        shutil.rmtree(left)
    total = sum(jar.size for jar in jars)
    if shutil.disk_usage(folder).free < 2 * total:
        raise OSError(errno.ENOSPC, "no space")
    progress(f"Downloading Apache Kafka: {len(jars)} jars, {_mb(total)} MB, once")
    with tempfile.TemporaryDirectory(dir=folder, prefix=STAGING) as staging:
        context = maven(Path(staging), repositories)
        pool = ThreadPoolExecutor(CONNECTIONS)
        try:
            _collect(
                {pool.submit(_fetch, context, jar): jar for jar in jars}, folder, total, progress
            )
        finally:
            pool.shutdown(cancel_futures=True)


def _collect(
    futures: dict[Future[Path], Jar], folder: Path, total: int, progress: Progress
) -> None:
    done = told = 0
    for future in as_completed(futures):
        jar, path = futures[future], future.result()
        verify(path, jar)
        path.replace(folder / jar.name)
        done += jar.size
        if done - told > total // 8:
            progress(f"Downloading Apache Kafka: {_mb(done)} of {_mb(total)} MB")
            told = done


def _fetch(context: Any, jar: Jar) -> Path:
    from requests import RequestException

    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for attempt in range(ATTEMPTS):
        artifact.cached_path.unlink(missing_ok=True)  # what an interrupted attempt left
        try:
            path = artifact.resolve()
        except (RequestException, RuntimeError) as problem:
            if attempt + 1 == ATTEMPTS:
                raise Failure(
                    f"download failed: {jar.name} ({type(problem).__name__}); "
                    "check the network and try again"
                ) from None
        else:
            return Path(path)
    raise AssertionError("unreachable")


def maven(cache: Path, repositories: dict[str, str] | None = None) -> Any:
    """jgo's Maven context; jgo, or its configuration, knows the repositories."""
    try:
        from jgo.config import GlobalSettings
        from jgo.maven import MavenContext
    except ImportError:
        raise Failure(
            "the embedded broker needs the extra 'embedded': pip install 'quietclicks[embedded]'"
        ) from None
    repositories = repositories or GlobalSettings.load().repositories or None
    return MavenContext(repo_cache=cache, remote_repos=repositories, timeout=60)


def _mb(size: int) -> int:
    return round(size / 1e6)
