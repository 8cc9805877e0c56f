"""What a report tells and does not judge: sizes, and how far events give visitors away.

Rounded: a report is kept for ever.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from quietclicks.pipeline.attack.linkability import measure
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.audit.report import Figure
from quietclicks.pipeline.audit.rounding import FEW
from quietclicks.pipeline.topology.topics import TopicSpec

STEP = 1024**2  # to the byte it would tell how many events of few people there are


def sizes(disk: Mapping[str, int], specs: Sequence[TopicSpec]) -> Iterator[Figure]:
    """Bytes on the brokers' disks, of all replicas."""
    for spec in specs:
        if spec.name in disk:
            size = -(-disk[spec.name] // STEP) * STEP
            yield Figure("disk", spec.name, size, "bytes, up to whole MiB")


def links(sightings: Sightings, sites: Collection[str]) -> Iterator[Figure]:
    """Of each listed site's day: who is alone with what their events say.

    Of days with few visitors nothing. A limit that is declared (docs/linkability.md), and no fault.
    """
    for each in measure(sightings):
        if each.visitors >= FEW and each.site in sites:
            of = f"{each.site} {each.day}"
            share = round(100 * each.alone / each.visitors)
            yield Figure("alone", of, share, "% of visitors, by what their events say")
