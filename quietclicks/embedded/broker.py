"""One Apache Kafka broker for demo, tests and bench: a KRaft node in a process of its own.

Never listens beyond this machine, never outlives its owner, and leaves nothing behind unless the
caller gave it a data folder.
"""

import errno
import fcntl
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from quietclicks.embedded.classes import kept_classes
from quietclicks.embedded.diagnosis import PortTaken, folder_in_use, why_it_died
from quietclicks.embedded.jars import Progress, materialise
from quietclicks.embedded.java import find_java
from quietclicks.embedded.keeping import TIMEOUT_S, Keeping
from quietclicks.embedded.ports import HOST, free_port, is_free
from quietclicks.embedded.private import make_private, write_private
from quietclicks.embedded.properties import server_properties
from quietclicks.embedded.ready import ready
from quietclicks.embedded.secure import Secure
from quietclicks.errors import Failure

UNPACKED = "quietclicks-java"
OURS = ("broker.log", "server.properties", "owner.lock", "data", "run", UNPACKED)
JVM_FLAGS = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xms128m",
    "-Xmx384m",
    "-XX:-CreateCoredumpOnCrash",
    "-XX:-UsePerfData",  # would leave a file in the temporary folder
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
]
PORT_ATTEMPTS = 5
SPACE_NEEDED = 512 << 20


