"""A purpose switched off in the policy: its topics get nothing, with no code changed."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from quietclicks.commands.preview import preview
from quietclicks.demo.shop import sample_day
from quietclicks.schemas import topics
from tests.paths import ROOT

pytestmark = pytest.mark.slow

REFERENCE = (ROOT / "deploy" / "policy.toml").read_text()
TRENDS = frozenset(topics.PUBLISHED)
PARTNER = topics.PARTNERS + "adreach"
PURPOSES = ("trends", "events", "partners")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of a shop whose visitors chose for themselves."""
    file = tmp_path_factory.mktemp("log") / "events.ndjson"
    file.write_bytes(b"\n".join(sample_day(3, date(2024, 2, 29), visitors=300)))
    return file


def written(folder: Path, *off: str) -> str:
    text = REFERENCE
    for purpose in off:
        old = f"[purposes.{purpose}]\nenabled = true"
        assert old in text
        text = text.replace(old, old.replace("true", "false"))
    file = folder / "policy.toml"
    file.write_text(text)
    return str(file)


def preview_of(log: Path, policy: str) -> Counter[str]:
    """How many records each kind of topic gets."""
    done = CliRunner().invoke(preview, ["--policy", policy, str(log)])
    assert done.exit_code == 0, done.stderr
    found: Counter[str] = Counter()
    for line in done.stdout.splitlines():
        topic = json.loads(line)["topic"]
        found["trends" if topic in TRENDS else topic] += 1
    return found


@pytest.fixture(scope="module")
def before(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """With every purpose on."""
    return preview_of(log, written(tmp_path_factory.mktemp("before")))


OF = {"trends": "trends", "events": topics.PSEUDONYMISED, "partners": PARTNER}


@pytest.mark.parametrize("off", PURPOSES)
def test_one_purpose_off(off: str, before: Counter[str], log: Path, tmp_path: Path) -> None:
    after = preview_of(log, written(tmp_path, off))
    assert all(before[topic] for topic in OF.values())
    assert after[OF[off]] == 0
    for purpose in PURPOSES:
        if purpose != off:
            assert after[OF[purpose]] == before[OF[purpose]], purpose


def test_objections_off(before: Counter[str], log: Path, tmp_path: Path) -> None:
    """Then there are fewer trends, and all else is as it was."""
    after = preview_of(log, written(tmp_path, "objections"))
    assert 0 < after["trends"] < before["trends"]
    assert before - after == {"trends": before["trends"] - after["trends"]}


def test_everything_forbidden(before: Counter[str], log: Path, tmp_path: Path) -> None:
    after = preview_of(log, written(tmp_path, *PURPOSES))
    # The books still hold every event.
    assert after == {topics.REJECTED: before[topics.REJECTED] + before[topics.PSEUDONYMISED]}
