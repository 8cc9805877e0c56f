"""`quietclicks preview`: what would be written, as JSON lines, and a tally."""

import gzip
import json
import os
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from quietclicks.commands.preview import preview
from quietclicks.demo.shop import sample_day
from tests.commands.typed import typed
from tests.paths import ROOT

DAY = b"\n".join(
    value for value in sample_day(3, date(2024, 3, 1), visitors=300) if b"\n" not in value
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LINE = (
    '198.51.100.{} - - [01/Mar/2024:10:00:00 +0000] "GET /search?q=tea&token=s3cret HTTP/1.1" '
    '200 5 "-" "' + AGENT + '"\n'
)
LOG = "".join(LINE.format(n) for n in range(12)) + "nonsense\n"


def test_events_from_standard_input() -> None:
    done = typed("preview", said=DAY)
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(record.keys() == {"topic", "key", "value"} for record in records)
    names = [record["topic"] for record in records]
    first_trend = next(n for n, name in enumerate(names) if name.startswith("trends."))
    assert all(name.startswith("trends.") for name in names[first_trend:]), "trends come last"
    assert not {name for name in names if name.startswith(("internal.", "privacy."))}
    *_, tally = done.stderr.splitlines()  # a slow machine tells its progress first
    pseudonymised = names.count("clickstream.pseudonymised")
    rejected = names.count("clickstream.rejected")
    assert tally.startswith(
        f"{pseudonymised + rejected} events: {pseudonymised} pseudonymised, {rejected} rejected"
    )
    assert tally.endswith(f"; {len(names) - first_trend} trend records")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_access_log(tmp_path: Path, packed: bool) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(gzip.compress(LOG.encode()) if packed else LOG.encode())
    done = typed("preview", "--site", "shop.example", "--consent", "analytics", str(log))
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    events = [r["value"] for r in records if r["topic"] == "clickstream.pseudonymised"]
    assert len(events) == 12
    assert {event["page"] for event in events} == {"/search"}
    assert {event["search"] for event in events} == {"tea"}
    [total] = [
        r["value"]
        for r in records
        if r["topic"] == "trends.totals" and r["value"]["window"] == "PT1H"
    ]
    assert (total["views"], total["visitors"]) == (12, 10)
    assert "1 rejected (unreadable_line 1)" in done.stderr
    for raw in ("198.51.100.1", "s3cret", AGENT):
        assert raw not in done.stdout.replace("198.51.100.0/24", "") + done.stderr


def test_without_consent_nothing_is_counted(tmp_path: Path) -> None:
    done = typed("preview", said=LOG.encode())
    assert done.returncode == 0
    assert "0 pseudonymised" in done.stderr
    assert done.stderr.endswith("; 0 trend records\n")


def test_nothing_in_nothing_out() -> None:
    done = typed("preview", said=b"")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "0 events: 0 pseudonymised, 0 rejected; 0 trend records\n"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("named", [False, True], ids=["standard input", "a file"])
def test_the_log_is_unpacked_and_closed_again(tmp_path: Path, packed: bool, named: bool) -> None:
    """In this process, where a file left open is a warning, and a warning is an error."""
    log = gzip.compress(b"{}\n") if packed else b"{}\n"
    (tmp_path / "log").write_bytes(log)
    result = CliRunner().invoke(preview, [str(tmp_path / "log")] if named else [], input=log)
    assert result.exit_code == 0
    assert "1 rejected (invalid 1)" in result.output


@pytest.mark.timeout(60)
def test_a_pipe_that_nobody_writes_to_is_no_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = typed("preview", str(tmp_path / "pipe"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "give it to standard input, and say -" in done.stderr
    assert done.stderr.count("\n") == 1


def requests(*targets: str) -> bytes:
    """A log with a line for each."""
    line = f'198.51.100.7 - - [01/Mar/2024:10:00:00 +0000] "GET {{}} HTTP/1.1" 200 5 "-" "{AGENT}"'
    return "\n".join(map(line.format, targets)).encode()


def test_requests_for_other_hosts_are_not_this_sites_pages() -> None:
    log = requests(
        *("http://www.google.com/search?q=s3cret", "//www.google.com/search?q=s3cret"),
        *("http://localhost/", "http://SHOP.example:80/a", "//a", "/search?q=tea"),
    )
    done = typed("preview", "--consent", "analytics", said=log)
    assert "3 pseudonymised, 3 rejected (other_host 3)" in done.stderr
    assert "google" not in done.stdout + done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_a_path_rule_makes_a_page_of_what_is_called_as_assets_are(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
    policy = tmp_path / "policy.toml"
    policy.write_text(text.replace("path_rules = []", 'path_rules = ["/package/*", "/a/feed"]'))
    log = requests("/package/three.js", "/a/feed", "/b/feed", "/package/three.js/x.js", "/x.css")
    done = typed("preview", "--policy", str(policy), "--consent", "analytics", said=log)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    events = [r["value"] for r in records if r["topic"] == "clickstream.pseudonymised"]
    assert [event["page"] for event in events] == ["/package/three.js", "/a/feed"]
    assert "3 rejected (not_a_page 3)" in done.stderr


def test_a_list_of_referrer_spam(tmp_path: Path) -> None:
    spam = tmp_path / "spam.txt"
    spam.write_text("spam.test\n")
    log = requests("/").replace(b'"-"', b'"https://a.spam.test/"', 1)
    assert "1 pseudonymised" in typed("preview", "--consent", "analytics", said=log).stderr
    done = typed("preview", "--consent", "analytics", said=log, referrer_spam=str(spam))
    assert "1 rejected (referrer_spam 1)" in done.stderr
    assert "spam.test" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "tally"),
    [
        ("12-proxy-abuse-absolute-url.log", "0 pseudonymised, 2 rejected (other_host 2)"),
        ("30-objection-in-other-words.ndjson", "0 pseudonymised, 6 rejected (counted_only 6)"),
        ("31-utm-splits-a-page.ndjson", "36 pseudonymised, 0 rejected"),
    ],
)
def test_what_others_read_wrongly(shared: Path, name: str, tally: str) -> None:
    done = typed("preview", "--consent", "analytics", str(shared / "data" / "cases" / name))
    assert tally in done.stderr


def test_what_others_take_for_assets(shared: Path) -> None:
    """Six pages whose collector did not write out what it knows; and the same with it."""
    case = (shared / "data" / "cases" / "24-page-names-taken-for-assets.ndjson").read_bytes()
    assert "6 rejected (not_a_page 6)" in typed("preview", said=case).stderr
    declared = case.replace(b'"url"', b'"type": "pageview", "url"')
    assert "6 pseudonymised, 0 rejected" in typed("preview", said=declared).stderr
