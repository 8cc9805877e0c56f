"""What user agents say of whoever sent them: the words of programs, of browsers and of apps.

Patterns alone; `bots.py` weighs them. Of a user agent they keep nothing.
"""

import re2

# What draws pages for people. A user agent that names none of these was not sent by a browser.
ENGINE = re2.compile(
    r"(?i)webkit|gecko|khtml|trident|\bmsie ?\d|presto|opera[/ ]|\bopr/|goanna|servo/|netfront"
    r"|netscape|iemobile|konqueror|playstation|\bpsp|nintendo|blackberry|up\.browser|up\.link"
    r"|obigo|teleca|dorado|polaris|openwave|\bmidp|\bcldc|wap browser|wap2|maui|\bbrew\b|docomo"
    r"|kddi-|softbank|j-phone|vodafone|ucweb|ucbrowser|j2me|jasmine|novarra|webtv|hbbtv|hybridcast"
    r"|ce-html|antgalio|antfresco|espial|maple|smart-?tv|rokubrowser|netpositive|icab|ibrowse"
    r"|hotjava|dillo/|\broku|appletv\d|omniweb|off ?by ?one|nokia ?[0-9a-z]|sonyericsson|\bfban/"
    r"|mosaic/\d|palmos|risc os|amiga|morphos"
    r"|^mozilla/5\.0 \((?:ip(?:ad|hone|od)|apple ?tv|windows phone|nokia|linux; (?:u; )?android)"
    r"|^mozilla/[1-4]\.\d+[a-z0-9-]*(?: \[[a-z-]+\])? \((?:win|x11|mac|os/2)"
    r"|^(?:samsung|sec|lg|mot|zte|htc|alcatel|lenovo|huawei|philips|sagem|sharp|panasonic|pantech"
    r"|spice|micromax|karbonn|lava|fly|benq|sie|haier|acer|sanyo)[-_/ .]"
    r"|^(?:links \(|elinks|lynx/|w3m/|midori/|netsurf|ncsa_mosaic|uzbl|surf/)"
)

# An app on a device that somebody holds, or looks at. What the systems' own network libraries send
# (Dalvik, CFNetwork, Cronet) names no engine, but the device; so do apps that name it themselves.
APP = re2.compile(
    r"(?i)\bdalvik/\d|\bcfnetwork\b|\bcronet/\d|(?:\b|_)android(?:\b|_)"
    r"|(?:\b|pad|watch)os[/ ,]\d|\bios\b|\(ip(?:hone|ad|od)\b|\bip(?:hone|ad|od)(?:\d{1,2}[,_]|/)\d"
    r"|^apple-ip(?:hone|ad|od)|^iphone[a-z\d]*$|\bapple ?(?:tv|watch)\b|\bapple/mac|,macbook"
    r"|\bwatch\d,\d|\bwindows phone\b|\bvizios/|\bkodi/\d|\bsonos[/;]|\bsmarttv_|;aft[a-z]|\bcrkey/"
    r"|\blibvlc/"
    # programs for the desktop that show pages: with a browser inside, or as Office and mail do
    r"|\belectron/\d|\bms-?office\b|^microsoft office(?: \w+)?/\d"
)

# Parts of real browsers' names that hold a word which otherwise gives a program away: the phone's
# model (CUBOT, XBot, Expanse, Spider 8), and what browsers inside other programs call themselves.
FALSE_FRIENDS = re2.compile(
    r"(?i)android(?: [\w.-]*)?; *(?:u; *)?(?:[a-z]{2}[-_][a-z]{2}; *)?[^;()@:]*[;)]"
    r"|cubot|caboto|sogou(?:mse|mobilebrowser|search)[^ ]*"
    r"|\bfluid/|\bcode/[\d.]+|\bhotjava/|libwww-fm/[\d.]+|libwww/[\d.]+(?: modified|_mosaic)"
    r"|\bcamscanner\b|\bfeedly/[\d.]+|[\d._/]008/"
    r"|(?:mobile/\w+|safari/[\d.]+|gecko\)) (?:whatsapp|chatgpt|claude|perplexity|slack)/[\d.]+"
    r"|sonic slack_ssb/[\d.]+"
    r"|\(via (?:docs|translate)\.google\.com\)"
    r"|https?://[a-z.]*bsalsa\.com/?|user-agent: mozilla/"
)

