"""`quietclicks audit pack`: all that is signed, as a folder for who does not believe us."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from quietclicks.agents.audit.reports import read_reports
from quietclicks.commands.audit.log import folder_of, keys_option, stored_log
from quietclicks.commands.options import policy_file, policy_option, read_text, settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.audit.pack import PAGE, POLICY, policy_is_known, report_files
from quietclicks.pipeline.evidence import folder
from quietclicks.pipeline.policy import parse, policy_hash


@click.command
@click.argument("to", metavar="FOLDER", type=click.Path(path_type=Path))
@keys_option
@policy_option
def pack(to: Path, keys: tuple[str, ...], policy_path: str | None) -> None:
    """Write all that is signed of the log into a new folder, with what verifies it.

    It holds the entries, the checkpoints, a receipt for each day whose key is destroyed, the newest
    audit's report that a signed entry knows, the policy if one knows it, and verify.py, which needs
    nothing but Python.
    """
    stored = asyncio.run(stored_log())
    signed = folder.lines(folder_of(stored, keys)[folder.ENTRIES])
    more = {**_report(signed), **_policy(policy_path, signed)}
    for name in (PAGE, POLICY):
        if name not in more:
            click.echo(f"without {name}: there is none that a signed entry knows", err=True)
    made = folder_of(stored, keys, more)
    try:
        to.mkdir()
        for name, data in made.items():
            (to / name).parent.mkdir(exist_ok=True)
            (to / name).write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write {to}: {error.strerror}") from None
    receipts = sum(name.startswith(folder.RECEIPTS) for name in made)
    click.echo(f"{to}: {len(signed)} entries, {receipts} receipts")


def _report(signed: Sequence[bytes]) -> dict[str, bytes]:
    try:
        stored = asyncio.run(read_reports(settings()))
    except Failure as error:
        click.echo(str(error), err=True)
        return {}
    return report_files(signed, [each.value for each in stored])


def _policy(path: str | None, signed: Sequence[bytes]) -> dict[str, bytes]:
    """The file as it is, if it is one that was in force."""
    file = policy_file(path)
    text = read_text(file)
    known = policy_is_known(signed, policy_hash(parse(text, str(file))))
    return {POLICY: text.encode()} if known else {}
