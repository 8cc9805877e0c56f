"""`quietclicks keys new-signing-key`: makes what signs the audit log. It never prints a secret."""

import os
import secrets
from pathlib import Path

import click

from quietclicks.errors import UsageError
from quietclicks.pipeline.evidence.notes import KEY_BYTES, NoteError, SigningKey, VerifierKey


@click.command
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def new_signing_key(name: str, file: Path) -> None:
    """Make a key that will sign the audit log's checkpoints.

    NAME is the log's, such as shop.example/audit. The private key is written to FILE, which must
    not be there yet and which only its owner may read; the public one, which verifies, is printed:
    publish it where nobody with access to the log can change it.

    Workers sign with it when QUIETCLICKS_SIGNING_KEY_FILE names the file. To change it: put the new
    one on a line before the old one's, and take that away when all know the new one.
    """
    click.echo(make_signing_key(name, file))


def make_signing_key(name: str, file: Path) -> VerifierKey:
    """The same; what verifies is returned. Raises `UsageError`."""
    try:
        key = SigningKey(name, secrets.token_bytes(KEY_BYTES))
    except NoteError as error:
        raise UsageError(str(error)) from None
    try:
        # Made with its rights, not given them afterwards; nothing that is there is overwritten.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as opened:
            opened.write(key.private_text() + "\n")
            opened.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    return key.verifier
