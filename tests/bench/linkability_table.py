"""The tables of docs/linkability.md: what an insider without a key finds, by the fields of events.

.venv/bin/python -m tests.bench.linkability_table
"""

from collections.abc import Iterator

from quietclicks.demo.shop import VISITORS
from quietclicks.pipeline.attack.linkability import Linked, Report
from tests.bench.joining import joined
from tests.two_days import (
    Project,
    World,
    by_the_minute,
    default_fields,
    every_field,
    raw_events,
    without_network,
)

FIELDS: dict[str, Project] = {
    "every field": every_field,
    "without `network`": without_network,
    "the default: without `os` and `browser.major`, too": default_fields,
    "the default, timestamps to the minute": by_the_minute,
}


def main() -> None:
    """Print all of them in Markdown."""
    for line in lines():
        print(line)


def lines() -> Iterator[str]:
    """The tables' lines."""
    world = World(raw_events(VISITORS))
    yield from _found(world)
    yield ""
    yield from _moments(world)
    yield ""
    yield from joined(world)


def _found(world: World) -> Iterator[str]:
    yield (
        "| fields of an event | countries | alone | in a group under 10 | address and browser "
        "lead to one pseudonym, theirs | the same of who refused | linked by traits, right / found "
        "| linked by deeds as well, right / found |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name, fields in FIELDS.items():
        if fields is by_the_minute:
            continue  # what lasts all day is the same
        for countries in (False, True):
            report, _ = world.reports(fields, countries=countries)
            pairs = report.pairs
            assert pairs
            cells = [
                name,
                "known" if countries else "unknown",
                _share(report.alone, report.visitors),
                _share(report.small, report.visitors),
                _share(pairs.found, pairs.present),
                _share(pairs.accused, pairs.absent),
                _link(report.by_traits),
                _link(report.by_deeds),
            ]
            yield f"| {' | '.join(cells)} |"


def _moments(world: World) -> Iterator[str]:
    known = ("a second", "a minute", "three minutes")
    yield (
        "| fields of an event | "
        + " | ".join(f"{each} known" for each in known)
        + " | "
        + " | ".join(f"only {each}" for each in known)
        + " |"
    )
    yield f"|{'---|' * 7}"
    for name, fields in FIELDS.items():
        report: Report = world.reports(fields)[0]
        shares = [_share(each.alone, report.visitors) for each in report.moments]
        shares += [_share(each.alone_by_moments, report.visitors) for each in report.moments]
        yield f"| {' | '.join([name, *shares])} |"


def _link(linked: Linked | None) -> str:
    assert linked
    assert linked.right is not None
    return f"{_share(linked.right, linked.links)} / {_share(linked.right, linked.returned or 0)}"


def _share(number: int, of: int) -> str:
    return f"{number / of:.1%}" if of else "-"


if __name__ == "__main__":
    main()
