"""`quietclicks follow`: the new lines of growing logs into the raw topic, as they are written."""

import asyncio
import itertools
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from quietclicks.agents.follow.growing import Kind, Recognise
from quietclicks.agents.follow.loop import follow as loop
from quietclicks.agents.follow.sending import Sender
from quietclicks.agents.follow.state import default_path, load, only_follower, save
from quietclicks.agents.follow.watch import Watch
from quietclicks.agents.settings import Settings
from quietclicks.agents.stopping import told_to_stop
from quietclicks.commands import exposed, logs
from quietclicks.commands.log_input import Asked, log_options, recognised, refuse_unreadable
from quietclicks.commands.options import policy_option, read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.logs.events import reader
from quietclicks.pipeline.policy import Policy

log = logging.getLogger(__name__)

ID_BYTES = 16


@click.command
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@policy_option
@click.option(
    "--state",
    metavar="FILE",
    help="Where the position is kept. Default: a file for these logs in $STATE_DIRECTORY, "
    "$XDG_STATE_HOME/quietclicks or ~/.local/state/quietclicks.",
)
@log_options()
def follow(
    files: tuple[str, ...], policy_path: str | None, state: str | None, asked: Asked
) -> None:
    """Send what is written to logs to clickstream.raw, as it is written.

    Until Ctrl-C or SIGTERM. It begins at a log's end, and goes on where it stopped; a log that is
    not there yet is waited for. Rotation is followed, by rename and by copy. Ticks come from the
    workers: what is too late for their clock is rejected as late. FILE is what `quietclicks
    preview` reads, unpacked and a line each.
    """
    policy = read_policy(policy_path)
    recognised((), asked, policy)
    followed = _named(files)
    path = Path(state) if state else default_path(followed, os.environ)
    chosen = settings()
    logs.set_up()
    exposed.tell(chosen)
    with only_follower(path):
        try:
            asyncio.run(_follow(chosen, followed, path, _recognise(asked, policy)))
        except OSError as error:
            raise Failure(f"cannot read {error.filename or 'a log'}: {error.strerror}") from None


def _named(files: Sequence[str]) -> list[Path]:
    """Their paths, each file once. Raises `UsageError`."""
    paths = sorted({Path(os.path.abspath(file)) for file in files})
    for path in paths:
        if not _is_text(str(path)):
            raise UsageError("a log's name is not UTF-8: give it another, or a link, and name that")
    for one, other in itertools.combinations(filter(Path.exists, paths), 2):
        if one.samefile(other):  # each of its views would count twice
            raise UsageError(f"{one} and {other} are one file: name it once")
    return paths


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _recognise(asked: Asked, policy: Policy) -> Recognise:
    def recognise(first: Sequence[bytes]) -> Kind:
        kind = recognised(first, asked, policy)
        if kind.documents:
            raise UsageError("its events are not a line each: let the server write them so")
        if kind.format == "cloudfront":
            raise UsageError("CloudFront delivers whole files, hours late: `quietclicks replay`")
        return Kind(reader(kind.format, kind.reading), lambda found: refuse_unreadable(found, kind))

    return recognise


async def _follow(
    chosen: Settings, followed: Sequence[Path], path: Path, recognise: Recognise
) -> None:
    known = load(path)
    watches = {
        str(each): Watch(
            each,
            known.get(str(each)),
            recognise,
            _say,
            draw_id=lambda: secrets.token_hex(ID_BYTES),
            clock=time.monotonic,
        )
        for each in followed
    }

    def keep() -> None:
        save(path, known | {name: watch.generations for name, watch in watches.items()})

    stopping = told_to_stop()
    sender = Sender(chosen, _say)
    await sender.start()
    try:
        with Progress("lines sent") as progress:
            await loop(list(watches.values()), sender.send, keep, stopping, _told(progress))
    finally:
        await sender.stop()
        for watch in watches.values():
            watch.close()


def _told(progress: Progress) -> Callable[[int], None]:
    """On a terminal; a service's log is for what is worth a look."""

    def told(lines: int) -> None:
        for _ in range(lines if sys.stderr.isatty() else 0):
            progress.add(1)

    return told


def _say(text: str) -> None:
    log.warning("%s", text)
