"""Countries: both schemas of records, and nothing that is no country."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.country import COUNTRIES, country_code
from tests.rows import each_row

RECORDS = [
    pytest.param({"country": {"iso_code": "DE"}}, "DE", id="nested"),
    pytest.param({"country_code": "DE"}, "DE", id="flat"),
    pytest.param({"country": "Germany", "country_code": "DE"}, "DE", id="flat with a name"),
    pytest.param({"country": {"iso_code": "XK"}}, "XK", id="Kosovo"),
    pytest.param(
        {"country": {"iso_code": "FR"}, "registered_country": {"iso_code": "US"}},
        "FR",
        id="registered elsewhere",
    ),
    pytest.param({"country_code": "GB", "asn": "AS64496"}, "GB", id="flat with an ASN"),
    pytest.param(
        {"country": {"iso_code": "SE"}, "traits": {"is_anonymous_proxy": False}},
        "SE",
        id="said to be no proxy",
    ),
    pytest.param(
        {"country": {"iso_code": "SE"}, "traits": {"is_anonymous_proxy": True}}, None, id="proxy"
    ),
    pytest.param({"registered_country": {"iso_code": "US"}}, None, id="only registered"),
    pytest.param({"represented_country": {"iso_code": "US"}}, None, id="only represented"),
    pytest.param({"continent": {"code": "EU"}}, None, id="only a continent"),
    pytest.param(
        {"autonomous_system_number": 64496, "autonomous_system_organization": "DE"},
        None,
        id="ASN",
    ),
    pytest.param({"country": {}}, None, id="country without a code"),
    pytest.param({"country": {"iso_code": None}}, None, id="null"),
    pytest.param({"country": {"iso_code": ["DE"]}}, None, id="list"),
    pytest.param({"country_code": 276}, None, id="number"),
    pytest.param({"country": "DE"}, None, id="another schema"),
    pytest.param({"traits": "DE", "country_code": "DE"}, "DE", id="traits of another type"),
    pytest.param({}, None, id="empty"),
    pytest.param(None, None, id="none"),
    pytest.param("DE", None, id="text"),
    pytest.param([{"country_code": "DE"}], None, id="list of records"),
]

NO_COUNTRIES = [
    *("", "-", "D", "DEU", "de", "De", "D1", "A1", "A2", "O1", "T1", "EU", "AP", "XX", "ZZ", "AA"),
    *("QO", "UK", "SU", "AN", "YU", "AC", "UN", "ＤＥ", "DÉ", " DE", "DE\n", "DE\0", "D\u0415"),
]


@each_row(("record", "expected"), RECORDS)
def test_records(record: object, expected: str | None) -> None:
    assert country_code(record) == expected


@each_row("code", NO_COUNTRIES, ids=ascii)
def test_what_is_no_country(code: str) -> None:
    assert country_code({"country": {"iso_code": code}}) is None
    assert country_code({"country_code": code}) is None


def test_all_that_iso_has_assigned_and_kosovo() -> None:
    assert len(COUNTRIES) == 249 + 1
    # Another list: of those with telephones, and with two islands that are no countries.
    assert set(phonenumbers.SUPPORTED_REGIONS) - {"AC", "TA"} <= COUNTRIES


scalars = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
keys = st.sampled_from(["country", "country_code", "iso_code", "traits", "is_anonymous_proxy"])
records = st.recursive(
    scalars | st.sampled_from(["DE", "XX"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner),
)


@settings(derandomize=True, max_examples=100)
@given(records)
def test_any_record_has_a_country_or_none(record: object) -> None:
    assert country_code(record) in COUNTRIES | {None}