def stderr_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def free_space(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Broker:
    """A running broker; a context manager that stops it."""

    def __init__(
        self,
        data_dir: Path,
        *,
        temporary: bool,
        port: int | None,
        properties: Mapping[str, str],
        secure: Callable[[Path], Secure] | None,
    ) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "broker.log"
        self._temporary = temporary
        self._fixed_port = port
        self._properties = properties
        self._secure = secure(data_dir) if secure else None
        self._ports = (0, 0, 0)
        self._command: list[str] = []
        self._lock = _only_owner(data_dir)
        self._keeping = Keeping(data_dir if temporary else None, self.log)

    @classmethod
    def start(
        cls,
        data_dir: Path | None = None,
        *,
        port: int | None = None,
        properties: Mapping[str, str] | None = None,
        secure: Callable[[Path], Secure] | None = None,
        progress: Progress = stderr_progress,
        free: Callable[[Path], int] = free_space,
    ) -> Self:
        """Starts a broker and returns when it answers.

        Without `data_dir` its data is temporary. `properties` override server properties. `secure`
        gets the folder for data, and makes what a broker needs that denies by default.
        Raises Failure: no Java, download, checksum, disk space, port taken, died at start.
        """
        java = find_java()
        jars = materialise(progress)
        if port is not None and not is_free(port):
            raise Failure(f"port {port} is taken by another program; choose another one")
        folder = _prepare(data_dir, free)
        flags = kept_classes(java, jars, JVM_FLAGS, progress, partial(cls._rehearse, java, jars))
        progress("Starting Apache Kafka")
        broker = cls(
            folder,
            temporary=data_dir is None,
            port=port,
            properties=properties or {},
            secure=secure,
        )
        try:
            broker._first_start(java, jars, flags)
        except BaseException:
            broker.stop()
            raise
        return broker

    @property
    def pid(self) -> int:
        """The Java process, 0 when it does not run."""
        return self._keeping.pid

    @property
    def port(self) -> int:
        return self._ports[0]

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"{HOST}:{self.port}"

    def kill(self) -> None:
        """`kill -9`, as tests of crashes need it; data and port are kept for `restart`."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Starts again on the same data and port, after `kill` or in an orderly way."""
        self._end(signal.SIGTERM)
        self._launch()

    def stop(self) -> None:
        """Ends the broker, and its data if that was temporary. May be called twice."""
        self._keeping.close()
        self._lock.close()

    def ended(self, seconds: float) -> Failure | None:
        """Waits so long for the broker to end by itself; the reason if it did."""
        if self.pid and self._keeping.exit_status(seconds) is None:
            return None
        return self._why(self._said)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @classmethod
    def _rehearse(
        cls, java: Path, jars: Sequence[Path], once: Sequence[str], then: Sequence[str]
    ) -> bool:
        """A broker without data, to its orderly end, and then Java alone, each with its flags."""
        folder = _prepare(None, free_space)
        with cls(folder, temporary=True, port=None, properties={}, secure=None) as own:
            own._first_start(java, jars, once)
            own._end(signal.SIGTERM)
            _, status = own._run([*_java(java, jars, folder, then)])
        return status == 0

    def _first_start(self, java: Path, jars: Sequence[Path], flags: Sequence[str]) -> None:
        config = self.data_dir / "server.properties"
        data = self.data_dir / "data"
        # Native parts of the jars are unpacked there, and lie about where Java was killed.
        # The folder may be a caller's: what is emptied bears a name that is ours alone.
        unpacked = self.data_dir / UNPACKED
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(0o700, exist_ok=True)
        run = _java(java, jars, unpacked, flags)
        self._command = [*run, "kafka.Kafka", str(config)]
        for attempt in range(PORT_ATTEMPTS):
            own_port = free_port() if self._secure else 0
            self._ports = (self._fixed_port or free_port(), free_port(), own_port)
            write_private(config, server_properties(data, *self._ports[:2], self._extra()))
            if not (data / "meta.properties").exists():
                self._format([*run, "kafka.tools.StorageTool"], config)
            try:
                return self._launch()
            except PortTaken:
                if self._fixed_port or attempt + 1 == PORT_ATTEMPTS:
                    raise
        return None

    def _format(self, tool: list[str], config: Path) -> None:
        """Gives an empty data folder its identity, as every KRaft node needs one."""
        # The first byte is small, lest it begin with "-" and be taken for an option.
        random = bytes([secrets.randbelow(128)]) + secrets.token_bytes(15)
        identity = urlsafe_b64encode(random).decode().rstrip("=")
        order = [*tool, "format", "-t", identity, "-c", str(config)]
        if self._secure is None:
            said, status = self._run(order)
        else:
            with tempfile.NamedTemporaryFile("w", dir=self.data_dir) as user:
                user.write(self._secure.first_user())
                user.flush()
                said, status = self._run([*order, f"@{user.name}"])
        if status != 0:
            raise self._why(said)

    def _run(self, command: Sequence[str]) -> tuple[int, int | None]:
        """To its end: where its output begins in the log, and its exit status."""
        return self._keeping.run(command), self._keeping.exit_status(TIMEOUT_S)

    def _extra(self) -> Mapping[str, str]:
        own = self._secure.properties(*self._ports) if self._secure else {}
        return {**own, **self._properties}

    def _is_ready(self) -> bool:
        if self._secure is None:
            return ready(HOST, self.port)
        return ready(HOST, self._ports[2], context=self._secure.own_context())

    def _launch(self) -> None:
        self._said = self._keeping.run(self._command)
        deadline = time.monotonic() + TIMEOUT_S
        while not self._is_ready():
            if self._keeping.exit_status(0.05) is not None:
                raise self._why(self._said)
            if time.monotonic() > deadline:
                raise Failure(f"the broker did not answer within {TIMEOUT_S} s")

    def _why(self, said: int) -> Failure:
        """Why Java ended; a log that is kept is named."""
        return why_it_died(self.log, said, kept=not self._temporary)

    def _end(self, number: int) -> None:
        for how in (number, signal.SIGKILL):
            if self.pid:
                self._keeping.signal(how)
                self._keeping.exit_status(TIMEOUT_S)


def _java(java: Path, jars: Sequence[Path], unpacked: Path, flags: Sequence[str]) -> list[str]:
    """Java with the class path, but for what it shall run."""
    # Where it fails it leaves its environment, and not in the folder it was started in.
    folders = [f"-Djava.io.tmpdir={unpacked}", f"-XX:ErrorFile={unpacked}/error.log"]
    return [str(java), *JVM_FLAGS, *folders, *flags, "-cp", os.pathsep.join(map(str, jars))]


def _prepare(data_dir: Path | None, free: Callable[[Path], int]) -> Path:
    """The broker's folder, with room in it."""
    where = data_dir or Path(tempfile.gettempdir())
    try:
        # What arrives holds addresses: nobody else on the machine reads it.
        where.mkdir(0o700, parents=True, exist_ok=True)
        if free(where) < SPACE_NEEDED:
            raise OSError(errno.ENOSPC, "no space")
        folder = data_dir or Path(tempfile.mkdtemp(prefix="quietclicks-kafka-"))
        make_private(folder, OURS)
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise Failure(
                f"not enough disk space for the broker in {where}: "
                f"it needs {SPACE_NEEDED >> 20} MiB free"
            ) from None
        raise Failure(f"cannot use {where}: {problem.strerror}") from None
    return folder.resolve()


def _only_owner(folder: Path) -> IO[str]:
    """Holds the folder until closed; the kernel lets it go when the process ends."""
    file = folder / "owner.lock"
    file.touch(0o600)
    lock = file.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise folder_in_use(folder) from None
    return lock
