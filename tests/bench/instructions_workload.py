"""The work whose instructions are counted: events decided about in memory, by any version.

`tests.bench.instructions` runs it as a script under valgrind; PYTHONPATH names the version's tree.
It touches only what versions have in common: `Offline`, which runs the real processors, the policy
and what a worker loads and tunes at its start.
"""

import os
import sys
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import quietclicks
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.policy import parse
from quietclicks.schemas import topics


def _either(name: str, former: str) -> Any:
    """A module of the package, or where it stood in an older version."""
    try:
        return import_module(f"quietclicks.{name}")
    except ModuleNotFoundError:
        return import_module(f"quietclicks.{former}")


hot_path = _either("agents.kafka.hot_path", "agents.hot_path")
offline = _either("pipeline.dry_run.offline", "pipeline.offline")
bots = _either("pipeline.fields.bots", "pipeline.bots")
browser = _either("pipeline.fields.browser", "pipeline.browser")
events = _either("pipeline.logs.events", "pipeline.events")

# Events for analysts, as the topic is called since 2026-11-27, and as it was before.
EVENTS: str = getattr(topics, "PSEUDONYMISED", "clickstream.anonymised")
START = datetime(2024, 2, 29, tzinfo=UTC)
MILLISECONDS_PER_DAY = 86_400_000
DAY_KEY = bytes(32)


def main(tree: Path, file: Path, counts: Sequence[int]) -> None:
    """Events of a file, a line each: so many to get warm, then so many that are counted.

    In between a child is forked off that ends at once. So valgrind tells the instructions of both
    up to there and of this process up to the end, and the difference is the second part alone.
    """
    assert Path(quietclicks.__file__).is_relative_to(tree), "another version than was asked for"
    policy = tree / "deploy" / "policy.toml"
    pipeline = offline.Offline(
        parse(policy.read_text("utf-8"), str(policy)), lambda address: None, lambda day: DAY_KEY
    )
    browser.load()
    bots.load()
    lines = iter(file.read_bytes().splitlines())
    opened = milliseconds(START)
    now = opened + MILLISECONDS_PER_DAY  # to the broker, so that none is ahead of it
    parts = [[(next(lines), now) for _ in range(count)] for count in counts]
    hot_path.tune()
    deque(pipeline.run([(events.tick(opened), now)]), maxlen=0)
    warm, counted = parts
    _decide(pipeline, warm)
    if os.fork() == 0:
        os._exit(0)
    _decide(pipeline, counted)
    os._exit(0)  # as the child: what Python clears up at the end is not counted


def _decide(pipeline: Any, values: Sequence[tuple[bytes, int]]) -> None:
    before = Counter(pipeline.tally)
    deque(pipeline.run(values), maxlen=0)
    found = pipeline.tally - before
    assert found[EVENTS] > len(values) / 2, "as many as there should be"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [int(count) for count in sys.argv[3:]])
