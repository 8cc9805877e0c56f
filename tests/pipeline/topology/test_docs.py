"""The operators' table is what the policy asks for, to the letter."""

from quietclicks.pipeline.policy import FOREVER, Duration, parse
from quietclicks.pipeline.topology.topics import TopicSpec, holds_events, topology
from quietclicks.schemas import topics
from tests.paths import ROOT
from tests.pipeline.topology.bound import deletion_bound

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
FROM_TOMBSTONE = {topics.CELLS, topics.KEYS, topics.RESTRICTIONS}


def row(spec: TopicSpec) -> str:
    kept = POLICY.kept(spec.name)
    bound = deletion_bound(spec)
    gone = "never" if bound is None else in_words(bound)
    if spec.name in FROM_TOMBSTONE:
        gone += " of its tombstone"
    if spec.name in {topics.REQUESTS, topics.RESPONSES} or topics.holds_notices(spec.name):
        gone += " of its end"
    roll = Duration(int(spec.configs["segment.ms"]) // 1000)
    ends = str(kept)
    if spec.name in {topics.KEYS, topics.RESTRICTIONS}:
        ends = "until its tombstone"
    if topics.holds_notices(spec.name):
        ends = f"until its day's key is destroyed; {kept} at most"
    if holds_events(spec):
        ends = f"cut by the day; {kept} at most"
    if spec.name == topics.PARTIALS:
        ends = f"until its day is released; {kept} at most"
    cleanup = spec.configs["cleanup.policy"]
    assert (kept == FOREVER) == (spec.configs["retention.ms"] == "-1")
    return f"| `{spec.name}` | {spec.partitions} | {cleanup} | {ends} | {roll} | {gone} |"


def in_words(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    parts = [(days, "d"), (hours, "h"), (rest // 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def test_the_table_is_what_the_policy_asks_for() -> None:
    page = (ROOT / "docs" / "topics.md").read_text()
    table = [line for line in page.splitlines() if line.startswith("| `") and "topics " not in line]
    assert table == [row(spec) for spec in topology(POLICY)]
