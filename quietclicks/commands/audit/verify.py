"""`quietclicks audit verify`: look at an exported audit log as a stranger would. Asks no broker."""

import sys
from pathlib import Path

import click

from quietclicks.errors import UsageError
from quietclicks.pipeline.evidence.check import check
from quietclicks.pipeline.evidence.folder import FolderError
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey, verifier_key


@click.command
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, metavar="KEY", help="A verifier key, as published.")
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of checkpoints that was kept elsewhere.",
)
def verify(folder: Path, keys: tuple[str, ...], anchors: tuple[Path, ...]) -> None:
    """Verify an exported audit log.

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

    Exit status 0 if all holds, 1 if something is broken, 2 if nothing is and not all could be
    shown. The folder's own verify.py says the same, without this package.
    """
    try:
        report = check(
            _read(folder),
            [_key(text) for text in keys],
            [(str(path), _bytes(path)) for path in anchors],
        )
    except FolderError as error:
        raise UsageError(f"{folder}: {error}") from None
    for name, finding in report.findings.items():
        click.echo(f"{name:11} {finding.verdict:10} {finding.says}")
    sys.exit(report.exit_status)


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
