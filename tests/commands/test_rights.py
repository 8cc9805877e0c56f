"""The officer's commands, where no broker is: what they refuse, and what they never repeat."""

import asyncio
import contextlib
import json
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest

from quietclicks.agents.rights import officer
from quietclicks.commands.rights import person, verbs
from quietclicks.commands.rights.person import Asked
from quietclicks.commands.rights.show import end, show
from quietclicks.commands.rights.verbs import save
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.policy.check import GRACE_CEILING
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.kept import box_name
from quietclicks.pipeline.rights.sealing import context, public_of, published, unseal
from quietclicks.schemas.rights import Answer, DayAnswer, Request, State
from tests.commands.typed import one_line, typed
from tests.pipeline.rights.desk import TODAY, WHO
from tests.pipeline_tools import DAY, SITE, Rec, policy

OURS, OTHERS = SigningKey("log", bytes(32)), SigningKey("log", bytes([1]) * 32)
VERIFIER = str(OURS.verifier)
SEED = bytes([7]) * 32
ERASE = ("rights", "erase", "--site", SITE)
RESTRICT = ("rights", "restrict", "--site", SITE)
RECTIFY = ("rights", "rectify", "--site", SITE)
EVENT = ("--event", "QkkFROQMgQu9Gfjq:0Gf0R4wiWE9jiaup")
MANY_DAYS = [part for day in range(1, 32) for part in ("--day", f"2026-10-{day:02}")]
MANY_DAYS += [part for day in range(1, 11) for part in ("--day", f"2026-11-{day:02}")]
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
        ((*ERASE, *THEM, "--id", "a b"), {}, "--id takes 8 to 64 letters"),
        ((*ERASE, *THEM, "--id", "2026-17"), {}, "--id takes 8 to 64 letters"),
        ((*ERASE, *THEM, *MANY_DAYS), {}, "no request: Expected `array` of length"),
        ((*RESTRICT, *THEM, "--until", "tomorrow"), {}, "no request: Expected `str` matching"),
        ((*RESTRICT, *THEM, "--until", "2026-02-30"), {}, "none of the calendar"),
        ((*RESTRICT, *THEM, "--until", "2026-02-28"), {}, "a day that is still to come"),
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


def test_where_nobody_types_it_is_said_what_to_give() -> None:
    done = typed(*ERASE)
    assert done.stderr.splitlines()[-1].endswith("give --address and --browser")
    assert done.returncode == 2


@pytest.mark.parametrize("given", ["Agent/1.0 ", " Agent/1.0\t", "Agent/1.0"])
def test_a_browser_is_what_a_header_can_hold(given: str) -> None:
    who = person.asked("erase", "request-1", SITE, (), WHO.address, given)
    assert who.identity.user_agent == "Agent/1.0"


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


