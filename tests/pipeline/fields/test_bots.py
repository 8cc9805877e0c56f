"""Programs on one side, every browser that people use on the other."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.bots import is_bot
from quietclicks.pipeline.logs.access_log import read_combined
from quietclicks.pipeline.logs.request import is_view
from tests.rows import each_row

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"
PHONE = f"{WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko)"
)

PROGRAMS = {
    "missing": None,
    "empty": "",
    "blank": "  \t",
    "dash": "-",
    "mozilla-alone": "Mozilla/5.0",
    "compatible-alone": "Mozilla/4.0 (compatible;)",
    "template-left-in": "{{user_agent}}",
    "no-engine": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "no-platform": f"Mozilla/5.0 {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
    "googlebot": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "googlebot-phone": f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {PHONE}"
    " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "bingbot": f"Mozilla/5.0 {WEBKIT[:-1]}; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
    "yandex": "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "baidu": "Mozilla/5.0 (compatible; Baiduspider/2.0)",
    "gptbot": f"Mozilla/5.0 {WEBKIT[:-1]}; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "chatgpt-user": f"Mozilla/5.0 {WEBKIT[:-1]}; compatible; ChatGPT-User/1.0)",
    "claudebot": f"Mozilla/5.0 {WEBKIT[:-1]}; compatible; ClaudeBot/1.0; claudebot@anthropic.com)",
    "perplexity": f"Mozilla/5.0 {WEBKIT[:-1]}; compatible; PerplexityBot/1.0)",
    "ccbot": "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "bytespider": f"Mozilla/5.0 (Linux; Android 5.0) {WEBKIT} (compatible; Bytespider)",
    "ahrefs": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "unheard-of-crawler": "Mozilla/5.0 (compatible; Zzyzx/0.1)",
    "unheard-of-tool": "zzyzx-sync/4.2",
    "leaves-an-address": f"{CHROME} (+https://zzyzx.example/why)",
    "leaves-a-mailbox": f"{CHROME} ops@zzyzx.example",
    "names-a-site": f"{CHROME} zzyzx.io/about",
    "compatible-behind": f"{CHROME} (compatible; Zzyzx)",
    "headless": CHROME.replace("Chrome/", "HeadlessChrome/"),
    "phantomjs": f"Mozilla/5.0 (Unknown; Linux x86_64) {WEBKIT} PhantomJS/2.1.1 Safari/538.1",
    "lighthouse": f"{CHROME} Chrome-Lighthouse",
    "page-speed": f"{CHROME} Google Page Speed Insights",
    "web-preview": f"Mozilla/5.0 (X11; Linux) {WEBKIT[:-1]}; Google Web Preview) Chrome/27.0",
    "read-aloud": f"{CHROME} Google-Read-Aloud",
    "mediapartners": "Mediapartners-Google",
    "uptimerobot": "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "pingdom": "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "statuscake": f"{CHROME} StatusCake",
    "nagios": "check_http/v2.3 (nagios-plugins 2.3)",
    "kubernetes": "kube-probe/1.29",
    "load-balancer": "ELB-HealthChecker/2.0",
    "curl": "curl/8.7.1",
    "wget": "Wget/1.21.4",
    "python-requests": "python-requests/2.32.3",
    "go": "Go-http-client/1.1",
    "java": "Java/17.0.2",
    "okhttp": "okhttp/4.12.0",
    "perl": "libwww-perl/6.77",
    "scrapy": "Scrapy/2.11 (+https://scrapy.org)",
    "axios": "axios/1.7.2",
    "node-fetch": "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "facebook-preview": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "slack-preview": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "whatsapp-preview": "WhatsApp/2.24.9.78 A",
    "telegram-preview": "TelegramBot (like TwitterBot)",
    "twitter-preview": "Twitterbot/1.0",
    "feed-reader": "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers)",
    "zgrab": "Mozilla/5.0 zgrab/0.x",
    "nmap": "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "masscan": "masscan/1.3",
    "nuclei": f"{CHROME} Nuclei/3.1",
    "sqlmap": "sqlmap/1.8#stable (https://sqlmap.org)",
    "selenium": f"{CHROME} Selenium/4.20",
    "slimerjs": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 SlimerJS/1.0 Firefox/59.0",
    "jsdom": f"Mozilla/5.0 (linux) {WEBKIT} jsdom/20.0.3",
    "test-runner": f"{CHROME} Cypress/13.6 Electron/27.1",
    "page-to-picture": f"Mozilla/5.0 (X11; Linux) {WEBKIT} wkhtmltoimage Safari/538.1",
    "engine-cut-off": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    "version-left-in": CHROME.replace("126.0.0.0", "W.X.Y.Z"),
    "chatgpt-user-in-a-browser's-dress": f"{CHROME} ChatGPT-User/2.0",
    "shellshock": "() { :;}; /bin/bash -c 'id'",
    # what tests and watches, in a browser's dress
    "tester-in-the-platform": CHROME.replace("Windows NT", "iplabel; Windows NT"),
    "tester-before-the-end": f"Mozilla/5.0 (Unknown; Linux x86_64) {WEBKIT} HLB/1.3 Safari/538.1",
    "tester-behind": f"{CHROME} Functionize",
    "hole-finder": f"{CHROME} Assetnote/1.0.0",
    "page-timer": "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; PTST 2.4)",
    "trade-in-capitals": f"{CHROME} SiteInspector/2.1",
    "trade-in-small-letters": f"{CHROME} page_monitor/3",
    "trade-in-two-words": f"{CHROME} Zzyzx Scanner/1",
    "name-before-a-browser": f"Zzyzx {CHROME}",
    "mailbox-in-words": f"{CHROME} (ops at zzyzx dot example)",
    # that a phone is named makes none of a program
    "crawler-on-a-phone": f"Mozilla/5.0 (Linux; Android 14; K; wv) {PHONE} ZzyzxBot/1.0",
    "crawler-without-an-engine": "ZzyzxBot/2.0 (Linux; U; Android 13; Pixel 7) Dalvik/2.1.0",
    "library-without-a-device": "okhttp/5.0.0",
    "script-for-a-phone": "python-requests/2.32 (iPhone; iOS 17.5)",
    "contact-on-a-phone": f"{IPHONE} Mobile/15E148 (+https://zzyzx.example/why)",
    "compatible-on-a-phone": f"Mozilla/5.0 (Linux; Android 14; K) {PHONE} (compatible; Zzyzx)",
}

# Agents that read or act for a language model, as they name themselves.
AI_AGENTS = (
    "ChatGPT-User ChatGPT-Agent OAI-SearchBot GPTBot Claude-User Claude-SearchBot Claude-Code"
    " ClaudeBot anthropic-ai Perplexity-User PerplexityBot MistralAI-User Google-Agent"
    " GoogleAgent-Mariner Google-NotebookLM NotebookLM Gemini-Deep-Research NovaAct Amzn-User"
    " AmazonBuyForMe DuckAssistBot meta-externalfetcher Manus-User Kimi-User Devin Operator"
    " cohere-ai DeepSeekBot FirecrawlAgent TwinAgent Poggio-Citations browser-use Skyvern"
).split()
DRESSES = {
    "behind": f"{CHROME} {{}}/1.0",
    "behind-without-version": f"{CHROME} {{}}",
    "within": CHROME.replace("Chrome/", "{}/1.0 Chrome/"),
    "in-the-platform": CHROME.replace("x64)", "x64; {}/1.0)"),
    "on-android": f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {PHONE} {{}}/1.0",
    "on-an-iphone": f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1 {{}}/1.0",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0 {}/2",
}

# Names of apps that hold a program's word: what people open pages in.
APPS = (
    "CamScanner/4.5.0.2305051722 Skyscanner/7.12 AdobeScan/24.06 QRScanner/2.1 TurboScan/1.9"
    " Feedly/3.1 NewsFeed/5.0 ResearchGate/3.1 PodcastAddict/5 PocketCasts/7.6 RSSReader/4.2"
    " Booking.com/45.1 monday.com/7.3 Archive.org/2.0 Home.AI/1.0 BabyMonitor/3.3"
    " FlightChecker/2 AgentDesk/1.4 SmartAgent/9.0 VideoDownloader/6.2 PhotoOptimizer/1 Preview/11"
    " CitizenInspector/2.0 FetchRewards/3.45 Validator/4 Blackboard/3.7.0 SpiderSolitaire/2.0"
    " RobotVacuum/1.2 Skyscraper/3 Lighthouse/2.1 Pythonista/3.4 UptimeTracker/1 SEOTools/2"
    " SiteMonitor/1.9 BarcodeScanner/6 NewsBlur/13 Inoreader/7.9 Overcast/3.0 Goodreads/5"
).split()
WEB_VIEWS = {
    "android": f"Mozilla/5.0 (Linux; Android 13; 2201116SI Build/TKQ1.221114.001; wv) {WEBKIT}"
    " Version/4.0 Chrome/125.0.6422.165 Mobile Safari/537.36 {}",
    "android-reduced": f"Mozilla/5.0 (Linux; Android 10; K) {PHONE} {{}}",
    "iphone": f"{IPHONE} Mobile/15E148 {{}}",
    "ipad": f"{IPHONE.replace('iPhone;', 'iPad;')} Version/17.5 Mobile/15E148 Safari/604.1 {{}}",
    "electron": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} {{}} Chrome/124.0.0.0"
    " Electron/30.0.1 Safari/537.36",
    "android-library": "{} Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230605.012)",
    "apple-library": "{} CFNetwork/1494.0.7 Darwin/23.4.0",
}

VISITORS = {
    "chrome": CHROME,
    "edge": f"{CHROME} Edg/126.0.0.0",
    "opera": f"{CHROME} OPR/111.0.0.0",
    "vivaldi": f"{CHROME} Vivaldi/6.8",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "safari": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "iphone": f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1",
    "iphone-web-view": f"{IPHONE} Mobile/15E148",
    "reduced-android": f"Mozilla/5.0 (Linux; Android 10; K) {PHONE}",
    "cubot": f"Mozilla/5.0 (Linux; Android 13; CUBOT P80) {PHONE}",
    "cubot-old": f"Mozilla/5.0 (Linux; U; Android 4.4.2; en-gb; CUBOT_X9 Build/KOT49H) {PHONE}",
    "phone-xbot": f"Mozilla/5.0 (Linux; Android 8.1.0; XBot Junior) {PHONE}",
    "phone-spider": f"Mozilla/5.0 (Linux; Android 13; Spider 8) {PHONE}",
    "phone-ruby": f"Mozilla/5.0 (Linux; Android 7.0; S710 Ruby) {PHONE}",
    "phone-with-year": f"Mozilla/5.0 (Linux; Android 12; moto g power (2022)) {PHONE}",
    "phone-with-a-listed-build": f"Mozilla/5.0 (Linux; Android 15; A Build/AP3A.240617.008; wv)"
    f" {PHONE}",
    "firefox-android": "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    "samsung": f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} SamsungBrowser/25.0"
    " Chrome/121.0.0.0 Mobile Safari/537.36",
    "duckduckgo": f"Mozilla/5.0 (Linux; Android 10) {WEBKIT} Version/4.0 Chrome/126.0 Mobile"
    " DuckDuckGo/5 Safari/537.36",
    "ecosia": f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1 (Ecosia ios@10.2.0.2002)",
    "google-app": f"{IPHONE} GSA/323.0.6 Mobile/15E148 Safari/604.1",
    "facebook-app": f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.36;FBDV/iPhone15,2;FBLC/en]",
    "facebook-app-android": f"Mozilla/5.0 (Linux; Android 16; Pixel 10; wv) {PHONE}"
    " MetaIAB Facebook",
    "instagram": f"{IPHONE} Mobile/15E148 Instagram 336.0.0 (iPhone15,3; iOS 17_5; de_DE)",
    "tiktok": f"{IPHONE} Mobile/21F79 musical_ly_34.9.0 BytedanceWebview/d8a21c6",
    "linkedin": f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.29.8962",
    "pinterest": f"{IPHONE} Mobile/15E148 [Pinterest/iOS]",
    "snapchat": f"{IPHONE} Mobile/15E148 Snapchat/12.88.0.34 (like Safari/8617.1.17, panda)",
    "line": f"{IPHONE} Mobile/15E148 Safari Line/14.9.0",
    "wechat": f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49 NetType/WIFI Language/zh_CN",
    "kakao": f"{IPHONE} Mobile/15E148 KAKAOTALK 10.8.3",
    "viber": f"Mozilla/5.0 (Linux; Android 14; SM-A546B; wv) {PHONE} Viber/22.9",
    "whatsapp": f"{IPHONE} Mobile/15E148 WhatsApp/24.1",
    "chatgpt": f"{IPHONE} Mobile/15E148 ChatGPT/1.2024",
    "slack": f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Slack/4.35 Chrome/118.0 Electron/27.0"
    " Safari/537.36 Sonic Slack_SSB/4.35",
    "yahoo-japan": f"Mozilla/5.0 (Linux; Android 12; Pixel 4a; wv) {PHONE}"
    " YJApp-ANDROID jp.co.yahoo.android.yjtop/3.120.0",
    "sogou": f"Mozilla/5.0 (Linux; Android 7.0; BZK-L00) {PHONE} SogouMSE,SogouMobileBrowser/5.9",
    "uc": "UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia6120c) U2/1.0.0 UCBrowser/9.4 Mobile",
    "opera-mini": "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1/34.1; U; en) Presto/2.8.119 Version/11.10",
    "kaios": "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "nokia": "Nokia6120c/3.83 (SymbianOS/9.2; U; Series60/3.1) Profile/MIDP-2.0",
    "blackberry": "BlackBerry9000/4.6.0.167 Profile/MIDP-2.0 Configuration/CLDC-1.1 VendorID/102",
    "samsung-feature": "SAMSUNG-GT-E2232/1.0 Openwave/6.2.3 Profile/MIDP-2.0 UP.Browser/6.2.3.3",
    "docomo": "DoCoMo/2.0 N905i(c100;TB;W24H16)",
    "ie-11": "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "ie-9": "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
    "ie-6-twice": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1;"
    " Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1) )",
    "ie-control": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0;"
    " Embedded Web Browser from: http://bsalsa.com/; .NET CLR 2.0.50727)",
    "windows-phone": "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0;"
    " IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
    "konqueror": "Mozilla/5.0 (compatible; Konqueror/4.3; Linux) KHTML/4.3.4 (like Gecko)",
    "lynx": "Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1",
    "links": "Links (2.29; Linux x86_64; GNU C 13.2; text)",
    "w3m": "w3m/0.5.3+git20230121",
    "smart-tv": f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} 76.0/6.0 TV Safari/537.36",
    "webos-tv": f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/79.0.3945.79 Safari/537.36",
    "hbbtv": "HbbTV/1.4.1 (+DRM;Panasonic;SmartTV2018mid;3.061;6301-0003 0008-0000;)",
    "roku": "Roku/DVP-12.0 (12.0.0.4182-88)",
    "roku-too": "Mozilla/5.0 (QSP; Roku; AP; 6.2.80.2752)",
    "apple-tv": "AppleTV11,1/11.1",
    "dillo": "Mozilla/5.0 (X11; Linux x86_64) Dillo/3.0.5",
    "playstation": "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
    "nintendo": "Mozilla/5.0 (Nintendo 3DS; U; ; en) Version/1.7567.US",
    "xbox": f"{CHROME.replace('x64', 'x64; Xbox; Xbox One')} Edge/44.18363.8131",
    "silk": f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {WEBKIT} Silk/108.2 like Chrome/108.0"
    " Safari/537.36",
    # names whose word is only a part, in a browser on a desk
    "skyscanner-on-a-desk": f"{CHROME} Skyscanner/7.12",
    "feedly-on-a-desk": f"{CHROME} Feedly/3.1",
    "research-first": f"{CHROME} ResearchGate/3.1",
    "product-that-is-a-domain": f"{CHROME} monday.com/7.3.1",
    "tcl-television": "Opera/9.80 (X11; Linux armv7i; HbbTV/1.1.1; CE-HTML/1.0; Vendor/TCL;"
    "SW-Version/V8-T56-LF1V032; en) AppleWebKit/534.24 (KHTML, like Gecko) Safari/534.24",
    "phone-that-stops-at-its-engine": "Mozilla/5.0 (Linux; U; Android; en-us; IQ275 Build/FRF91)"
    " AppleWebKit/533.1",
    # apps that name no engine, but what they run on
    "android-library": "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)",
    "android-library-old": "Dalvik/1.6.0 (Linux; U; Android 4.4.2; SM-T320 Build/KOT49H)",
    "apple-library": "Shop/12 CFNetwork/1494.0.7 Darwin/23.4.0",
    "apple-library-on-a-mac": "Safari/9537.75.14 CFNetwork/673.4 Darwin/13.2.0 (x86_64)",
    "app-on-an-iphone": "Shop/4.2 (iPhone; iOS 17.5.1; Scale/3.00)",
    "app-on-android": "Shop/4.2.0 (Android 14; Pixel 8) okhttp/4.12.0",
    "app-by-chromium's-library": "com.shop.app/30 (Linux; U; Android 15; es; Cronet/140.0.7)",
    "app-on-a-watch": "Shop/3 (Watch6,16; watchOS 10.0)",
    "office": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; ms-office)",
    "office-by-its-year": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0;"
    " SLCC2; .NET4.0E; MSOffice 12)",
    "office-on-a-mac": "Microsoft Office Word/16.43.1108 (Mac OS/10.15.7; Desktop; es-ES)",
    "mail": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0;"
    " Microsoft Outlook 14.0.7113; ms-office; MSOffice 14)",
    "mail-too": "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.6",
    "opera-mini-with-a-crawler's-number": "Opera/9.80 (MAUI Runtime; Opera Mini/4.4.39008/37.86;"
    " U; en) Presto/2.12.423 Version/12.16",
    "claude-on-a-desk": f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Claude/0.7.1 Chrome/128.0"
    " Electron/32.0.1 Safari/537.36",
    "translated-by-google": f"{CHROME},gzip(gfe) (via translate.google.com)",
}


@each_row("user_agent", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_programs(user_agent: str | None) -> None:
    assert is_bot(user_agent)


@each_row("user_agent", VISITORS.values(), ids=VISITORS.keys())
def test_visitors(user_agent: str) -> None:
    assert not is_bot(user_agent)


@each_row("dress", DRESSES.values(), ids=DRESSES.keys())
@each_row("name", AI_AGENTS)
def test_agents_of_language_models_in_a_browser_s_dress(name: str, dress: str) -> None:
    assert is_bot(dress.format(name))


@each_row("web_view", WEB_VIEWS.values(), ids=WEB_VIEWS.keys())
@each_row("app", APPS)
def test_apps_named_by_what_programs_do(app: str, web_view: str) -> None:
    assert not is_bot(web_view.format(app))


def test_every_listed_crawler_is_known_but_for_four_that_people_use() -> None:
    passed = {
        entry["pattern"]
        for entry in CRAWLER_USER_AGENTS_DATA
        for user_agent in entry.get("instances", ())
        if not is_bot(user_agent)
    }
    # A phone's build, the browser inside Facebook's app, an editor, a browser of one's own sites.
    assert passed <= {r"AP3A\.240617\.008", "MetaIAB Facebook", r"Code\/1\.", "Fluid"}


@settings(max_examples=300, derandomize=True)
@given(st.text(max_size=700))
def test_any_text_has_an_answer(noise: str) -> None:
    assert is_bot(noise) == is_bot(noise)
    assert is_bot(f"{noise[:100]} Googlebot/2.1") is True


@pytest.mark.parametrize(
    "piece", ["a", "(", "Android ", "Android 1; ", "bo", "gecko ", "\x00", "é"]
)
def test_a_long_user_agent_is_read_to_its_bound(piece: str) -> None:
    # What stands behind the bound has no say, so it costs nothing either.
    assert is_bot(CHROME + " " * 400 + piece * 30_000 + "bot") is False


def test_the_real_log_divides_as_its_reading_by_hand_did(shared: Path) -> None:
    lines = gzip.decompress((shared / "data" / "apache_access_2015.log.gz").read_bytes())
    views: Counter[bool] = Counter()
    for line in lines.splitlines():
        request = read_combined(line)
        if request is not None and is_view(request):
            views[is_bot(request.user_agent)] += 1
    assert 0.55 < views[True] / views.total() < 0.62  # 2,290 of 3,923 when read by hand
    agents = Counter(line.split(b'"')[5].decode("latin-1") for line in lines.splitlines()[:9000])
    named = ("bot", "spider", "slurp", "feed", "rss", "crawl", "curl", "python", "wget", "fetch")
    for user_agent in agents:
        if any(word in user_agent.lower() for word in named):
            assert is_bot(user_agent)
        elif user_agent.startswith("Mozilla/5.0 (Windows NT 6.1; WOW64)"):
            assert not is_bot(user_agent) or "Preview" in user_agent or "gfe" in user_agent


def test_apps_that_others_took_for_programs(shared: Path) -> None:
    lines = (shared / "data" / "cases" / "20-app-names-as-bots.ndjson").read_bytes().splitlines()
    assert len(lines) > 5
    for line in lines:
        assert not is_bot(json.loads(line)["user_agent"])
