"""Which of the policy's sites a page is of, by its host. It never looks at a path or a query."""

from collections.abc import Mapping

import can_ada

from quietclicks.pipeline.fields.url import MAX_URL
from quietclicks.pipeline.policy import Policy, hosts_of

UNSAID = "null"
"""An `Origin` that a browser withholds: as a page's `Referrer-Policy: no-referrer` asks it to."""


class Sites:
    """The sites of a policy, by the hosts of their pages."""

    def __init__(self, policy: Policy) -> None:
        self._site_of = {
            host: name for name, site in policy.sites.items() for host in hosts_of(name, site)
        }

    def of(self, url: str) -> str | None:
        """The site of a page's whole URL, or of an origin; `None`: none that is listed."""
        host = _host(url)
        return None if host is None else self._site_of.get(host.removesuffix("."))

    def widest(self, origin: str) -> str | None:
        """The shortest of the same site's hosts that a page's host is, or is below.

        `None`: no page's of a site, or one with a dot at its end, which browsers keep apart.
        """
        host, site = _host(origin), self.of(origin)
        above = [
            each
            for each, its in self._site_of.items()
            if its == site and host is not None and f".{host}".endswith(f".{each}")
        ]
        return min(above, key=len, default=None)

    def is_from(self, site: str, headers: Mapping[str, str]) -> bool:
        """Whether each of `Origin` and `Referer` that was sent is a page's of the same site.

        Any website's page can send neither; browsers then still say that it is of another address.
        """
        said = [headers.get(name, "") for name in ("origin", "referer")]
        senders = [each for each in said if each and each != UNSAID]
        if not senders:
            return headers.get("sec-fetch-site") != "cross-site"
        return all(self.of(each) == site for each in senders)


def _host(url: str) -> str | None:
    """Of a page's; `None` of what is none."""
    if len(url) > MAX_URL:
        return None
    try:
        parsed = can_ada.parse(url)
    except ValueError:
        return None
    return str(parsed.hostname) if parsed.protocol in ("http:", "https:") else None
