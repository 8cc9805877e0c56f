"""Where the name that somebody registered ends in a host name: the public suffix list.

Knows names only; no look-up over a network.
"""

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

# Reserved names that no list of suffixes has: they mean nobody.
_RESERVED = (".example", ".test")


class Suffixes:
    """The public suffix list twice: as registries have it, and with the suffixes of hosters."""

    def __init__(self) -> None:
        self._icann = PublicSuffixList(only_icann=True, accept_unknown=False)
        self._all = PublicSuffixList(accept_unknown=False)

    def registrable(self, host: str) -> str | None:
        """`images.google.co.uk` → `google.co.uk`; None where nobody can register it."""
        return self._cut(self._icann, host)

    def owned(self, host: str) -> str | None:
        """The part that one owner has: a hoster's customer is not the hoster."""
        return self._cut(self._all, host)

    def before_suffix(self, host: str, registrable: str) -> str:
        """`images.google.co.uk` → `images.google`."""
        return host[: len(host) - len(registrable)] + registrable.partition(".")[0]

    def _cut(self, suffixes: PublicSuffixList, host: str) -> str | None:
        if host.endswith(_RESERVED):
            return ".".join(host.split(".")[-2:])
        domain: str | None = suffixes.privatesuffix(host)
        return domain


@lru_cache(maxsize=1)
def suffixes() -> Suffixes:
    """Read once: the list is long."""
    return Suffixes()
