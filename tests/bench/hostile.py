"""What crafted events cost: counted, as the tests hold it, and in CPU time, to see what a unit is.

    .venv/bin/python -m tests.bench.hostile [MOST]

Prints the dearest of them in both, beside the median of honest events that were not seen before.
Time is the least of three runs with empty caches; run it on a quiet machine.
"""

import sys
import time
from datetime import UTC, datetime
from operator import itemgetter
from statistics import median

from quietclicks.commands.options import read_policy
from quietclicks.demo.load import load
from quietclicks.schemas.raw import MAX_RECORD_BYTES
from tests.crafted import events, value_of
from tests.pipeline_tools import NOW
from tests.work import BATCH, HONEST, Rig


def microseconds(rig: Rig, value: bytes) -> float:
    """Of CPU, for an event by itself whose texts nobody remembers."""
    found = []
    for attempt in range(3):
        again = value.replace(b'"event_id": "', b'"event_id": "%d.' % attempt, 1)
        rig.forget()
        began = time.process_time()
        rig.process([again])
        found.append((time.process_time() - began) * 1e6)
    return min(found)


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    rig = Rig(read_policy(None))
    rig.forget()
    values = list(load(2, HONEST, datetime.fromtimestamp(NOW / 1000, UTC)))
    times = []
    for first in range(0, HONEST, BATCH):
        began = time.process_time()
        rig.process(values[first : first + BATCH])
        times.append((time.process_time() - began) / BATCH * 1e6)
    print(f"honest: {rig.honest:,.0f} units, {median(times):.1f} µs of CPU an event (median)")
    rows: list[tuple[float, float, str]] = []
    for number, (name, fields) in enumerate(events(), 1):
        value = value_of(number, fields)
        if len(value) <= MAX_RECORD_BYTES:
            rows.append((rig.times_the_median(value), microseconds(rig, value), name))
    for title, key in (("counted", itemgetter(0)), ("timed", itemgetter(1))):
        print(f"\nthe dearest of {len(rows):,}, {title}:")
        for units, spent, name in sorted(rows, key=key, reverse=True)[:most]:
            print(f"{units:7.1f} × counted {spent:9,.0f} µs {spent / median(times):6.1f} ×  {name}")


if __name__ == "__main__":
    main()
