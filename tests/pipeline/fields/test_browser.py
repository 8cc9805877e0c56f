"""Names from closed lists, whatever a user agent or its hints say."""

import gzip
import re
from collections import Counter
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from quietclicks.pipeline.fields.browser import MAX_LENGTH, Client, Hints, browser_label, client_of
from quietclicks.schemas.pseudonymised import Browser, Device
from tests.rows import each_row

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
DESKTOP = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
MOBILE_END = "Mobile/15E148 Safari/604.1"


def seen(user_agent: str | None, hints: Hints | None = None) -> tuple[str, str | None, str, str]:
    client = client_of(user_agent, hints)
    major = client.browser.major
    assert major is not UNSET
    assert client.family == Browser(client.browser.family)
    return client.browser.family, major, client.os, client.device


@each_row(
    ("user_agent", "expected"),
    [
        pytest.param(DESKTOP, ("Chrome", "126", "Windows", "desktop"), id="chrome"),
        pytest.param(f"{DESKTOP} Edg/126.0.0.0", ("Edge", "126", "Windows", "desktop"), id="edge"),
        pytest.param(
            f"{DESKTOP} OPR/111.0.0.0", ("Opera", "111", "Windows", "desktop"), id="opera"
        ),
        pytest.param(
            f"{ANDROID} Mobile Safari/537.36", ("Chrome", "126", "Android", "mobile"), id="android"
        ),
        pytest.param(
            f"{ANDROID} Safari/537.36", ("Chrome", "126", "Android", "tablet"), id="android-tablet"
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} SamsungBrowser/25.0"
            " Chrome/121.0.0.0 Mobile Safari/537.36",
            ("Samsung Internet", "25", "Android", "mobile"),
            id="samsung",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 7.0; SM-T827R4) {WEBKIT} Chrome/60.0 Mobile Safari/537",
            ("Chrome", "60", "Android", "tablet"),
            id="a-tablet-that-says-mobile",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {WEBKIT} Silk/108.2 like Chrome/108.0"
            " Safari/537.36",
            ("Amazon Silk", "108", "Android", "tablet"),
            id="fire-tablet",
        ),
        pytest.param(
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            ("Firefox", "127", "Linux", "desktop"),
            id="firefox",
        ),
        pytest.param(
            "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
            ("Firefox", "127", "Android", "mobile"),
            id="firefox-phone",
        ),
        pytest.param(
            "Mozilla/5.0 (Android 14; Tablet; rv:68.0) Gecko/68.0 Firefox/68.0",
            ("Firefox", "68", "Android", "tablet"),
            id="firefox-tablet",
        ),
        pytest.param(
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {IOS_WEBKIT} Version/17.5"
            f" {MOBILE_END}",
            ("Safari", "17", "iOS", "mobile"),
            id="iphone",
        ),
        pytest.param(
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {IOS_WEBKIT} CriOS/126.0"
            f" {MOBILE_END}",
            ("Chrome", "126", "iOS", "mobile"),
            id="chrome-iphone",
        ),
        pytest.param(
            f"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) {IOS_WEBKIT} Version/12.1 {MOBILE_END}",
            ("Safari", "12", "iOS", "tablet"),
            id="ipad",
        ),
        pytest.param(
            f"{MAC} {IOS_WEBKIT} Version/17.5 Safari/605.1.15",
            ("Safari", "17", "macOS", "desktop"),
            id="mac-or-ipad-asking-for-desktop-pages",
        ),
        pytest.param(
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
            ("Chrome", "126", "Chrome OS", "desktop"),
            id="chromebook",
        ),
        pytest.param(
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)",
            ("IE", "8", "Windows", "desktop"),
            id="tablet-pc-is-a-windows-component",
        ),
        pytest.param(
            "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1/34.1; U; en) Presto/2.8.119 Version/11.10",
            ("Opera Mini", "7", "Other", "mobile"),
            id="opera-mini",
        ),
        pytest.param(
            "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
            ("Firefox", "48", "KaiOS", "mobile"),
            id="kaios",
        ),
        pytest.param(
            f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} 76.0/6.0 TV Safari/537.36",
            ("Safari", None, "Tizen", "other"),
            id="television",
        ),
        pytest.param(
            f"Mozilla/5.0 (PlayStation; PlayStation 5/2.26) {IOS_WEBKIT} Version/13.0 Safari/605.1",
            ("Safari", "13", "Other", "other"),
            id="console",
        ),
        pytest.param(None, ("Other", None, "Other", "other"), id="missing"),
        pytest.param("", ("Other", None, "Other", "other"), id="empty"),
        pytest.param("zzyzx", ("Other", None, "Other", "other"), id="unknown"),
    ],
)
def test_user_agents(user_agent: str | None, expected: tuple[str, str | None, str, str]) -> None:
    assert seen(user_agent) == expected


