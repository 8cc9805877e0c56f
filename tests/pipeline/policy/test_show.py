"""`policy show`: no number in force is left out, and none is without its source."""

import pytest

from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.policy.show import show
from quietclicks.pipeline.policy.sources import key, numbers, source
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


def test_objections_are_not_counted_where_nothing_else_is() -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text()
    assert "purpose objections: on" in show(parse(text, "policy.toml"))
    assert "[purposes.trends]\nenabled = true" in text
    off = text.replace("[purposes.trends]\nenabled = true", "[purposes.trends]\nenabled = false")
    assert "purpose objections: off" in show(parse(off, "policy.toml"))


def test_purposes_partners_and_jurisdictions() -> None:
    text = show(POLICIES["policy.toml"])
    for part in ("purpose trends: on", "jurisdiction opt-out", "partner adreach: to measure"):
        assert part in text


def test_what_an_operator_vouches_for_is_said_at_length() -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text()
    vouched = parse(text.replace('consent = "page"', 'consent = "vouched"'), "policy.toml")
    told = "site shop.example: all that is sent is taken for agreed, and who opts out"
    assert told in show(vouched)
    assert told not in show(parse(text, "policy.toml"))
