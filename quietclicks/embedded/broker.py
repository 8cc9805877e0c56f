"""One Apache Kafka broker for demo, tests and bench: a KRaft node on loopback, in a process of its own.

Never listens beyond this machine, never outlives its owner, and leaves nothing behind unless the
caller gave it a data folder.
"""

import errno
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from quietclicks.embedded import keeper
from quietclicks.embedded.diagnosis import PortTaken, why_it_died
from quietclicks.embedded.jars import Progress, materialise
from quietclicks.embedded.java import find_java
from quietclicks.embedded.ports import HOST, free_port, is_free
from quietclicks.embedded.properties import server_properties
from quietclicks.embedded.ready import ready
from quietclicks.errors import Failure

JVM_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms128m", "-Xmx384m"]
JVM_FLAGS += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
JVM_FLAGS += ["-Dorg.slf4j.simpleLogger.showDateTime=true"]
JVM_FLAGS += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]
START_SECONDS = 60
PORT_ATTEMPTS = 5
SPACE_NEEDED = 512 << 20


def stderr_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def free_space(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Broker:
    """A running broker; a context manager that stops it."""

    def __init__(
        self, data_dir: Path, *, temporary: bool, port: int | None, properties: Mapping[str, str]
    ) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "broker.log"
        self.pid = 0
        self._fixed_port = port
        self._properties = properties
        self._ports = (0, 0)
        self._command: list[str] = []
        self._keeper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", keeper.__file__, str(data_dir) if temporary else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # so that select() sees all there is
            start_new_session=True,
        )

    @classmethod
    def start(
        cls,
        data_dir: Path | None = None,
        *,
        port: int | None = None,
        properties: Mapping[str, str] | None = None,
        progress: Progress = stderr_progress,
        free: Callable[[Path], int] = free_space,
    ) -> Self:
        """Starts a broker and returns when it answers.

        Without `data_dir` its data is temporary. `properties` override server properties.
        Raises Failure: no Java, download, checksum, disk space, port taken, died at start.
        """
        java = find_java()
        jars = materialise(progress)
        if port is not None and not is_free(port):
            raise Failure(f"port {port} is taken by another program; choose another one")
        temporary = data_dir is None
        folder = _prepare(data_dir, free)
        progress("Starting Apache Kafka")
        broker = cls(folder, temporary=temporary, port=port, properties=properties or {})
        try:
            broker._first_start(java, jars)
        except BaseException:
            broker.stop()
            raise
        return broker

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
        assert self._keeper.stdin
        assert self._keeper.stdout
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()
        self.pid = 0

    def wait(self) -> None:
        """Returns when the broker has ended by itself."""
        while self.pid:
            self._answer(3600)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _first_start(self, java: Path, jars: Sequence[Path]) -> None:
        config = self.data_dir / "server.properties"
        data = self.data_dir / "data"
        run = [str(java), *JVM_FLAGS, "-cp", os.pathsep.join(map(str, jars))]
        self._command = [*run, "kafka.Kafka", str(config)]
        for attempt in range(PORT_ATTEMPTS):
            self._ports = (self._fixed_port or free_port(), free_port())
            config.write_text(server_properties(data, *self._ports, self._properties))
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
        identity = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        said = self._run([*tool, "format", "-t", identity, "-c", str(config)])
        while self.pid:
            if self._answer(START_SECONDS).get("exited"):
                raise why_it_died(self.log, said)

    def _launch(self) -> None:
        said = self._run(self._command)
        deadline = time.monotonic() + START_SECONDS
        while not ready(HOST, self.port):
            if "exited" in self._answer(0.05):
                raise why_it_died(self.log, said)
            if time.monotonic() > deadline:
                raise Failure(f"the broker did not answer within {START_SECONDS} s: {self.log}")

    def _run(self, command: list[str]) -> int:
        """Has the keeper start Java; returns where its output begins in the log."""
        said = self.log.stat().st_size if self.log.exists() else 0
        self._tell(start=command, log=str(self.log))
        answer = self._answer(START_SECONDS)
        if "started" not in answer:
            raise Failure(f"cannot run Java: {answer.get('failed', 'no answer')}")
        self.pid = answer["started"]
        return said

    def _end(self, number: signal.Signals) -> None:
        if self.pid:
            self._tell(signal=number)
            deadline = time.monotonic() + START_SECONDS
            while self.pid and time.monotonic() < deadline:
                self._answer(1)
            if self.pid:
                self._tell(signal=signal.SIGKILL)
                self._answer(START_SECONDS)

    def _tell(self, **order: Any) -> None:
        assert self._keeper.stdin
        self._keeper.stdin.write(json.dumps(order).encode() + b"\n")

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The keeper's next word, {} when it says nothing for so long."""
        assert self._keeper.stdout
        if not select.select([self._keeper.stdout], [], [], seconds)[0]:
            return {}
        answer: dict[str, Any] = json.loads(self._keeper.stdout.readline() or b'{"exited":null}')
        if "exited" in answer:
            self.pid = 0
        return answer


def _prepare(data_dir: Path | None, free: Callable[[Path], int]) -> Path:
    """The broker's folder, with room in it."""
    try:
        folder = data_dir or Path(tempfile.mkdtemp(prefix="quietclicks-kafka-"))
        folder.mkdir(parents=True, exist_ok=True)
        if free(folder) < SPACE_NEEDED:
            if data_dir is None:
                folder.rmdir()
            raise OSError(errno.ENOSPC, "no space")
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            where = data_dir or tempfile.gettempdir()
            raise Failure(
                f"not enough disk space for the broker in {where}: "
                f"it needs {SPACE_NEEDED >> 20} MiB free"
            ) from None
        raise Failure(f"cannot use {data_dir}: {problem.strerror}") from None
    return folder.resolve()
