"""Who is asked for what: by a name of this server alone, and only to read.

A page from elsewhere can point a name of its own at this machine and have a visitor's browser ask
(DNS rebinding): the name that it asks by gives it away. Decides nothing about who asks.
"""

import re
from collections.abc import Awaitable, Collection
from ipaddress import ip_address

from quietclicks.agents.web.exchange import Answer, Answering, Request, said

READS = ("GET", "HEAD")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?", re.IGNORECASE)


class Hosts:
    """The names by which a server may be asked.

    An address can be nobody's trick. On this machine alone it is the machine's own; elsewhere it
    may be one that is translated on the way.
    """

    def __init__(self, names: Collection[str], *, on_this_machine: bool) -> None:
        self._names = {"localhost", *(name.lower() for name in names)}
        self._on_this_machine = on_this_machine

    def has(self, host: str | None) -> bool:
        """Whether it is one: the `Host` header, with a port or without."""
        found = _HOST.fullmatch(host or "")
        if found is None:
            return False
        name = found[1].lower()
        if name in self._names:
            return True
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            return False
        return address.is_loopback or not self._on_this_machine


def guarded(answer: Answering, hosts: Hosts) -> Answering:
    """The same, for requests that may be made at all."""

    def guard(request: Request) -> Answer | Awaitable[Answer]:
        if not hosts.has(request.headers.get("host")):
            return said(421, "this server has another name: see QUIETCLICKS_WEB_NAMES")
        if request.method not in READS:
            return said(405, "this can only be read", {"Allow": ", ".join(READS)})
        return answer(request)

    return guard
