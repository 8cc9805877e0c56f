"""`quietclicks kafka`: the embedded broker in the foreground. Never meant for production."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from quietclicks.agents.access.accounts import path_of
from quietclicks.commands.secure import ADMIN, access_folder, admin_settings, prepare
from quietclicks.embedded.broker import Broker


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; else a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to keep the data in; else it is thrown away at the end.",
)
@click.option("--secure", is_flag=True, help="By TLS only, with a password, and deny by default.")
def kafka(port: int | None, data: Path | None, secure: bool) -> None:
    """Run Apache Kafka on this machine until Ctrl-C.

    Prints its address. For trying things out, never for production: anybody on this machine may
    write to it. With --secure nobody may do anything but its user admin, whose settings file it
    names; that one gives the others their rights (`quietclicks access apply`).
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Broker.start(data, port=port, secure=prepare if secure else None) as broker:
            print(broker.bootstrap, flush=True)
            if secure:
                admin_settings(broker)
                path = path_of(access_folder(broker.data_dir), ADMIN)
                print(f"Its user {ADMIN}: QUIETCLICKS_CONFIG={path}", file=sys.stderr)
            print("Running until Ctrl-C", file=sys.stderr)
            while True:
                if reason := broker.ended(1):
                    raise reason
    except KeyboardInterrupt:
        print("Stopped", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
