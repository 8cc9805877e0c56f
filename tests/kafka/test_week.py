"""A week of a live pipeline: keys are born and die, and the audit finds what it should find.

One test, since the week is one: what is promised holds, and then one thing after another is broken.
"""

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from quietclicks.schemas import topics
from tests.kafka.disk import on_disk
from tests.kafka.sabotage import OF_THE_LOG, OF_THE_REST, Sabotage
from tests.kafka.week import Week, week

pytestmark = pytest.mark.slow


async def test_what_is_promised_holds_for_a_week_and_every_sabotage_is_found(
    tmp_path: Path,
) -> None:
    async with week(tmp_path) as made:
        await made.record_an_audit()
        keys_are_dead(made)
        made.stop_workers()
        await all_is_held(made)
        missed = await missed_in_the_log(made) + await missed_in_the_report(made)
        assert missed == []


def keys_are_dead(made: Week) -> None:
    """No file of the broker has the wrapped key of a destroyed day; of the others one has."""
    assert {str(day) for day in made.days} == made.wrapped.keys()
    for day in made.due:
        assert on_disk(made.broker, made.wrapped[str(day)]) == set(), f"the key of {day}"
    alive = made.days[-1]
    assert on_disk(made.broker, made.wrapped[str(alive)]) == {f"{topics.KEYS}-0"}


async def all_is_held(made: Week) -> None:
    """Of the report each check, of the log each verdict."""
    checks, done = await report(made)
    other = {name: each for name, each in checks.items() if each["outcome"] != "held"}
    assert not other, other
    assert done.exit_code == 0, done.output
    verdicts, done = await verified(made)
    other = {name: each for name, each in verdicts.items() if not each.startswith("holds")}
    assert not other, other
    assert done.exit_code == 0, done.output


async def missed_in_the_log(made: Week) -> list[str]:
    """The sabotages that `audit verify` does not name, one by one."""
    missed = []
    for sabotage in OF_THE_LOG:
        async with sabotage.act(made):
            verdicts, done = await verified(made)
        said = verdicts[sabotage.by]
        if done.exit_code != 1 or not said.startswith("BROKEN") or not named(sabotage, said, made):
            missed.append(f"{sabotage.name}: {done.output}")
    return missed


async def missed_in_the_report(made: Week) -> list[str]:
    """The sabotages that `audit report` does not name, all of them done together."""
    async with AsyncExitStack() as done_to_it:
        for sabotage in OF_THE_REST:
            await done_to_it.enter_async_context(sabotage.act(made))
        checks, done = await report(made)
        assert done.exit_code == 1
    problems = {name: " ".join(each["problems"]) for name, each in checks.items()}
    return [
        f"{each.name}: {checks[each.by]}"
        for each in OF_THE_REST
        if not named(each, problems[each.by], made)
    ]


def named(sabotage: Sabotage, said: str, made: Week) -> bool:
    return all(word.format(first=made.due[0]) in said for word in sabotage.names)


async def report(made: Week) -> tuple[dict[str, Any], Result]:
    """The report's checks by name, and how the command ended."""
    file = made.folder / "report.json"
    file.unlink(missing_ok=True)
    key = ("--key", made.verifier)
    done = await made.typed("auditor", "audit", "report", "--json", str(file), *key)
    assert file.exists(), done.exception
    return {each["name"]: each for each in json.loads(file.read_bytes())["checks"]}, done


async def verified(made: Week) -> tuple[dict[str, str], Result]:
    """What `audit verify` says of each part of the broker's log."""
    outside = ("--key", made.verifier, "--anchor", str(made.anchor))
    done = await made.typed("inspector", "audit", "verify", *outside)
    assert done.exit_code in (0, 1, 2), done.exception
    found = re.findall(r"(?m)^(\S+) +(.*)$", done.output)
    return dict(found), done
