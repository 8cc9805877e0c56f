"""The verbs: look, show, ask the officer, and then act."""

import asyncio
import os
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
from msgspec import Struct

from quietclicks.agents.rights import officer
from quietclicks.commands.options import policy_option, read_policy, settings
from quietclicks.commands.rights.person import Asked, asked, check, verifier
from quietclicks.commands.rights.show import end, show
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.rights.answers import GIVES_OUT, QUESTIONS
from quietclicks.pipeline.rights.archive import archive
from quietclicks.schemas.rights import Answer, Correctable, Part, Question, Request, Verb

_SHARED = (
    "These visits may be of several people behind one connection. Have you made sure that they are "
    "of the one who asks, and that nobody else's rights are touched?"
)

_AGAIN = "This was answered before, for whoever it was asked for then. Is that the same person?"

ANY_DAY = "2026-11-22"  # stands for those that are not known yet


class How(Struct):
    """What all verbs are told."""

    dry_run: bool
    yes: bool
    as_json: bool
    questions: tuple[Question, ...]
    shared_checked: bool


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--site", required=True, help="The website's host, as the policy has it."),
            click.option("--day", "days", multiple=True, metavar="DAY", help="2026-11-22; or all."),
            click.option("--address", metavar="IP", help="The person's; else it is asked for."),
            click.option("--browser", metavar="TEXT", help="The user agent; else it is asked for."),
            click.option("--id", "request", metavar="ID", help="Goes on with a request."),
            click.option("--dry-run", is_flag=True, help="Look, and change nothing."),
            click.option("--yes", is_flag=True, help="Do not ask whether to go on."),
            click.option(
                "--asked",
                "questions",
                multiple=True,
                type=click.Choice(get_args(Question)),
                help="The person has answered this question.",
            ),
            click.option(
                "--shared-checked", is_flag=True, help="What looks like several people is one."
            ),
            click.option("--json", "as_json", is_flag=True, help="For programs."),
        )
    ):
        command = option(command)
    return command


def _run(verb: Verb, told: dict[str, Any], **more: Any) -> tuple[Answer, bool]:
    """The answer, and whether it is that of an act."""
    who = asked(verb, told["request"], told["site"], told["days"], told["address"], told["browser"])
    check(Request(id=who.id, verb=verb, site=who.site, days=who.days or (ANY_DAY,), **more))
    if (until := more.get("until")) and until < f"{datetime.now(UTC):%Y-%m-%d}":
        # It would take the place of one that holds, and end it.
        raise UsageError("--until is a day that is still to come; to end a restriction, lift it")
    how = How(**{name: told[name] for name in How.__struct_fields__})
    key = verifier(settings())
    inbox = asyncio.run(officer.read(settings()))
    looking = who.sealed(inbox, key)
    click.echo(f"request {who.id}: a worker looks …", err=True)
    found = _of_kind(who, _ask(looking, lambda each: True))
    if not how.as_json or how.dry_run or found.state != "open":
        show(found, how.as_json)
    if how.dry_run or found.state != "open":
        return found, False
    # No loop runs meanwhile: it would take the officer's Ctrl-C for itself.
    request = _agreed(who.sealed(inbox, key, act=True, **more), found, how)
    if request is None:
        raise Failure(
            f"nothing was done; to go on, the same again with --id {who.id}, in a script with "
            f"--yes; to refuse, `quietclicks rights refuse {who.id}`"
        )
    click.echo("the workers are at it …", err=True)
    return _of_kind(who, _ask(request, partial(_is_over, who.verb))), True


def _ask(request: Request, is_over: Callable[[Answer], bool]) -> Answer:
    try:
        return asyncio.run(officer.ask(settings(), request, is_over, _hears))
    except KeyboardInterrupt:
        click.echo(f"\nthe request stays: see `quietclicks rights status {request.id}`", err=True)
        raise


def _hears(percent: int | None) -> None:
    told = "no worker says anything yet" if percent is None else f"searched: {percent} %"
    click.echo(f"  {told}", err=True)


def _of_kind(who: Asked, answer: Answer) -> Answer:
    """The answer to what is asked, and not to what was asked first under its id."""
    if answer.verb not in {None, who.verb}:
        raise Failure(f"{who.id} is a request of another kind: {answer.verb}")
    if answer.site not in {"", who.site}:
        raise Failure(f"{who.id} is a request of another website: {answer.site}")
    if who.days and answer.days and {each.day for each in answer.days} != {*who.days}:
        raise Failure(f"{who.id} is a request of other days: `quietclicks rights status {who.id}`")
    return answer


def _is_over(verb: Verb, answer: Answer) -> bool:
    return answer.verb != verb or (answer.state != "open" and answer.step != "restricted")


