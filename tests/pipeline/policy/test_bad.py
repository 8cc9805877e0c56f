"""Every way of getting a policy wrong has its own clear line: file, key and reason."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import parse
from tests.paths import ROOT
from tests.rows import each_row

REFERENCE = (ROOT / "deploy" / "policy.toml").read_text()
BAD: dict[str, list[str]] = tomllib.loads(
    (ROOT / "tests" / "pipeline" / "policy" / "bad_policies.toml").read_text()
)


def test_the_corpus_is_large() -> None:
    assert len(BAD) >= 40
    assert len({(key, reason) for _, _, key, reason in BAD.values()}) >= 40


@each_row(("old", "new", "key", "reason"), BAD.values(), ids=BAD)
def test_bad_policy(old: str, new: str, key: str, reason: str) -> None:
    assert old in REFERENCE, "the edit no longer fits the reference"
    with pytest.raises(UsageError) as caught:
        parse(REFERENCE.replace(old, new, 1), "policy.toml")
    message = str(caught.value)
    assert message.startswith(f"policy.toml: {key}")
    assert reason in message
    assert message.isprintable(), "one line"


@pytest.mark.parametrize("text", ["", "version = 1", "\0", "\ufeff", "sites = 3", "[sites]"])
def test_no_policy_at_all(text: str) -> None:
    with pytest.raises(UsageError, match=r"^x\.toml: "):
        parse(text, "x.toml")


def test_no_site() -> None:
    text = 'revision = "2026-11-22"\nversion = 1\n[sites]\n'
    with pytest.raises(UsageError, match="sites: none listed"):
        parse(text, "x.toml")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_a_policy_or_one_clear_line(data: st.DataObject) -> None:
    lines = REFERENCE.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(st.text(max_size=40))
    message = "policy.toml: "
    try:
        parse("\n".join(lines), "policy.toml")
    except UsageError as error:
        message = str(error)
    assert message.startswith("policy.toml: ")
    assert message.isprintable(), "one line"
