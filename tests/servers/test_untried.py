"""Vector and Fluent Bit, which are not run here: their files are held against the contract."""

import re
import tomllib

from quietclicks.schemas import topics
from quietclicks.schemas.raw import MAX_RECORD_BYTES, RawEvent
from tests.servers.served import SHIPPED, shipped

RAW_EVENTS = "/var/log/nginx/raw.ndjson"


def sections(text: str) -> dict[str, dict[str, str]]:
    """Of Fluent Bit's classic format: `[NAME]`, then keys and values."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if section := re.fullmatch(r"\[(\w+)\]", line):
            now = found.setdefault(section[1], {})
        elif line.strip() and not line.startswith("#"):
            key, value = line.split()
            assert key not in now
            now[key] = value
    return found


def test_vector_sends_lines_as_they_are_by_address() -> None:
    read = tomllib.loads(shipped("vector.toml", {}))
    source, sink = read["sources"]["clickstream"], read["sinks"]["raw"]
    assert source["include"] == [RAW_EVENTS]
    assert source["max_line_bytes"] == MAX_RECORD_BYTES
    assert sink["topic"] == topics.RAW
    assert sink["encoding"] == {"codec": "raw_message"}
    assert sink["acknowledgements"] == {"enabled": True}
    [transform] = read["transforms"].values()
    assert f".{sink['key_field']} = " in transform["source"]
    fields = re.findall(r"event\.(\w+)", transform["source"])
    assert fields == ["ip"]
    assert {*fields} <= {*RawEvent.__struct_fields__}


def test_fluent_bit_sends_lines_as_they_are_by_address() -> None:
    read = sections(shipped("fluent-bit.conf", {}))
    assert read["INPUT"]["Path"] == RAW_EVENTS
    assert read["INPUT"]["Tag"] == read["FILTER"]["Match"] == read["OUTPUT"]["Match"]
    assert read["INPUT"]["Key"] == read["FILTER"]["Key_Name"] == read["OUTPUT"]["Raw_Log_Key"]
    assert (read["OUTPUT"]["Topics"], read["OUTPUT"]["Format"]) == (topics.RAW, "raw")
    assert read["OUTPUT"]["Message_Key_Field"] == "ip"
    assert "ip" in RawEvent.__struct_fields__


def test_all_of_them_read_what_nginx_writes() -> None:
    assert f" {RAW_EVENTS} " in shipped("nginx.conf", {})
    for name in ("rsyslog.conf", "vector.toml", "fluent-bit.conf"):
        assert RAW_EVENTS in shipped(name, {})


def test_what_is_shipped_is_in_the_page_and_said_to_be_tried_or_not() -> None:
    page = (SHIPPED.parents[1] / "docs" / "logs.md").read_text("utf-8")
    told = dict(re.findall(r"^\| \[`deploy/logs/(\S+)`\].*\| (tried|untried) \|$", page, re.M))
    assert told.keys() == {each.name for each in SHIPPED.iterdir()}
    untried = {name for name, said in told.items() if said == "untried"}
    assert untried == {name for name in told if "Untried" in shipped(name, {})}
