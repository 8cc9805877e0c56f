"""The archive: nothing is missing from it in silence, and each file is what the manifest says."""

import hashlib
import json

import pytest
from msgspec import Raw

from quietclicks.pipeline.rights.archive import archive
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, DayAnswer, Part
from tests.pipeline.rights.desk import TODAY, WHO, events_of
from tests.pipeline_tools import SITE, policy

PARTNER = topics.PARTNERS + "adreach"
DAYS = (
    DayAnswer(day=TODAY, state="fulfilled", events=10),
    DayAnswer(day="2026-09-21", state="denied", reason="key_destroyed", receipt="a receipt"),
)


def answer(verb: str) -> Answer:
    return Answer(id="request-1", state="fulfilled", at="", verb=verb, site=SITE, days=DAYS)  # type: ignore[arg-type]


def parts(count: int = 3) -> list[Part]:
    return [Part(topic=each.topic, records=(Raw(each.value),)) for each in events_of(WHO, count)]


@pytest.mark.parametrize("verb", ["access", "portability"])
def test_each_file_is_what_the_manifest_says(verb: str) -> None:
    files = archive(answer(verb), parts(), policy())
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["files"]) == set(files) - {"manifest.json"}
    for name, entry in manifest["files"].items():
        assert entry["bytes"] == len(files[name])
        assert entry["sha256"] == hashlib.sha256(files[name]).hexdigest()
    for name in ("events.ndjson", "partners/adreach.ndjson"):
        assert manifest["files"][name]["records"] == len(files[name].splitlines()) == 3
    assert ("report.html" in files) == (verb == "access")
    assert files["receipts/2026-09-21.tlog-proof"] == b"a receipt"


def test_every_record_is_in_it_as_it_was() -> None:
    files = archive(answer("access"), parts(), policy())
    given = {*files["events.ndjson"].splitlines(), *files["partners/adreach.ndjson"].splitlines()}
    assert given == {each.value for each in events_of(WHO, 3)}


def test_what_is_empty_is_there_and_says_so() -> None:
    files = archive(answer("access"), [], policy())
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"]["events.ndjson"]["records"] == 0
    assert files["partners/adreach.ndjson"] == b""
    assert "Nothing was found." in files["report.html"].decode()


def test_the_report_says_which_days_could_not_be_searched() -> None:
    page = archive(answer("access"), parts(), policy())["report.html"].decode()
    assert "2026-09-21: its key is destroyed" in page
    assert "/2" in page


def test_what_a_page_is_called_is_no_markup() -> None:
    hostile = Raw(json.dumps({"page": "/<script>alert(1)</script>"}).encode())
    [part] = [Part(topic=topics.PSEUDONYMISED, records=(hostile,))]
    page = archive(answer("access"), [part], policy())["report.html"].decode()
    assert "<script>" not in page


def test_a_partner_of_another_site_is_not_in_it() -> None:
    files = archive(
        Answer(id="request-1", state="fulfilled", at="", verb="access", site="blog.example"),
        [],
        policy(),
    )
    assert "partners/adreach.ndjson" not in files
