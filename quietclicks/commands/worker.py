"""`quietclicks worker`: one worker, until it is told to stop."""

import gc
import logging
import sys

import click
import faust
from msgspec import structs

from quietclicks.agents.app import build_app
from quietclicks.commands.options import read_policy, settings
from quietclicks.errors import QuietclicksError
from quietclicks.pipeline import bots, browser

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@click.command
@click.option("--policy", "policy_path", metavar="F", help="The policy file.")
@click.option("--port", type=click.IntRange(0, 65535), help="Web port; 0 for none.")
def worker(policy_path: str | None, port: int | None) -> None:
    """Run one worker; start more to scale. Stop it with Ctrl-C or SIGTERM.

    Each has a web port with the live page (/), Prometheus' /metrics, and /healthz.

    \b
    Environment (or the TOML file that QUIETCLICKS_CONFIG names, without the prefix):
      QUIETCLICKS_BOOTSTRAP            localhost:9092
      QUIETCLICKS_SECURITY_PROTOCOL    PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
      QUIETCLICKS_SASL_MECHANISM       SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN
      QUIETCLICKS_SASL_USERNAME, QUIETCLICKS_SASL_PASSWORD
      QUIETCLICKS_TLS_CA, QUIETCLICKS_TLS_CERTIFICATE, QUIETCLICKS_TLS_KEY    PEM files
      QUIETCLICKS_KEY_ENCRYPTION_KEY or ..._KEY_FILE    32 bytes in base64; needed
      QUIETCLICKS_COUNTRY_DATABASE     an MMDB file
      QUIETCLICKS_WEB_HOST, QUIETCLICKS_WEB_PORT    127.0.0.1, 6066
      QUIETCLICKS_TICKS                live, or none where a replay brings its own
      QUIETCLICKS_APP                  quietclicks: prefixes groups and transactional ids
    """
    chosen = settings()
    if port is not None:
        chosen = structs.replace(chosen, web_port=port)
    app = build_app(chosen, read_policy(policy_path))
    browser.load()
    bots.load()
    # What is loaded by now stays for good: the collector need not look at it again.
    gc.freeze()
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    logging.getLogger("quietclicks").setLevel(logging.INFO)
    # Rebalances and retries are its daily bread; what matters of them the runner says itself.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    host = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False)
    host.spinner = None  # a log is no terminal
    try:
        host.execute_from_commandline()
    except QuietclicksError:
        raise
    except Exception as error:
        logging.getLogger(__name__).error("stopped: %s", type(error).__name__)
        sys.exit(1)
