"""`quietclicks audit verify`: look at the log, exported or on the broker, as a stranger would."""

import asyncio
import sys
from pathlib import Path

import click

from quietclicks.agents.evidence.beside import Anchors, anchors_beside
from quietclicks.commands.audit.log import needed_keys, stored_log
from quietclicks.commands.options import settings
from quietclicks.errors import UsageError
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.check import Checked, check, check_log
from quietclicks.pipeline.evidence.folder import FolderError
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey, verifier_key


@click.command
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--key", "keys", multiple=True, metavar="KEY", help="A verifier key, as published.")
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of checkpoints that was kept elsewhere.",
)
def verify(folder: Path | None, keys: tuple[str, ...], anchors: tuple[Path, ...]) -> None:
    """Verify an audit log: an exported one, or the broker's.

    FOLDER holds entries.ndjson, checkpoints.txt, receipts/ and SHA256SUMS (docs/evidence.md). It
    tells whether the log is

    \b
      intact      each entry follows the one before it
      consistent  it is what every checkpoint says that was signed of it
      anchored    up to where it is what somebody outside has kept
      complete    no step of a key's end, no window and no audit is missing, as far as entries tell

    and whether the receipts and the files belong to it. A log that was made anew by whoever holds
    its key is found by an anchor alone, and a key is worth what it was published by: so both come
    from elsewhere, each as often as needed.

    Without FOLDER it reads the broker's log, and takes for anchors what lies beside that, too: the
    checkpoints on a month's trends and in the public summary. Without --key it believes the signing
    key that is set here.

    Exit status 0 if all holds, 1 if something is broken, 2 if nothing is and not all could be
    shown. The folder's own verify.py says the same, without this package.
    """
    files = [(str(path), _bytes(path)) for path in anchors]
    if folder is None:
        report = asyncio.run(_on_the_broker(keys, files))
    else:
        report = _exported(folder, [_key(text) for text in keys], files)
    for name, finding in report.findings.items():
        click.echo(f"{name:11} {finding.verdict:10} {finding.says}")
    sys.exit(report.exit_status)


def _exported(folder: Path, keys: list[VerifierKey], files: Anchors) -> Checked:
    try:
        return check(_read(folder), keys, files)
    except FolderError as error:
        raise UsageError(f"{folder}: {error}") from None


async def _on_the_broker(keys: tuple[str, ...], files: Anchors) -> Checked:
    known = needed_keys(keys)
    # What lies beside the log first, so that each checkpoint that is read is of entries that are.
    beside = await anchors_beside(settings(), lambda line: click.echo(line, err=True))
    there = await stored_log()
    outside = [(name, note) for name, file in files for note in checkpoints.parted(file)]
    return check_log(there.entries, there.notes, known, [*outside, *beside])


def _key(text: str) -> VerifierKey:
    try:
        return verifier_key(text)
    except NoteError as error:
        raise UsageError(f"--key: {error}") from None


def _read(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): _bytes(path) for path in paths}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
