"""Makes users and rights what the table of roles asks for, and changes passwords without a gap.

Rights come before the user who needs them, and go before the user who had them. Whoever left the
policy stays until somebody names it, and whoever is no role of ours is only told of.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kafka.admin import KafkaAdminClient

from quietclicks.agents.access import live
from quietclicks.agents.access.accounts import Account, path_of, read_account, write_account
from quietclicks.agents.access.files import make_folder
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.diff import (
    AUTHORIZER,
    AccessDifference,
    AccessKind,
    Entry,
    differences,
    removal,
)
from quietclicks.pipeline.access.rights import Rights, users_of

DOES = frozenset({AccessKind.CREATE, AccessKind.GRANT, AccessKind.REVOKE})
ATTEMPTS, ATTEMPT_SECONDS = 200, 0.1  # 20 s: a bound against hanging
NEXT = ".next"


def plan(settings: Settings, wanted: Rights, folder: Path) -> list[AccessDifference]:
    """What differs; changes nothing. Raises `Failure`, `UsageError`."""
    accounts = _accounts(folder, wanted)
    with administration(settings) as client:
        return differences(wanted, live.look(client), _named(accounts))


def apply(
    settings: Settings, wanted: Rights, folder: Path, remove: Sequence[str] = ()
) -> list[AccessDifference]:
    """Put right what can be; what differed. `remove`: of those that left, whom to take away.

    Passwords of new users lie in `folder`, or are made there. Raises `Failure`, `UsageError`.
    """
    accounts = _accounts(folder, wanted)
    with administration(settings) as client:
        there = live.look(client)
        found = differences(wanted, there, _named(accounts))
        left = {each.user for each in found if each.kind is AccessKind.LEFT}
        for role in remove:
            if role not in left:
                raise UsageError(f"{role} is nobody who left the policy: see `access plan`")
        if not there.has_authorizer:
            raise Failure(
                f"a broker has no {AUTHORIZER}: it would keep no rights; see docs/operating.md"
            )
        live.grant(client, _entries(found, AccessKind.GRANT))
        make_folder(folder)
        for user in [each.user for each in found if each.kind is AccessKind.CREATE]:
            role = next(role for role in wanted if user in users_of(role))
            account = accounts.get(role) or Account.made(user)
            # The file first: a password that the broker knows and nobody else would be lost.
            write_account(path_of(folder, role), account, settings)
            live.set_password(client, account)
        live.revoke(client, _entries(found, AccessKind.REVOKE))
        for role in remove:
            entries, users = removal(role, there)
            live.revoke(client, entries)
            for user in users:
                live.delete_user(client, user)
            # Should it come back, then not with a password that it knows from before.
            path_of(folder, role).unlink(missing_ok=True)
        _until_done(client, wanted, accounts, remove)
        return found


def rotate(settings: Settings, wanted: Rights, folder: Path, role: str) -> str:
    """Make a role's other user, with a new password, into its file; the user that is then there.

    The old one goes on until `finish`. Raises `Failure`, `UsageError`.
    """
    account = _account_of(folder, role, wanted)
    path = path_of(folder, role)
    new_path = path_of(folder, role + NEXT)
    with administration(settings) as client:
        there = live.look(client)
        new = read_account(new_path)  # of an attempt that was broken off
        if new is None:
            [user] = set(users_of(role)) - {account.user}
            if user in there.users:
                raise Failure(
                    f"{user} still logs in, of the last time: restart what uses {path}, then "
                    f"`quietclicks access rotate {role} --finish`"
                )
            new = Account.made(user)
            write_account(new_path, new, settings)
        live.grant(client, (Entry(f"User:{new.user}", right) for right in wanted[role]))
        live.set_password(client, new)
        _until_known(client, new.user)
        new_path.replace(path)
        return new.user


def finish(settings: Settings, wanted: Rights, folder: Path, role: str) -> str:
    """Take away the user that the role's file does not name; who it was. Raises `Failure`."""
    account = _account_of(folder, role, wanted)
    [old] = set(users_of(role)) - {account.user}
    with administration(settings) as client:
        there = live.look(client)
        if account.user not in there.users:
            raise Failure(f"the broker does not know {account.user}, whom {role}.toml names")
        live.revoke(client, [each for each in there.entries if each.principal == f"User:{old}"])
        if old in there.users:
            live.delete_user(client, old)
        return old


def _accounts(folder: Path, wanted: Rights) -> dict[str, Account]:
    found = {}
    for role in wanted:
        path = path_of(folder, role)
        account = read_account(path)
        if account is not None:
            if account.user not in users_of(role):
                raise UsageError(f"{path} is of the user {account.user}, and not of {role}")
            found[role] = account
    return found


def _account_of(folder: Path, role: str, wanted: Rights) -> Account:
    if role not in wanted:
        raise UsageError(f"the policy has no role {role}: there are {', '.join(wanted)}")
    account = _accounts(folder, {role: wanted[role]}).get(role)
    if account is None:
        raise UsageError(f"{path_of(folder, role)} is not there: it says which user is in use")
    return account


def _named(accounts: Mapping[str, Account]) -> dict[str, str]:
    return {role: account.user for role, account in accounts.items()}


def _entries(found: Sequence[AccessDifference], kind: AccessKind) -> list[Entry]:
    return [each.entry for each in found if each.kind is kind and each.entry is not None]


def _until_done(
    client: KafkaAdminClient,
    wanted: Rights,
    accounts: Mapping[str, Account],
    removed: Sequence[str],
) -> None:
    """A broker answers before it has taken a change over; who comes next must find it made."""
    for _ in range(ATTEMPTS):
        found = differences(wanted, live.look(client), _named(accounts))
        todo = [
            each
            for each in found
            if each.kind in DOES or (each.kind is AccessKind.LEFT and each.user in removed)
        ]
        if not todo:
            return
        time.sleep(ATTEMPT_SECONDS)
    raise Failure(f"the broker took it and did not do it: {todo[0]}")


def _until_known(client: KafkaAdminClient, user: str) -> None:
    for _ in range(ATTEMPTS):
        if user in live.look(client).users:
            return
        time.sleep(ATTEMPT_SECONDS)
    raise Failure(f"the broker took the user {user} and does not know it")
