"""Which kind of device a user agent names, without a list of models: one of four words.

The rest of the text is not passed on. What an app calls itself behind the platform says nothing:
a phone that shows its pages in an app for televisions stays a phone.
"""

import re2

from quietclicks.schemas.pseudonymised import Device

# These name themselves first and are nothing else, whatever follows (AirWatch, a TV's app).
APPLE_PHONE = re2.compile(r"(?i)^[^()]*\((?:iphone|ipod)")
APPLE_TABLET = re2.compile(r"(?i)^[^()]*\(ipad")

# Televisions, boxes, consoles, watches, headsets and cars, by what the first comment names: they
# also say Android or Linux, and Mobile. (A phone's DTV is a receiver, and Letv made phones.)
COMMENT = re2.compile(r"\(([^)]*)")
OTHER_PLATFORM = re2.compile(
    r"(?i)(?:smart|google|android|apple)[- ]?tv|\bmi(?:tv|box)|\btv\b|[a-cf-z\d]tv\b|box\b"
    r"|\bstick\b|\bstreamer\b|\bshell\b|\b4k\b|\bled\d|andr0id|linux mips|\baft[a-z]{1,2}\b|\broku"
    r"|bravia|\bviera|web0s|playstation|xbox|nintendo|\bquest [23]\b|\bpico (?:neo|[g\d])|mobile vr"
    r"|(?:\b|_|tic|zen|smart)watch(?:\b|\d|os)|watch os|\bsm-r\d{3}"
)
# What only their own browsers and programs say, wherever it stands.
OTHER_BROWSER = re2.compile(
    r"(?i)hbbtv|smart-?tv|netcast|\bnettv|inettvbrowser|netrangemmh|crkey|tv safari|opera tv"
    r"|philipstv|large screen|ce-html|\bomi/\d|, wire(?:d|less)\)|\btivo-device|\(tivo,|dunehd/"
    r"|\bsky, ?[a-z]{1,3}\d|(?:-|\b)dtv/|\bstb\b|_stb_|sonycebrowser|bdplayer|aquos-|dlnadoc"
    r"|efl-webengine|oculusbrowser|like quest|qtcarbrowser|teslabrowser|kindle/\d|brightsign/"
    r"|^roku|^appletv|^apple tv|;aft[a-z]|\bsonos[/;]|vizios/|^watch\d"
)
TABLET = re2.compile(
    r"(?i)\bipad|tablet(?:$|[^ ]| [^p])|/apad\b|playbook|\bsilk/|\bkf[a-z]{2,5}\b|touchpad"
    r"|\bnexus (?:7|9|10)\b|\bsm-[tx]\d{3}|\bgt-p\d{4}|\bxoom\b"
)
# Coolpad made phones.
TABLET_PLATFORM = re2.compile(r"(?i)tab\b|\btab[ _-]?\d|\bpad\b|[a-km-z]pad\b")
ANDROID = re2.compile(r"(?i)\bandroid\b")
# Browsers on Android say Mobile, unless it is a tablet. What is none, or cut off, says nothing.
BROWSER = re2.compile(r"(?i)safari|gecko/|presto|opera")
MOBILE = re2.compile(
    r"(?i)mobi|iphone|\biph\d|ipod|phone|blackberry|\bbb10\b|symbian|symbos|series ?[3469]0"
    r"|opera mini|j2me|\bmidp|\bcldc|up\.browser|up\.link|obigo|teleca|docomo|kddi-|j-phone"
    r"|softbank|kaios|nokia|sonyericsson|\bpalm|webos/|ucweb|maui|\bbrew\b|bolt/|polaris"
    r"|windows ce|wpdesktop|\blumia\b|\bfban/fb[^w]|wap-?browser"
    r"|^(?:samsung|sec|lg|mot|zte|lenovo|alcatel|htc)[-_/ ]"
)
LAPTOP = re2.compile(r"(?i)chromebook")
DESKTOP = re2.compile(
    r"(?i)windows|\bwin(?:9[58]|16|32|64|nt)|macintosh|mac ?os\b|mac_powerpc|macbook|\bx11\b"
    r"|\bcros\b|linux (?:x86|i\d86|amd64|ppc|aarch64|arm)|[a-z]{3,}bsd\b|sunos|os/2|beos|haiku"
    r"|amigaos|risc os|konqueror|^(?:links|elinks|lynx|w3m|dillo)\b|\(pc;|\bms-?office\b"
    r"|darwin/[\d.]+ \("
)
# Apple's own library. On a Mac it names the processor behind, in a comment.
DARWIN = re2.compile(r"(?i)\bdarwin/\d")


def device_of(text: str, os: str, mobile: str) -> Device:
    """User agent, the system's name, and `Sec-CH-UA-Mobile` (`""` where none was sent)."""
    if APPLE_PHONE.search(text):
        return "mobile"
    if APPLE_TABLET.search(text):
        return "tablet"
    found = COMMENT.search(text)
    platform = found[1] if found else ""
    if OTHER_PLATFORM.search(platform) or OTHER_BROWSER.search(text):
        return "other"
    if mobile == "?1":
        return "mobile"
    if LAPTOP.search(platform):
        return "desktop"
    if TABLET.search(text) or TABLET_PLATFORM.search(platform):
        return "tablet"
    if ANDROID.search(text) or os == "Android":
        return _android(text, mobile)
    if MOBILE.search(text):
        return "mobile"
    if DESKTOP.search(text) or os in {"Windows", "macOS", "Linux", "Chrome OS"}:
        return "desktop"
    return "mobile" if DARWIN.search(text) else "other"


def _android(text: str, mobile: str) -> Device:
    if MOBILE.search(text) and mobile != "?0":
        return "mobile"
    return "tablet" if mobile == "?0" or BROWSER.search(text) else "mobile"