# Names of programs, and words that no app for people is named by.
PROGRAM = re2.compile(
    r"(?i)bot(?:[^a-z]|$)|bots[/ ;-]|crawl|spider(?:[^a-z]|$)|slurp|archiver\b|archivebox"
    # what watches, tests or renders pages
    r"|headless|phantomjs|selenium|puppeteer|playwright|webdriver|prerender|chrome-lighthouse"
    r"|page ?speed|gtmetrix|webpagetest|ptst[/ ]|speedcurve|dareboost|debugbear|pingdom|nagios"
    r"|statuscake|site24x7|zabbix|check_http|icinga|kube-probe|elb-health|newrelic|datadog"
    r"|dynatrace|thousandeyes|catchpoint|\biplabel\b|neustar wpm|dejaclick|dmbrowser|silktide"
    r"|siteimprove|\bhlb\b|functionize|ghostinspector|testlocally|lambdatest|saucelabs|sparkler/"
    r"|cypress/|splash version|jsdom|slimerjs|wkhtmlto|web-?(?:thumb|capture)\b|browserless"
    r"|browsershots|browserstack|applitools|\bsiege/|httperf|jmeter|proxy-?(?:check|judge)"
    r"|imageproxy|\bswcd\b|collapsify|fetcher\b|transcoder"
    # what looks for holes, or at what a site is made with
    r"|assetnote|nikto|\bnmap|zgrab|nuclei|sqlmap|wpscan|(?:dir|go)buster|nessus|openvas"
    r"|acunetix|netsparker|invicti|detectify|qualys|censys|shodan|internetmeasurement|l9explore"
    r"|watchtowr|hardenize|securityheaders|wappalyzer|whatcms|datanyze|bluecoat|hotjar"
    # what reads feeds and makes previews
    r"|feed(?:er|burner|bin|parser|press|spot)\b|feed ?reader|\batom/\d.*feed|netvibes|unfurl"
    r"|embedly|externalhit|meta-external|favicon|bingpreview|read-aloud|skypeuri|^whatsapp/"
    # what reads for search engines and marketing
    r"|google-[a-z]|google (?:web preview|search console|keyword)|googlemessages/|mediapartners"
    r"|duplexweb|yandex\.translate|backlink|w3c[_-]|httrack|webcopier|offline explorer"
    r"|website[ -]?(?:copier|download)"
    # libraries
    r"|\bcurl[/-]|libcurl|wget|aria2|libwww|\blwp|python[-/]|\bperl\b|\bruby/\d|\bphp/|guzzle"
    r"|\bjava/|jakarta|http[-_ ]?client|go-http|axios|node-fetch|node\.?js|undici|superagent"
    r"|reqwest|powershell|postman|httpie|urllib|aiohttp|httpx|scrapy|mechanize|jsoup|html ?parser"
    # a program's name before a desktop browser's whole string
    r"|^[a-z._-]+ mozilla/5\.0 \((?:windows|macintosh|x11)"
)

