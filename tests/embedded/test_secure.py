"""The embedded broker that denies by default, and what it takes to reach it."""

import signal
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from quietclicks.embedded.ready import ready
from tests.commands.typed import one_line, typed
from tests.kafka_tools import SharedBroker
from tests.paths import ROOT


def test_its_first_user_may(guarded: SharedBroker) -> None:
    file = str(guarded.access / "admin.toml")
    done = typed("topics", "plan", config=file)
    assert done.returncode == 0, done.stderr
    assert "to do" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"sasl_password": "wrong"}, id="password"),
        pytest.param({"sasl_username": "nobody"}, id="user"),
        pytest.param({"security_protocol": "SSL"}, id="no login"),
        pytest.param({"security_protocol": "SASL_PLAINTEXT"}, id="in the clear"),
        pytest.param({"security_protocol": "PLAINTEXT"}, id="in the clear without a login"),
    ],
)
def test_nobody_else_may(guarded: SharedBroker, wrong: dict[str, str]) -> None:
    file = str(guarded.access / "admin.toml")
    one_line(typed("topics", "plan", config=file, **wrong), 1)


def test_its_own_ports_take_nobody_without_its_certificate(guarded: SharedBroker) -> None:
    properties = (guarded.data_dir / "server.properties").read_text()
    listeners = dict(line.split("=", 1) for line in properties.splitlines())["listeners"]
    ports = [int(each.rpartition(":")[2]) for each in listeners.split(",")]
    assert len(ports) == 3
    context = ssl.create_default_context(cafile=str(guarded.access / "ca.pem"))
    for port in ports:
        assert not ready("127.0.0.1", port)
        assert not ready("127.0.0.1", port, context=context)
    context.load_cert_chain(guarded.access / "broker.pem")
    assert ready("127.0.0.1", ports[1], context=context)


def test_what_it_writes_is_for_its_owner_alone(guarded: SharedBroker) -> None:
    for path in guarded.access.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(guarded.access.stat().st_mode) == 0o700


def test_by_command_and_again_on_the_same_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "quietclicks", "kafka", "--secure", "--data", str(tmp_path)]
    passwords = set()
    for _ in range(2):
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            address = process.stdout.readline().strip()
            told = ""
            while "Running" not in told:
                told += process.stderr.readline()
            file = tmp_path / "access" / "admin.toml"
            assert f"QUIETCLICKS_CONFIG={file}" in told
            assert f'bootstrap = "{address}"' in file.read_text()
            password = file.read_text().rpartition("sasl_password = ")[2].strip().strip('"')
            passwords.add(password)
            done = typed("topics", "plan", config=str(file))
            process.send_signal(signal.SIGTERM)
            rest, more = process.communicate(timeout=60)
        assert done.returncode == 0, done.stderr
        everywhere = told + rest + more + (tmp_path / "server.properties").read_text()
        assert password not in everywhere + (tmp_path / "broker.log").read_text()
    assert len(passwords) == 1
