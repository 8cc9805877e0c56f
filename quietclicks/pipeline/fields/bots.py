"""Program or visitor: says whether a user agent belongs to a bot.

Known crawlers by the maintained list `crawler-user-agents`, the unknown ones by what programs have
in common. (ua-parser's `Spider` found nothing more among 3,400 known bots, and took real browsers
for programs.) Keeps nothing and passes nothing on; the caller keeps a bounded cache of answers.
"""

from functools import cache

import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

from quietclicks.pipeline.fields import bot_words as words
from quietclicks.pipeline.fields.browser import MAX_LENGTH
from quietclicks.schemas.raw import NOT_LOGGED


def is_bot(user_agent: str | None) -> bool:
    """True for a program. A missing or empty user agent is one: every browser names itself."""
    if user_agent == NOT_LOGGED:
        return False
    text = (user_agent or "").strip()[:MAX_LENGTH]
    app = words.APP.search(text) is not None
    if not app and not words.ENGINE.search(text):
        return True
    text = words.FALSE_FRIENDS.sub("", text)
    if (
        words.PROGRAM.search(text)
        or words.AI_AGENT.search(text)
        or words.CONTACT.search(text)
        or words.MISDRESSED.search(text)
    ):
        return True
    dressed = words.COMPATIBLE.match(text)
    if dressed and not words.COMPATIBLE_BROWSER.search(dressed[1]):
        return True
    # In apps none of these counts. The list, too, knows Feedly, PocketCasts and others by names
    # that their apps have.
    return not app and bool(
        words.TOOL.search(text)
        or words.TRADE.search(_divided(text))
        or words.DOMAIN.search(text)
        or _known().search(text)
    )


def load() -> None:
    """Compile the list now rather than with the first event."""
    _known()


def _divided(text: str) -> str:
    """Names of several words as these words: `Tag-Inspector/500`."""
    divided: str = words.NAME_PARTS.sub(r"\1-\2", text)
    return divided


@cache
def _known() -> "re2._Regexp[str]":
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 64 << 20  # bytes; 1,500 patterns do not fit the default
    patterns = (entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)
