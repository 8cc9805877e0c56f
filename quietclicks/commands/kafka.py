"""`quietclicks kafka`: the embedded broker in the foreground. Never meant for production."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from quietclicks.embedded.broker import Broker


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; else a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to keep the data in; else it is thrown away at the end.",
)
def kafka(port: int | None, data: Path | None) -> None:
    """Run Apache Kafka on this machine until Ctrl-C.

    Prints its address. For trying things out, never for production: anybody on this machine may
    write to it.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Broker.start(data, port=port) as broker:
            print(broker.bootstrap, flush=True)
            print("Running until Ctrl-C", file=sys.stderr)
            while True:
                if reason := broker.ended(1):
                    raise reason
    except KeyboardInterrupt:
        print("Stopped", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
