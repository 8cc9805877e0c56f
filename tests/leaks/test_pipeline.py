"""Canaries through the whole pipeline, in every field of the raw event: none comes out anywhere.

The fields come from the schema: a new one is covered by being there. What may survive is named in
`quietclicks.pipeline.dry_run.canaries`.
"""

import base64
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from click.testing import CliRunner

from quietclicks.agents.metrics import Metrics
from quietclicks.commands.preview import preview as command
from quietclicks.pipeline.anonymise import lookups, visitor
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.anonymise.site import Sites
from quietclicks.pipeline.cache import Budget, Cache
from quietclicks.pipeline.dry_run.canaries import FORMS, KINDS, Canary, Finder, canaries, log_of
from quietclicks.pipeline.fields import query
from quietclicks.pipeline.fields.search import search_term
from quietclicks.pipeline.processor import Listed, Step
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.raw import Consent, RawEvent
from tests.paths import ROOT
from tests.pipeline_tools import EVERY_FIELD, FIREFOX, World, caches_of, policy

pytestmark = pytest.mark.slow

POLICY = policy(
    ('[sites."blog.example"]', '[sites."blog.example"]\npath_rules = ["/read/*"]'),
    ('topic = "[a-z@/:.-]+"', 'topic = ".{1,128}"'),  # as careless as a pattern can be
    EVERY_FIELD,
)
SENT = list(canaries(POLICY))
CANARIES = [canary for canary, _ in SENT]
VALUES = [value for _, records in SENT for value in records]
FINDER = Finder(CANARIES)


def found_in(world: World) -> set[Canary]:
    """The canaries in anything that was written, to whatever topic, and in the state."""
    rows: list[bytes | None] = []
    for topic, pairs in world.topics.items():
        rows += [topic.encode(), *(part for pair in pairs for part in pair)]
    for log in (*world.state, *world.handed):
        rows += [part for record in log for part in (record.key, record.value)]
    return {each for row in set(rows) if row for each in FINDER.find(row.decode(errors="ignore"))}


@pytest.fixture(scope="module")
def world() -> World:
    """The pipeline after all canaries."""
    found = World(POLICY, batch=2000)
    found.put(list(log_of(VALUES, POLICY)))
    return found.run()


def test_every_field_of_the_schema_has_canaries() -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(RawEvent)}
    assert fields <= {canary.field for canary in CANARIES}
    for field in fields:
        tried = {(c.kind, c.form, c.site) for c in CANARIES if c.field == field}
        assert len(tried) == len(KINDS) * len(FORMS) * len(POLICY.sites), field


def test_no_canary_is_in_any_topic(world: World) -> None:
    assert found_in(world) == set()


def test_the_canaries_had_every_chance(world: World) -> None:
    """They were not all turned away: most come through without what was personal."""
    assert len(world.events()) > 2 / 3 * len(VALUES)
    assert set(world.reasons()) >= {"invalid", "bad_timestamp", "unknown_site", "bot", "not_json"}
    assert "error" not in world.reasons()
    assert all(world.topics[topic] for topic in topics.PUBLISHED)
    searches = [json.loads(value or b"")["value"] for _, value in world.topics["trends.searches"]]
    assert any(":email" in value for value in searches)
    pages = {event["page"] for event in world.events()}
    assert any(":email" in page for page in pages)
    assert any("topic=:email" in page for page in pages)
    assert {"class": "campaign", "host": None} in [event["source"] for event in world.events()]
    assert {canary.place.partition("?")[2] for canary in CANARIES} >= {
        *("utm_source={}", "UTM_Source={}", "topic={}"),
    }


def test_the_books_balance(world: World) -> None:
    assert len(world.events()) + len(world.reasons()) == len(VALUES)


def test_nothing_is_logged_and_metrics_hold_none(caplog: pytest.LogCaptureFixture) -> None:
    few = [value for _, records in SENT for value in records[:1]]
    with caplog.at_level(logging.DEBUG):
        counted = Counting()
        counted.put(list(log_of(few, POLICY)))
        counted.run()
    assert caplog.records == []
    exposition = counted.metrics.exposition().decode()
    assert 'outcome="clickstream.pseudonymised"' in exposition
    assert FINDER.find(exposition) == set()


