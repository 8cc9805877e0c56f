"""Looks at what no access list tells: files, certificates, and what the broker lets each user do.

Logs in as each user whose file is here and asks the broker itself what it may do. Changes nothing.
"""

import asyncio
from collections.abc import Iterator, Set
from datetime import datetime
from pathlib import Path

from quietclicks.agents.access.accounts import as_user, path_of, read_account
from quietclicks.agents.access.certificates import ends_soon, expiring
from quietclicks.agents.access.files import is_open_to_others, read
from quietclicks.agents.access.live import word
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.reach import broker_certificates
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.access.rights import CLUSTER_NAME, Right, Rights, allows
from quietclicks.pipeline.access.roles import Resource


def complaints(
    settings: Settings,
    wanted: Rights,
    folder: Path,
    now: datetime,
    drifting: Set[str] = frozenset(),
) -> Iterator[str]:
    """One line each. Raises `Failure`, `UsageError`.

    `drifting`: users whose rights are known to be others; what they may do is told already.
    """
    if folder.is_dir():
        yield from expiring(folder, now)
        for path in sorted(folder.iterdir()):
            if path.is_file() and is_open_to_others(path) and _holds_a_secret(path):
                yield f"{path}: others on this machine may read it: chmod 600 {path}"
    if "SSL" in settings.security_protocol:
        for address, ends in asyncio.run(broker_certificates(settings)):
            if told := ends_soon(ends, now):
                yield f"the certificate of the broker at {address} {told}"
    else:
        yield f"QUIETCLICKS_SECURITY_PROTOCOL is {settings.security_protocol}: all is in the clear"
    for role, its_rights in wanted.items():
        account = read_account(path_of(folder, role))
        if account is not None and account.user not in drifting:
            try:
                yield from _tried(as_user(settings, account), account.user, its_rights)
            except Failure as error:
                yield f"{path_of(folder, role)}: {error}"


def _holds_a_secret(path: Path) -> bool:
    """A certificate without its key is for everybody."""
    if path.suffix != ".pem":
        return path.suffix in {".toml", ".key"}
    return b"PRIVATE KEY" in (read(path) or b"")


def _tried(settings: Settings, user: str, its_rights: frozenset[Right]) -> Iterator[str]:
    """What the broker says that a user may do with the cluster and each topic that it may see."""
    with administration(settings) as client:
        told = [(Resource.CLUSTER, CLUSTER_NAME, client.describe_cluster())]
        told += [(Resource.TOPIC, each["name"], each) for each in client.describe_topics()]
    for resource, name, found in told:
        for operation in sorted(map(word, found.get("authorized_operations") or ())):
            if not allows(its_rights, resource, name, operation):
                yield f"{user}: the broker lets it {operation} {name}, and the table does not"
