"""The operator's command gets each checkpoint once, and no secret; nothing waits for it long."""

import base64
import shlex
import sys
from pathlib import Path

import pytest

from quietclicks.agents.evidence import anchor_command
from quietclicks.agents.evidence.anchor_command import hand_over
from quietclicks.agents.evidence.audit_log import Written
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.status import Status
from tests.agents.evidence.conftest import POLICY

NOTE = "log.example/audit\n1\nAAAA\n\n— log.example/audit AAAA\n".encode()
STATUS = Status(2, 1, 0, 0)


def python(script: str) -> str:
    return shlex.join([sys.executable, "-c", script])


def keeps(path: Path) -> str:
    return python(f"import sys; open({str(path)!r}, 'ab').write(sys.stdin.buffer.read() + b'.')")


async def test_it_gets_the_note_as_it_is(tmp_path: Path) -> None:
    await hand_over(keeps(tmp_path / "kept"), NOTE)
    assert (tmp_path / "kept").read_bytes() == NOTE + b"."


async def test_it_gets_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIETCLICKS_KEY_ENCRYPTION_KEY", "secret")
    monkeypatch.setenv("ANOTHER", "kept")
    script = f"import os; open({str(tmp_path / 'env')!r}, 'w').write(repr(dict(os.environ)))"
    await hand_over(python(script), NOTE)
    found = (tmp_path / "env").read_text()
    assert "kept" in found
    assert "QUIETCLICKS" not in found
    assert "secret" not in found


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python("raise SystemExit(3)"), "it ended with status 3"),
        ("/there/is/none", "it cannot be run"),
        ("'", "it cannot be run"),
        ("", "it cannot be run"),
    ],
    ids=["fails", "is not there", "a quote alone", "no word"],
)
async def test_what_fails_is_told_without_the_command(command: str, why: str) -> None:
    with pytest.raises(Failure) as caught:
        await hand_over(command, NOTE)
    assert str(caught.value) == why


async def test_it_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor_command, "SECONDS", 0.2)
    with pytest.raises(Failure, match=r"it took longer than 0\.2 s"):
        await hand_over(python("import time; time.sleep(600)"), NOTE)


class Round:
    """What rounds find, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *found: Written | Exception) -> None:
        self.found = list(found)
        monkeypatch.setattr("quietclicks.agents.evidence.writer.write_on", self)

    async def __call__(self, *_: object) -> Written:
        found = self.found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def writer(command: str, told: list[Status | None]) -> AuditWriter:
    kek = base64.b64encode(bytes(32)).decode()
    settings = Settings(key_encryption_key=kek, audit_anchor_command=command)
    return AuditWriter(settings, POLICY, lambda: True, told.append)


async def test_each_checkpoint_is_handed_over_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = Round(
        monkeypatch,
        Written(1, None, STATUS),
        Written(1, NOTE, STATUS),
        Written(0, NOTE, STATUS),
        Written(1, b"next", STATUS),
    )
    told: list[Status | None] = []
    worker = writer(keeps(tmp_path / "kept"), told)
    while rounds.found:
        await worker.round()
    assert (tmp_path / "kept").read_bytes() == NOTE + b".next."
    assert told == [STATUS] * 4


async def test_a_failure_is_one_line_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Round(monkeypatch, *[Written(0, NOTE, STATUS)] * 3)
    told: list[Status | None] = []
    worker = writer(python("raise SystemExit(3)"), told)
    while rounds.found:
        await worker.round()
    assert caplog.messages == [
        "the command of QUIETCLICKS_AUDIT_ANCHOR_COMMAND failed: it ended with status 3"
    ]
    assert told == [STATUS] * 3
    assert worker._handed_over is None


async def test_what_is_not_known_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Round(monkeypatch, Written(0, None, STATUS), Failure("the log is another"))
    told: list[Status | None] = []
    worker = writer("/there/is/none", told)
    await worker.round()
    await worker.round()
    assert told == [STATUS, None]
