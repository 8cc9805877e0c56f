"""Kinds of what people type, each in other spellings: what goes, and what looks like it."""

import json
import random
import re
from pathlib import Path

import phonenumbers
import pytest
from stdnum import ean, luhn
from stdnum.gb import nhs

from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.scrub.url.path_rules import NUMBERED
from tests.bench.scrub_rates import NUMBERS, telephones
from tests.rows import each_row

SCRUBBER = Scrubber(("GB", "DE", "US"))
DIGIT = re.compile("[0-9]")

# Gone: no digit is left, and no word behind an arrow.
NO_DIGIT_LEFT = {
    "a product code by chance": """
        0151/24722926 | 0151 24722926 | 0151-24722926 | 0151.24722926 | 0151·24722926
        0151\u00a024722926 | (020) 39514547 | (020)39514547 | 020 39514547 | +49 151 24722926
        0151,24722926 | 0151:24722926 | 0151\\24722926 | [0151] 24722926 | 0151#24722926
        0151;24722926 | 0151+24722926 | 0151'24722926 | 0151=24722926 | 0151, 24722926
        +49:151:24722926 | +49,151,24722926 | [020] 39514547 | 212:555:2368 | 212,555,2368
        06:12:34:56:78 | [212] 555 2368 | 07700:900123 | 07700#900#123 | +44'7700'900123
        +44 7700 900123 +44 7700 900456 | +447700900123+447700900456 | 0012122491703
        00494053283679 | lamp 0151 24722926 rug | TEL 24722926 | 24722926 tel
        mobile: 4006381333931 | ruf mich an: 24722926 | tél 24722926 | tel. 96385074""",
    "twelve digits": """
        2345-6789-0124 | 2345 6789 0124 | 2345.6789.0124 | 2345/6789/0124 | 2345·6789·0124
        2345_6789_0124 | 2345–6789–0124 | 2345\u00a06789\u00a00124 | 1234-5678-9012
        123-456-789-012 | 123 456 789 012 | 123456-789012 | 12-345-678-901 | 1-234-567-890
        2345,6789,0124 | 2345:6789:0124 | 2345+6789+0124 | 2345'6789'0124 | 2345#6789#0124
        2345;6789;0124 | 2345\\6789\\0124 | 2345=6789=0124 | 2345’6789’0124 | 2345, 6789, 0124
        2345&6789&0124 | 2345 : 6789 : 0124 | 123:456:789:012 | 123#456#789#012 | 123456,789012
        1:9:8:2:7:3:6:4 | 512 750 486 | 512.750.486 | lamp 2345 6789 0124 rug""",
    "a birth date": """
        born 20051985 | geb 19121980 | GEB. 19121980 | dob 05201985 | dob: 19850520
        geboren am 20051985 | née le 20051985 | nacida el 20051985 | nata il 20051985
        geboortedatum 20051985 | 20051985 geboren | born 20/05/1985 | born 20·05·1985
        born 1985-05-20 | born 20 05 85 | born 200585 | BORN MAY 20 1985""",
    "labels and round numbers": """
        passport 200 300 400 | tel 200 3000 400 | PASSPORT NO 200 300 400 | reisepass 200 300 400
        telefon 300 400 5000 | nhs 400 500 6000 | ssn 500 50 5000 | pasaporte 200 300 400""",
    "labels that paths know": """
        mrn: 48812 | policy: 48812 | policy no 48812 | claim #48812 | vertrag: 48812
        case number 48812 | imei 490154203237518 | voucher: 48812 | Rechnung: 48812
        facture n° 48812 | pedido: 48812 | MRN 4881273 | patient: 48812""",
    "codes": """
        cvv 123 | CVV: 123 | cvc 1234 | cvc=123 | security code 123 | pin 4711 | PIN: 4711
        my pin is 4711 | meine pin ist 4711 | otp 482913 | tan: 482913 | puk 48291357""",
    "forms of our own regions": """
        93/815/08152 | 181/815/08155 | 133/8150/8159 | 1EG4-TE5-MK73 | 1eg4 te5 mk73
        1EG4TE5MK73 | 123.45.6789 | 123/45/6789 | 123·45·6789 | 123_45_6789 | 90210-1234
        tx 77002-1234 | 12-3456789 | 9434765919 | 4010232137 | sw1a1aa | SW1A1AA | ec1a1bb
        b338th | se109ls""",
    "a flat behind a sign, a town, and a street named after a day": """
        123 main st #4 | 123 main st # 4 | 123 main st #4b | 123 main street #b4 | 12 oak dr, #7
        1234 main st #4 houston tx 77002 | 1234 main st apt 4 | 1234 main st unit #4 | 9 elm ct #12
        10 high st leeds | 7 church ln bath | 10 main st new haven | 10 HIGH ST LEEDS
        straße des 17. juni 135, 10623 berlin | straße des 17. juni 135 | strasse des 17 juni 135
        platz des 18. märz 1 | straße des 1. mai 5a | Straße des 8. Mai 12, 01067 Dresden
        allee des 13. januar 4""",
    "postcodes behind other signs": """
        sw1a-1aa | sw1a.1aa | sw1a_1aa | po16-7gz | PO16-7GZ | 12 sw1a-1aa | lamp ec1a.1bb | m1-1ae
        n1-9gu | 12 high street, sw1a-1aa | 22 farm meadow, rg20-7ah""",
    "labels without their space": """
        pin-code 4711 | pin_code 4711 | pin-code: 4711 | pincode 4711 | order_number: 4881
        order-number 4881 | steuer id 12345678 | steuer_id: 12345678 | customer_id=48812
        security-code 123 | passport_no: 123456 | kunden nr 48812 | sort-code 123456
        social_security_number: 1234567 | my-number 5551234""",
    "two side by side": """
        0151 24722926 0171 3456789 | 07700 900123 07700 900456 | 4111111111111111 07700900123
        752 061 143 954 | 217/097/142/334""",
    "the number behind the street": """
        rue neuve 7, 1000 bruxelles | avenue louise 149 | rue de la loi 16 | RUE DE LA LOI 16
        chemin des fleurs 4 | boulevard anspach 12b | place de la gare 3 | quai du rhône 10
        chaussée de wavre 1100 | plaza mayor 3 | calle mayor 12 | via garibaldi 14 | rua augusta 7
        karl johans gate 22 | storgata 5 | drottninggatan 12 | smedgränd 25 | spånga kyrkväg 10
        jalan sudirman no. 12 | jl. thamrin 9 | willy-brandt-platz 1 | am bahnhof 3 | am markt 5
        an der mühle 2 | zum see 4 | senftenberger ring 8 | genfer weg 17 | robert-blum-hof 118
        meir 6-8, 2000 antwerpen | keizerslaan 12 | koepoortbrug 3 | steenweg op gent 14, 9300 aalst
        friesenburgweg 17, 8005 zürich | otto-probst-platz 30, 1100 wien | 8005 zürich, badweg 4
        tichá 84, 149 00 praha | kaxens väg 20, 244 98 söderköping | am flur 2, neunkirchen
        Domsheide 6-8 | hauptstraße 5/7 | hauptstr. 5a | HAUPTSTRASSE 5 | HAUPTSTRAßE 5-7""",
    "the number before a French street": """
        12 rue de la paix paris | 12 bis, rue de la paix | 4 chemin des fleurs
        12 avenue de la gare | 12, place du marché
        5 quai voltaire | 12 RUE DE LA PAIX | 8 impasse des lilas 75011 paris
        14 boulevard voltaire | 7 chaussée de wavre""",
    "an English street and its town": """
        12-14 high street | 12a high street | 88 park road stourbridge | 30 bolton close st helens
        12 acorn close colchester | 7 cheryl drive shoreham | 5 kingfisher rise gloucester
        8 st annes street | 3 new road boscastle | 48 the crescent coleford | 1 federal plaza
        1177 fulton mall fresno ca 93721 | 2057 lucas street montgomery al
        22 farm meadow, rg20 7ah""",
}
STAYS = """
what is Covid-19? | PlayStation5! | is Windows11 good? | Yle TV2-kanavalla? | 3D-Drucker?
seagate st340015a | st380011a festplatte | executive order no. 11246 | Bundesstraße 109
bundesstrasse 3 | riksväg 40 | route nationale 7 | strada statale 12
september 11 2001 | 11 september 2001 | 9/11/2001 | 2001-09-11 | 9. november 1989 | 9.11.1989
december 7 1941 | tornado march 12 2006 | weather for june 23 2007 | wetter 3. mai 2007
november 22 1963 | 22/11/1963 | 20 de julio de 1969 | 6 juin 1944
24722926 | 4006381333931 036000291452 | lego 75192 4006381333931 | isbn 0306406152
rtx 3070 3080 3090 | 1341 1345 1346 | lego 75192 42115 | 7.900.000.000 | 61 31 9 217 643
bus pass 1234 | password manager | password is not working | 24 pin 1394 | lapel pin 1945
tan 30 cm | policy 2024 | case 15 | return 1999 | track 12 | session 5 | voucher 2024
galaxy s20fe | n334aa | m2 1tb | galaxy s24fe | 25-pack | 12-34567
baldurs gate 3 | steins gate 0 | golden gate 2 | silver ring 7 | spring 5 | offspring 2
hotel am see 4 sterne | küchenzeile 240 cm | bauernhof 2 | friedhof 3 | supermarkt 24
4 wheel drive convertible | 4 seasons drive in | 101 nights dr seuss | 12 south park episodes
square pillow 18 | place setting 4 | avenue q | may 20 1863 civil war | 2 bedroom villas spain
1,234,567 | 123,456,789 | 2024-01-01 12:30:45 | 01:23:45.678
12:30:45 | 00:01:23,456 | 16:9 | 21:9 32:9 | 10:15 - 18:30 | 1:2:3:4:5:6:7 | 6'2 | 3, 4, 5
501, 505, 511 jeans | 100, 200, 300 | 1080:1920 | mo 09:00-18:00 | 0,75 l | c#, f#
m2-1tb | s20-5g | main st #4 | straße des 17. juni | high st 5 leeds
10 high st shoes | f 150 2004 2005 | gsm 850 900 1800 1900 | tel 850 1900 | 1981 838 44
"""


