"""`quietclicks audit linkability`: what a person or a script is told, and with which status."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.audit.command import audit
from quietclicks.commands.preview import preview
from quietclicks.errors import UsageError
from quietclicks.schemas import topics
from tests.commands.typed import one_line, typed
from tests.paths import ROOT
from tests.two_days import raw_events

REFERENCE = ROOT / "deploy" / "policy.toml"
LOG = b"\n".join(raw_events(120))
EVENT = {
    "id": "e",
    "site": "s.example",
    "timestamp": "2026-09-22T10:00:07Z",
    "visitor": "v",
    "page": "/secret",
    "language": "de",
}


def run(*arguments: str | Path, said: bytes | None = None) -> Result:
    line = ["linkability", *(str(each) for each in arguments)]
    return CliRunner().invoke(audit, line, input=said)


def lines(*records: Any) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def refused(result: Result) -> str:
    assert isinstance(result.exception, UsageError), result.output
    return str(result.exception)


def reports(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]


def test_a_log_with_its_truth(tmp_path: Path) -> None:
    log = tmp_path / "two-days.ndjson"
    log.write_bytes(LOG)
    first, second = reports(run("--log", log, "--policy", REFERENCE, "--json"))
    assert (first["day"], first["next_day"]) == ("2026-09-22", "2026-09-23")
    assert first["visitors"] == first["pairs"]["present"] > 60
    assert first["pairs"]["absent"] > 20
    assert 0 < first["by_traits"]["right"] <= first["by_traits"]["links"]
    assert first["by_traits"]["returned"] > 20
    assert second["by_traits"] is None
    table = run("--log", log, "--policy", REFERENCE)
    assert table.exit_code == 0
    assert "shop.example 2026-09-22, 2026-09-23 after it:" in table.output
    [alone, _] = [line for line in table.output.splitlines() if "alone by what lasts" in line]
    assert f"{first['alone'] / first['visitors']:.1%}" in alone
    [found, _] = [line for line in table.output.splitlines() if "one fits" in line]
    assert f"{first['pairs']['found'] / first['pairs']['present']:.1%}" in found
    assert "…" not in table.output, "it fits into 80 columns"


def test_previews_lines_and_events_alone_say_the_same(tmp_path: Path) -> None:
    shown = CliRunner().invoke(preview, ["--policy", str(REFERENCE)], input=LOG)
    printed = [line for line in shown.stdout.splitlines() if line.startswith("{")]
    records = [json.loads(line) for line in printed]
    events = [each["value"] for each in records if each["topic"] == topics.PSEUDONYMISED]
    assert len(records) > len(events) > 100
    by_preview = reports(run("--json", said="\n".join(printed).encode()))
    assert by_preview == reports(run("--json", said=lines(*events)))
    assert [each["pairs"] for each in by_preview] == [None, None]
    log = tmp_path / "log"
    log.write_bytes(LOG)
    traced = reports(run("--log", log, "--policy", REFERENCE, "--json"))
    same = ("visitors", "events", "alone", "small", "moments")
    assert [[each[name] for name in same] for each in by_preview] == [
        [each[name] for name in same] for each in traced
    ]
    assert by_preview[0]["by_traits"]["links"] == traced[0]["by_traits"]["links"]
    table = run(said="\n".join(printed).encode()).output
    assert "linked: alone on both days" in table
    assert " right " not in table


def test_what_is_no_event_of_this_topic_is_passed_over() -> None:
    others = (
        {"topic": topics.PSEUDONYMISED, "key": None, "value": None},
        {"topic": f"{topics.PARTNERS}ads", "key": "p", "value": {"visitor": "p"}},
        {"topic": "trends.pages", "key": {}, "value": {"views": 3}},
    )
    [report] = reports(run("--json", said=b"\n" + lines(*others, EVENT)))
    assert (report["visitors"], report["events"], report["alone"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("said", "options", "complaint"),
    [
        pytest.param(b"", (), "no pseudonymised events", id="nothing"),
        pytest.param(b"\nsecret", (), "line 2 is not a pseudonymised event", id="not JSON"),
        pytest.param(b"[1]", (), "line 1 is not a pseudonymised event", id="not an object"),
        pytest.param(b"\xff", (), "line 1 is not a pseudonymised event", id="not UTF-8"),
        pytest.param(
            lines(EVENT, {**EVENT, "visitor": None}), (), "line 2 is not", id="of no visitor"
        ),
        pytest.param(b"", ("nowhere",), "cannot read nowhere", id="no file"),
        pytest.param(b"", ("--log", "nowhere"), "cannot read nowhere", id="no log"),
        pytest.param(b"", ("f", "--log", "l"), "either FILE or --log", id="both"),
        pytest.param(b"", ("--consent", "analytics"), "are of a log", id="options of a log"),
    ],
)
def test_wrong_use(said: bytes, options: tuple[str, ...], complaint: str) -> None:
    told = refused(run(*options, said=said))
    assert complaint in told
    assert "secret" not in told


def test_of_a_log_that_nobody_agreed_to(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    assert "say --consent analytics" in refused(run("--log", log, "--policy", REFERENCE))


def test_it_shows_no_value_of_an_event() -> None:
    output = run("--json", said=lines(EVENT)).output + run(said=lines(EVENT)).output
    assert "secret" not in output
    assert '"v"' not in output


def test_typed() -> None:
    found = typed("audit", "linkability", "--json", said=lines(EVENT))
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["alone"] == 1
    assert "line 1 is not" in one_line(typed("audit", "linkability", said="secret"), 2)
