"""What an audit of events costs: its scans over made-up visits, in processor time and memory.

.venv/bin/python -m tests.bench.audit_cost [RAW_EVENTS]
"""

import resource
import secrets
import sys
import time
from datetime import UTC, datetime

from quietclicks.agents.audit.events import MAX_SIGHTED
from quietclicks.demo.load import load
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.audit.checks.choices import Alive, Choices
from quietclicks.pipeline.audit.checks.cuts import CutScan
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.pseudonyms import PseudonymScan
from quietclicks.pipeline.dry_run.canaries import START, log_of
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.schemas import topics
from tests.pipeline.audit.made import POLICY

EVENTS = 200_000
BATCH = 5_000  # as the reader hands them over


def main(number: int) -> None:
    """Prints two lines."""
    values = list(load(1, number, datetime.fromtimestamp(START / 1000, UTC)))
    log = list(log_of(values, POLICY))
    made = Offline(POLICY, lambda _: None, lambda _: secrets.token_bytes(32)).run(log)
    prefixes = topics.PSEUDONYMISED, topics.PARTNERS
    passed_on = [each for each in made if each.topic.startswith(prefixes) and each.value]
    choices = Choices(
        POLICY, lambda _: None, lambda: secrets.token_bytes(32), Alive(0, 0), len(passed_on)
    )
    scans = EventScan(POLICY), CutScan(-1, 0), PseudonymScan(), Sightings()
    memory, begin = _memory(), time.process_time()
    events, cuts, names, sightings = scans
    for offset, (topic, key, value) in enumerate(passed_on):
        where = f"{topic}[0]@{offset}"
        said = events.event(where, topic, ListedRecord(offset, 9, key, value), 0)
        assert said is not None
        cuts.event(where, topic, said, 9)
        names.event(where, topic, said)
        choices.passed_on(where, topic, said, 9)
        if topic == topics.PSEUDONYMISED and offset < MAX_SIGHTED:
            sightings.add(said)
    _tell("events", len(passed_on), begin, memory)
    memory, begin = _memory(), time.process_time()
    records = [ListedRecord(offset, at, None, value) for offset, (value, at) in enumerate(log)]
    for start in range(0, len(records), BATCH):
        choices.raw(0, records[start : start + BATCH])
    _tell("raw events", len(records), begin, memory)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tell(what: str, number: int, begin: float, memory: int) -> None:
    each = (time.process_time() - begin) / number * 1e6
    print(f"{number:,} {what}: {each:.0f} µs each, {(_memory() - memory) / 1024:.0f} MiB more")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