def rows(table: str) -> list[str]:
    return [row.strip() for row in table.replace("\n", " | ").split(" | ") if row.strip()]


@each_row(
    "text",
    [
        pytest.param(text, id=f"{kind}: {text}")
        for kind, table in NO_DIGIT_LEFT.items()
        for text in rows(table)
    ],
)
def test_no_digit_of_a_personal_number_is_left(text: str) -> None:
    scrubbed = SCRUBBER.scrub(text)
    assert not DIGIT.search(scrubbed)
    assert ":" in scrubbed
    assert SCRUBBER.scrub(scrubbed) == scrubbed


@each_row("text", rows(STAYS))
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert SCRUBBER.scrub(text) == text


@each_row(
    "text",
    rows(
        "api_key=correcthorse | api-key: correcthorse | session_id=correcthorse | "
        "secret_key=correcthorse | private_key=correcthorse | private-key=correcthorse | "
        "access_token: correcthorse | mot_de_passe=correcthorse | "
        "DB_PASS=correcthorse | db_pass = correcthorse | pass: correcthorse | PASS=correcthorse | "
        "password: correcthorse | Passwort: correcthorse | mot de passe: correcthorse | "
        "contraseña: correcthorse | wachtwoord: correcthorse | client_secret=correcthorse | "
        "API_TOKEN=correcthorse | wifi passwd=correcthorse | psswd pwd:correcthorse"
    ),
)
def test_a_secret_needs_no_digit_behind_a_sign(text: str) -> None:
    assert "correcthorse" not in SCRUBBER.scrub(text)
    assert ":token" in SCRUBBER.scrub(text)