class Counting(World):
    """Counts its steps as a worker does."""

    def __init__(self) -> None:
        super().__init__(POLICY)
        self.metrics = Metrics()

    def write(self, step: Step, outputs: Listed) -> None:
        super().write(step, outputs)
        self.metrics.committed("leaks", step)


def test_no_decoded_event_shows_what_it_holds() -> None:
    for _, records in SENT:
        with suppress(Rejected):
            event = decode(records[0])
            assert FINDER.find(f"{event!r} {event} {[event]}") == set()
    consent = Consent(True, None)
    assert repr(consent)  # holds only booleans


def test_decoding_errors_say_nothing() -> None:
    for _, records in SENT:
        for value in (records[0], records[0][:-1], records[0].replace(b'":', b'":[', 1)):
            told = failure(value)
            assert FINDER.find(told) == set()
            assert told.count("Error") == 0, "the library's error is told along"


def failure(value: bytes) -> str:
    """All that a careless reader could print of a rejection."""
    try:
        decode(value)
    except Rejected as error:
        return "".join(traceback.format_exception(error)) + f"{error!r} {error.args} {vars(error)}"
    return ""


# A step that fails, or a step that leaks


def caches() -> list[str]:
    """The anonymiser's cached steps, whatever they are called."""
    anonymiser = Anonymiser(POLICY, lambda packed: None, World(POLICY)._workers[0].keys)
    return sorted({name for _, name, _ in caches_of(anonymiser.sites)})


FEW = [records[0] for canary, records in SENT if canary.form == "plain"]


