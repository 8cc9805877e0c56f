"""`quietclicks preview --canaries`: made-up personal data through one's own policy.

It reads no log and prints no canary, only which kinds came through and where they had been put.
"""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import click

from quietclicks.agents.settings import KEY_BYTES
from quietclicks.commands.progress import Progress
from quietclicks.errors import Failure
from quietclicks.pipeline.dry_run.canaries import FORMS, KINDS, Canary, Finder, canaries, log_of
from quietclicks.pipeline.dry_run.offline import Offline, Public
from quietclicks.pipeline.policy import Policy

Found = dict[Canary, set[str]]  # → the topics that hold it


def release_canaries(policy: Policy, country: Callable[[bytes], str | None]) -> None:
    """Run every canary through the pipeline and print what was found. Raises `Failure`."""
    sent: list[Canary] = []
    values: list[bytes] = []
    for canary, records in canaries(policy):
        sent.append(canary)
        values += records
    offline = Offline(policy, country, lambda day: secrets.token_bytes(KEY_BYTES))
    with Progress("records looked at") as progress:
        found = search(sent, _counted(offline.run(log_of(values, policy)), progress))
    click.echo(table(sent, found))
    if found:
        raise Failure(f"{len(found)} of {len(sent)} canaries were found in public topics")
    click.echo(
        f"{len(sent)} canaries ({len(FORMS)} encodings) in {len(values)} events of "
        f"{len(policy.sites)} site{'s' if len(policy.sites) > 1 else ''}: none found"
    )


def search(sent: Sequence[Canary], written: Iterator[Public]) -> Found:
    """Which canaries are in the records, whatever their encoding, and in which topics."""
    finder = Finder(sent)
    found: Found = defaultdict(set)
    for record in written:
        for part in (record.key, record.value):
            for canary in finder.find(part.decode()) if part else ():
                found[canary].add(record.topic)
    return found


def table(sent: Sequence[Canary], found: Found) -> str:
    """A row for each field, a column for each kind; below it, where those found had been put."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for canary in found:
        counts[canary.field, canary.kind] += 1
    fields = list(dict.fromkeys(canary.field for canary in sent))
    wide = max(map(len, fields))
    lines = [" ".join([" " * wide, *(kind.rjust(7) for kind in KINDS)])]
    for field in fields:
        cells = [str(counts.get((field, kind), "-")).rjust(7) for kind in KINDS]
        lines.append(" ".join([field.ljust(wide), *cells]))
    for canary, topics in found.items():
        lines.append(
            f"found: {canary.kind} in {canary.field} ({canary.form}, in {canary.place!r}), "
            f"{canary.site}: {', '.join(sorted(topics))}"
        )
    return "\n".join(lines)


def _counted(written: Iterator[Public], progress: Progress) -> Iterator[Public]:
    for record in written:
        progress.add(1)
        yield record
