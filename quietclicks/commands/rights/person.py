"""Whom a request is about, as the officer types it; and the request made of it, sealed."""

import secrets
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec
from msgspec import Struct

from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey, verifier_key
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.queue import is_odd
from quietclicks.pipeline.rights.rows import encode
from quietclicks.pipeline.rights.sealing import KEY_BYTES, Identity, context, seal
from quietclicks.schemas.rights import Request, RequestId, Verb


class Asked(Struct):
    """What the options say. `days`: empty for all that can be searched."""

    verb: Verb
    id: str
    site: str
    days: tuple[str, ...]
    identity: Identity

    def __repr__(self) -> str:
        return f"Asked({self.verb!r}, …)"

    def sealed(self, inbox: Inbox, key: VerifierKey, **more: Any) -> Request:
        """A request. Raises `Failure` where no day can be searched, or a key is not believed."""
        days = self.days or inbox.days
        if not days:
            raise Failure(
                "no day can be searched: no key lives, or no worker has told of one yet (they do "
                "so within a minute)"
            )
        boxes = {
            day: seal(
                self.identity,
                _box_key(inbox, day, key),
                secrets.token_bytes(KEY_BYTES),
                context(self.id, self.verb, self.site, days, day),
            )
            for day in days
            if day in inbox.days
        }
        # Older ones may be dead, of which a worker knows. It would have to deny this, for good.
        if not boxes and max(days) > max(inbox.days, default=max(days)):
            raise Failure(
                f"no worker has told of a key for {max(days)}: nobody visited that day, or only "
                "just now, and they tell within a minute"
            )
        return Request(
            id=self.id, verb=self.verb, site=self.site, days=tuple(days), boxes=boxes, **more
        )


def _box_key(inbox: Inbox, day: str, key: VerifierKey) -> bytes:
    try:
        return inbox.box_key(day, key)
    except NoteError:
        raise Failure(
            f"the key for {day} is not signed by QUIETCLICKS_VERIFIER_KEY, so nothing is sealed "
            "with it: somebody else may have put it there"
        ) from None


def verifier(settings: Settings) -> VerifierKey:
    """Raises `UsageError`."""
    if settings.verifier_key is None:
        raise UsageError(
            "set QUIETCLICKS_VERIFIER_KEY to the key that the audit log is signed with, as it was "
            "published: else an address could be sealed for anybody"
        )
    try:
        return verifier_key(settings.verifier_key)
    except NoteError:
        raise UsageError("QUIETCLICKS_VERIFIER_KEY is no verifier key") from None


def check(request: Request) -> None:
    """Raises `UsageError` for what a worker could not read, and so would not answer."""
    try:
        same = msgspec.json.decode(encode(request), type=Request)
    except UnicodeError:
        raise UsageError("what is asked for is not UTF-8") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"that is no request: {error}") from None  # it tells no value
    if is_odd(same):
        raise UsageError("that is no request: a day is none of the calendar, or a page is nothing")


def _is_text(given: str) -> bool:
    try:
        return given.encode() is not None
    except UnicodeError:
        return False


def _is_id(given: str) -> bool:
    try:
        return msgspec.convert(given, type=RequestId) is not None
    except (msgspec.ValidationError, UnicodeError):
        return False


def asked(
    verb: Verb,
    request: str | None,
    site: str,
    days: Sequence[str],
    address: str | None,
    browser: str | None,
) -> Asked:
    """Asks for what is missing; what is typed so stands in no list of processes."""
    for day in days:
        try:
            day_of(day.encode())
        except ValueError:
            raise UsageError("--day is written as 2026-11-22") from None
    if request is not None and not _is_id(request):
        raise UsageError("--id takes 8 to 64 letters, digits, - and _, like 2026-0017")
    address = address or _typed("IP address")
    if packed_address(address) is None:
        raise UsageError("that is no IP address")
    if browser is None:
        browser = _typed("user agent, exactly as the browser sends it", default="")
    if not _is_text(browser):
        raise UsageError("that is no user agent: it is not UTF-8")
    name = request or secrets.token_hex(8)
    browser = browser.strip()  # copied with more than a header holds (RFC 9110, section 5.5)
    return Asked(verb, name, site, tuple(sorted(set(days))), Identity(address, browser or None))


def _typed(what: str, default: str | None = None) -> str:
    try:
        return str(click.prompt(what, err=True, default=default))
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)
        raise UsageError("nobody types here: give --address and --browser") from None
