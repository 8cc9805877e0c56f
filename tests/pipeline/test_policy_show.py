"""`policy show`: no number in force is left out, and none is without its source."""

import pytest

from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.policy_show import show
from quietclicks.pipeline.policy_sources import key, numbers, source
from tests.paths import ROOT

POLICIES = {
    name: parse((ROOT / "deploy" / name).read_text(), name)
    for name in ("policy.toml", "policy-minimal.toml")
}


@pytest.mark.parametrize("name", POLICIES)
def test_every_number_with_its_source(name: str) -> None:
    policy = POLICIES[name]
    lines = show(policy).splitlines()
    for path in numbers(policy):
        [line] = [line for line in lines if line.startswith(key(path) + " ")]
        assert line.endswith(source(policy, path))
        assert ("(default)" in line) is (name == "policy-minimal.toml")


def test_purposes_partners_and_jurisdictions() -> None:
    text = show(POLICIES["policy.toml"])
    for part in ("purpose trends: on", "jurisdiction opt-out", "partner adreach: to measure"):
        assert part in text
