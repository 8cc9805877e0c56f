"""How long until a broker's rounds of deletion and compaction are over, by its own settings.

Arithmetic, and no question to a broker. For one that does not say, what the statement takes for
granted is assumed.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from quietclicks.pipeline.topology.topics import ROUND

DELETION, COMPACTION = "log.retention.check.interval.ms", "log.cleaner.backoff.ms"
# What a round itself takes, from its start until it has come to a partition and renamed its files;
# and what another broker, which compacts its own copy, is behind.
WORK_MS = 10_000


class Rounds(Struct, frozen=True):
    """After so many milliseconds what may go is no part of a log; its file goes a delay later."""

    deletion_ms: int
    compaction_ms: int


UNKNOWN = Rounds(ROUND * 1000, ROUND * 1000)


def rounds(brokers: Iterable[Mapping[str, str]]) -> Rounds:
    """Of a cluster: its slowest broker's."""
    all_of_them = list(brokers)
    return Rounds(_longest(all_of_them, DELETION), _longest(all_of_them, COMPACTION))


def _longest(brokers: Iterable[Mapping[str, str]], setting: str) -> int:
    told = [values.get(setting, "") for values in brokers]
    if not told or not all(map(str.isdecimal, told)):
        return ROUND * 1000
    return max(map(int, told)) + WORK_MS
