"""Program or visitor: says whether a user agent belongs to a bot.

Known crawlers by the maintained list `crawler-user-agents`, the unknown ones by what programs have
in common. (ua-parser's `Spider` found nothing more among 3,400 known bots, and took real browsers
for programs.) Keeps nothing and passes nothing on; the caller keeps a bounded cache of answers.
"""

from functools import cache

import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

from quietclicks.pipeline.fields.browser import MAX_LENGTH

# Parts of real browsers' names that hold a word which otherwise gives a program away: the phone's
# model (CUBOT, XBot, Expanse, Spider 8), and what browsers inside other programs call themselves.
FALSE_FRIENDS = re2.compile(
    r"(?i)android(?: [\w.-]*)?; *(?:u; *)?(?:[a-z]{2}[-_][a-z]{2}; *)?[^;()@:]*[;)]"
    r"|cubot|caboto|sogou(?:mse|mobilebrowser|search)[^ ]*|metaiab [a-z]+|\bviber/[\d.]+"
    r"|\bfluid/|\bcode/[\d.]+|\bhotjava/|libwww-fm/[\d.]+|libwww/[\d.]+ modified"
    r"|(?:mobile/\w+|safari/[\d.]+|gecko\)) (?:whatsapp|chatgpt|claude|perplexity|slack)/[\d.]+"
    r"|sonic slack_ssb/[\d.]+"
    r"|\(via (?:docs|translate)\.google\.com\)"
    r"|embedded web browser from: https?://[a-z.]*bsalsa\.com/?"
)

# Words that programs use of themselves, whatever their name.
SELF_DESCRIBED = re2.compile(
    r"(?i)bot(?:[^a-z]|$)|robot|bots[/ ;-]|crawl|spider|scrap[ei]|slurp|archiv|indexer|fetch"
    # what watches, tests or renders pages
    r"|headless|phantomjs|selenium|puppeteer|playwright|webdriver|prerender|lighthouse|page ?speed"
    r"|gtmetrix|webpagetest|ptst/|speedcurve|dareboost|monitor|uptime|pingdom|nagios|statuscake"
    r"|site24x7|zabbix|check_http|icinga|health-?check|kube-probe|elb-|newrelic|datadog|synthetic"
    r"|catchpoint|checker|validator|link ?check|analy[sz]er|audit|verif(?:y|ier)|\bprobe|inspect"
    r"|diagnos|observatory|watcher|thumbnail|screenshot|optimi[sz]er|cloudflare|load-?test|jmeter"
    r"|jsdom|slimerjs|wkhtmlto|\bnightmare\b|cypress/|splash version|browserless|browsershots"
    r"|browserstack|applitools|\bpercy\b"
    r"|\bsiege/|httperf|proxy-?(?:check|judge)|imageproxy"
    # what looks for holes
    r"|scan(?:n?er|\b)|nikto|\bnmap|zgrab|nuclei|sqlmap|wpscan|(?:dir|go)buster|nessus|openvas"
    r"|acunetix|netsparker|qualys|censys|shodan|internetmeasurement|l9explore|measurement|research"
    # what reads feeds and makes previews
    r"|feed(?:ly|er|burner|bin|parser|press|demon|spot)|feed ?reader|\brss\b|\batom/\d.*feed"
    r"|subscriber|newsblur|inoreader|netvibes|podcast|aggregator|preview|unfurl|embedly"
    r"|externalhit|meta-external|favicon|read-aloud|skypeuri|\bwhatsapp/|\bms-?office\b"
    r"|microsoft (?:office|outlook)|thunderbird/"
    # what reads for search engines, language models and marketing
    r"|search engine|searchengine|sitemap|\bseo\b|backlink|plagiar|agent\b|agent[/-]|-user/\d"
    r"|\bgpt|gpt[-/]|claude|anthropic|perplexity|mistralai|google-[a-z]|mediapartners"
    r"|google (?:web preview|search console)|duplexweb|wordpress/|w3c[_-]|httrack|webcopier"
    r"|offline explorer|website[ -]?(?:copier|download)|download(?:er| master|manager)"
    # libraries
    r"|\bcurl\b|libcurl|wget|aria2|libwww|\blwp|python|\bperl\b|\bruby[/ ]\d|\bphp/|guzzle"
    r"|\bjava/|jakarta|http-?_?client|okhttp|retrofit|go-http|axios|node-fetch|node\.?js|undici"
    r"|superagent|reqwest|powershell|postman|httpie|urllib|aiohttp|httpx|scrapy|mechanize|jsoup"
    r"|html ?parser|cfnetwork|^dalvik/"
)

