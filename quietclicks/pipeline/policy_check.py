"""What a policy may not say, though every key is known and every value well-typed."""

from typing import Any

from quietclicks.pipeline.policy_model import Policy


def check(policy: Policy, data: dict[str, Any]) -> str | None:
    """The first contradiction, as "key: reason", or None. `data` is the file before typing."""
    return None
