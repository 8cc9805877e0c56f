"""The operator's list of referrer spam: a text with a host a line, as such lists are published.

Read once, when a worker starts. No message holds what stands in it.
"""

import re

import can_ada

from quietclicks.agents.files import read_file
from quietclicks.errors import UsageError
from quietclicks.pipeline.fields.spammers import SPAMMERS

MAX_BYTES = 16 * 1024 * 1024  # lists have some thousand hosts, of 20 bytes
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def spammers(path: str | None) -> frozenset[str]:
    """The hosts, in lower case; without a list those best known. Raises `UsageError`.

    Empty lines and those that begin with `#` are passed over.
    """
    if path is None:
        return SPAMMERS
    try:
        lines = read_file(path, MAX_BYTES).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read the spam list {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the spam list {path} is not a text in UTF-8") from None
    found = set()
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            found.add(_host(line, f"the spam list {path}: line {number}"))
    return frozenset(found)


def _host(line: str, where: str) -> str:
    """As URLs have it: lower case, other letters as `xn--…`."""
    try:
        host = can_ada.parse(f"http://{line}/").hostname.removesuffix(".")
    except ValueError:
        host = ""
    if not _NAME.fullmatch(host) or set(line) & set("/:@?#"):
        raise UsageError(f"{where} is no host name")
    return host