# A program that leaves word where to complain: an address of a page or of a mailbox.
CONTACT = re2.compile(
    r"(?i)https?:|www\.|[a-z0-9._-]+(?:@| at |\[at\]|\(at\))[a-z0-9-]+\.[a-z]"
    r"|[a-z0-9-]{2,}\.(?:com|org|io|ai)\b"
)

# Browsers write "(KHTML, like Gecko)" to the letter and versions in digits, and no second comment
# "(compatible; …".
MISDRESSED = re2.compile(
    r"(?i)khtml, like gecko *;|^mozilla/5\.0 +(?:applewebkit|gecko)|applewebkit/[\d.]+$"
    r"|(?:chrome|firefox|version)/[a-z]"
    r"|(?:gecko\)|(?:safari|chrome|firefox|gecko)/[\w.]+) .*\(compatible\b"
)

# What draws pages for people. A user agent that names none of these was not sent by a browser.
ENGINE = re2.compile(
    r"(?i)webkit|gecko|khtml|trident|\bmsie ?\d|presto|opera[/ ]|\bopr/|goanna|servo/|netfront"
    r"|netscape|iemobile|konqueror|playstation|\bpsp|nintendo|blackberry|up\.browser|up\.link"
    r"|obigo|teleca|dorado|polaris|openwave|\bmidp|\bcldc|wap browser|wap2|maui|\bbrew\b|docomo"
    r"|kddi-|softbank|j-phone|vodafone|ucweb|ucbrowser|j2me|jasmine|novarra|webtv|hbbtv|ce-html"
    r"|antgalio|antfresco|espial|maple|smart-tv|rokubrowser|netpositive|icab|ibrowse|hotjava"
    r"|dillo/|\broku|appletv\d|omniweb|off ?by ?one|nokia ?[0-9a-z]|sonyericsson|\bfban/"
    r"|^mozilla/5\.0 \((?:ip(?:ad|hone|od)|apple ?tv|windows phone|nokia|linux; (?:u; )?android)"
    r"|^mozilla/[1-4]\.\d+[a-z0-9]*(?: \[[a-z-]+\])? \((?:win|x11|mac|os/2)"
    r"|^(?:samsung|sec|lg|mot|zte|htc|alcatel|lenovo|huawei|philips|sagem|sharp|panasonic|pantech"
    r"|spice|micromax|karbonn|lava|fly|benq|sie|haier|acer|sanyo)[-_/ .]"
    r"|^(?:links \(|elinks|lynx/|w3m/|midori/|netsurf|ncsa_mosaic|uzbl|surf/)"
)

# "Mozilla/5.0 (compatible; Name/1.0" is how crawlers dress; these browsers did so too.
COMPATIBLE = re2.compile(r"(?i)^mozilla/\d\.\d+ \(compatible[;,] *([^)]*)")
COMPATIBLE_BROWSER = re2.compile(
    r"(?i)msie|konqueror|netfront|opera|webtv|antfresco|antgalio|netpositive|icab|ibrowse|omniweb"
    r"|polaris|off ?by ?one|^linux|risc os|^u;|^windows|symbian|blackberry|nokia|series60|palm"
    r"|playstation|gecko"
)


def is_bot(user_agent: str | None) -> bool:
    """True for a program. A missing or empty user agent is one: every browser names itself."""
    text = (user_agent or "").strip()[:MAX_LENGTH]
    if not ENGINE.search(text):
        return True
    text = FALSE_FRIENDS.sub("", text)
    if SELF_DESCRIBED.search(text) or CONTACT.search(text) or MISDRESSED.search(text):
        return True
    dressed = COMPATIBLE.match(text)
    if dressed and not COMPATIBLE_BROWSER.search(dressed[1]):
        return True
    return bool(_known().search(text))


def load() -> None:
    """Compile the list now rather than with the first event."""
    _known()


@cache
def _known() -> "re2._Regexp[str]":
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 64 << 20  # bytes; 1,500 patterns do not fit the default
    patterns = (entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)
