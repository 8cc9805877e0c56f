"""Logs as people have them, through `preview`: read for what they are, or one line that says why.

And nobody in them becomes a bot, or the same visitor as everybody, in silence.
"""

import bz2
import gzip
import json
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from quietclicks.commands.preview import preview
from quietclicks.commands.run.command import run
from quietclicks.errors import UsageError
from tests.commands.typed import typed
from tests.pipeline.logs.lines import FIREFOX
from tests.rows import each_row

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TIME = "[17/Oct/2026:10:00:00 +0000]"
VIEWS = 24
COMBINED = [f'8.8.{n}.4 - - {TIME} "GET /a HTTP/1.1" 200 741 "-" "{FIREFOX}"' for n in range(VIEWS)]
EVENTS = [
    {
        "event_id": f"e{n}",
        "site": "shop.example",
        "timestamp": "2026-10-17T10:00:00Z",
        "url": "https://shop.example/a",
        "ip": f"8.8.{n}.4",
        "user_agent": FIREFOX,
    }
    for n in range(VIEWS)
]
NDJSON = [json.dumps(each) for each in EVENTS]


class Previewed(NamedTuple):
    tally: str
    visitors: int  # in the day's total, about
    refused: str  # what is said at the end, if anything


def previewed(log: bytes, *options: str) -> Previewed:
    """What `preview` says of a log on standard input, whose visitors are vouched for."""
    arguments = ["--site", "shop.example", "--consent", "analytics", *options]
    done = CliRunner().invoke(preview, arguments, input=log)
    error = done.exception
    assert error is None or isinstance(error, UsageError), error
    visitors = 0
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["topic"] == "trends.totals" and record["value"]["window"] == "P1D":
            visitors = record["value"]["visitors"]
    tally = (done.stderr.splitlines() or [""])[-1]
    return Previewed(tally, visitors, str(error or ""))


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_log_is_read() -> None:
    found = previewed(text(COMBINED))
    assert found.tally == "24 events: 24 pseudonymised, 0 rejected; 14 trend records"
    assert found.visitors >= 10
    assert found.refused == ""


PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "gzip in two parts": lambda log: gzip.compress(log[:99]) + gzip.compress(log[99:]),
    "zstd in two parts": lambda log: zstd.compress(log[:99]) + zstd.compress(log[99:]),
}
ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "utf-8": bytes,
    "with a mark": lambda log: b"\xef\xbb\xbf" + log,
    "utf-16": lambda log: log.decode().encode("utf-16"),
    "utf-16-be with a mark": lambda log: b"\xfe\xff" + log.decode().encode("utf-16-be"),
    "utf-16-le": lambda log: log.decode().encode("utf-16-le"),
    "utf-16-be": lambda log: log.decode().encode("utf-16-be"),
    "lines of Windows": lambda log: log.replace(b"\n", b"\r\n"),
}
LAYOUT = {
    "combined": text(COMBINED),
    "lines": text(NDJSON),
    "lines with blanks": text(NDJSON).replace(b"\n", b"\n\n"),
    "array": json.dumps(EVENTS).encode(),
    "array of lines": ("[\n" + ",\n".join(NDJSON) + "\n]").encode(),
    "pretty": json.dumps(EVENTS, indent=2).encode(),
}


@each_row("layout", LAYOUT)
@each_row("encoding", ENCODE)
@each_row("packing", ["plain", "zstd"])
def test_however_it_is_written(layout: str, encoding: str, packing: str) -> None:
    found = previewed(PACK[packing](ENCODE[encoding](LAYOUT[layout])))
    assert found.tally.startswith("24 events: 24 pseudonymised, 0 rejected;")
    assert found.visitors >= 10


@pytest.mark.parametrize("packing", PACK)
def test_however_it_is_packed(packing: str) -> None:
    assert previewed(PACK[packing](text(COMBINED))).tally.startswith("24 events: 24 pseudonymised")


