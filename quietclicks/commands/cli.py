"""The command line: `quietclicks COMMAND`. Each command is a module of its own.

Errors are one line on standard error with an exit status, never a traceback.
"""

import logging
import sys

import click
from aiokafka.errors import KafkaError

from quietclicks import __version__, children
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.commands import logs
from quietclicks.commands.access.command import access
from quietclicks.commands.audit.command import audit
from quietclicks.commands.bench.command import bench
from quietclicks.commands.dashboard import dashboard
from quietclicks.commands.kafka import kafka
from quietclicks.commands.keys import keys
from quietclicks.commands.offsets import offsets
from quietclicks.commands.policy import policy
from quietclicks.commands.preview import preview
from quietclicks.commands.replay import replay
from quietclicks.commands.rights.command import rights
from quietclicks.commands.run.command import run
from quietclicks.commands.topics import topics
from quietclicks.commands.worker import worker
from quietclicks.errors import QuietclicksError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="quietclicks")
def cli() -> None:
    """Turns a website's clickstream on Kafka into anonymous trends.

    To see it work, type `make run`. To see what it would do with a log of yours, without Kafka:

        quietclicks preview --site HOST --consent analytics access.log

    Where the broker is and how to log in to it stands in environment variables QUIETCLICKS_...
    (see `quietclicks worker --help`) or in a TOML file that QUIETCLICKS_CONFIG names.
    """


for command in (
    *(preview, replay, run, worker, dashboard, topics, access, offsets, keys),
    *(policy, rights, audit, bench, kafka),
):
    cli.add_command(command)


def main() -> None:
    """The console script."""
    children.forbid_dumps()  # there is hardly a command that sees no address or key
    # What a library logs is for a worker's log; what a person reads is the one line below.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        cli.main(standalone_mode=False)
    except QuietclicksError as error:
        _fail(str(error), error.exit_status)
    except click.exceptions.NoArgsIsHelpError as error:
        # Asked for nothing: what there is to ask for, as it is laid out.
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "quietclicks"
        _fail(f"{_one_line(error.format_message())} Try `{where} --help`.", 2)
    except click.ClickException as error:
        _fail(_one_line(error.format_message()), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (KafkaError, TimeoutError) as error:
        told = f"the broker refused, or stopped to answer: {type(error).__name__}"
        _fail(refusal(error) or told, 1)
    except BrokenPipeError:
        # The reader of our output has seen enough.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        # A fault of ours. Its text may hold what a record held; its kind and place are enough.
        _fail(f"a fault in quietclicks itself, please report it: {logs.brief(error)}", 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, status: int) -> None:
    click.echo(f"quietclicks: {message}", err=True)
    sys.exit(status)
