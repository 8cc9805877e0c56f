"""What a new field takes: a copy of the package gets one, and it is everywhere.

Besides its own file and its row in the table only the wire contract names it: in the raw event, in
the analysts' event, as a dimension, in words and in examples. A command writes the files in
`schemas/json/` anew, and tests say which tables in the docs want a line more.
"""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT
from tests.pipeline_tools import FIREFOX

FIELDS = "quietclicks/pipeline/fields/"
SCHEMAS = "quietclicks/schemas/"

NEW = """
from quietclicks.pipeline.fields.field import Batch

PALETTES = frozenset({"light", "dark"})


def palettes(batch: Batch) -> list[str | None]:
    sent = [event.sec_ch_prefers_color_scheme for event in batch.events]
    return [each if each in PALETTES else None for each in sent]
"""

ROW = """
    Field(
        name="palette",
        sent=("sec_ch_prefers_color_scheme",),
        said="whether you like dark pages",
        event=palettes,
        breakdown=Breakdown(
            dimension=Dimension.PALETTE,
            values=lambda batch: [each or NONE for each in palettes(batch)],
        ),
    ),
"""

EDITS = {  # a line → what stands before it from now on
    FIELDS + "__init__.py": {
        "from quietclicks.schemas.trend import NONE, SEARCH_PAGES, Dimension": (
            "from quietclicks.pipeline.fields.palette import palettes"
        ),
        ")\n\nEVENT_COLUMNS: ": ROW.strip("\n"),
    },
    SCHEMAS + "raw.py": {
        "    dnt: Header = None": "    sec_ch_prefers_color_scheme: str | None = None",
    },
    SCHEMAS + "pseudonymised.py": {
        "    language: str | UnsetType | None = UNSET": (
            "    palette: str | UnsetType | None = UNSET"
        ),
    },
    SCHEMAS + "trend.py": {
        '    CHOICE = "choice"': '    PALETTE = "palette"',
    },
    SCHEMAS + "examples.py": {
        '        language="de",': '        palette="dark",',
        "        language=None,": "        palette=None,",
    },
    SCHEMAS + "wording.py": {
        '            "dnt": _of(': ('            "sec_ch_prefers_color_scheme": _of("As sent."),'),
        '            "language": _of(': '            "palette": _of("Light or dark."),',
    },
}

PROGRAM = """
import json, sys, tempfile
from collections import Counter
from pathlib import Path
import quietclicks
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR as HOUR, text
from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.api import PREFIX, Api
from quietclicks.agents.web.exchange import Request
from quietclicks.pipeline.dashboard.records import Decoder
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.statement import build
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import json_schemas

source = Path("deploy/policy.toml").read_text("utf-8")
for line, more in (('"source", "country"]', '"source", "palette"]'), ('"language",', '"palette",')):
    assert source.count(line) == 1
    source = source.replace(line, more)
policy = parse(source, "policy")
midnight = 20_718 * 24 * HOUR
values = [
    json.dumps({
        "event_id": f"e{n}", "site": "shop.example", "timestamp": text(midnight + HOUR),
        "url": "/", "ip": f"198.51.100.{n}", "user_agent": sys.argv[1],
        "consent": {"analytics": True, "partners": True}, "sec_ch_prefers_color_scheme": scheme,
    }).encode()
    for n, scheme in enumerate(["dark"] * 30 + ["<script>"] * 30)
]
values = [tick(midnight), *values, tick(midnight + 25 * HOUR)]
offline = Offline(policy, lambda address: None, lambda day: bytes(32))
decoder, entries, found = Decoder(), [], {}
for record in offline.run((value, midnight + 25 * HOUR) for value in values):
    found.setdefault(record.topic, []).append(json.loads(record.value))
    entries.append(decoder.entry(record.key, record.value, 0))
with tempfile.TemporaryDirectory() as folder:
    store = Store(Path(folder))
    store.apply(dict(filter(None, entries)), {})
    shown = Api(store, policy).answer(Request("GET", PREFIX + "trends", {}, {}))
    store.close()
json.dump({
    "package": quietclicks.__file__,
    "records": found,
    "topics": [spec.name for spec in topology(policy)],
    "lists": json.loads(shown.body)["lists"],
    "statement": build.render(build.build(policy, "policy")),
    "schemas": {each.name: json_schemas.schema_of(each) for each in json_schemas.CONTRACTS},
}, sys.stdout)
"""


def changed(copy: Path) -> set[str]:
    """The files that are not as they are here."""
    names = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    same, *_ = filecmp.cmpfiles(copy, ROOT, names, shallow=False)
    return names - {*same}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the package with one more field makes of a day, and which of its files are others."""
    copy = tmp_path_factory.mktemp("copy")
    for part in ("quietclicks", "deploy/policy.toml"):
        source, target = ROOT / part, copy / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (copy / FIELDS / "palette.py").write_text(NEW, "utf-8")
    for name, edits in EDITS.items():
        text = (copy / name).read_text("utf-8")
        for line, new in edits.items():
            assert text.count(line) == 1, line
            text = text.replace(line, f"{new}\n{line}")
        (copy / name).write_text(text, "utf-8")
    files = changed(copy)
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM, FIREFOX],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert Path(found["package"]).is_relative_to(copy)
    return {**found, "files": files}


def test_it_touches_its_file_the_table_and_the_wire_contract(seen: dict[str, Any]) -> None:
    pipeline = {FIELDS + "palette.py", FIELDS + "__init__.py"}
    schemas = ("raw", "pseudonymised", "trend", "wording", "examples")
    contract = {SCHEMAS + f"{name}.py" for name in schemas}
    assert seen["files"] == pipeline | contract


def test_its_trends_are_published_in_a_topic_of_their_own(seen: dict[str, Any]) -> None:
    assert "trends.palettes" in seen["topics"]
    records = seen["records"]["trends.palettes"]
    assert {each["dimension"] for each in records} == {"palette"}
    assert {(each["value"], each["views"]) for each in records} == {("dark", 30), ("(none)", 30)}
    others = {name: rows for name, rows in seen["records"].items() if name != "trends.palettes"}
    assert not [row for rows in others.values() for row in rows if row.get("value") == "dark"]


def test_the_live_page_lists_it(seen: dict[str, Any]) -> None:
    assert seen["lists"][-1]["dimension"] == "palette"
    assert [row["value"] for row in seen["lists"][-1]["rows"]] == ["dark"]
    assert seen["lists"][-1]["none"]["views"] == 30


def test_the_statement_says_it(seen: dict[str, Any]) -> None:
    assert "\n- whether you like dark pages\n" in seen["statement"]


def test_analysts_and_a_partner_that_the_policy_names_get_it(seen: dict[str, Any]) -> None:
    analysts, partner = (
        [each["palette"] for each in seen["records"][topic]]
        for topic in ("clickstream.pseudonymised", "clickstream.partners.adreach")
    )
    assert analysts == ["dark"] * 30 + [None] * 30
    assert Counter(partner) == Counter(analysts)  # in an order of its own


def test_the_json_schemas_have_it(seen: dict[str, Any]) -> None:
    assert seen["schemas"]["pseudonymised-event"]["properties"]["palette"]["description"]
    assert "sec_ch_prefers_color_scheme" in seen["schemas"]["raw-event"]["properties"]
    assert "palette" in seen["schemas"]["trend"]["$defs"]["Dimension"]["enum"]