# Agents that read or act for a language model, by the names they give in a browser's string. The
# apps in which people talk to the same models name themselves without `-User` and the like.
AI_AGENT = re2.compile(
    r"(?i)[a-z]-(?:user|agent|webindex(?:er)?)\b|chatgpt agent|\bgpt|gpt[-/]|claude|anthropic"
    r"|openai|perplexity|mistralai|cohere-|kimi-|manus-|grok-|gemini-|googleother|googleagent"
    r"|notebook-?lm|nova-?act|buyforme|\bdevin\b|\boperator(?:/|$)|\btrae\b|opencode\b|browser-use"
    r"|browserbase|stagehand|skyvern|agentql|multion\b|hyperbrowser|anchorbrowser|firecrawl|tavily"
    r"|\bexa/|\bjina|langchain|llama-?index|autogpt|agenttimes|twinagent|poggio|cotoyogi"
    r"|terra ?cotta|timpi|omgili|webzio|panscient|\bawario|anomura|laion|img2dataset|kendra"
    r"|bigsur\.ai|\bnewsai\b|quillbot|yandexadditional|autorag|aiwebindex|\blcc\b|\byak(?:/|$)"
    r"|ai[-_ ]?(?:search|agent)\b"
)

# Names of programs, and words for them, that apps have in their names, too, wherever they stand.
TOOL = re2.compile(
    r"(?i)robot|spider|scrap[ei]|lighthouse|uptime|uptrends|checkly|gomez|\brigor\b|\bmabl\b"
    r"|\bnightmare\b|\bpercy\b|health-?check|tester\b|extractor|search ?engine|sitemap|\bseo\b"
    r"|plagiar|wordpress/|python|\bcurl\b|\bruby \d"
)
# What programs do. Such a word counts where it ends a name that capital letters or marks divide:
# Tag-Inspector does, Research-Gate and Skyscanner do not.
TRADE = re2.compile(
    r"(?i)\b(?:agent|aggregator|analy[sz]er|audit|auditor|check|checker|cloudflare|diagnostics?"
    r"|downloader|fetch|indexer|inspect|inspector|linkcheck|linkchecker|load-?test|measurement"
    r"|monitor|monitoring|observatory|optimi[sz]er|preview|previewer|probe|research|researcher|rss"
    r"|scanner|screenshots?|synthetics?|thumbnails?|thumbs?|thumbshots|validator|verification"
    r"|verifier|verify|watcher)(?:[^\w-]|$)"
)
NAME_PARTS = re2.compile(r"([a-z])_?([A-Z])|_")

# A program that leaves word where to complain: an address of a page or of a mailbox.
CONTACT = re2.compile(
    r"(?i)https?:|www\.|[a-z0-9._-]+(?:@| at |\[at\]|\(at\))[a-z0-9-]+\.[a-z]"
    r"| at [a-z0-9-]+ dot |[a-z0-9-]{2,}\.(?:com|org|net|io|ai)/[a-z]"
)
# A domain alone is one, too, unless a version follows it: that is a product named by its domain.
DOMAIN = re2.compile(r"(?i)[a-z0-9-]{2,}\.(?:com|org|net|io|ai)(?:[^/\w.-]|[/.]?$)")

# Browsers write "(KHTML, like Gecko)" to the letter and versions in digits, and no second comment
# "(compatible; …".
MISDRESSED = re2.compile(
    r"(?i)khtml, like gecko *;|^mozilla/5\.0 +(?:applewebkit|gecko)"
    r"|^mozilla/5\.0 \((?:windows|macintosh|x11)[^)]*\) applewebkit/[\d.]+$"
    r"|(?:^|[ ;(])(?:chrome|firefox|version)/[a-z]"
    r"|(?:gecko\)|(?:safari|chrome|firefox|gecko)/[\w.]+) .*\(compatible\b"
)

# "Mozilla/5.0 (compatible; Name/1.0" is how crawlers dress; these browsers did so too.
COMPATIBLE = re2.compile(r"(?i)^mozilla/\d\.\d+ \(compatible[;,] *([^)]*)")
COMPATIBLE_BROWSER = re2.compile(
    r"(?i)msie|konqueror|netfront|opera|webtv|antfresco|antgalio|netpositive|icab|ibrowse|omniweb"
    r"|polaris|off ?by ?one|^linux|risc os|^u;|^windows|symbian|blackberry|nokia|series60|palm"
    r"|playstation|gecko|ms-office"
)