def _agreed(request: Request, found: Answer, how: How) -> Request | None:
    """The act, with what the officer has said of it; None: not now."""
    talks = sys.stdin.isatty() and not how.yes
    questions = set(how.questions)
    is_checked = how.shared_checked
    is_shared = any(day.spread for day in found.days) and request.verb != "lift"
    if request.verb in GIVES_OUT:
        for name, question in QUESTIONS.items():
            if name not in questions and talks:
                click.echo(f"Ask the person: {question}", err=True)
                if not click.confirm("Does the answer go with what was found?", err=True):
                    return None
                questions.add(name)
    if is_shared and not is_checked and talks:
        if not click.confirm(_SHARED, err=True):
            return None
        is_checked = True
    if not how.yes and not (talks and click.confirm(f"{request.verb}?", err=True)):
        return None
    in_order = tuple(name for name in QUESTIONS if name in questions)
    return Request(
        **{name: getattr(request, name) for name in Request.__struct_fields__}
        | {"asked": in_order, "shared_checked": is_checked}
    )


def _finish(told: dict[str, Any], answer: Answer, acted: bool) -> None:
    if acted:
        show(answer, told["as_json"], days=False)
    end(answer)


def _given(verb: Verb, to: Path | None, policy_path: str | None, told: dict[str, Any]) -> None:
    policy = read_policy(policy_path)
    if to is not None and to.exists():
        raise UsageError(f"{to} is there already")
    answer, acted = _run(verb, told)
    if answer.state == "fulfilled" and not told["dry_run"]:
        parts = asyncio.run(officer.read(settings())).parts(answer.id)
        # Also where it was answered before, and whoever asked then has got no archive of it.
        if parts or acted:
            if not acted:
                _same_person(told["yes"])
            _fetch(answer, parts, to or Path(f"{verb}-{answer.id}.zip"), policy)
        else:
            click.echo("its archive was fetched already, or left with its key", err=True)
    _finish(told, answer, acted)


def _same_person(yes: bool) -> None:
    """No worker knows any more whom a request that is answered was about."""
    if not yes and not (sys.stdin.isatty() and click.confirm(_AGAIN, err=True)):
        raise Failure("nothing was fetched; in a script it takes --yes")


def _fetch(answer: Answer, parts: Sequence[Part], path: Path, policy: Policy) -> None:
    if len(parts) != answer.parts:
        raise Failure(f"the archive of {answer.id} is not whole: ask under another --id")
    files = archive(answer, parts, policy)
    try:
        save(path, files)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    asyncio.run(officer.fetched(settings(), answer.id))
    click.echo(f"{path}: {len(files)} files", err=True)


def save(path: Path, files: Mapping[str, bytes]) -> None:
    """A new file that nobody else on this machine may read. Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as opened, zipfile.ZipFile(opened, "w") as made:
        for name, data in files.items():
            made.writestr(name, data, zipfile.ZIP_DEFLATED)


_to = click.option("--to", type=click.Path(path_type=Path), help="The archive; else a new name.")


@click.command
@_options
@_to
@policy_option
def access(to: Path | None, policy_path: str | None, **told: Any) -> None:
    """Give a person what there is about their visits, with a report in plain words (Art. 15)."""
    _given("access", to, policy_path, told)


@click.command
@_options
@_to
@policy_option
def portability(to: Path | None, policy_path: str | None, **told: Any) -> None:
    """Give a person the same for another program: the archive without the report (Art. 20)."""
    _given("portability", to, policy_path, told)


@click.command
@_options
@click.option("--event", required=True, metavar="KEY", help="VISITOR:ID, as the archive has them.")
@click.option(
    "--set", "changes", required=True, multiple=True, metavar="FIELD=VALUE", help="What is right."
)
def rectify(event: str, changes: tuple[str, ...], **told: Any) -> None:
    """Correct a visit: its country, language, page or search (Art. 16).

    Readers are told by a notice. Numbers that are published stay as they are, and so do those that
    are counted already.
    """
    right = dict(each.partition("=")[::2] for each in changes)
    if unknown := sorted(set(right) - {*get_args(Correctable)}):
        raise UsageError(f"{unknown[0]} cannot be corrected: {', '.join(get_args(Correctable))}")
    changed = {name: value or None for name, value in right.items()}
    _finish(told, *_run("rectify", told, event=event, changes=changed))


@click.command
@_options
def erase(**told: Any) -> None:
    """Delete a person's visits (Art. 17).

    From here on the workers leave them out, also those that are not processed yet; every reader is
    told to delete its copy; and the records leave the brokers' disks with their day. Numbers that
    describe crowds stay.
    """
    _finish(told, *_run("erase", told))


_until = click.option("--until", metavar="DAY", help="The last day; else as the policy says.")


@click.command
@_options
@_until
def restrict(until: str | None, **told: Any) -> None:
    """Use a person's visits for nothing from now on (Art. 18).

    Visits that were there before stay, for analysts and partners, until their day is cut: erase
    them. It holds for this address and browser. Addresses change, and so do browsers: Do Not Track,
    Global Privacy Control and the consent window last longer.
    """
    _finish(told, *_run("restrict", told, until=until))


@click.command("object")
@_options
@_until
def object_(until: str | None, **told: Any) -> None:
    """The same as restrict, because the person objects (Art. 21)."""
    _finish(told, *_run("object", told, until=until))


@click.command
@_options
def lift(**told: Any) -> None:
    """Take a restriction or an objection back."""
    _finish(told, *_run("lift", told))