@each_row("word", sorted(NUMBERED))
def test_what_paths_know_to_be_numbered_is_so_in_searches(word: str) -> None:
    assert not DIGIT.search(SCRUBBER.scrub(f"{word}: 48812"))


def test_a_password_that_ends_a_sentence_is_one() -> None:
    assert SCRUBBER.scrub("is it Passw0rd!") == "is it :token"
    assert SCRUBBER.scrub("is it Sommer2024!") == "is it :token"


def test_languages_without_spaces_have_no_longest_word() -> None:
    text = "ภาษาไทยไม่มีช่องว่างระหว่างคำ" * 3
    assert len(text) > 64
    assert ":" not in SCRUBBER.scrub(text)
    assert SCRUBBER.scrub("б" * 80) == ":token"


def test_every_health_number_is_an_isbn_by_its_check_digit_and_goes() -> None:
    chance = random.Random(2)
    for _ in range(300):
        number = NUMBERS["GB health"](chance)
        bare = "".join(DIGIT.findall(number))
        assert nhs.is_valid(bare)
        if bare[0] in "4679":  # what has been given out in England and Wales
            assert SCRUBBER.scrub(f"lamp {bare}") in ("lamp :id", "lamp :phone")


def test_an_area_code_says_that_eight_digits_are_no_product() -> None:
    chance = random.Random(3)
    codes = [
        f"{n}{ean.calc_check_digit(str(n))}" for n in chance.sample(range(2 * 10**6, 10**7), 500)
    ]
    assert all(ean.is_valid(code) for code in codes)
    for code in codes:
        for gap in (" ", "-", "/", ".", ") "):
            area = f"(0151{gap}" if ")" in gap else f"0151{gap}"
            assert not DIGIT.search(SCRUBBER.scrub(f"{area}{code}"))


def test_two_numbers_that_read_as_one_card_leave_no_half() -> None:
    chance, seen = random.Random(4), 0
    made = list(telephones("DE", 4000, chance))
    for first, second in zip(made[::2], made[1::2], strict=True):
        digits = "".join(DIGIT.findall(first + second))
        seen += any(luhn.is_valid(digits[i:]) for i in range(1, 8))
        scrubbed = SCRUBBER.scrub(f"{first} {second}")
        assert not DIGIT.search(scrubbed), (first, second)
    assert seen > 200


@pytest.mark.parametrize("region", ["GB", "DE", "US"])
def test_every_layout_of_our_own_regions_telephones_goes(region: str) -> None:
    assert phonenumbers.country_code_for_region(region)
    for number in telephones(region, 1500, random.Random(5)):
        assert not DIGIT.search(SCRUBBER.scrub(f"lamp {number} rug")), number


@pytest.mark.parametrize(
    "name", ["40-twelve-digits-with-hyphens", "41-street-number-behind-the-name"]
)
def test_the_shared_cases(name: str, shared: Path) -> None:
    file = shared / "data" / "cases" / f"{name}.ndjson"
    texts = [json.loads(line)["search_terms"] for line in file.read_text("utf-8").splitlines()]
    assert len(texts) > 5
    assert [text for text in texts if DIGIT.search(SCRUBBER.scrub(text))] == []
