"""`quietclicks audit log` and `receipt`: the audit log as the broker has it, for people."""

import asyncio
from collections.abc import Sequence
from datetime import date
from importlib.resources import files

import click

from quietclicks.agents.evidence.audit_log import Stored, read_log, signing_keys
from quietclicks.agents.kafka import clients
from quietclicks.commands.audit.entry_line import line
from quietclicks.commands.options import settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.evidence import folder
from quietclicks.pipeline.evidence.choose import Wanted
from quietclicks.pipeline.evidence.entries import EntryError, decode
from quietclicks.pipeline.evidence.kinds import KINDS
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey, verifier_key
from quietclicks.pipeline.evidence.receipts import ENDING
from quietclicks.schemas import topics

VERIFIER = files("quietclicks.commands.audit") / "standalone" / "verify.py"
keys_option = click.option(
    "--key", "keys", multiple=True, metavar="KEY", help="A verifier key; else the signing key's."
)


@click.command("log")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Only entries of this kind.")
@click.option("--day", metavar="DAY", help="Only what is about a day: 2026-11-22.")
@click.option("--since", metavar="DAY", help="Only what was told on that day or later.")
@click.option("--until", metavar="DAY", help="Only what was told on that day or before.")
@click.option("--json", "as_json", is_flag=True, help="The entries as they are, one a line.")
def log_(
    kind: str | None, day: str | None, since: str | None, until: str | None, as_json: bool
) -> None:
    """Show the audit log, an entry a line. Days are UTC.

    It only shows: whether the log is the one that was written, `audit verify` tells. Hashes are
    shortened but for --json.
    """
    wanted = Wanted(kind, _day("--day", day), _day("--since", since), _day("--until", until))
    for data in asyncio.run(stored_log()).entries:
        try:
            entry = decode(data)
        except EntryError as error:
            raise Failure(f"{error}: see `quietclicks audit verify`") from None
        if wanted.has(entry):
            click.echo(data.decode() if as_json else line(entry))


@click.command
@click.argument("day", metavar="DAY")
@keys_option
def receipt(day: str, keys: tuple[str, ...]) -> None:
    """Print the receipt of a day's key: that it was destroyed, and when, signed.

    DAY is written 2026-11-22. Anybody can verify it, without the rest of the log
    (docs/evidence.md).
    """
    _day("DAY", day)
    made = folder_of(asyncio.run(stored_log()), keys)
    found = made.get(f"{folder.RECEIPTS}{day}{ENDING}")
    if found is None:
        raise Failure(f"no signed entry says that the key of {day} is destroyed")
    click.echo(found.decode(), nl=False)


async def stored_log() -> Stored:
    """The log as the broker has it. Raises `Failure`."""
    for topic in (topics.AUDIT, topics.CHECKPOINTS):
        # A reader would wait long for a topic that is not there, or that it may not know of.
        await clients.partitions(settings(), topic)
    return await read_log(settings())


def folder_of(
    stored: Stored, keys: Sequence[str], more: folder.Files | None = None
) -> dict[str, bytes]:
    """What is exported: names and contents. Raises `Failure`, `UsageError`."""
    verifier = VERIFIER.read_bytes()
    try:
        return folder.write(stored.entries, stored.notes, needed_keys(keys), verifier, more)
    except folder.FolderError as error:
        raise Failure(str(error)) from None


def keys_of(texts: Sequence[str]) -> list[VerifierKey]:
    """Those that were typed, else the signing keys' own, if there are any. Raises `UsageError`."""
    try:
        found = [verifier_key(each) for each in texts]
    except NoteError as error:
        raise UsageError(f"--key: {error}") from None
    return found or [each.verifier for each in signing_keys(settings())]


def needed_keys(texts: Sequence[str]) -> list[VerifierKey]:
    """The same, and there must be one. Raises `UsageError`."""
    found = keys_of(texts)
    if not found:
        raise UsageError("name the key that the log is signed with: --key, as it was published")
    return found


def _day(name: str, given: str | None) -> date | None:
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = None
    if day is None or day.isoformat() != given:
        raise UsageError(f"{name} is written as 2026-11-22")
    return day
