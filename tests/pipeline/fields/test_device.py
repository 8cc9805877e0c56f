"""Devices by the words a user agent has for them, and by no word that is only an app's."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.browser import Hints, client_of
from quietclicks.schemas.pseudonymised import Device
from tests.rows import each_row

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/126.0.0.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
PHONE = f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36"

DEVICES = {
    # phones, whatever the app calls itself that shows the page
    IPHONE: "mobile",
    f"{IPHONE} AirWatch Browser/5.0": "mobile",
    f"{IPHONE} (AirWatch Browser v5.0)": "mobile",
    f"{IPHONE} TiVo/4.2": "mobile",
    f"{IPHONE} HbbTV/1.1": "mobile",
    f"{IPHONE} SkyTV/1.0 Watch/2": "mobile",
    PHONE: "mobile",
    f"{PHONE} (AirWatch Browser v7.0)": "mobile",
    f"{PHONE} Dropbox/300.2": "mobile",
    f"{PHONE} PlutoTV/5.1 Xbox/2305.1": "mobile",
    f"{PHONE} PlayStationApp/24.5": "mobile",
    f"{PHONE} Watch/1.1": "mobile",
    f"Mozilla/5.0 (Linux; Android 6.0; Letv X500) {CHROME} Mobile Safari/537.36": "mobile",
    f"Mozilla/5.0 (Linux; Android 11; COOLPAD C202) {CHROME} Mobile Safari/537.36": "mobile",
    "Mozilla/5.0 (Windows NT 10.0; ARM; Lumia 640 LTE) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/42.0 Safari/537.36 Edge/12.1": "mobile",
    f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} Mobile Safari/537.36 ArkWeb/4.1": "mobile",
    # what a system's own library sends says neither Mobile nor Tablet: phones are the most
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230605.012)": "mobile",
    "Shop/4.2.0 (Android 14; Pixel 8) okhttp/4.12.0": "mobile",
    "Shop/12 CFNetwork/1494.0.7 Darwin/23.4.0": "mobile",
    "Dropbox/12 CFNetwork/1494.0.7 Darwin/23.4.0": "mobile",
    "PlutoTV/5 CFNetwork/1494.0.7 Darwin/23.4.0": "mobile",
    "AirWatch/5 CFNetwork/1494.0.7 Darwin/23.4.0": "mobile",
    "Shop/4.2 (iPhone; iOS 17.5.1; Scale/3.00)": "mobile",
    f"Mozilla/5.0 (Linux; Android 10; V2031EA; wv) {WEBKIT} Version/4.0 Chrome/78.0": "mobile",
    # tablets
    IPHONE.replace("iPhone;", "iPad;"): "tablet",
    f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {WEBKIT} AirWatch/3": "tablet",
    f"Mozilla/5.0 (Linux; arm_64; Android 13; 2201116SI) {CHROME} YaApp_Android/23.5/apad"
    " YaSearchBrowser/23.5/apad BroPP/1.0 SA/3 Mobile Safari/537.36": "tablet",
    f"Mozilla/5.0 (Linux; Android 12; Lenovo Tab M10) {CHROME} Mobile Safari/537.36": "tablet",
    f"Mozilla/5.0 (Linux; Android 13; Xiaomi Pad 6) {CHROME} Mobile Safari/537.36": "tablet",
    f"Mozilla/5.0 (Linux; Android 9; MediaPad T5) {CHROME} Safari/537.36": "tablet",
    f"Mozilla/5.0 (Linux; Android 13; K) {CHROME} Safari/537.36": "tablet",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-X200 Build/TP1A)": "tablet",
    f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {CHROME} Safari/537.36 ArkWeb/4.1": "tablet",
    # televisions and boxes
    f"Mozilla/5.0 (Linux; Android 9; MiTV-MSSP2; wv) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; U; Android 6.0.1; zh-cn; MiTV4A) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 8.1; MIBOX4) {CHROME} Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Andr0id 11; TY55) {CHROME} Safari/537.36 OMI/4.24.3": "other",
    f"Mozilla/5.0 (X11; Linux armv7l) {WEBKIT} QtWebEngine/5.9 Chrome/69.0 Safari/537.36"
    " GW-Device/1.0.0 (Sky, ES340, )": "other",
    f"Mozilla/5.0 (X11; Linux armv7l) {WEBKIT} QtWebEngine/5.6 Chrome/45.0 Safari/537.36"
    " MR-Device/1.0.0 (Sky, EM150, )": "other",
    "Opera/9.80 (Linux mips) Presto/2.12 Version/12.51 , TiVo-Device/ml4 (TiVo, OnDemand, wired)": (
        "other"
    ),
    "Opera/9.80 (Linux mips; U; xx) Presto/2.10 Version/12.00 DuneHD/1.0 (tv102; b6)": "other",
    "Opera/9.80 (Linux armv7l) Presto/2.12 Version/12.51 MB97/1.1 (TELEFUNKEN, LG32, wireless)": (
        "other"
    ),
    f"Mozilla/5.0 (Linux; Android 9; 4K TV Box) {CHROME} Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 10; HIPER MEDIA STICK) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 5.1; AFTS) {WEBKIT} Silk/108.2 like Chrome/108.0": "other",
    "Roku/DVP-12.0 (12.0.0.4182-88)": "other",
    "AppleTV11,1/11.1": "other",
    # watches, headsets, consoles
    f"Mozilla/5.0 (Linux; Tizen 4.0; SAMSUNG SM-R820) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 11; SM-R895F) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 7.1.1; ASUS ZenWatch 2) {CHROME} Mobile Safari/537.36": "other",
    f"Mozilla/5.0 (Linux; Android 8.0; Huawei Watch) {CHROME} Mobile Safari/537.36": "other",
    "Shop/3 (Watch6,16; watchOS 10.0)": "other",
    f"Mozilla/5.0 (Linux; Android 10; Pico Neo 3) {CHROME} Mobile Safari/537.36": "other",
    "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15": "other",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) {CHROME} Edge/44": "other",
    # computers
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36": "desktop",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Dropbox/3": "desktop",
    f"Mozilla/5.0 (Linux; Android 9; HP Chromebook x360) {CHROME} Safari/537.36": "desktop",
    f"Mozilla/5.0 (PC; OpenHarmony 5.0) {CHROME} Safari/537.36 ArkWeb/4.1": "desktop",
    "Safari/9537.75.14 CFNetwork/673.4 Darwin/13.2.0 (x86_64) (MacBookPro8%2C2)": "desktop",
    "Microsoft Office Word/16.43 (Mac OS/10.15.7; Desktop; es-ES)": "desktop",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)": "desktop",
}


@each_row(("user_agent", "expected"), DEVICES.items())
def test_devices(user_agent: str, expected: str) -> None:
    assert client_of(user_agent, None).device == expected


@pytest.mark.parametrize(
    ("mobile", "expected"), [("?1", "mobile"), ("?0", "tablet"), (None, "mobile")]
)
def test_android_by_its_hints_alone(mobile: str | None, expected: str) -> None:
    hints = Hints(sec_ch_ua_mobile=mobile, sec_ch_ua_platform='"Android"')
    assert client_of(None, hints).device == expected


@settings(max_examples=200, derandomize=True)
@given(st.text(max_size=60))
def test_what_follows_an_iphone_changes_nothing(behind: str) -> None:
    assert client_of(f"{IPHONE} {behind}", None).device == "mobile"


@settings(max_examples=200, derandomize=True)
@given(st.text("()AndroidTVabPxboW;/ 0", max_size=60), st.sampled_from(["", "?0", "?1"]))
def test_any_text_has_one_of_four_words(text: str, mobile: str) -> None:
    assert client_of(text, Hints(sec_ch_ua_mobile=mobile)).device in get_args(Device)