def brands(*names: str) -> str:
    return ", ".join(f'"{name}";v="{90 + at}"' for at, name in enumerate(names))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(brands("Chromium", "Google Chrome", "Not)A;Brand"), "Chrome 91", id="chrome"),
        pytest.param(brands("Not/A)Brand", "Chromium", "Microsoft Edge"), "Edge 92", id="edge"),
        pytest.param(brands("Brave", "Chromium", "Not.A/Brand"), "Brave 90", id="brave"),
        pytest.param(brands("Chromium", "Opera", " Not A;Brand"), "Opera 91", id="opera"),
        pytest.param(brands("Chromium", "Vivaldi"), "Vivaldi 91", id="vivaldi"),
        pytest.param(brands("Chromium", "YaBrowser"), "Yandex Browser 91", id="yandex"),
        pytest.param(brands("Not:A-Brand", "Chromium"), "Chromium 91", id="chromium"),
        pytest.param('"Google Chrome"; v="126.0.1"', "Chrome 126", id="full-version"),
        pytest.param('"Google Chrome";v="99999"', "Chrome 126", id="version-too-long"),
        pytest.param(brands("Not A;Brand"), "Chrome 126", id="made-up-brand-alone"),
        pytest.param(brands("eve@mail.example", "Chrom"), "Chrome 126", id="free-text"),
        pytest.param('"Google Chrome";v="', "Chrome 126", id="cut-off"),
        pytest.param("", "Chrome 126", id="empty"),
        pytest.param('"' * 5000, "Chrome 126", id="quotes"),
        pytest.param("x" * 5000 + brands("Microsoft Edge"), "Chrome 126", id="behind-the-bound"),
    ],
)
def test_brands(sent: str, expected: str) -> None:
    family, major, *_ = seen(DESKTOP, Hints(sec_ch_ua=sent))
    assert f"{family} {major}" == expected


@pytest.mark.parametrize(
    ("user_agent", "mobile", "platform", "expected"),
    [
        pytest.param(ANDROID, "?1", '"Android"', ("Android", "mobile"), id="phone"),
        pytest.param(ANDROID, "?0", '"Android"', ("Android", "tablet"), id="tablet"),
        pytest.param(
            f"{ANDROID} Mobile Safari/537.36",
            "?0",
            '"Android"',
            ("Android", "tablet"),
            id="not-mobile",
        ),
        pytest.param(DESKTOP, "?0", '"macOS"', ("macOS", "desktop"), id="hint-over-agent"),
        pytest.param(DESKTOP, None, "Windows", ("Windows", "desktop"), id="no-quotes"),
        pytest.param(DESKTOP, "?1", None, ("Windows", "mobile"), id="mobile-alone"),
        pytest.param(DESKTOP, "1", '"Eve"', ("Windows", "desktop"), id="nonsense"),
        pytest.param(None, "?0", '"Chromium OS"', ("Chrome OS", "desktop"), id="hints-alone"),
    ],
)
def test_platform_and_mobile_hints(
    user_agent: str | None, mobile: str | None, platform: str | None, expected: tuple[str, str]
) -> None:
    hints = Hints(sec_ch_ua_mobile=mobile, sec_ch_ua_platform=platform)
    assert seen(user_agent, hints)[2:] == expected


