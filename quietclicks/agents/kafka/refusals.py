"""What to tell of a right that is missing, whichever Kafka client noticed it.

Names what the right is for, as the broker does: a topic, a group. It never shows other text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

SEE = "see `quietclicks access check`, as the operator"
# Both clients have these, and no common root: names are all that they share.
KINDS = {
    "TopicAuthorizationFailedError": "the topic",
    "GroupAuthorizationFailedError": "the group",
    "TransactionalIdAuthorizationFailed": "the transactional id",
    "TransactionalIdAuthorizationFailedError": "the transactional id",
    "ClusterAuthorizationFailedError": "do this to the cluster",
}
LOGIN = frozenset(
    {"SaslAuthenticationFailed", "SaslAuthenticationFailedError", "AuthenticationFailedError"}
)
NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")  # of a topic; others may be anything


def refusal(error: BaseException) -> str | None:
    """One line with what to do, if an error is about a right or a login; else `None`."""
    kind = type(error).__name__
    if kind in LOGIN:
        return f"the broker does not take this user with this password: {SEE}"
    what = KINDS.get(kind)
    if what is None:
        return None
    names = " and ".join(_names(error.args[0] if error.args else None))
    return f"this user has no right to {what}{' ' if names else ''}{names}: {SEE}"


@contextmanager
def about_group(name: str) -> Iterator[None]:
    """Around what asks for one group: administrators do not say which they were refused."""
    try:
        yield
    except Exception as error:
        is_refused = KINDS.get(type(error).__name__) == "the group"
        if is_refused and not (error.args and _names(error.args[0])):
            raise type(error)(name) from error
        raise


def _names(told: object) -> list[str]:
    each = told if isinstance(told, set | frozenset | list | tuple) else [told]
    return sorted(name for name in each if isinstance(name, str) and NAME.fullmatch(name))
