"""`quietclicks access`: users, rights and passwords as the table of roles asks for them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from quietclicks.agents.access import apply as agent
from quietclicks.agents.access.accounts import path_of
from quietclicks.agents.access.certificates import CLIENT, is_host, make
from quietclicks.agents.access.check import complaints
from quietclicks.commands.options import policy_option, print_json, read_policy, settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.diff import AccessDifference, AccessKind
from quietclicks.pipeline.access.rights import Rights, rights
from quietclicks.pipeline.access.words import lines

LEFT = frozenset({AccessKind.LEFT, AccessKind.ROTATING, AccessKind.BY_HAND})
folder_option = click.option(
    "--files",
    "folder",
    metavar="DIR",
    default="access",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where users' files and certificates lie.",
)


@click.group
def access() -> None:
    """Give each role its own access to the broker, and nothing more.

    Users, rights and passwords follow from the policy and the table in docs/operating.md. A super
    user of the cluster applies them; operator, inspector and auditor may plan and check.
    """


@access.command
@policy_option
@folder_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each difference.")
def plan(policy_path: str | None, folder: Path, as_json: bool) -> None:
    """Show what `apply` would do. Changes nothing."""
    wanted = _wanted(policy_path)
    found = agent.plan(settings(), wanted, folder)
    if as_json:
        print_json({"kind": e.kind.value, "user": e.user, "text": e.text} for e in found)
    else:
        _print(found)
    _tally(wanted, found, "to do")


@access.command
@policy_option
@folder_option
@click.option(
    "--remove", multiple=True, metavar="USER", help="Take away one whom the policy does not list."
)
def apply(policy_path: str | None, folder: Path, remove: tuple[str, ...]) -> None:
    """Make the users and rights that are missing, and take away what a role has too much.

    Each new user gets a settings file with its password, mode 0600, in the folder --files; where
    one is there, its password is taken. Who left the policy is named, and stays until --remove.
    """
    wanted = _wanted(policy_path)
    found = agent.apply(settings(), wanted, folder, remove)
    _print([each for each in found if each.user not in remove])
    for user in remove:
        click.echo(f"removed: {user}, its rights and its file")
    for each in found:
        if each.kind is AccessKind.CREATE:
            click.echo(f"its settings: {path_of(folder, _role(each.user, wanted))}", err=True)
    _tally(wanted, [each for each in found if each.user not in remove], "done")


@access.command
@policy_option
@folder_option
def check(policy_path: str | None, folder: Path) -> None:
    """Compare the live broker, the files and the certificates with what should be.

    Prints one line for each difference, and for each certificate that ends within 30 days; the exit
    status is 1 if there are any. Each user's file that is here is tried: it has to log in, and the
    broker has to say that it may do what the table gives it, and nothing else.
    """
    wanted = _wanted(policy_path)
    drift = agent.plan(settings(), wanted, folder)
    drifting = {each.user for each in drift if each.kind is AccessKind.REVOKE}
    found = [f"drift: {each}" for each in drift]
    found += complaints(settings(), wanted, folder, datetime.now(UTC), drifting)
    for line in found:
        click.echo(line)
    if found:
        raise Failure(f"{len(found)} difference(s): see `quietclicks access plan`")
    click.echo(f"{len(wanted)} roles, all as the table asks", err=True)


@access.command
@policy_option
@folder_option
@click.argument("role")
@click.option("--finish", is_flag=True, help="Take the old user away, when nobody uses it.")
def rotate(policy_path: str | None, folder: Path, role: str, finish: bool) -> None:
    """Change a role's password without a gap.

    A role's user has two names in turn, ROLE and ROLE.b. This makes the other one, with the same
    rights and a new password, and puts it into the role's file; both log in. Restart what uses the
    file, then say --finish.
    """
    wanted = _wanted(policy_path)
    if finish:
        old = agent.finish(settings(), wanted, folder, role)
        click.echo(f"removed: {old}")
        return
    new = agent.rotate(settings(), wanted, folder, role)
    click.echo(f"{path_of(folder, role)}: now {new}, with a new password; the old one goes on")
    click.echo(f"Restart what uses it, then: quietclicks access rotate {role} --finish", err=True)


@access.command
@folder_option
@click.option("--host", multiple=True, metavar="NAME", help="A name or address of the brokers.")
@click.option("--client", multiple=True, metavar="NAME", help="One for a client, too.")
def certificates(folder: Path, host: tuple[str, ...], client: tuple[str, ...]) -> None:
    """Make a CA, and certificates for brokers and clients, for those who have none.

    ca.pem is for all clients (QUIETCLICKS_TLS_CA), broker.pem is the brokers' key store; ca.key
    stays where it is safe. Say it again to renew: what ends within 60 days is made anew, all else
    stays. Each is good for a year, the CA for ten.
    """
    if not all(CLIENT.fullmatch(each) for each in client):
        raise UsageError(
            "--client takes a name, which its file will have: letters, digits, . _ -, at most 64, "
            "and not ca or broker"
        )
    if not all(map(is_host, host)):
        raise UsageError("--host takes the name of a host, or an address, and no port")
    for each in make(folder, host, client, datetime.now(UTC)):
        click.echo(str(each))


def _wanted(policy_path: str | None) -> Rights:
    return rights(read_policy(policy_path), settings().app)


def _role(user: str, wanted: Rights) -> str:
    return user if user in wanted else user.rpartition(".")[0]


def _print(found: Sequence[AccessDifference]) -> None:
    for line in lines(found):
        click.echo(line)


def _tally(wanted: Rights, found: Sequence[AccessDifference], what: str) -> None:
    left = sum(each.kind in LEFT for each in found)
    line = f"{len(wanted)} roles, {len(found) - left} change(s) {what}"
    click.echo(line + (f", {left} left to you" if left else ""), err=True)
