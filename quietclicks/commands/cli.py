"""The command line: `quietclicks COMMAND`. Each command is a module of its own, imported when it is
asked for: none waits for what the others need.

Errors are one line on standard error with an exit status, never a traceback.
"""

import logging
import sys
from importlib import import_module

import click
from aiokafka.errors import KafkaError

from quietclicks import __version__, children
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.commands import logs
from quietclicks.errors import QuietclicksError

# In which module of `commands/` each stands, under its own name.
MODULES = {
    **{name: name for name in ("preview", "replay", "follow", "worker", "dashboard", "topics")},
    **{name: name for name in ("offsets", "keys", "policy", "kafka")},
    **{
        name: f"{name}.command"
        for name in ("access", "audit", "bench", "collector", "rights", "run")
    },
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        module = import_module(f"quietclicks.commands.{MODULES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="quietclicks")
def cli() -> None:
    """Turns a website's clickstream on Kafka into anonymous trends.

    To see it work, type `make run`. To see what it would do with a log of yours, without Kafka:

        quietclicks preview --site HOST --consent analytics access.log

    To count a website it takes a broker, its topics (`topics apply`), a `worker`, a `collector` (or
    `follow`, for a log) and a `dashboard`; `kafka` is a broker to try it with.

    Where the broker is and how to log in to it stands in environment variables QUIETCLICKS_...
    (see `quietclicks worker --help`) or in a TOML file that QUIETCLICKS_CONFIG names.
    """


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
