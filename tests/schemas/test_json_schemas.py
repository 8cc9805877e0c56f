"""The JSON Schemas are current, complete, and true of every example that we show anywhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, milliseconds
from quietclicks.pipeline.policy import EventsPolicy, parse
from quietclicks.pipeline.policy.floors import K_FLOOR
from quietclicks.schemas import json_schemas, topics
from quietclicks.schemas.json_schemas import CONTRACTS, Contract, schema_of, text_of
from quietclicks.schemas.pseudonymised import ALWAYS, LISTABLE, MAJOR
from quietclicks.schemas.raw import MAX_RECORD_BYTES, RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.wording import FEWEST, WORDINGS
from tests.paths import ROOT
from tests.pipeline import test_golden as golden
from tests.pipeline_tools import closing, policy
from tests.schemas.contract_tools import SHAPE, agree, checked, fed, fits, is_raw
from tests.schemas.generate import COMMAND, FOLDER

BY_NAME = {contract.name: contract for contract in CONTRACTS}
EACH = pytest.mark.parametrize("contract", CONTRACTS, ids=BY_NAME)
WRITTEN = [contract for contract in CONTRACTS if contract.name not in {"raw-event", "tick"}]
# But for what the dashboard answers, which is no record: its page has a test of its own that asks.
API = ROOT / "docs" / "api.md"
PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").rglob("*.md")} - {API})]
FRAGMENTS = {'{"analytics": true, "partners": false}': "consent"}
"""JSON within a sentence that is a field of a raw event."""

CROWD = 10  # visitors, as which a documented event is fed


# The files


def test_the_files_are_current() -> None:
    wanted = {f"{contract.name}.json": text_of(contract) for contract in CONTRACTS}
    found = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()}
    assert found == wanted, f"not what the structs say: {COMMAND}"


@EACH
def test_a_schema_is_complete(contract: Contract) -> None:
    schema = schema_of(contract)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == json_schemas.DIALECT
    assert schema["$id"] == f"urn:quietclicks:{contract.name}"
    assert schema["examples"]
    parts = [schema, *schema.get("$defs", {}).values()]
    for part in parts:
        assert part["title"]
        assert part["description"]
        for field in part.get("properties", {}).values():
            assert field["description"]
        if part.get("type") == "object":
            assert part["additionalProperties"] is (contract.name == "raw-event")


def test_the_wording_and_the_structs_have_the_same_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dict(WORDINGS)
    changed[RawEvent] = WORDINGS[RawEvent]._replace(fields={})
    monkeypatch.setattr(json_schemas, "WORDINGS", changed)
    with pytest.raises(ValueError, match=r"wording\.py: RawEvent: accept_language, consent"):
        schema_of(BY_NAME["raw-event"])


def test_the_bounds_are_those_of_the_pipeline() -> None:
    assert FEWEST == K_FLOOR
    assert f"{MAX_RECORD_BYTES // 1024} KiB" in WORDINGS[RawEvent].description


# Examples


@EACH
def test_a_schemas_own_examples(contract: Contract) -> None:
    fitting = {"pseudonymised-event": {"pseudonymised-event", "partner-event"}}
    for example in contract.examples:
        found = {name for name in BY_NAME if fits(name, example)}
        assert found == fitting.get(contract.name, {contract.name})
        if contract.name != "partner-event":
            msgspec.convert(example, contract.struct)


@pytest.mark.parametrize("contract", WRITTEN, ids=lambda each: each.name)
def test_what_we_write_is_closed(contract: Contract) -> None:
    for example in contract.examples:
        assert not fits(contract.name, {**example, "ip": "203.0.113.77"})
        for name, value in example.items():
            rest = {other: example[other] for other in example if other != name}
            optional = "event" in contract.name and name not in ALWAYS
            assert fits(contract.name, rest) is (contract.name == "partner-event" or optional)
            assert not fits(contract.name, {**example, name: ["x"]})
            if isinstance(value, dict):
                assert not fits(contract.name, {**example, name: {**value, "path": "/"}})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("pseudonymised-event", {"network": "203.0.113.77/32"}),
        ("pseudonymised-event", {"network": "203.0.113.77"}),
        ("pseudonymised-event", {"network": "2001:db8:1:2::/64"}),
        ("pseudonymised-event", {"timestamp": "2026-11-22T10:00:00.123Z"}),
        ("pseudonymised-event", {"visitor": "203.0.113.77"}),
        ("pseudonymised-event", {"country": "Germany"}),
        ("pseudonymised-event", {"language": "de-DE,de;q=0.9"}),
        ("pseudonymised-event", {"page": "https://shop.example/"}),
        ("trend", {"views": 4}),
        ("trend", {"visitors": 0}),
        ("trend", {"value": ""}),
        ("trend", {"dimension": "total"}),
        ("trend", {"start": "2026-11-22T10:00:00Z"}),
        ("trend-key", {"start": "2026-11-22T10:00:00Z"}),
        ("rejection", {"offset": -1}),
        ("rejection", {"topic": "elsewhere"}),
    ],
    ids=str,
)
def test_what_a_struct_alone_would_accept(name: str, change: dict[str, Any]) -> None:
    example = BY_NAME[name].examples[0]
    msgspec.convert({**example, **change}, BY_NAME[name].struct)
    assert not fits(name, {**example, **change})


def test_the_examples_of_an_event_show_every_field_and_the_default_ones() -> None:
    default, every = BY_NAME["pseudonymised-event"].examples
    assert {*default} == {*EventsPolicy().fields}
    assert {*every} == {*LISTABLE} - {MAJOR}
    assert "major" in every["browser"]
    assert "major" not in default["browser"]


def documented() -> Iterator[tuple[str, str]]:
    """Every JSON object that a page shows: each block marked so, and what in a sentence is JSON."""
    for page in PAGES:
        text = page.read_text("utf-8")
        shown = re.findall(r"^```json\n(.+?)^```", text, re.S | re.M)
        shown += filter(is_json, re.findall(r"`(\{[^`\n]*\})`", text))
        yield from ((page.name, each.strip()) for each in shown)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


DOCUMENTED = sorted(set(documented()))


@pytest.mark.parametrize(("page", "text"), DOCUMENTED, ids=lambda each: each[:30])
def test_what_the_pages_show(page: str, text: str) -> None:
    shown = json.loads(text)
    if text in FRAGMENTS:
        shown = {**BY_NAME["raw-event"].examples[0], FRAGMENTS[text]: shown}
    assert any(fits(name, shown) for name in BY_NAME), f"{page}: {text}: of no contract"


def test_the_pages_show_events_ticks_and_trends() -> None:
    shown = [json.loads(text) for _, text in DOCUMENTED]
    for name in ("raw-event", "tick", "trend"):
        assert any(fits(name, each) for each in shown), name
    assert set(FRAGMENTS) <= {text for _, text in DOCUMENTED}


RAW = [
    *BY_NAME["raw-event"].examples,
    *[shown for _, text in DOCUMENTED if fits("raw-event", shown := json.loads(text))],
]


def test_documented_events_go_through_every_processor() -> None:
    """Each as that of a crowd, so that something is released."""
    reached = set()
    for example in RAW:
        at_ms = milliseconds(msgspec.convert(example, RawEvent).timestamp)
        crowd = [{**example, "event_id": f"e{n}", "ip": f"203.0.113.{n}"} for n in range(CROWD)]
        values = [json.dumps(each).encode() for each in [example, *crowd]]
        midnight = (at_ms // MILLISECONDS_PER_DAY + 1) * MILLISECONDS_PER_DAY
        outcomes, written = fed(values, policy(), at_ms, [closing(midnight)])
        assert set(outcomes) == {None if "user_agent" in example else Reason.BOT}
        reached.update(written)
    assert reached >= {topics.PSEUDONYMISED, topics.PARTNERS + "adreach", topics.REJECTED}
    assert reached >= {*topics.PUBLISHED}


# The golden log


def test_the_golden_input() -> None:
    rules = parse((golden.GOLDEN / "policy.toml").read_text("utf-8"), "policy.toml")
    values = golden.values()
    outcomes, _ = fed(values, rules, golden.APPENDED)
    for value, outcome in zip(values, outcomes, strict=True):
        assert agree(value, outcome), value
    assert {each for each in outcomes if each in SHAPE} == SHAPE
    assert sum(map(is_raw, values)) > len(values) / 2


def test_the_golden_output() -> None:
    lines = (golden.GOLDEN / "output.ndjson").read_text("utf-8").splitlines()
    for line in lines:
        record = json.loads(line)
        key, value = record["key"], json.dumps(record["value"]).encode()
        checked(record["topic"], key and key.encode(), value)
    assert len(lines) > 100
