"""A small log with every kind of event, and what the whole pipeline makes of it, byte for byte.

After a change that is meant: remove tests/golden/output.ndjson, run this test, and read the
difference. Each line of the input is the text of one raw record, as a JSON string.
"""

import json

import pytest

from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.logs.events import is_tick
from quietclicks.pipeline.policy import parse
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.paths import ROOT
from tests.pipeline_tools import HOUR, MIDNIGHT, country, day_key

GOLDEN = ROOT / "tests" / "golden"
APPENDED = MIDNIGHT + 25 * HOUR
TOO_LARGE = "(70,000 bytes)"


def values() -> list[bytes]:
    """The input's records."""
    lines = (GOLDEN / "input.ndjson").read_text("utf-8").splitlines()
    texts = [json.loads(line) for line in lines]
    return [b" " * 70_000 if t == TOO_LARGE else t.encode("latin-1") for t in texts]


def run() -> list[str]:
    policy = parse((GOLDEN / "policy.toml").read_text("utf-8"), "policy.toml")
    offline = Offline(policy, country, day_key)
    return [
        json.dumps(
            {
                "topic": record.topic,
                "key": None if record.key is None else record.key.decode(),
                "value": json.loads(record.value or b"null"),
            },
            ensure_ascii=False,
        )
        for record in offline.run((value, APPENDED) for value in values())
    ]


def test_the_whole_pipeline_byte_for_byte() -> None:
    path = GOLDEN / "output.ndjson"
    found = run()
    if not path.exists():
        path.write_text("\n".join(found) + "\n", "utf-8")
        pytest.fail("written anew: read the difference")
    assert found == path.read_text("utf-8").splitlines()


def test_the_golden_files_show_every_way_out() -> None:
    found = [json.loads(line) for line in run()]
    reasons = {each["value"]["reason"] for each in found if each["topic"] == topics.REJECTED}
    # A dry run has no list of restrictions.
    assert reasons == {reason.value for reason in Reason} - {"error", "restricted"}
    written = {each["topic"] for each in found}
    assert written == {
        topics.PSEUDONYMISED,
        topics.REJECTED,
        topics.PARTNERS + "adreach",
        *topics.PUBLISHED,
    }
    events = sum(each["topic"] in {topics.PSEUDONYMISED, topics.REJECTED} for each in found)
    assert events + sum(map(is_tick, values())) == len(values())
