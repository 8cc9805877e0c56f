"""Program or visitor: says whether a user agent belongs to a bot.

Known crawlers by the maintained list `crawler-user-agents`, the unknown ones by what programs have
in common. Keeps nothing and passes nothing on; the caller keeps a bounded cache of answers.
"""

from functools import cache

import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]
from ua_parser import Domain

from quietclicks.pipeline.browser import MAX_LENGTH, parse

# Real products whose names hold a word that otherwise gives a program away.
FALSE_FRIENDS = re2.compile(
    r"(?i)cubot|embedded web browser from: https?://bsalsa\.com/?|profile/midp[^ ]*"
)

# Words that programs use of themselves, whatever their name.
SELF_DESCRIBED = re2.compile(
    r"(?i)bot(?:[^a-z]|$)|robot|bots[/ ;-]|crawl|spider|scrap[ei]|slurp|archiv|indexer|fetch"
    r"|headless|phantomjs|selenium|puppeteer|playwright|webdriver|electron-prerender|prerender"
    r"|lighthouse|page ?speed|gtmetrix|webpagetest|ptst/|speedcurve|calibre|dareboost"
    r"|monitor|uptime|pingdom|nagios|statuscake|site24x7|zabbix|check_http|icinga|healthcheck"
    r"|health-check|kube-probe|elb-|newrelic|datadog|synthetic|catchpoint|gomez|keynote"
    r"|checker|validator|link ?check|\blint|analy[sz]er|audit|verif(?:y|ier)|prober?\b"
    r"|scann?er|nikto|\bnmap|masscan|zgrab|nuclei|sqlmap|wpscan|dirbuster|gobuster|nessus"
    r"|openvas|acunetix|netsparker|qualys|censys|shodan|expanse|internetmeasurement|l9explore"
    r"|feed(?:ly|er|burner|bin|parser|press|demon|valid|spot|wind|zirra)|feed reader|feedreader"
    r"|\brss\b|\batom\b|subscriber|newsblur|inoreader|netvibes|podcast|aggregator"
    r"|preview|unfurl|embedly|externalhit|meta-external|favicon|read-aloud|readability"
    r"|proxy-?(?:check|judge|test)|web-?test|load-?test|jmeter|\bsiege/|httperf|\bab/"
    r"|search engine|searchengine|web ?search|sitemap|site ?analy|\bseo\b|backlink|copyright"
    r"|plagiar|\bagent/|ai-?(?:agent|search|assistant)|-user/\d|gpt|claude|anthropic|perplexity"
    r"|bytespider|cohere|mistralai|google-?(?:extended|other|inspection|cloudvertex)"
    r"|mediapartners|adsbot|apis-google|feedfetcher|google web preview|developers\.google\.com/\+"
    r"|duplexweb|storebot|translate\.google|wordpress/|w3c|validome|httrack|teleport"
    r"|offline explorer|webcopier|website[ -]?(?:copier|download)|download(?:er| master)"
    r"|\bcurl\b|wget|aria2|libwww|lwp[-:]|python|perl|ruby|php/|\bphp\b|guzzle|symfony|java/"
    r"|apache-http|jakarta|httpclient|http_client|http-client|httpunit|okhttp|retrofit"
    r"|go-http|axios|node-fetch|nodejs|node\.js|undici|\bgot[/ ]|superagent|reqwest|hyper/"
    r"|libcurl|winhttp|powershell|postman|insomnia|httpie|urllib|aiohttp|httpx|scrapy"
    r"|mechanize|jsoup|htmlparser|html parser|snoopy|pear |zend|faraday|typhoeus|restsharp"
    r"|cfnetwork|dalvik/|http-kit|clj-http|dispatch/|akka|spray|finagle|netty|vert\.x|colly"
    r"|ms-office|msoffice|microsoft office|outlook|thunderbird|skypeuri|\bwhatsapp/"
    r"|research|survey|experiment|measurement|abuse|compatible; *\)|\(compatible\)"
)

# A program that leaves word where to complain: an address of a page or of a mailbox.
CONTACT = re2.compile(r"(?i)https?:|\+?www\.|[a-z0-9._-]+(?:@| at |\[at\]|\(at\))[a-z0-9-]+\.[a-z]")

# What draws pages for people. A user agent that names none of these was not sent by a browser.
ENGINE = re2.compile(
    r"(?i)applewebkit|gecko|khtml|trident|\bmsie ?\d|presto|opera[/ ]|goanna|servo/|netfront"
    r"|netscape|iemobile|konqueror|playstation|\bpsp|nintendo|blackberry|up\.browser|up\.link"
    r"|obigo|teleca|dorado|polaris|openwave|\bmidp|\bcldc|wap browser|wap2|maui|\bbrew\b|docomo"
    r"|kddi-|softbank|j-phone|vodafone|ucweb|ucbrowser|opera mini|j2me|jasmine|novarra|webtv"
    r"|antfresco|espial|netpositive|icab|ibrowse|aweb|voyager|amigavoyager|hotjava|omniweb"
    r"|\[[a-z]{2}(?:-[a-z]{2})?\]|nokia ?[0-9a-z]|sonyericsson|^(?:samsung|sec|lg|mot|zte|htc"
    r"|alcatel|lenovo|huawei|philips|sagem|sharp|panasonic|pantech|spice|micromax|karbonn|lava"
    r"|fly|benq|sie|haier|acer|sanyo|hs)[-_/ .]"
    r"|^(?:links \(|elinks|lynx/|w3m/|dillo/|midori/|netsurf|ncsa_mosaic|uzbl|surf/|contiki)"
)

# "Mozilla/5.0 (compatible; Name/1.0" is how crawlers dress; these browsers did so too.
COMPATIBLE = re2.compile(r"(?i)^mozilla/\d\.\d+ \(compatible[;,] *([^;)]*)")
COMPATIBLE_BROWSER = re2.compile(
    r"(?i)msie|konqueror|netfront|opera|webtv|antfresco|netpositive|icab|ibrowse|aweb|omniweb"
    r"|linux|risc os|u$|windows|symbian|blackberry|nokia|series60|palm|pda|playstation|gecko"
)


def is_bot(user_agent: str | None) -> bool:
    """True for a program. A missing or empty user agent is one: every browser names itself."""
    text = (user_agent or "").strip()[:MAX_LENGTH]
    if not ENGINE.search(text):
        return True
    text = FALSE_FRIENDS.sub("", text)
    if SELF_DESCRIBED.search(text) or CONTACT.search(text):
        return True
    dressed = COMPATIBLE.match(text)
    if dressed and not COMPATIBLE_BROWSER.search(dressed[1]):
        return True
    return bool(_known().search(text)) or _is_spider(text)


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


def _is_spider(text: str) -> bool:
    found = parse(text, Domain.DEVICE).device
    return found is not None and found.family == "Spider"
