"""Which source a link names by `utm_source`: one of a handful, whatever was typed there.

A value of it is personal data until it equals a name of the policy: mailing tools put a number a
reader there, and hundreds of known hosts would do for that as well. So of engines, networks and
assistants the kind alone is told. Nothing else of it leaves this module, and no other `utm_`
parameter is read anywhere.
"""

from collections.abc import Iterable, Mapping

from quietclicks.pipeline.fields.referrer import known_host
from quietclicks.schemas.pseudonymised import Source

PARAMETER = "utm_source"  # in any case
UNLISTED = Source("campaign", None)

# What links call engines, networks and assistants, besides their hosts: bare name → a host of
# `referrer_hosts.py`. Chosen by hand on 2026-11-27. Not simply every host without its suffix:
# `ask`, `band`, `chat`, `line` and `so` are such names, too, and words that a campaign may be
# called by.
NAMES = {
    "baidu": "baidu.com",
    "bing": "bing.com",
    "bluesky": "bsky.app",
    "brave": "search.brave.com",
    "chatgpt": "chatgpt.com",
    "claude": "claude.ai",
    "copilot": "copilot.microsoft.com",
    "deepseek": "chat.deepseek.com",
    "discord": "discord.com",
    "duckduckgo": "duckduckgo.com",
    "ecosia": "ecosia.org",
    "facebook": "facebook.com",
    "fb": "facebook.com",
    "gemini": "gemini.google.com",
    "github": "github.com",
    "google": "google.com",
    "grok": "grok.com",
    "hackernews": "news.ycombinator.com",
    "ig": "instagram.com",
    "insta": "instagram.com",
    "instagram": "instagram.com",
    "kagi": "kagi.com",
    "linkedin": "linkedin.com",
    "mastodon": "joinmastodon.org",
    "mistral": "chat.mistral.ai",
    "naver": "naver.com",
    "openai": "chat.openai.com",
    "perplexity": "perplexity.ai",
    "pinterest": "pinterest.com",
    "producthunt": "producthunt.com",
    "quora": "quora.com",
    "qwant": "qwant.com",
    "reddit": "reddit.com",
    "snapchat": "snapchat.com",
    "startpage": "startpage.com",
    "telegram": "telegram.org",
    "threads": "threads.com",
    "tiktok": "tiktok.com",
    "tumblr": "tumblr.com",
    "twitch": "twitch.tv",
    "twitter": "twitter.com",
    "vimeo": "vimeo.com",
    "vk": "vk.com",
    "wechat": "wechat.com",
    "weibo": "weibo.com",
    "whatsapp": "whatsapp.com",
    "x": "x.com",
    "xing": "xing.com",
    "yahoo": "search.yahoo.com",
    "yandex": "yandex.com",
    "youtube": "youtube.com",
    "yt": "youtube.com",
}


def listed(names: Iterable[str]) -> dict[str, Source]:
    """The policy's names of campaigns, by how they are compared."""
    return {name.casefold(): Source("campaign", name) for name in names}


def campaign_source(typed: str, campaigns: Mapping[str, Source]) -> Source:
    """Decoded text, not empty → an engine, a network or an assistant; or a campaign.

    The campaign has a name only where `campaigns` (as `listed` makes them) knows it.
    """
    name = typed.strip().casefold()
    kind = known_host(NAMES.get(name, name))
    return Source(kind, None) if kind else campaigns.get(name, UNLISTED)
