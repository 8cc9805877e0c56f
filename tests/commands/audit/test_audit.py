"""`quietclicks audit`: what a person or a script is told, and with which exit status."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.audit.command import audit
from quietclicks.demo.shop import sample_day
from quietclicks.errors import Failure, UsageError
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend
from tests.bench.release_days import (
    cells_of,
    counted,
    params_for,
    published_values,
    random_day,
    released,
    released_naively,
)
from tests.commands.typed import one_line, typed
from tests.paths import ROOT

REFERENCE = ROOT / "deploy" / "policy.toml"
K = 10
SEED = 4  # a day of a few hundred visitors


def run(*arguments: str | Path, said: bytes | None = None) -> Result:
    return CliRunner().invoke(audit, [str(each) for each in arguments], input=said)


def failed(result: Result, kind: type[Exception] = Failure) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def written(file: Path, lines: Iterable[Any]) -> Path:
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return file


def previewed(trends: Iterable[Trend]) -> list[dict[str, Any]]:
    """As `quietclicks preview` prints them, among other records."""
    lines: list[dict[str, Any]] = [
        {"topic": topics.PSEUDONYMISED, "key": "a", "value": {"id": "1"}}
    ]
    for trend in trends:
        lines.append({"topic": topics.TRENDS[trend.dimension], "key": {}, "value": trend})
    lines.append({"topic": topics.TRENDS[Dimension.PAGE], "key": {}, "value": None})
    return lines


PARAMS = params_for(K)
EVENTS = counted(random_day(SEED, visitors=300, hours=12), PARAMS)
SAFE = released(cells_of(EVENTS), PARAMS)
NAIVE = released_naively(EVENTS, PARAMS, other=False)
TRUE = [
    {"site": "s", "hour": event.hour, "visitor": f"v{event.visitor}", "dims": event.values}
    for event in published_values(EVENTS)
]
TINY = [
    Trend("s", "PT1H", "2026-11-22T01:00:00Z", Dimension.TOTAL, "", 20, 20, True, "r"),
    Trend("s", "PT1H", "2026-11-22T01:00:00Z", Dimension.PAGE, "/a", 17, 10, True, "r"),
]


@pytest.mark.parametrize("lines", [SAFE, previewed(SAFE)], ids=["trends", "preview's lines"])
def test_nothing_is_found_in_what_we_publish(lines: list[Any], tmp_path: Path) -> None:
    file = written(tmp_path / "trends.ndjson", lines)
    result = run("differencing", file, "--policy", REFERENCE)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"s 2026-11-22: {len(SAFE):,} numbers, 0 violations")
    assert "1 site-day attacked: 0 violations, 0 inconsistent, 0 changed" in result.output


def test_with_the_events_nothing_is_left_to_prove(tmp_path: Path) -> None:
    file = written(tmp_path / "trends.ndjson", SAFE)
    true = written(tmp_path / "events.ndjson", TRUE)
    result = run("differencing", file, "--policy", REFERENCE, "--events", true)
    assert result.exit_code == 0, result.output
    assert "unproven:" not in result.output
    assert "0 unproven" in result.output


def test_with_the_events_all_violations_are_found(tmp_path: Path) -> None:
    file = written(tmp_path / "trends.ndjson", NAIVE)
    true = written(tmp_path / "events.ndjson", TRUE)
    result = run("differencing", file, "--policy", REFERENCE, "--events", true)
    told = failed(result)
    found = int(told.split(" violations")[0].rsplit(" ", 1)[1])
    assert found > 0
    assert result.output.count("  violation: ") == found
    lines = [line for line in result.output.splitlines() if line.startswith("  ")]
    assert all(" visitors (" in line for line in lines)
    assert ", 0 inconsistent" in told


def test_a_difference_of_three_views(tmp_path: Path) -> None:
    said = b"".join(msgspec.json.encode(trend) + b"\n" for trend in TINY)
    result = run("differencing", "-", "--policy", REFERENCE, said=said)
    assert failed(result).startswith("1 site-day attacked: 1 violations")
    assert (
        "  violation: page \"(other)\": 3 views (a day's number less its hours': "
        "2026-11-22T01:00:00Z)" in result.output
    )


def test_numbers_that_do_not_add_up(tmp_path: Path) -> None:
    file = written(tmp_path / "pages.ndjson", TINY[1:])
    result = run("differencing", file, "--policy", REFERENCE)
    assert ", 1 inconsistent" in failed(result)
    assert "are all trends.* topics there?" in result.output


def test_a_number_that_changed_is_known_twice(tmp_path: Path) -> None:
    total = TINY[0]
    again = msgspec.structs.replace(total, views=40, policy="other")
    same = msgspec.structs.replace(total, policy="other")
    file = written(tmp_path / "trends.ndjson", [total, total, same])
    assert run("differencing", file, "--policy", REFERENCE).exit_code == 0
    file = written(tmp_path / "trends.ndjson", [total, again])
    result = run("differencing", file, "--policy", REFERENCE)
    assert "0 violations, 0 inconsistent, 1 changed" in failed(result)


def test_it_says_which_policy_it_did_not_attack_with(tmp_path: Path) -> None:
    result = run("differencing", written(tmp_path / "t.ndjson", TINY[:1]), "--policy", REFERENCE)
    assert "attacked with k = 10 of revision 2026-11-22" in result.output
    assert "published under r" in result.output


def test_a_site_or_a_day_alone(tmp_path: Path) -> None:
    lines = [
        msgspec.structs.replace(TINY[0], site=site, start=f"{day}T01:00:00Z")
        for site in ("a", "b")
        for day in ("2026-11-22", "2026-11-23")
    ]
    file = written(tmp_path / "trends.ndjson", lines)

    def attacked(*options: str) -> list[str]:
        result = run("differencing", file, "--policy", REFERENCE, *options)
        return [line.split(":")[0] for line in result.output.splitlines() if "numbers" in line]

    assert attacked() == ["a 2026-11-22", "a 2026-11-23", "b 2026-11-22", "b 2026-11-23"]
    assert attacked("--site", "b") == ["b 2026-11-22", "b 2026-11-23"]
    assert attacked("--site", "a", "--day", "2026-11-23") == ["a 2026-11-23"]
    result = run("differencing", file, "--policy", REFERENCE, "--site", "c")
    assert "no trends to attack" in failed(result, UsageError)


@pytest.mark.parametrize(
    ("said", "option", "complaint"),
    [
        pytest.param(b"", (), "no trends to attack", id="nothing"),
        pytest.param(b'\n{"views": 3}\n', (), "record 1 is not a trend", id="another object"),
        pytest.param(b"secret\n", (), "line 1 is not a JSON object", id="not JSON"),
        pytest.param(b"\n\xff\n", (), "line 2 is not a JSON object", id="not UTF-8"),
        pytest.param(b'{"topic": 3}\n', (), "line 1 is not a JSON object", id="odd topic"),
        pytest.param(b"", ("--day", "22.11.2026"), "--day takes a date", id="odd day"),
        pytest.param(b"", ("--day", "20261122"), "--day takes a date", id="short day"),
        pytest.param(b"", ("--events", "none"), "cannot read none", id="no events"),
    ],
)
def test_wrong_use(said: bytes, option: tuple[str, ...], complaint: str) -> None:
    result = run("differencing", "-", "--policy", REFERENCE, *option, said=said)
    told = failed(result, UsageError)
    assert complaint in told
    assert "secret" not in told


@pytest.mark.parametrize(
    "line",
    [
        b"secret",
        b'{"site": "s", "hour": "2026-11-22T01:30:00Z", "visitor": 1, "dims": {}}',
        b'{"site": "s", "hour": "2026-11-22T01:00:00Z", "visitor": 1, "dims": {"shoe": "secret"}}',
        b'{"site": "s", "hour": "2026-11-22T01:00:00Z", "dims": {}}',
    ],
    ids=["not JSON", "no hour's start", "no dimension of ours", "no visitor"],
)
def test_events_that_are_none(line: bytes, tmp_path: Path) -> None:
    true = tmp_path / "events"
    true.write_bytes(b"\n" + line)
    file = written(tmp_path / "trends", TINY)
    told = failed(run("differencing", file, "--policy", REFERENCE, "--events", true), UsageError)
    assert told.startswith("line 2 of the events is not one")
    assert "secret" not in told


def test_typed() -> None:
    """Through the real command line: one line, the exit status, and the broker it asked."""
    said = b"".join(msgspec.json.encode(trend) + b"\n" for trend in TINY)
    found = typed("audit", "differencing", "-", said=said)
    assert one_line(found, 1).startswith("quietclicks: 1 site-day attacked: 1 violations")
    nobody = typed("audit", "differencing", bootstrap="127.0.0.1:9")
    assert "no Kafka broker answers at 127.0.0.1:9" in one_line(nobody, 1)


def test_utility_of_a_sample_day(tmp_path: Path) -> None:
    log = tmp_path / "day.ndjson"
    log.write_bytes(b"\n".join(sample_day(1, date(2026, 9, 1), visitors=400)))
    table = run("utility", log, "--policy", REFERENCE)
    assert table.exit_code == 0, table.output
    assert "shop.example, 1 day: views published under their value" in table.output
    assert " page " in table.output
    result = run("utility", log, "--policy", REFERENCE, "--json")
    told = json.loads(result.output.splitlines()[-1])["shop.example"]
    shares = {each["dimension"]: each for each in told["shares"]}
    assert told["days"] == 1
    assert set(shares) == set(Dimension) - {Dimension.TOTAL}
    for share in shares.values():
        assert 0 <= share["hour"] <= share["hour_threshold"] <= 1
        assert 0 <= share["day"] <= 1
    assert 0 < shares["page"]["hour"] < shares["page"]["day"]
    assert shares["search"]["hour"] == shares["search"]["hour_threshold"] == 0
    advised = {each["dimension"]: each for each in told["day_only"]}
    assert advised["search"]["day_gain"] == 0
    assert advised["page"]["hour_loss"] == shares["page"]["hour"]
    worth = sorted(d for d, each in advised.items() if each["day_gain"] >= 0.01)
    lines = [line for line in table.output.splitlines() if line.startswith("Make ")]
    assert sorted(line.split(" ")[1] for line in lines) == worth


def test_utility_of_what_nobody_agreed_to(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    result = run("utility", log, "--policy", REFERENCE)
    assert "say --consent analytics" in failed(result, UsageError)
