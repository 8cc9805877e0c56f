"""`quietclicks audit`: measure what is promised, look at numbers, events and the log as others may.

It publishes nothing.
"""

import click

from quietclicks.commands.audit.differencing import differencing
from quietclicks.commands.audit.linkability import linkability
from quietclicks.commands.audit.log import log_, receipt
from quietclicks.commands.audit.pack import pack
from quietclicks.commands.audit.report import report
from quietclicks.commands.audit.run import run_
from quietclicks.commands.audit.utility import utility
from quietclicks.commands.audit.verify import verify


@click.group
def audit() -> None:
    """Measure what is promised, attack what is passed on, read the audit log."""


audit.add_command(report)
audit.add_command(run_)
audit.add_command(differencing)
audit.add_command(linkability)
audit.add_command(utility)
audit.add_command(log_)
audit.add_command(receipt)
audit.add_command(pack)
audit.add_command(verify)
