"""What several commands share: finding the policy and the settings, and reading a log."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar, cast

import click
from msgspec import Struct

from quietclicks.agents.settings import Settings, load
from quietclicks.errors import UsageError
from quietclicks.pipeline.logs.events import read_events, read_log, vouch
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.schemas.raw import Consent

GZIP = b"\x1f\x8b"
MAX_LINE_BYTES = 4 * 1024 * 1024

Format = Literal["events", "combined"]
F = TypeVar("F", bound=Callable[..., object])


def settings() -> Settings:
    """From the environment, and the file that QUIETCLICKS_CONFIG names."""
    return load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"))


def read_policy(file: str | None) -> Policy:
    """The policy: `file`, else QUIETCLICKS_POLICY, else deploy/policy.toml of this checkout."""
    path = policy_file(file)
    return parse(read_text(path), str(path))


def policy_file(file: str | None) -> Path:
    """Where the policy stands; raises `UsageError`."""
    named = file or os.environ.get("QUIETCLICKS_POLICY") or settings().policy
    if named:
        return Path(named)
    path = Path(__file__).resolve().parents[2] / "deploy" / "policy.toml"
    if not path.is_file():
        raise UsageError("there is no policy here: name one with --policy or QUIETCLICKS_POLICY")
    return path


def read_text(path: Path) -> str:
    """A text file; raises `UsageError`."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a text in UTF-8") from None


class Log(Struct):
    """A log to read, twice: `values` gives a raw record for each line, from the beginning."""

    file: BinaryIO
    format: Format
    site: str
    consent: Consent | None

    def values(self) -> Iterator[bytes]:
        """Raw records' values."""
        self.file.seek(0)
        lines = _lines(self.file)
        if self.format == "combined":
            yield from read_log(lines, self.site, self.consent)
        elif self.consent is None:
            yield from read_events(lines)
        else:
            yield from (vouch(value, self.consent) for value in read_events(lines))


def log_options(command: F) -> F:
    """The options that `preview` and `replay` have in common."""
    for option in (
        click.argument("file", default="-", metavar="[FILE]"),
        click.option("--policy", "policy_path", metavar="F", help="The policy file."),
        click.option(
            "--format",
            "form",
            type=click.Choice(["events", "combined"]),
            help="Raw events as NDJSON, or an access log. Default: what the first line looks like.",
        ),
        click.option(
            "--site", metavar="HOST", help="Whose log it is. Default: the policy's only site."
        ),
        click.option(
            "--consent",
            metavar="analytics,partners",
            help="What you vouch for where a log has no consent in it. Default: unknown.",
        ),
    ):
        command = option(command)
    return command


def open_log(
    file: str, form: Format | None, site: str | None, consent: str | None, policy: Policy
) -> Log:
    """A file or standard input (`-`), plain or gzip; raises `UsageError`."""
    stream = _opened(file)
    first = next((line for line in _lines(stream) if line.strip()), b"")
    chosen: Format = form or ("events" if first.lstrip()[:1] in {b"{", b""} else "combined")
    only = next(iter(policy.sites)) if len(policy.sites) == 1 else None
    host = site or only
    if chosen == "combined" and host is None:
        raise UsageError("the policy has several sites: say whose log it is with --site")
    if site is not None and site not in policy.sites:
        raise UsageError(
            f'the policy has no site "{site}": add [sites."{site}"] to it, or name one of: '
            + ", ".join(sorted(policy.sites))
        )
    return Log(stream, chosen, host or "", _vouched(consent))


def _opened(file: str) -> BinaryIO:
    """Something to read twice, unpacked. It is closed when the command ends."""
    command = click.get_current_context()
    if file == "-":
        # Put aside in a file that has no name, and goes with the process.
        stream = command.with_resource(cast(BinaryIO, tempfile.TemporaryFile()))  # noqa: SIM115 - closed with it
        while portion := sys.stdin.buffer.read(1 << 20):
            stream.write(portion)
        stream.seek(0)
    else:
        try:
            stream = command.with_resource(open(file, "rb"))  # noqa: SIM115 - closed with the command
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror}") from None
    try:
        magic = stream.read(2)
        stream.seek(0)
    except OSError as error:  # a directory; a pipe, which is read once
        said = error.strerror or "it cannot be read twice: say - and give it to standard input"
        raise UsageError(f"cannot read {file}: {said}") from None
    if magic == GZIP:
        return command.with_resource(cast(BinaryIO, GzipFile(fileobj=stream)))
    return stream


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines of bounded length: what is longer is cut in portions."""
    try:
        while line := stream.readline(MAX_LINE_BYTES):
            yield line
    except (BadGzipFile, EOFError):
        raise UsageError("the log is a damaged gzip file") from None
    except OSError as error:
        raise UsageError(f"cannot read the log: {error.strerror or 'damaged'}") from None


def _vouched(consent: str | None) -> Consent | None:
    if not consent:
        return None
    named = {each.strip() for each in consent.split(",")}
    unknown = named - {"analytics", "partners"}
    if unknown:
        raise UsageError("--consent takes analytics, partners or both: analytics,partners")
    return Consent("analytics" in named or None, "partners" in named or None)
