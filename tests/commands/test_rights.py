"""The officer's commands, where no broker is: what they refuse, and what they never repeat."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from quietclicks.commands.rights.person import Asked
from quietclicks.commands.rights.show import end, show
from quietclicks.commands.rights.verbs import save
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.kept import box_name
from quietclicks.pipeline.rights.sealing import context, public_of, published, unseal
from quietclicks.schemas.rights import Answer, DayAnswer
from tests.commands.typed import one_line, typed
from tests.pipeline.rights.desk import TODAY, WHO
from tests.pipeline_tools import DAY, SITE, Rec

OURS, OTHERS = SigningKey("log", bytes(32)), SigningKey("log", bytes([1]) * 32)
VERIFIER = str(OURS.verifier)
SEED = bytes([7]) * 32
ERASE = ("rights", "erase", "--site", SITE)
RESTRICT = ("rights", "restrict", "--site", SITE)
RECTIFY = ("rights", "rectify", "--site", SITE)
EVENT = ("--event", "QkkFROQMgQu9Gfjq:0Gf0R4wiWE9jiaup")
MANY_DAYS = [part for day in range(1, 32) for part in ("--day", f"2026-10-{day:02}")]
MANY_DAYS += ["--day", "2026-11-01"]
THEM = ("--address", WHO.address, "--browser", str(WHO.user_agent))


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        ((*ERASE, *THEM), {}, "set QUIETCLICKS_VERIFIER_KEY"),
        ((*ERASE, *THEM), {"verifier_key": "x"}, "QUIETCLICKS_VERIFIER_KEY is no verifier key"),
        ((*ERASE, *THEM, "--day", "23.11.2026"), {}, "--day is written as"),
        ((*ERASE, *THEM, "--day", "2026-02-30"), {}, "--day is written as"),
        ((*ERASE, "--address", "999.1.1.1", "--browser", "x"), {}, "that is no IP address"),
        ((*ERASE, "--address", "shop.example", "--browser", "x"), {}, "that is no IP address"),
        ((*ERASE, *THEM, "--id", "a b"), {}, "no request: Expected `str` matching"),
        ((*ERASE, *THEM, "--id", "2026-17"), {}, "no request: Expected `str` matching"),
        ((*ERASE, *THEM, *MANY_DAYS), {}, "no request: Expected `array` of length"),
        ((*RESTRICT, *THEM, "--until", "tomorrow"), {}, "no request: Expected `str` matching"),
        ((*RESTRICT, *THEM, "--until", "2026-02-30"), {}, "none of the calendar"),
        ((*RECTIFY, *THEM, "--event", "a:b", "--set", "page=/"), {}, "- at `$.event`"),
        ((*RECTIFY, *THEM, *EVENT, "--set", "page=/" + "x" * 1024), {}, "- at `$.changes[...]`"),
        ((*RECTIFY, *THEM, *EVENT, "--set", "page="), {}, "a page is nothing"),
        ((*ERASE, "--address", WHO.address, "--browser", "Firefox\udcff"), {}, "not UTF-8"),
        (
            (*("rights", "rectify", "--site", SITE, *THEM), "--event", "a:b", "--set", "ip=1"),
            {},
            "ip cannot be corrected: country, language, page, search",
        ),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], settings: dict[str, str], told: str) -> None:
    done = typed(*arguments, **settings)
    line = one_line(done, 2)
    assert told in line
    for part in (WHO.address, "999.1.1.1", "Firefox"):
        assert part not in line


def test_what_is_not_said_is_asked_for_and_not_repeated() -> None:
    done = typed(*ERASE, said=f"{WHO.address}\n{WHO.user_agent}\n")
    assert "IP address" in done.stderr
    assert "set QUIETCLICKS_VERIFIER_KEY" in done.stderr
    assert done.returncode == 2
    assert WHO.address not in done.stdout + done.stderr


def test_no_archive_is_overwritten(tmp_path: Path) -> None:
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    line = one_line(typed("rights", "access", "--site", SITE, *THEM, "--to", str(there)), 2)
    assert "is there already" in line
    assert there.read_bytes() == b"mine"


def test_nobody_else_on_the_machine_reads_an_archive(tmp_path: Path) -> None:
    to = tmp_path / "theirs.zip"
    save(to, {"events.ndjson": b"{}\n"})
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    with zipfile.ZipFile(to) as made:
        assert made.read("events.ndjson") == b"{}\n"
    with pytest.raises(FileExistsError):
        save(to, {})


# Sealing


def inbox(signer: SigningKey | None) -> Inbox:
    made = Inbox()
    note = published(TODAY, public_of(SEED), [signer] if signer else [])
    made.take(Rec(0, 0, box_name(DAY), note))
    return made


def asked(*days: str) -> Asked:
    return Asked("access", "request-1", SITE, days, WHO)


def test_an_address_is_sealed_for_who_holds_the_days_key() -> None:
    request = asked().sealed(inbox(OURS), OURS.verifier)
    assert request.days == (TODAY,)
    bound_to = context("request-1", "access", SITE, (TODAY,), TODAY)
    assert unseal(request.boxes[TODAY], SEED, bound_to) == WHO
    again = asked().sealed(inbox(OURS), OURS.verifier)
    assert again.boxes != request.boxes, "each has an ephemeral key of its own"


@pytest.mark.parametrize("signer", [OTHERS, None])
def test_a_key_that_somebody_else_put_there_seals_nothing(signer: SigningKey | None) -> None:
    with pytest.raises(Failure, match="not signed by QUIETCLICKS_VERIFIER_KEY") as told:
        asked().sealed(inbox(signer), OURS.verifier)
    assert WHO.address not in str(told.value)


def test_a_key_of_another_day_seals_nothing() -> None:
    made = Inbox()
    made.take(Rec(0, 0, box_name(DAY), published("2026-09-21", public_of(SEED), [OURS])))
    with pytest.raises(Failure, match="not signed"):
        asked().sealed(made, OURS.verifier)


def test_a_day_without_a_key_goes_without_a_box() -> None:
    request = asked("2026-09-01", TODAY).sealed(inbox(OURS), OURS.verifier)
    assert (request.days, list(request.boxes)) == (("2026-09-01", TODAY), [TODAY])


def test_where_no_day_can_be_searched_it_is_said() -> None:
    with pytest.raises(Failure, match="no day can be searched"):
        asked().sealed(Inbox(), OURS.verifier)
    dead = inbox(OURS)
    dead.take(Rec(1, 0, box_name(DAY), None))
    assert dead.days == ()


def test_a_request_shows_nothing_of_whom_it_is_about() -> None:
    request = asked().sealed(inbox(OURS), OURS.verifier)
    assert WHO.address not in f"{asked()!r} {request!r}"


# Showing

ANSWER = Answer(
    id="request-1",
    state="denied",
    at="2026-09-22T00:00:00Z",
    verb="access",
    site=SITE,
    findable_until="2026-09-25T00:15:00Z",
    reason="shared_identity",
    days=(
        DayAnswer(day=TODAY, state="open", events=50, hours=(9, 10), spread=("pace", "hours")),
        DayAnswer(day="2026-09-21", state="denied", reason="key_destroyed", receipt="receipt"),
    ),
    unreached=("adreach",),
    asked=("shared",),
)


def test_every_answer_begins_with_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER, as_json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "findable until 2026-09-25T00:15:00Z"
    assert told[2:] == [
        "  what was found looks like several people (--shared-checked)",
        "  2026-09-22: up to 50 visits to pages were found",
        "    in these hours (UTC): 09, 10",
        "    perhaps several people: more pages in a minute than one person opens",
        "    perhaps several people: more hours of the day than one person is awake",
        "  2026-09-21: its key is destroyed, so nobody can find it any more (GDPR Art. 11); the "
        "receipt is enclosed",
        "  nothing can be found of what adreach has: it bears no pseudonym",
        "  asked: Does anybody else use this connection or this device?",
    ]


def test_programs_get_all_of_it_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER, as_json=True)
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["days"][1]["receipt"] == "receipt"


@pytest.mark.parametrize(
    ("state", "status"), [("open", 0), ("in_progress", 0), ("fulfilled", 0), ("denied", 1)]
)
def test_the_exit_status_tells(state: str, status: int) -> None:
    with pytest.raises(SystemExit) as ended:
        end(Answer(id="request-1", state=state, at=""))  # type: ignore[arg-type]
    assert ended.value.code == status