@pytest.mark.parametrize("step", caches())
def test_a_step_that_fails_tells_nothing(
    step: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build = Sites.__init__

    def failing(self: Sites, *arguments: Any, **more: Any) -> None:
        build(self, *arguments, **more)

        def fail(key: object) -> object:
            raise RuntimeError(f"cannot do {key!r}")

        for owner, name, _ in list(caches_of(self)):
            if name == step:
                setattr(owner, step, Cache(fail, Budget(1 << 20)))

    monkeypatch.setattr(Sites, "__init__", failing)
    with caplog.at_level(logging.DEBUG):
        broken = World(POLICY, batch=500)
        broken.put(list(log_of(FEW, POLICY)))
        broken.run()
    assert len(broken.events()) + len(broken.reasons()) == len(FEW)
    assert broken.reasons().count("error") > 10
    assert found_in(broken) == set()
    assert caplog.records == []


LEAKS: dict[str, tuple[str, Callable[..., object]]] = {
    "language": ("primary_language", lambda header: header),
    "network": ("truncate", lambda packed, v4, v6: ".".join(map(str, packed[:4]))),
    "search": ("search_term", lambda typed, *_: base64.b64encode(typed.encode()).decode()),
    "search, lower case": ("search_term", lambda typed, *_: typed.lower()),
    "campaign": ("campaign_source", lambda typed, campaigns: Source("campaign", typed)),
    "search, encoded": ("search_term", lambda typed, *_: quote(quote(typed, safe=""))),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_step_that_leaks_is_found(
    leak: tuple[str, Callable[..., object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, leaking = leak
    where = next(module for module in (lookups, visitor, query) if hasattr(module, name))
    monkeypatch.setattr(where, name, leaking)
    broken = World(POLICY, batch=2000)
    broken.put(list(log_of(FEW, POLICY)))
    assert found_in(broken.run())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "disguise",
    [
        str,
        str.upper,
        lambda needle: quote(quote(needle, safe="."), safe=""),
        lambda needle: "".join(f"%{byte:02X}" for byte in needle.encode()),
        lambda needle: base64.b64encode(f"x {needle} y".encode()).decode(),
        lambda needle: base64.urlsafe_b64encode(f"{needle}".encode()).decode(),
        lambda needle: needle.encode().hex(),
        lambda needle: "".join(filter(str.isalnum, needle)),
        lambda needle: " . ".join(needle),
    ],
    ids="plain upper encoded-twice all-bytes base64 base64url hex squeezed spaced".split(),
)
def test_the_finder_sees_through_disguises(kind: str, disguise: Callable[[str], str]) -> None:
    canary = next(c for c in reversed(CANARIES) if c.kind == kind)
    assert FINDER.find(f'{{"page":"/a/{disguise(canary.needle)}/b"}}') == {canary}


def test_the_finder_is_not_alarmed_by_what_may_stay() -> None:
    address = next(c for c in CANARIES if c.kind == "IPv4").needle
    network = address.rpartition(".")[0] + ".0/24"
    assert (
        FINDER.find(f'"{network}" "2001:db8:1::/48" "mail.example" "Chrome" "/products/7"') == set()
    )


# What decoding an address makes of what was typed


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("44 7911 123456", id="a plus that was read as a space"),
        pytest.param("https://a.example/?to=%2B44%207911%20123456", id="a pasted URL with spaces"),
    ],
)
def test_decoded_before_it_is_scrubbed(typed: str) -> None:
    assert search_term(typed, Scrubber(("GB",))) is None


# The command


def preview(*arguments: object) -> str:
    """What the command prints to both outputs."""
    words = [sys.executable, "-m", "quietclicks", "preview", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, check=True, text=True, cwd=ROOT)
    return done.stdout + done.stderr


def test_preview_prints_no_canary(tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    log.write_bytes(b"\n".join(record.replace(b"\n", b" ") for record in VALUES[::3]))
    printed = preview("--policy", ROOT / "deploy" / "policy.toml", log)
    assert "clickstream.pseudonymised" in printed
    assert FINDER.find(printed) == set()


def in_log(canary: Canary, whole: str) -> list[str]:
    """Lines of an access log with the canary in each place of a line."""
    places = [
        ("{} - -", "/", "-", FIREFOX),
        ("198.51.100.7 {} {}", "/", "-", FIREFOX),
        ("198.51.100.7 - -", "/{}", "-", FIREFOX),
        ("198.51.100.7 - -", "/?q={}&utm_source={}&utm_campaign={}&x={}", "-", FIREFOX),
        ("198.51.100.7 - -", "/", "{}", FIREFOX),
        ("198.51.100.7 - -", "/", "https://a.example/{}?u={}", FIREFOX),
        ("198.51.100.7 - -", "/", "-", FIREFOX + " {}"),
    ]
    return [
        f'{head} [01/Jan/2024:10:00:00 +0000] "GET {path} HTTP/1.1" 200 5 '
        f'"{referrer}" "{agent}"'.replace("{}", quote(whole, safe="%/:;,?=&@()"))
        for head, path, referrer, agent in places
    ]


def test_preview_of_an_access_log_prints_no_canary(tmp_path: Path) -> None:
    lines: list[str] = []
    for number, (kind, make) in enumerate(KINDS.items()):
        whole, needle = make(number)
        for wrap in FORMS.values():
            lines += in_log(Canary(kind, "", "", "", "", whole, needle), wrap(whole))
    log = tmp_path / "access.log"
    log.write_text("\n".join(lines))
    finder = Finder(
        [Canary(k, "", "", "", "", *make(n)) for n, (k, make) in enumerate(KINDS.items())]
    )
    rules = ROOT / "deploy" / "policy.toml"
    printed = preview("--policy", rules, "--consent", "analytics,partners", log)
    assert printed.count("clickstream.pseudonymised") > len(lines) / 2
    assert finder.find(printed) == set()


@pytest.mark.parametrize("leaks", [False, True])
def test_preview_canaries(leaks: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if leaks:
        monkeypatch.setattr(visitor, "primary_language", lambda header: header)
    rules = tmp_path / "policy.toml"
    rules.write_text((ROOT / "deploy" / "policy.toml").read_text())
    result = CliRunner().invoke(command, ["--canaries", "--policy", str(rules)])
    assert ("found: phone in accept_language" in result.output) is leaks
    assert ("none found" in result.output) is not leaks
    assert (result.exit_code == 0) is not leaks
    if leaks:
        assert "canaries were found in public topics" in str(result.exception)


def test_preview_canaries_takes_no_log() -> None:
    result = CliRunner().invoke(command, ["--canaries", "access.log"])
    assert "it takes --policy and nothing else" in str(result.exception)
