"""The browsers and the programs that visit the sample shop, as they introduce themselves.

User agents are built from the patterns that browsers publish; no real visitor's is among them.
"""

from typing import NamedTuple


class Browser(NamedTuple):
    """One user agent, and the client hints it sends (Chromium only)."""

    weight: float
    user_agent: str | None
    sec_ch_ua: str | None = None
    sec_ch_ua_mobile: str | None = None
    sec_ch_ua_platform: str | None = None


_WINDOWS = "Windows NT 10.0; Win64; x64"
_MAC = "Macintosh; Intel Mac OS X 10_15_7"
_LINUX = "X11; Linux x86_64"
_ANDROID = "Linux; Android 10; K"  # what Chromium says on each Android device since its reduction
_PLATFORMS = {_WINDOWS: "Windows", _MAC: "macOS", _LINUX: "Linux", _ANDROID: "Android"}


def _chromium(
    weight: float, system: str, major: int, *, brand: str = "Google Chrome", mobile: bool = False
) -> Browser:
    suffix = {
        "Microsoft Edge": f" {'EdgA' if mobile else 'Edg'}/{major}.0.0.0",
        "Opera": f" OPR/{major - 15}.0.0.0",
    }.get(brand, "")
    samsung = "SamsungBrowser/30.0 " if brand == "Samsung Internet" else ""
    return Browser(
        weight,
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"{samsung}Chrome/{major}.0.0.0 {'Mobile ' if mobile else ''}Safari/537.36{suffix}",
        f'"Chromium";v="{major}", "{brand}";v="{major}", "Not?A_Brand";v="24"',
        "?1" if mobile else "?0",
        f'"{_PLATFORMS[system]}"',
    )


def _firefox(weight: float, system: str, major: int) -> Browser:
    return Browser(weight, f"Mozilla/5.0 ({system}; rv:{major}.0) Gecko/20100101 Firefox/{major}.0")


def _safari(weight: float, system: str, version: str, *, mobile: bool = False) -> Browser:
    return Browser(
        weight,
        f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        f"Version/{version} {'Mobile/15E148 ' if mobile else ''}Safari/"
        f"{'604.1' if mobile else '605.1.15'}",
    )


def _iphone(system: str) -> str:
    return f"iPhone; CPU iPhone OS {system} like Mac OS X"


def _ios(weight: float, product: str) -> Browser:
    """Another maker's browser on an iPhone: Safari's engine, its own name, no client hints."""
    return Browser(
        weight,
        f"Mozilla/5.0 ({_iphone('18_7')}) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        f"{product} Mobile/15E148 Safari/604.1",
    )


BROWSERS: tuple[Browser, ...] = (
    _chromium(15, _WINDOWS, 156),
    _chromium(5, _WINDOWS, 155),
    _chromium(0.5, _WINDOWS, 109),
    _chromium(6, _MAC, 156),
    _chromium(1.5, _MAC, 155),
    _chromium(1.2, _LINUX, 156),
    _chromium(18, _ANDROID, 156, mobile=True),
    _chromium(5, _ANDROID, 155, mobile=True),
    _chromium(1, _ANDROID, 148, mobile=True),
    _chromium(2, _ANDROID, 156),  # a tablet: Android without "Mobile"
    _chromium(5, _WINDOWS, 156, brand="Microsoft Edge"),
    _chromium(1.5, _WINDOWS, 155, brand="Microsoft Edge"),
    _chromium(0.5, _MAC, 156, brand="Microsoft Edge"),
    _chromium(0.4, _ANDROID, 156, brand="Microsoft Edge", mobile=True),
    _chromium(1, _WINDOWS, 155, brand="Opera"),
    _chromium(0.2, _MAC, 155, brand="Opera"),
    _chromium(2.5, _ANDROID, 142, brand="Samsung Internet", mobile=True),
    _chromium(0.4, _ANDROID, 142, brand="Samsung Internet"),
    _firefox(3.5, _WINDOWS, 158),
    _firefox(0.8, _WINDOWS, 140),  # the extended support release
    _firefox(0.9, "Macintosh; Intel Mac OS X 10.15", 158),
    _firefox(1.2, _LINUX, 158),
    _firefox(0.3, "X11; Ubuntu; Linux x86_64", 157),
    _firefox(0.8, "Android 15; Mobile", 158),
    _firefox(0.1, "Android 14; Tablet", 158),
    _safari(9, _iphone("18_7"), "26.5", mobile=True),
    _safari(6, _iphone("18_6"), "26.4", mobile=True),
    _safari(2.5, _iphone("18_6"), "18.6", mobile=True),
    _safari(1, _iphone("17_7"), "17.7", mobile=True),
    _safari(0.3, _iphone("16_7"), "16.6", mobile=True),
    _safari(0.8, "iPad; CPU OS 18_6 like Mac OS X", "18.6", mobile=True),
    _safari(0.4, "iPad; CPU OS 17_7 like Mac OS X", "17.7", mobile=True),
    _safari(4, _MAC, "26.5"),
    _safari(2, _MAC, "26.4"),
    _safari(0.8, _MAC, "18.6"),
    _ios(1.8, "CriOS/156.0.6478.54"),
    _ios(0.3, "FxiOS/158.0"),
    _ios(0.3, "EdgiOS/156.0.2592.56"),
    _ios(0.9, "GSA/398.0.812345678"),
    Browser(
        0.2,
        "Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "120.0.6099.5/8.0 TV Safari/537.36",
    ),
)

BOTS: tuple[Browser, ...] = (
    Browser(22, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    Browser(
        8,
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36 "
        "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    Browser(
        9,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
        "+http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    ),
    Browser(
        8,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; "
        "+https://openai.com/gptbot)",
    ),
    Browser(
        6,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
        "+claudebot@anthropic.com)",
    ),
    Browser(
        5,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; "
        "+https://perplexity.ai/perplexitybot)",
    ),
    Browser(6, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    Browser(5, "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    Browser(4, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    Browser(3, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    Browser(
        6,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "HeadlessChrome/156.0.0.0 Safari/537.36",
    ),
    Browser(6, "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    Browser(3, "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"),
    Browser(3, "curl/8.14.1"),
    Browser(3, "python-requests/2.32.5"),
    Browser(2, "Go-http-client/2.0"),
    Browser(2, "Scrapy/2.13.3 (+https://scrapy.org)"),
    Browser(4, None),  # no user agent at all
    Browser(2, ""),
)
