"""The policy of the campaign: three websites, two partners, few partitions."""

from quietclicks.pipeline.policy import Policy, parse
from tests.kafka.world import policy_text

SITES = ("shop.example", "blog.example", "docs.example")
RAW_PARTITIONS = 3

_MORE = """
[sites."blog.example"]
search_pages = ["/search"]
search_parameters = ["q"]

[sites."docs.example"]

[network]
"""
_PARTNER = """
[partners.reader]
purpose = "to see what is read"
fields = ["id", "visitor", "page", "timestamp"]
sites = ["blog.example", "docs.example"]

[partners.adreach]
"""


def text() -> str:
    """The policy file."""
    text = policy_text(raw_partitions=RAW_PARTITIONS, partials_partitions=2, event_partitions=2)
    return text.replace("\n[network]\n", _MORE, 1).replace("\n[partners.adreach]\n", _PARTNER, 1)


def policy() -> Policy:
    """The same, read."""
    return parse(text(), "policy.toml")
