"""Wrong use of any command: one line that says what to do, the right exit status, no traceback."""

import gzip
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka.errors import KafkaTimeoutError

from quietclicks.commands import cli
from quietclicks.embedded.ports import free_port
from tests.commands.typed import one_line, typed
from tests.paths import ROOT

# A log stays open until its command's process ends; here the process goes on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

COMMANDS = ["preview", "replay", "run", "worker", "dashboard", "topics", "policy", "kafka"]
KEK = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
NO_BROKER = {"QUIETCLICKS_BOOTSTRAP": "127.0.0.1:1", "QUIETCLICKS_KEY_ENCRYPTION_KEY": KEK}


class Told(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on standard error."""
        [line] = self.err.splitlines()
        assert line.startswith("quietclicks: ")
        assert "Traceback" not in line
        return line


Type = Callable[..., Told]


@pytest.fixture
def type_(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Type:
    """The command line in this process: quicker, and the same but for the interpreter's exit."""
    for name in [name for name in os.environ if name.startswith("QUIETCLICKS_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **environment: str) -> Told:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["quietclicks", *arguments])
        # It is called after the package where that was started by `-m`, as pytest may be.
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None)
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Told(status, *capfd.readouterr())

    return run


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS), ["topics", "apply"]])
def test_help(type_: Type, command: list[str]) -> None:
    told = type_(*command, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith("Usage: quietclicks")


def test_the_live_page_takes_no_key_of_a_shared_file(type_: Type, tmp_path: Path) -> None:
    """It comes as far as the policy, where anybody who took the rest would have ended."""
    file = tmp_path / "settings.toml"
    file.write_text(f'key_encryption_key = "{KEK}"\nticks = "no word"\npolicy = "none.toml"\n')
    told = type_("dashboard", "--port", "0", QUIETCLICKS_CONFIG=str(file))
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith("quietclicks: cannot read none.toml")


def test_every_command_is_listed(type_: Type) -> None:
    out = type_("--help").out
    assert [name for name in COMMANDS if f"\n  {name} " not in out] == []
    assert type_("--version").out.startswith("quietclicks, version ")


WRONG_USE = {
    "no such command": ["gallop"],
    "no such option": ["preview", "--gallop"],
    "no such subcommand": ["topics", "gallop"],
    "topics alone takes a word": ["topics", "--gallop"],
    "too many files": ["preview", "one", "two"],
    "no such format": ["preview", "--format", "csv"],
    "port is no number": ["worker", "--port", "http"],
    "port out of range": ["worker", "--port", "65536"],
    "kafka port out of range": ["kafka", "--port", "0"],
    "policy without a file": ["preview", "--policy"],
    "run takes no argument": ["run", "access.log"],
}


@pytest.mark.parametrize("arguments", WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use(type_: Type, arguments: list[str]) -> None:
    told = type_(*arguments)
    assert told.status == 2
    assert "--help" in told.line


MISSING = "/nowhere/access.log"
WRONG_INPUT = {
    "preview, no log": (["preview", MISSING], f"cannot read {MISSING}: No such file"),
    "replay, no log": (["replay", MISSING], f"cannot read {MISSING}: No such file"),
    "run, no log": (["run", "--once", "--log", MISSING], f"cannot read {MISSING}: No such file"),
    "preview, a folder": (["preview", "/"], "cannot read /: Is a directory"),
    "preview, no policy": (["preview", "--policy", MISSING], f"cannot read {MISSING}"),
    "replay, no policy": (["replay", "--policy", MISSING, "-"], f"cannot read {MISSING}"),
    "run, no policy": (["run", "--policy", MISSING], f"cannot read {MISSING}"),
    "worker, no policy": (["worker", "--policy", MISSING], f"cannot read {MISSING}"),
    "topics, no policy": (["topics", "apply", "--policy", MISSING], f"cannot read {MISSING}"),
    "preview, unknown site": (
        ["preview", "--site", "elsewhere.example", "/dev/null"],
        'the policy has no site "elsewhere.example"',
    ),
    "preview, unknown consent": (
        ["preview", "--consent", "everything", "/dev/null"],
        "--consent takes analytics, partners or both",
    ),
    "run, unknown consent": (
        ["run", "--log", "/dev/null", "--consent", "everything"],
        "--consent takes analytics, partners or both",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG_INPUT.values(), ids=WRONG_INPUT)
def test_wrong_input(type_: Type, arguments: list[str], message: str) -> None:
    told = type_(*arguments, **NO_BROKER)
    assert told.status == 2
    assert message in told.line


BAD_POLICIES = {
    "not TOML": "revision = ",
    "not text": b"\xff\xfe",
    "empty": "",
    "unknown key": 'revision = "2026-01-01"\nversion = 1\ncolour = "red"\n[sites."a.example"]\n',
}


@pytest.mark.parametrize("text", BAD_POLICIES.values(), ids=BAD_POLICIES)
@pytest.mark.parametrize(
    "command", [["preview"], ["replay", "-"], ["run"], ["worker"], ["topics", "apply"]]
)
def test_a_bad_policy(type_: Type, tmp_path: Path, command: list[str], text: str | bytes) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_bytes(text if isinstance(text, bytes) else text.encode())
    told = type_(*command, "--policy", str(policy), **NO_BROKER)
    assert told.status == 2
    assert str(policy) in told.line


SETTINGS = {
    "a port that is none": {"QUIETCLICKS_WEB_PORT": "http"},
    "a protocol that is none": {"QUIETCLICKS_SECURITY_PROTOCOL": "HTTPS"},
    "a mechanism that is none": {"QUIETCLICKS_SASL_MECHANISM": "MD5"},
    "ticks that are none": {"QUIETCLICKS_TICKS": "sometimes"},
    "a file that is missing": {"QUIETCLICKS_CONFIG": MISSING},
    "a key that is short": {"QUIETCLICKS_KEY_ENCRYPTION_KEY": "c2hvcnQ="},
    "a key file that is missing": {"QUIETCLICKS_KEY_ENCRYPTION_KEY_FILE": MISSING},
    "no key": {"QUIETCLICKS_KEY_ENCRYPTION_KEY": ""},
    "a CA that is missing": {
        "QUIETCLICKS_SECURITY_PROTOCOL": "SSL",
        "QUIETCLICKS_TLS_CA": MISSING,
    },
    "SASL without a password": {
        "QUIETCLICKS_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "QUIETCLICKS_SASL_USERNAME": "worker",
    },
    "a country database that is missing": {"QUIETCLICKS_COUNTRY_DATABASE": MISSING},
}


@pytest.mark.parametrize("environment", SETTINGS.values(), ids=SETTINGS)
def test_bad_settings(type_: Type, environment: dict[str, str]) -> None:
    told = type_("worker", **NO_BROKER | environment)
    assert told.status == 2
    assert told.line


def test_a_settings_file_with_an_unknown_name(type_: Type, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('bootstrap = "127.0.0.1:1"\nbootsrap = "typo"\n')
    told = type_("topics", "apply", QUIETCLICKS_CONFIG=str(config))
    assert told.status == 2
    assert "no setting is called bootsrap" in told.line


def test_a_password_is_never_told(type_: Type, tmp_path: Path) -> None:
    for protocol in ("SASL_PLAINTEXT", "PLAINTEXT", "GIBBERISH"):
        told = type_(
            *("topics", "apply"),
            QUIETCLICKS_BOOTSTRAP="127.0.0.1:1",
            QUIETCLICKS_SECURITY_PROTOCOL=protocol,
            QUIETCLICKS_SASL_USERNAME="worker",
            QUIETCLICKS_SASL_PASSWORD="correct-horse",  # noqa: S106 - made up
        )
        assert told.status in {1, 2}
        assert told.line
        assert "correct-horse" not in told.out + told.err


@pytest.mark.parametrize("command", [["topics", "apply"], ["replay", "/dev/null"], ["worker"]])
def test_a_broker_that_is_not_there(command: list[str]) -> None:
    # As a process: what a library logs or prints at the end would show here.
    done = typed(*command, bootstrap=f"127.0.0.1:{free_port()}", key_encryption_key=KEK)
    assert "no Kafka broker answers at 127.0.0.1:" in one_line(done, 1)


@pytest.mark.slow
def test_something_else_listens_there(type_: Type) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        told = type_("topics", "apply", QUIETCLICKS_BOOTSTRAP=f"127.0.0.1:{port}")
    assert told.status == 1
    assert "no Kafka broker answers" in told.line


def test_damaged_gzip(type_: Type, tmp_path: Path) -> None:
    log = tmp_path / "access.log.gz"
    log.write_bytes(gzip.compress(b"some lines\n" * 1000)[:40])
    for command in ("preview", "replay"):
        told = type_(command, str(log), **NO_BROKER)
        assert told.status == 2
        assert "damaged gzip" in told.line


def test_a_reader_that_has_seen_enough() -> None:
    line = b'{"event_id":"e%d","site":"shop.example"}\n'
    done = subprocess.run(  # noqa: S602 - a pipe, as a person types it
        f"{sys.executable} -m quietclicks preview | head -n 1",
        shell=True,
        input=b"".join(line % n for n in range(20_000)),
        env={"PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_interrupted() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "quietclicks", "preview", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
    )
    assert process.stdin is not None
    # More than a pipe holds: when it is written, the command is reading.
    process.stdin.write(b"\n" * (1 << 18))
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err.strip()) == (b"", b"")


@pytest.mark.parametrize("error", [KafkaTimeoutError("203.0.113.77"), TimeoutError()])
def test_a_broker_that_goes_in_the_middle(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "main", gone)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = "quietclicks: the broker refused, or stopped to answer: {}\n"
    assert capsys.readouterr().err == said.format(type(error).__name__)


def test_a_fault_of_ours_tells_kind_and_place_and_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ValueError("203.0.113.77")

    monkeypatch.setattr(cli.cli, "main", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("quietclicks: a fault in quietclicks itself")
    assert "ValueError at test_cli.py:" in said
    assert "203.0.113.77" not in said
    assert said.count("\n") == 1


def test_no_command_waits_for_what_another_needs() -> None:
    asked = (
        "import sys; from quietclicks.commands.cli import cli; "
        "cli.get_command(None, 'policy'); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = done.stdout.split()
    assert "quietclicks.commands.policy" in imported
    assert not {"faust", "iso639", "quietclicks.commands.worker"} & {*imported}
