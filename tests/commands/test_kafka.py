"""The broker on the command line."""

import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from quietclicks.commands.kafka import kafka
from quietclicks.embedded.ready import ready
from tests.paths import ROOT

COMMAND = [sys.executable, "-c", "from quietclicks.commands.kafka import kafka; kafka()"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "Ctrl-C"])
def test_it_runs_until_told_to_stop(number: signal.Signals) -> None:
    with subprocess.Popen(
        COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        host, port = process.stdout.readline().strip().split(":")
        assert ready(host, int(port), seconds=30)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert told.endswith("Stopped\n")
    assert "Traceback" not in told
    assert not ready(host, int(port))


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_must_be_one(port: str) -> None:
    assert CliRunner().invoke(kafka, ["--port", port]).exit_code == 2
