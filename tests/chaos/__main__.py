"""`make chaos`: rounds of faults against whole workers on a real broker, until all have struck.

Exit status 1 where anything was lost, doubled or wrong. A round is repeated by its own seed: the
draw of faults and the stream are the same then, the machine's timing is not.
"""

import asyncio
import logging
import secrets
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import click
import msgspec

from quietclicks.errors import QuietclicksError
from tests.chaos.campaign import Result, play

ROUND = 25  # faults, at most
SEEDS = 1_000_000


def say(line: str) -> None:
    """To standard error, with the time as logs have it."""
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


@click.command
@click.option("--faults", type=click.IntRange(1), default=ROUND, show_default=True)
@click.option("--seed", type=click.IntRange(0), help="Of the first round; the next has the next.")
@click.option("--minutes", type=click.FloatRange(0), help="No fault begins after so long.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="F")
def main(faults: int, seed: int | None, minutes: float | None, file: Path | None) -> None:
    """Faults against whole workers.

    With `--json` each round adds a line to a file, and what is summed up is all of the file.
    """
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    deadline = time.monotonic() + (float("inf") if minutes is None else minutes * 60)
    results: list[Result] = []
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker is away, as it should be
    while faults > 0 and time.monotonic() < deadline:
        number = min(faults, ROUND)
        results.append(_round(seed, number, deadline))
        if file is not None:
            with file.open("ab") as lines:
                lines.write(msgspec.json.encode(results[-1]) + b"\n")
        faults -= number
        seed += 1
    all_results = results
    if file is not None:
        all_results = [
            msgspec.json.decode(line, type=Result) for line in file.read_bytes().splitlines()
        ]
    _sum_up(all_results)
    sys.exit(any(result.found for result in results))


def _round(seed: int, faults: int, deadline: float) -> Result:
    say(f"round: make chaos SEED={seed} FAULTS={faults}")
    try:
        result = asyncio.run(play(seed, faults, lambda kind: say(f"  {kind}"), deadline))
    except QuietclicksError as error:
        result = Result(seed, found=[f"the campaign itself: {error}"])
    except Exception:
        result = Result(seed, found=[f"the campaign itself: {traceback.format_exc()}"])
    say(
        f"  {sum(result.faults.values())} faults, {sum(result.missed.values())} more missed their "
        f"moment; {result.events} events, {result.trends} trends; {result.seconds:.0f} s; "
        f"{'WRONG' if result.found else 'all exact'}"
    )
    for line in result.found:
        say(f"  WRONG {line}")
    if result.found:
        say(f"  again: make chaos SEED={seed} FAULTS={faults}; logs: build/chaos/{seed}")
    return result


def _sum_up(results: list[Result]) -> None:
    faults, ends = Counter[str](), Counter[str]()
    for result in results:
        faults.update(result.faults)
        ends.update(result.ends)
    for title, counted in (("faults", faults), ("how workers ended", ends)):
        print(f"{title}:")
        for name, number in counted.most_common():
            print(f"  {number:5} {name}")
    events = sum(result.events for result in results)
    wrong = sum(bool(result.found) for result in results)
    print(f"{faults.total()} faults, {events} events, {wrong} of {len(results)} rounds went wrong")


if __name__ == "__main__":
    main()