@pytest.mark.parametrize("packing", [each for each in PACK if each != "plain"])
@pytest.mark.parametrize("damage", ["cut", "overwritten", "magic alone"])
def test_a_damaged_pack_is_one_line(tmp_path: Path, packing: str, damage: str) -> None:
    packed = PACK[packing](text(COMBINED))
    middle = len(packed) // 2
    log = tmp_path / "log"
    log.write_bytes(
        {
            "cut": packed[:middle],
            "overwritten": packed[:middle] + bytes(30) + packed[middle + 30 :],
            "magic alone": packed[:6],
        }[damage]
    )
    kind = packing.split()[0]
    for command, option in ((preview, []), (run, ["--once", "--log"])):
        done = CliRunner().invoke(command, [*option, str(log)])
        assert isinstance(done.exception, UsageError)
        assert f"a damaged {kind} file" in str(done.exception)
        assert done.output == ""  # no broker was started for it


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "archive").write_bytes(b"PK\x03\x04and so on")
    for name, said in (
        ("", "Is a directory"),
        ("pipe", "it cannot be read twice; give it to standard input, and say -"),
        ("nothing", "No such file"),
        ("file/x", "Not a directory"),
        ("archive", "a zip archive: unpack it first"),
    ):
        done = CliRunner().invoke(preview, [str(tmp_path / name)])
        assert isinstance(done.exception, UsageError)
        assert said in str(done.exception)


@pytest.mark.parametrize("log", [b"", b"\n\n", gzip.compress(b"", mtime=0), b"\xff\xfe"])
def test_nothing_in_it(tmp_path: Path, log: bytes) -> None:
    assert previewed(log).tally.startswith("0 events:")
    (tmp_path / "log").write_bytes(log)
    done = CliRunner().invoke(run, ["--once", "--log", str(tmp_path / "log")])
    assert "there is nothing in" in str(done.exception)


WRITTEN: dict[str, Callable[[str], str]] = {
    "syslog": lambda line: f"Oct 17 10:00:00 web1 nginx: {line}",
    "syslog, RFC 5424": lambda line: f"<134>1 2026-10-17T10:00:00Z web1 nginx 7 - - {line}",
    "docker": lambda line: json.dumps({"log": f"{line}\n", "stream": "stdout"}),
    "journald": lambda line: json.dumps({"MESSAGE": line, "_PID": "7"}),
    "port": lambda line: line.replace(".4 ", ".4:51234 ", 1),
    "litespeed": lambda line: f'"{line}"',
    "virtual host": lambda line: f"shop.example:443 {line}",
    "one field more": lambda line: line.replace(" 741 ", " 741 0.003 "),
    "one in quotes more": lambda line: line.replace(" 741 ", ' 741 "gzip" '),
    "two fields more": lambda line: line.replace(" 741 ", " 741 0.003 - "),
    "fields behind": lambda line: f'{line} "-" rt=0.003 "TLSv1.3"',
    "unescaped quotes": lambda line: line.replace("GET /a", 'GET /a?q="x"'),
    "tabs": lambda line: line.replace(" - - ", "\t-\t-\t").replace("] ", "]\t"),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_what_servers_and_loggers_make_of_a_line(written: str) -> None:
    found = previewed(text([WRITTEN[written](line) for line in COMBINED]))
    assert found.tally.startswith("24 events: 24 pseudonymised, 0 rejected;")
    assert found.visitors >= 10


def test_a_log_without_user_agents_makes_no_bots() -> None:
    common = text([line.partition(' "-"')[0] for line in COMBINED])
    for options in ([], ["--format", "common"]):
        found = previewed(common, *options)
        assert "people cannot be told from programs" in found.refused
    found = previewed(common, "--without-user-agent")
    assert found.tally.startswith("24 events: 24 pseudonymised, 0 rejected;")
    assert found.visitors >= 10


@pytest.mark.parametrize("client", ["8.8.{}.4, 10.1.2.3", "8.8.{}.4,10.1.2.3", "h{}.example.net"])
def test_addresses_that_cannot_be_read_are_no_secret(client: str) -> None:
    lines = [client.format(n) + line[line.index(" ") :] for n, line in enumerate(COMBINED)]
    found = previewed(text(lines))
    assert "24 had an address that could not be read" in found.tally
    assert found.refused.startswith("24 of 24 addresses could not be read")
    assert found.visitors == 0
    few = previewed(text(lines[:9] + COMBINED))
    assert "9 had an address that could not be read" in few.tally
    assert few.refused == ""


def test_a_forwarded_list_is_read_through_trusted_proxies() -> None:
    lines = [line.replace(" - -", ", 10.1.2.3 - -") for line in COMBINED]
    found = previewed(text(lines), "--trusted-proxies", "10.0.0.0/8")
    assert found.tally == "24 events: 24 pseudonymised, 0 rejected; 14 trend records"
    assert found.visitors >= 10
    forged = previewed(
        text(["9.9.9.9, " + line for line in lines]), "--trusted-proxies", "10.1.2.3"
    )
    assert forged.visitors >= 10
    assert "takes addresses and networks" in previewed(b"", "--trusted-proxies", "ours").refused


OTHER_QUOTES = text([line.replace('"GET', "'GET") for line in COMBINED])
MOSTLY_RUBBISH = text(COMBINED[:3] + ["rubbish"] * 7)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        pytest.param(OTHER_QUOTES, "no format", id="other-quotes"),
        pytest.param(b"#Fields: date c-ip\n2026-10-17 8.8.0.4\n", "no format", id="iis"),
        pytest.param(b'{"ClientIP":"8.8.0.4","EdgeResponseStatus":200}\n', "no format", id="json"),
        pytest.param(bytes(range(256)) * 4, "no format", id="binary"),
        pytest.param(MOSTLY_RUBBISH, "7 of the log's 10 lines", id="most"),
        pytest.param(text([*NDJSON[:3], *["rubbish"] * 7]), "7 of the log's 10 lines", id="events"),
    ],
)
def test_what_cannot_be_read_is_refused(log: bytes, said: str) -> None:
    assert said in previewed(log).refused


