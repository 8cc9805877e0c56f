"""The operator's list of referrer spam."""

from pathlib import Path

import pytest

from quietclicks.agents.spammers import spammers
from quietclicks.errors import UsageError
from quietclicks.pipeline.fields.spammers import SPAMMERS


def written(folder: Path, text: str) -> str:
    file = folder / "spam.txt"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_host_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffa.test\n\n# of August\n  B.TEST.\r\nmünchen.test\nx_y.a.test")
    assert spammers(path) == {"a.test", "b.test", "xn--mnchen-3ya.test", "x_y.a.test"}


def test_without_a_list_there_are_the_best_known() -> None:
    assert spammers(None) is SPAMMERS
    assert "semalt.com" in SPAMMERS


def test_every_host_that_comes_with_it_is_written_as_urls_have_it(tmp_path: Path) -> None:
    assert spammers(written(tmp_path, "\n".join(SPAMMERS))) == SPAMMERS


@pytest.mark.parametrize(
    "line",
    ["<html>", "https://a.test", "a.test/x", "a.test:80", "com", "a b.test", "j@a.test", "*"],
)
def test_what_is_no_host_is_told_by_its_line_alone(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"a.test\n{line}\n")
    with pytest.raises(UsageError, match=r"spam.txt: line 2 is no host name$") as caught:
        spammers(path)
    assert line not in str(caught.value).replace(path, "")
