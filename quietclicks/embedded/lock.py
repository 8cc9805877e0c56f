"""Refreshes the jar lock: `python -m quietclicks.embedded.lock`.

Resolves the broker's jars anew and writes coordinate, SHA-256 and size of each. Never runs by
itself.
"""

import sys
import tempfile
from pathlib import Path

from quietclicks.embedded.jars import LOCK, maven, sha256_of
from quietclicks.errors import Failure

KAFKA = "4.3.1"
ROOTS = [
    f"org.apache.kafka:kafka_2.13:{KAFKA}",
    # The 1.7 line, as Kafka's own: a binding of another line made jgo resolve older Kafka clients.
    "org.slf4j:slf4j-simple:1.7.36",
]
HEADER = f"""\
# The jars of the embedded broker, Apache Kafka {KAFKA}: coordinate, SHA-256, bytes.
# Written by `make lock` (python -m quietclicks.embedded.lock); do not edit.
"""


def resolve(cache: Path) -> str:
    """The lock's text."""
    context = maven(cache)
    inputs, others = context.resolver.resolve([context.create_dependency(c) for c in ROOTS])
    lines = []
    for dependency in sorted([*inputs, *others], key=lambda d: (d.groupId, d.artifactId)):
        if dependency.groupId == "org.apache.kafka" and dependency.version != KAFKA:
            raise Failure(f"{dependency.artifactId} was resolved as {dependency.version}")
        path = Path(dependency.artifact.resolve())
        coordinate = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
        lines.append(f"{coordinate} {sha256_of(path)} {path.stat().st_size}\n")
    return HEADER + "".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        text = resolve(Path(cache))
    LOCK.write_text(text)
    print(f"{LOCK}: {len(text.splitlines()) - 2} jars", file=sys.stderr)


if __name__ == "__main__":
    main()