def test_the_label_joins_family_and_device() -> None:
    safari = Browser(family="Safari")
    client = Client(browser=safari, os="iOS", device="mobile", family=safari)
    assert browser_label(client) == "Safari · mobile"


def test_hints_hide_in_a_traceback() -> None:
    assert repr(Hints(sec_ch_ua='"Google Chrome";v="126"')) == "Hints(…)"


CANARIES = {
    "e-mail": "canary.eve@mail.example",
    "token": "eyJhbGciOiJIUzI1NiJ9.cAnArY",
    "address": "203.0.113.77",
    "phone": "4915112345678",
    "name": "Eve Canaryson",
    "one-word": "Canaryson",
}
# Each of these makes ua-parser copy a part of the user agent into a name.
COPIED = {
    "apple-app": "{}/17 CFNetwork/1494 Darwin/23",
    "apple-tablet-app": "{}-iPad/17 CFNetwork/1494",
    "crawler": "Mozilla/5.0 ({}bot/1.0)",
    "crawler-word": "{} crawler/3",
    "spider": "x {}Spider/2",
    "television": "HbbTV/1.1.1 (; {};2013)",
    "version": "Mozilla/5.0 Firefox/{}",
    "device": f"Mozilla/5.0 (Linux; Android 10; {{}} Build/1) {WEBKIT} Chrome/1 Mobile",
    "whole": "{}",
}


@each_row("canary", CANARIES.values(), ids=CANARIES.keys())
@each_row("shape", COPIED.values(), ids=COPIED.keys())
def test_nothing_of_the_user_agent_is_passed_on(shape: str, canary: str) -> None:
    text = shape.format(canary)
    hints = Hints(sec_ch_ua=f'"{canary}";v="1"', sec_ch_ua_platform=f'"{canary}"')
    for client in (client_of(text, None), client_of(text, hints)):
        out = msgspec.json.encode(client).decode() + browser_label(client)
        for part in (canary, *re.findall(r"[A-Za-z]{3,}|[0-9]{5,}", canary)):
            assert part not in out


@settings(max_examples=300, derandomize=True)
@given(
    st.sampled_from(sorted(COPIED.values())), st.from_regex(r"[A-Za-z0-9]{5,30}", fullmatch=True)
)
def test_a_made_up_name_never_gets_through(shape: str, name: str) -> None:
    client = client_of(shape.format(f"Zq{name}"), None)
    assert f"Zq{name}"[:6] not in msgspec.json.encode(client).decode()


@settings(max_examples=400, derandomize=True)
@given(st.none() | st.text(max_size=80), st.none() | st.text(max_size=40), st.text(max_size=40))
def test_any_input_gives_a_bounded_client(
    user_agent: str | None, hint: str | None, platform: str
) -> None:
    hints = Hints(sec_ch_ua=hint, sec_ch_ua_mobile=hint, sec_ch_ua_platform=platform)
    client = client_of(user_agent, hints)
    assert client == client_of(user_agent, hints)
    assert client.device in get_args(Device)
    assert len(client.browser.family) <= 30
    assert len(client.os) <= 30
    major = client.browser.major
    assert major is not UNSET
    assert major is None or (major.isascii() and major.isdigit() and len(major) <= 4)


def test_what_stands_behind_the_bound_has_no_say() -> None:
    padded = DESKTOP.ljust(MAX_LENGTH)
    assert client_of(padded + " Edg/126.0.0.0", None) == client_of(DESKTOP, None)


def test_the_families_of_a_real_log(shared: Path) -> None:
    lines = gzip.decompress((shared / "data" / "apache_access_2015.log.gz").read_bytes())
    families: Counter[str] = Counter()
    devices: Counter[str] = Counter()
    for line in lines.splitlines():
        client = client_of(line.split(b'"')[-2].decode("latin-1"), None)
        families[client.browser.family] += 1
        devices[client.device] += 1
    assert [family for family, _ in families.most_common(2)] == ["Chrome", "Firefox"]
    assert {"Safari", "IE", "Opera", "Opera Mini", "UC Browser", "Midori"} <= families.keys()
    assert devices["desktop"] > 10 * devices["mobile"] > 20 * devices["tablet"] > 0
