"""The page by which a visitor opts out, and in again, without a letter and without a script.

The choice is a cookie that is the same for everybody: it tells nobody from anybody.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from quietclicks.agents.web.exchange import Answer, said
from quietclicks.pipeline.collect.consent import has_opted_out, is_of_one_origin
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.fields.language import primary_language
from quietclicks.pipeline.policy.consent_source import OPT_OUT_COOKIE

PATH = "/opt-out"
OUT, IN = b"choice=out", b"choice=in"  # as the form sends it
# A choice is asked for again after a year at most; browsers keep none for longer than 400 days.
YEAR_SECONDS = 365 * 24 * 3600

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}button{font:inherit;padding:.5rem 1rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9cf}}"
)
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Its own form has to say where it comes from.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}
TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Statistics of this website",
        "counted": (
            "Your visits may be counted in this website's statistics: if you agreed to it, or "
            "where that may be done without asking."
        ),
        "out": (
            "You have opted out in this browser: visits that it tells us this of are not counted "
            "in this website's statistics."
        ),
        "opt_out": "Do not count my visits",
        "opt_in": "Take this back",
        "how": (
            "Your choice is kept in a cookie in this browser, for a year. It holds the word "
            "“out” and nothing else, the same for everybody. It is gone when you delete "
            "your cookies, and then you choose again."
        ),
        "where": (
            "Your browser tells us on websites that belong to the same address as this page. On "
            "websites of another address it may not. Some websites count with a program of "
            "another maker that leaves the cookie out, even at the same address. Where we are not "
            "told, opting out here has no effect, and you have to refuse on that website itself. "
            "The signal “Global Privacy Control” of your browser reaches us from everywhere: it "
            "keeps single visits from our analysts and from partners, but you are still counted."
        ),
    },
    "de": {
        "title": "Statistik dieser Website",
        "counted": (
            "Ihre Besuche können in der Statistik dieser Website gezählt werden: wenn Sie "
            "zugestimmt haben, oder wo das ohne Frage erlaubt ist."
        ),
        "out": (
            "Sie haben in diesem Browser widersprochen: Besuche, bei denen er uns das mitteilt, "
            "werden in der Statistik dieser Website nicht gezählt."
        ),
        "opt_out": "Meine Besuche nicht zählen",
        "opt_in": "Widerspruch zurücknehmen",
        "how": (
            "Ihre Wahl steht ein Jahr lang in einem Cookie in diesem Browser. Darin steht das "
            "Wort „out“ und sonst nichts, bei allen dasselbe. Wenn Sie Ihre Cookies löschen, ist "
            "sie fort, und Sie wählen neu."
        ),
        "where": (
            "Ihr Browser teilt sie uns auf Websites mit, die zur selben Adresse gehören wie diese "
            "Seite. Auf Websites mit anderer Adresse unterbleibt das möglicherweise. Manche "
            "Websites zählen mit einem Programm anderer Hersteller, das den Cookie auch bei "
            "gleicher Adresse weglässt. Wo wir nichts erfahren, bleibt der Widerspruch hier ohne "
            "Wirkung, und Sie müssen auf der Website selbst ablehnen. Das Signal „Global Privacy "
            "Control“ Ihres Browsers erreicht uns von überall: Es hält einzelne Besuche von "
            "unseren Analysten und von Partnern fern, gezählt werden Sie aber weiterhin."
        ),
    },
}


def page(hit: Hit) -> Answer:
    """What holds now, and a form to change it."""
    preferred = primary_language(hit.headers.get("accept-language"))
    language = "de" if preferred == "de" else "en"
    texts = TEXTS[language]
    is_out = has_opted_out(hit)
    state, button = ("out", "opt_in") if is_out else ("counted", "opt_out")
    html = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f"<title>{texts['title']}</title><style>{STYLE}</style>"
        f'<main><h1>{texts["title"]}</h1><p role="status"><strong>{texts[state]}</strong></p>'
        f'<form method="post"><button name="choice" value="{"in" if is_out else "out"}">'
        f"{texts[button]}</button></form><p>{texts['how']}</p><p>{texts['where']}</p></main></html>"
    )
    return Answer(200, HEADERS, html.encode())


def chosen(hit: Hit, sites: Sites) -> Answer:
    """Sets or takes back the cookie, for the page's own form and no other page's."""
    if not _is_own(hit, sites):
        return said(403, "this can only be chosen on the page itself")
    if hit.body not in (OUT, IN):
        return said(400, "choose one of the page's buttons")
    # Of no meaning to a script. From a website of another address browsers send it only so, and
    # only by TLS; many do not even then.
    origin = hit.headers.get("origin", "")
    reach = "SameSite=None; Secure" if origin.startswith("https:") else "SameSite=Lax"
    # Where the page is on a host of the site's own, who opts out at www. does so without it, too.
    if (domain := sites.widest(origin)) is not None:
        reach += f"; Domain={domain}"
    age = YEAR_SECONDS if hit.body == OUT else 0
    cookie = f"{OPT_OUT_COOKIE}=out; Max-Age={age}; Path=/; HttpOnly; {reach}"
    return Answer(
        303,
        # As the page was asked for, whatever a proxy calls it.
        {"Location": PATH.strip("/"), "Set-Cookie": cookie, "Cache-Control": "no-store"},
        b"",
    )


def _is_own(hit: Hit, sites: Sites) -> bool:
    """Whether no other website's page made the browser send it: it might take a refusal back.

    Each browser says so in one of these ways. A proxy may have put another name for the host; so a
    page of the policy's sites is taken for our own.
    """
    if "sec-fetch-site" in hit.headers:
        return is_of_one_origin(hit)
    return is_of_one_origin(hit) or sites.of(hit.headers.get("origin", "")) is not None