def test_what_cannot_be_read_is_neither_sent_nor_shown(tmp_path: Path) -> None:
    """`preview` tells what it made of it first; the others do nothing."""
    (tmp_path / "log").write_bytes(MOSTLY_RUBBISH)
    for command in (("preview",), ("replay",), ("run", "--once", "--log")):
        done = typed(*command, str(tmp_path / "log"), bootstrap="127.0.0.1:1")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "7 of the log's 10 lines could not be read" in done.stderr.splitlines()[-1]
        assert bool(done.stdout) is (command == ("preview",))


def test_a_named_format_is_taken_at_its_word() -> None:
    found = previewed(text(COMBINED), "--format", "caddy")
    assert "unreadable_line 24" in found.tally
    assert "could not be read as caddy" in found.refused


@pytest.mark.parametrize(
    "first", ["8.8.0.4 - - [17/Oct/2026:1", '{"event_id": "e', "rubbish", "# x"]
)
def test_a_broken_first_line(first: str) -> None:
    assert "24 pseudonymised, 1 rejected" in previewed(text([first, *COMBINED])).tally
    assert "24 pseudonymised, 1 rejected" in previewed(text([first, *NDJSON])).tally


def test_two_formats_in_one_file() -> None:
    """The lesser part is not read, and is said not to be; nobody of it is a bot."""
    common = [line.partition(' "-"')[0] for line in COMBINED[:5]]
    found = previewed(text(COMBINED + common + NDJSON[:5]))
    assert found.tally.startswith("34 events: 24 pseudonymised, 10 rejected (unreadable_line 10);")


CASES = {
    "04-syslog-prefix.log": "24 events: 24 pseudonymised, 0 rejected;",
    "05-forwarded-list.log": (
        "24 events: 24 pseudonymised, 0 rejected, 24 had an address that could not be read;"
    ),
    "09-extra-field-makes-bots.log": "24 events: 24 pseudonymised, 0 rejected;",
    "14-bom.ndjson": "12 events: 12 pseudonymised, 0 rejected;",
}


@pytest.mark.parametrize("case", CASES)
def test_inputs_that_were_read_wrongly(shared: Path, case: str) -> None:
    found = previewed((shared / "data" / "cases" / case).read_bytes())
    assert found.tally.startswith(CASES[case])
    assert (found.visitors >= 10) is ("address" not in CASES[case])
