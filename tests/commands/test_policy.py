"""`quietclicks policy`: one clear line for what is wrong, and exit statuses for scripts."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.policy import policy
from quietclicks.errors import UsageError
from tests.paths import ROOT

REFERENCE = ROOT / "deploy" / "policy.toml"
MINIMAL = ROOT / "deploy" / "policy-minimal.toml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(policy, [str(each) for each in arguments])


def refused(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UsageError)
    assert result.output == ""
    return str(result.exception)


def written(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    text = REFERENCE.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file = folder / name
    file.write_text(text)
    return file


RAISED = ('revision = "2026-11-22"', 'revision = "2026-11-23"')


@pytest.mark.parametrize("file", [REFERENCE, MINIMAL], ids=lambda file: file.name)
def test_check_of_the_shipped(file: Path) -> None:
    result = run("check", file)
    assert result.exit_code == 0
    assert result.output.startswith(f"{file}: valid, revision 2026-11-22, 1 site(s)")
    assert result.output.count("\n") == 1


def test_check_names_file_key_and_reason(tmp_path: Path) -> None:
    file = written(tmp_path, "bad.toml", ("k = 10 ", "k = 3 "))
    assert refused("check", file) == f"{file}: release.k: 3 is not between 5 and 256"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for arguments in (("check",), ("show",), ("statement",), ("matrix",), ("diff", REFERENCE)):
        assert "none.toml" in refused(*arguments, tmp_path / "none.toml")


def test_the_policy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "mine.toml")
    monkeypatch.setenv("QUIETCLICKS_POLICY", str(file))
    assert run("check").output.startswith(f"{file}: valid")


def test_show_has_sources() -> None:
    result = run("show", REFERENCE)
    assert result.exit_code == 0
    assert "release.k " in result.output
    assert "recital 26" in result.output


def test_diff_stricter_is_0(tmp_path: Path) -> None:
    new = written(tmp_path, "new.toml", RAISED, ("ipv4_prefix = 24", "ipv4_prefix = 16"))
    result = run("diff", REFERENCE, new)
    assert (result.exit_code, result.output.count("\n")) == (0, 1)
    assert result.output.startswith("stricter: network.ipv4_prefix")


def test_diff_looser_is_1(tmp_path: Path) -> None:
    new = written(tmp_path, "new.toml", RAISED, ("cap_day = 50", "cap_day = 60"))
    result = run("diff", REFERENCE, new)
    assert result.exit_code == 1
    assert result.output.startswith("looser: release.cap_day")


def test_diff_same_is_0() -> None:
    result = run("diff", REFERENCE, REFERENCE)
    assert (result.exit_code, result.output) == (0, "same: nothing changes\n")


def test_diff_refuses_a_date_that_was_not_raised(tmp_path: Path) -> None:
    new = written(tmp_path, "new.toml", ("cap_day = 50", "cap_day = 49"))
    assert refused("diff", REFERENCE, new) == (
        f"{new}: revision: the policy changed, so raise its date above 2026-11-22"
    )


def test_statement_in_both_forms() -> None:
    text, page = run("statement", REFERENCE), run("statement", "--html", REFERENCE)
    assert text.exit_code == page.exit_code == 0
    assert text.output.startswith("# How Shop Example Ltd")
    assert page.output.startswith("<!doctype html>")
    assert page.output.endswith("</html>\n")


def test_statement_of_nobody() -> None:
    assert "controller: missing" in refused("statement", MINIMAL)


def test_matrix_is_the_page_in_the_docs() -> None:
    result = run("matrix", REFERENCE)
    assert result.output == (ROOT / "docs" / "consent.md").read_text()