def test_all_days_can_be_asked_for_whose_keys_may_live() -> None:
    living = Inbox()
    for day in range(DAY - GRACE_CEILING // 86_400 - 1, DAY + 2):  # the oldest is cut right now
        note = published(day_text(day), public_of(SEED), [OURS])
        living.take(Rec(0, 0, box_name(day), note))
    person.check(asked().sealed(living, OURS.verifier))


def test_a_key_of_another_day_seals_nothing() -> None:
    made = Inbox()
    made.take(Rec(0, 0, box_name(DAY), published("2026-09-21", public_of(SEED), [OURS])))
    with pytest.raises(Failure, match="not signed"):
        asked().sealed(made, OURS.verifier)


def test_a_day_without_a_key_goes_without_a_box() -> None:
    request = asked("2026-09-01", TODAY).sealed(inbox(OURS), OURS.verifier)
    assert (request.days, list(request.boxes)) == (("2026-09-01", TODAY), [TODAY])


def test_a_day_whose_key_is_not_told_yet_is_not_asked_for() -> None:
    """A worker would have to deny it, for good."""
    with pytest.raises(Failure, match="no worker has told of a key for 2026-09-23"):
        asked("2026-09-01", "2026-09-23").sealed(inbox(OURS), OURS.verifier)
    assert len(asked(TODAY, "2026-09-23").sealed(inbox(OURS), OURS.verifier).boxes) == 1
    assert not asked("2026-09-01").sealed(inbox(OURS), OURS.verifier).boxes


def test_where_no_day_can_be_searched_it_is_said() -> None:
    with pytest.raises(Failure, match="no day can be searched"):
        asked().sealed(Inbox(), OURS.verifier)
    dead = inbox(OURS)
    dead.take(Rec(1, 0, box_name(DAY), None))
    assert dead.days == ()


def test_a_request_shows_nothing_of_whom_it_is_about() -> None:
    request = asked().sealed(inbox(OURS), OURS.verifier)
    assert WHO.address not in f"{asked()!r} {request!r}"


# Talking

TOLD: dict[str, Any] = {
    "request": "request-1",
    "site": SITE,
    "days": (),
    "address": WHO.address,
    "browser": WHO.user_agent,
    "dry_run": False,
    "yes": False,
    "as_json": False,
    "questions": (),
    "shared_checked": False,
}


class Terminal:
    """An officer who says yes or no in turn; a Ctrl-C would end the command at once."""

    def __init__(self, *says: bool) -> None:
        self.says = list(says)
        self.asked: list[Request] = []

    def isatty(self) -> bool:
        return True

    def confirm(self, *_: object, **__: object) -> bool:
        with pytest.raises(RuntimeError):  # a loop that runs would take the signal for itself
            asyncio.get_running_loop()
        return self.says.pop(0)

    async def read(self, settings: object) -> Inbox:
        return inbox(OURS)

    async def ask(self, settings: object, request: Request, *_: object) -> Answer:
        self.asked.append(request)
        day = DayAnswer(day=TODAY, state="open", spread=("pace",))
        state: State = "fulfilled" if request.act else "open"
        return Answer(id=request.id, state=state, at="", verb=request.verb, days=(day,))


@pytest.mark.parametrize(
    ("says", "acts"),
    [
        ((True, True, True, True), True),
        ((False,), False),
        ((True, False), False),
        ((True, True, False), False),
        ((True, True, True, False), False),
    ],
)
def test_nothing_is_done_unless_all_is_as_it_should_be(
    says: tuple[bool, ...], acts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Terminal(*says)
    monkeypatch.setenv("QUIETCLICKS_VERIFIER_KEY", VERIFIER)
    monkeypatch.setattr(sys, "stdin", here)
    monkeypatch.setattr(click, "confirm", here.confirm)
    monkeypatch.setattr(officer, "read", here.read)
    monkeypatch.setattr(officer, "ask", here.ask)
    with contextlib.nullcontext() if acts else pytest.raises(Failure, match="nothing was done"):
        verbs._run("access", TOLD)
    assert [each.act for each in here.asked] == [False, True][: 1 + acts]
    assert here.says == []
    if acts:
        assert (here.asked[1].asked, here.asked[1].shared_checked) == (("pages", "shared"), True)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"verb": "erase"}, "of another kind: erase"),
        ({"site": "blog.example"}, "of another website: blog.example"),
        ({"days": (DayAnswer(day="2026-09-21", state="fulfilled"),)}, "of other days"),
    ],
)
def test_what_somebody_else_asked_first_is_not_given_to_who_asks_now(
    other: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Terminal()

    async def answered(*_: object) -> Answer:
        return Answer(
            **{"id": "request-1", "state": "fulfilled", "at": "", "verb": "access", "site": SITE}
            | other
        )

    monkeypatch.setenv("QUIETCLICKS_VERIFIER_KEY", VERIFIER)
    monkeypatch.setattr(officer, "read", here.read)
    monkeypatch.setattr(officer, "ask", answered)
    with pytest.raises(Failure, match=told):
        verbs._run("access", TOLD | {"days": (TODAY,)})


@pytest.mark.parametrize(("says", "yes"), [((), True), ((True,), False), ((False,), False)])
def test_an_archive_of_before_is_given_only_to_the_same_person(
    says: tuple[bool, ...], yes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Terminal(*says)

    async def read(_: object) -> Inbox:
        made = inbox(OURS)
        part = b'{"topic":"clickstream.pseudonymised","records":[{"page":"/"}]}'
        made.take(Rec(1, 0, b"request-1/0", part))
        return made

    async def answered(*_: object) -> Answer:
        return Answer(
            id="request-1", state="fulfilled", at="", verb="access", site=SITE, parts=1, retold=True
        )

    async def fetched(*_: object) -> None:
        """Nothing is to be told."""

    monkeypatch.setenv("QUIETCLICKS_VERIFIER_KEY", VERIFIER)
    monkeypatch.setattr(sys, "stdin", here)
    monkeypatch.setattr(click, "confirm", here.confirm)
    monkeypatch.setattr(verbs, "read_policy", lambda _: policy())
    for name, made in (("read", read), ("ask", answered), ("fetched", fetched)):
        monkeypatch.setattr(officer, name, made)
    to = tmp_path / "theirs.zip"
    is_given = yes or all(says)
    with pytest.raises(SystemExit if is_given else Failure):
        verbs._given("access", to, None, TOLD | {"yes": yes})
    assert to.exists() == is_given
    assert here.says == []


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
        "  what was found looks like several people: if you have made sure, ask again under "
        "another --id, with --shared-checked",
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
