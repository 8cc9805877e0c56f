"""Reading a log: the options that say what it is, its records, and whether it could be read at all.

Not read is never the same as not sent: what most lines, or most addresses, could not be read of is
refused, with what to do about it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, BinaryIO, TypeVar

import click
from msgspec import Struct

from quietclicks.commands.log_file import lines_of, open_log_file
from quietclicks.errors import UsageError
from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies
from quietclicks.pipeline.logs.documents import documents
from quietclicks.pipeline.logs.events import Timeline, read_log
from quietclicks.pipeline.logs.formats import EVENTS, FORMATS, Format, detect
from quietclicks.pipeline.logs.request import Reading
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.scrub.url.path_rules import SiteRules
from quietclicks.schemas.raw import Consent

LOOKED_AT_LINES = 1000  # for the format
LOOKED_AT_BYTES = 8 * 1024 * 1024
READ = "raw events, combined, common, Caddy's and Traefik's JSON, CloudFront's"

F = TypeVar("F", bound=Callable[..., object])


class Kind(Struct):
    """What a log is, and how it is to be read. `documents`: its objects are not a line each."""

    format: Format
    documents: bool
    reading: Reading


class Log(Kind):
    """A log to read, twice: `values` gives a raw record for each line, from the beginning."""

    file: BinaryIO

    def values(self) -> Iterator[bytes]:
        """Raw records' values."""
        lines = lines_of(self.file)
        if self.documents:
            lines = documents(lines)
        return read_log(lines, self.format, self.reading)


class Asked(Struct, frozen=True):
    """What was typed of a log. Nothing: it is to be found out."""

    format: Format | None = None
    site: str | None = None
    consent: str | None = None
    trusted_proxies: str | None = None
    without_user_agent: bool = False


def log_options(
    site: str = "the policy's only site", consent: str = "unknown"
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """What may be said of a log; the command gets it as `asked`. What holds if nothing is said."""
    options = (
        click.option("--site", metavar="HOST", help=f"Whose log it is. Default: {site}."),
        click.option(
            "--consent",
            metavar="analytics,partners",
            help=f"What you vouch for where a log has no consent in it. Default: {consent}.",
        ),
        click.option(
            "--format",
            type=click.Choice(FORMATS),
            help="Raw events (nginx can write them, too), or a server's log. Default: what the "
            "first lines can be read as.",
        ),
        click.option(
            "--trusted-proxies",
            metavar="NETWORKS",
            help="Your own proxies: 10.0.0.0/8,192.0.2.1. The client is the last address forwarded "
            "that is none of theirs. Default: no forwarded address is believed.",
        ),
        click.option(
            "--without-user-agent",
            is_flag=True,
            help="Count a log that has no user agents all the same: programs count as people.",
        ),
    )

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        @wraps(command)
        def with_asked(**typed: Any) -> object:
            asked = Asked(**{name: typed.pop(name) for name in Asked.__struct_fields__})
            return command(asked=asked, **typed)

        decorated: Callable[..., object] = with_asked
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def log_argument(command: F) -> F:
    """The file, and the policy it is read for."""
    command = click.option("--policy", "policy_path", metavar="F", help="The policy file.")(command)
    return click.argument("file", default="-", metavar="[FILE]")(command)


def open_log(file: str, asked: Asked, policy: Policy) -> Log:
    """A file or standard input (`-`), packed or not; raises `UsageError`."""
    recognised((), asked, policy)
    stream = open_log_file(file)
    kind = recognised(_first_lines(stream), asked, policy)
    return Log(kind.format, kind.documents, kind.reading, stream)


def recognised(first: Sequence[bytes], asked: Asked, policy: Policy) -> Kind:
    """By its first lines, and what was typed.

    Raises `UsageError`. Of no lines it tells whether what was typed makes sense.
    """
    site, consent = _site(asked.site, policy), _vouched(asked.consent)
    trusted = _trusted(asked.trusted_proxies)
    found = detect(first, asked.format)
    form = asked.format or found.format
    if form is None:
        if any(map(bytes.strip, first)):
            raise UsageError(
                f"the log's first lines are in no format that is read here ({READ}): let the "
                "server write one of these, or say which it is with --format"
            )
        form = "events"  # of an empty file it makes no difference
    if not found.has_agents and not asked.without_user_agent:
        raise UsageError(
            "the log has no user agents, and without them people cannot be told from programs: let "
            "the server write the combined format, or say --without-user-agent to count them all"
        )
    if site is None and form not in EVENTS:
        raise UsageError("the policy has several sites: say whose log it is with --site")
    rules = SiteRules(policy.sites[site].path_rules if site else ())
    reading = Reading(site or "", consent, trusted, asked.without_user_agent, rules)
    return Kind(form, found.documents, reading)


def refuse_unreadable(found: Timeline, log: Kind) -> None:
    """Raises `UsageError` where most of a log could not be read."""
    if found.unreadable * 2 > found.events:
        raise UsageError(
            f"{found.unreadable:,} of the log's {found.events:,} lines could not be read as "
            f"{log.format}: is it another format (--format), or did the server change its own?"
        )
    if found.unreadable_addresses * 2 > found.views:
        raise UsageError(
            f"{found.unreadable_addresses:,} of {found.views:,} addresses could not be read, and "
            "their visitors are taken for one: let the server write addresses, not names; of "
            "forwarded ones say which proxies are yours, with --trusted-proxies"
        )


def told_unreadable(found: Timeline) -> str:
    """What could not be read, as the end of a line; nothing if there was nothing."""
    told = ""
    if found.unreadable:
        told += f", {found.unreadable:,} could not be read"
    if found.unreadable_addresses:
        told += f", {found.unreadable_addresses:,} had an address that could not be read"
    return told


def _first_lines(stream: BinaryIO) -> list[bytes]:
    first: list[bytes] = []
    size = 0
    for line in lines_of(stream):
        first.append(line)
        size += len(line)
        if len(first) == LOOKED_AT_LINES or size >= LOOKED_AT_BYTES:
            break
    return first


def _site(site: str | None, policy: Policy) -> str | None:
    """What was typed, or the only one."""
    if site is not None and site not in policy.sites:
        raise UsageError(
            f'the policy has no site "{site}": add [sites."{site}"] to it, or name one of: '
            + ", ".join(sorted(policy.sites))
        )
    only = next(iter(policy.sites)) if len(policy.sites) == 1 else None
    return site or only


def _vouched(consent: str | None) -> Consent | None:
    if not consent:
        return None
    named = {each.strip() for each in consent.split(",")}
    unknown = named - {"analytics", "partners"}
    if unknown:
        raise UsageError("--consent takes analytics, partners or both: analytics,partners")
    return Consent("analytics" in named or None, "partners" in named or None)


def _trusted(networks: str | None) -> TrustedProxies:
    if not networks:
        return NOBODY
    try:
        return TrustedProxies.of(networks)
    except ValueError:
        raise UsageError(
            "--trusted-proxies takes addresses and networks: 10.0.0.0/8,2001:db8::1"
        ) from None
