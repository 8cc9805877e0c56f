"""`quietclicks keys`: which day keys live, and what is done with them. It shows no day key."""

import asyncio

import click
import msgspec

from quietclicks.agents.kafka import clients
from quietclicks.agents.keys import destroy as agent
from quietclicks.agents.keys.rewrap import rewrap as rewrap_keys
from quietclicks.agents.keys.topic import read_keys
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.signing_key import new_signing_key
from quietclicks.errors import UsageError
from quietclicks.pipeline.clock import day_text, text
from quietclicks.pipeline.pseudonyms.key_life import NEVER, KeyRecords
from quietclicks.schemas import topics


@click.group
def keys() -> None:
    """See to the keys that pseudonyms are made with, one for each day, and to the signing key.

    Workers make day keys, and the one that leads destroys them when their day's events are gone.
    """


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """Show which days have a key, and up to which day keys are destroyed."""
    found = asyncio.run(_records())
    through = None if found.through == NEVER else day_text(found.through)
    living = [(day_text(day), text(each.at_ms)) for day, each in sorted(found.living.items())]
    lingering = [day_text(day) for day in found.lingering]
    if as_json:
        told = {
            "living": [{"day": day, "written": at} for day, at in living],
            "destroyed_through": through,
            "not_yet_compacted": lingering,
        }
        click.echo(msgspec.json.encode(told).decode())
        return
    for day, at in living:
        click.echo(f"{day}  lives, written {at}")
    for day in lingering:
        click.echo(f"{day}  destroyed; the broker has not compacted it away yet")
    click.echo(
        "No key is destroyed yet." if through is None else f"Destroyed: all up to {through}."
    )


async def _records() -> KeyRecords:
    # A reader would wait long for a topic that is not there, or that it may not know of.
    await clients.partitions(settings(), topics.KEYS)
    return await read_keys(settings())


@keys.command
@click.option("--due", is_flag=True, help="Those whose events are gone; there are no others.")
@click.option("--policy", "policy_path", metavar="F", help="The policy file.")
def destroy(due: bool, policy_path: str | None) -> None:
    """Destroy the keys that are due, now, and not when a worker comes to it.

    A key is due when no event of its day is left in any topic of events, nor on the broker's disk.
    Nothing destroys one before: what is not due yet stays.
    """
    if not due:
        raise UsageError("say --due: only keys that are due can be destroyed")
    days = asyncio.run(agent.destroy_due(settings(), read_policy(policy_path)))
    for day in days:
        click.echo(f"{day_text(day)}  destroyed")
    if not days:
        click.echo("No key is due.")


@keys.command
def rewrap() -> None:
    """Wrap every key that lives with the first key-encryption key.

    To change it: give workers the new one before the old one (QUIETCLICKS_KEY_ENCRYPTION_KEY takes
    several, with spaces between them) and restart them, run this, take the old one away, and
    restart them again. Pseudonyms stay the same.
    """
    days = asyncio.run(rewrap_keys(settings()))
    for day in days:
        click.echo(f"{day_text(day)}  wrapped anew")
    if not days:
        click.echo("All keys are wrapped with the first key-encryption key.")


keys.add_command(new_signing_key)
