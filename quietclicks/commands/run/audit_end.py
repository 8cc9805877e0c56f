"""The audit at a run's end, of all that there is by then: by the command that anybody types."""

import asyncio
import time

from quietclicks.agents.audit.reports import read_reports
from quietclicks.commands.run import watched as looks
from quietclicks.commands.run.audit_lines import faults_of
from quietclicks.commands.run.principals import READS
from quietclicks.commands.run.watched import Watched
from quietclicks.pipeline.audit.report import decode

DOING = ["What is promised is measured"]


def end_with_audit(watched: Watched) -> list[str]:
    """It is recorded, and shown; what is broken and need not be. Raises `Failure`, `ReportError`.

    Not while a loop runs.
    """
    screen, processes, roles = watched.screen, watched.processes, watched.roles
    processes.begin_audit()
    screen.begin_lines()
    try:
        while not processes.audit_ended():
            processes.check()
            screen.update_lines(DOING)
            time.sleep(looks.LOOK_SECONDS)
    finally:
        screen.end_lines(DOING)
    [*_, last] = asyncio.run(read_reports(roles.settings(READS)))
    report = decode(last.value)
    screen.audited(report)
    return faults_of(report, roles.secure)
