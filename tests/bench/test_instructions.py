"""What `make instructions` makes of what valgrind wrote, and when it lets a slower version pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quietclicks.demo.load import load
from quietclicks.errors import Failure
from tests.bench import instructions, instructions_workload
from tests.bench.instructions import Verdict, base_of, counted, limit_of, verdict
from tests.paths import ROOT


def changelog(*entries: str, before: str = "") -> str:
    sections = ("## [0.2.0] - unreleased", *entries, "## [0.1.0] - 2026-12-01", before)
    return "\n".join(("# Changelog", *sections, ""))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        pytest.param(changelog("- Quicker."), 1.05, id="no reason"),
        pytest.param(changelog("- Slower by 12 %: subscribers have trends."), 1.12, id="a reason"),
        pytest.param(changelog("- Slower by 7.5 %: why."), 1.075, id="of a part of a percent"),
        pytest.param(
            changelog("- Slower by 6 %: a.", "- Slower by 4 %: b."), 1.10, id="two add up"
        ),
        pytest.param(changelog("- Slower by 2 %: why."), 1.05, id="less than is allowed anyway"),
        pytest.param(changelog("- Slower by 12 %:"), 1.05, id="a number without a reason"),
        pytest.param(changelog("- Slower: why."), 1.05, id="a reason without a number"),
        pytest.param(changelog("It is slower by 12 %: why."), 1.05, id="no entry of its own"),
        pytest.param(changelog(before="- Slower by 12 %: why."), 1.05, id="of another release"),
        pytest.param("# Changelog\n\n## [0.1.0] - 2026-12-01\n", 1.05, id="nothing is unreleased"),
        pytest.param("", 1.05, id="nothing"),
    ],
)
def test_a_reason_in_the_changelog_allows_what_it_says(text: str, limit: float) -> None:
    assert limit_of(text) == pytest.approx(limit)


def test_this_projects_changelog_has_an_unreleased_section() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    head, found, rest = text.partition("unreleased\n")
    assert found, "between releases, too: the reasons stand there"
    assert limit_of(f"{head}{found}\n- Slower by 500 %: to see that it is read.\n{rest}") > 5


@pytest.mark.parametrize(
    ("ours", "limit", "holds"),
    [
        pytest.param(90_000, 1.05, True, id="quicker"),
        pytest.param(105_000, 1.05, True, id="at the limit"),
        pytest.param(105_100, 1.05, False, id="slower"),
        pytest.param(111_900, 1.12, True, id="slower, with a reason"),
        pytest.param(112_100, 1.12, False, id="slower than the reason says"),
    ],
)
def test_slower_without_a_reason_fails(ours: float, limit: float, holds: bool) -> None:
    found = verdict(100_000, ours, limit)
    assert found.holds is holds
    assert f"{ours / 100_000:.3f}" in found.text
    assert ("CHANGELOG.md" in found.text) is not holds


@pytest.mark.parametrize("ours", [105_001, 106_010, 113_999])
def test_what_is_proposed_for_the_changelog_is_enough(ours: float) -> None:
    _, _, proposed = verdict(100_000, ours, 1.05).text.partition("`")
    entry = proposed.rstrip("`").replace("...", "why")
    assert verdict(100_000, ours, limit_of(changelog(entry))).holds


def output(instructions: object, events: str = "Ir") -> str:
    return f"cmd: python\nevents: {events}\nfl=a\nfn=b\n1 5\nsummary: {instructions}\n"


def test_what_the_child_had_seen_is_subtracted() -> None:
    assert counted([output(22_253_344_541), output(29_038_761_082)]) == 6_785_416_541
    assert counted([output(9), output(4)]) == 5, "in either order"


@pytest.mark.parametrize(
    "outputs",
    [
        pytest.param([output(9)], id="one process"),
        pytest.param([output(9), output(4), output(1)], id="three"),
        pytest.param([output(9), ""], id="an empty file"),
        pytest.param([output(9), output("")], id="no number"),
        pytest.param([output(9), output(4, "Dr")], id="something else was counted"),
    ],
)
def test_what_is_no_count_is_told(outputs: list[str]) -> None:
    with pytest.raises(Failure):
        counted(outputs)


@pytest.mark.parametrize(
    ("tags", "base"),
    [
        pytest.param("v0.10.0\nv0.9.0\n", "v0.10.0", id="the newest release"),
        pytest.param("", "abc123", id="none yet"),
    ],
)
def test_the_base(tags: str, base: str) -> None:
    assert base_of(tags, "# why\n\nabc123\n") == base


@pytest.mark.parametrize(("holds", "status"), [(True, 0), (False, 1)])
def test_the_exit_status(monkeypatch: pytest.MonkeyPatch, holds: bool, status: int) -> None:
    for tool in ("_compare", "_default_base"):
        monkeypatch.setattr(instructions, tool, lambda *_: Verdict(holds, "told"))
    monkeypatch.setattr(shutil, "which", lambda tool: tool)
    assert instructions.main([]) == status


def test_without_valgrind_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    assert instructions.main([]) == 2
    assert "valgrind is missing" in capsys.readouterr().err


def test_the_workload_runs_with_this_version(tmp_path: Path) -> None:
    events = tmp_path / "events"
    start = instructions_workload.START
    events.write_bytes(b"".join(value + b"\n" for value in load(0, 600, start)))
    script = [sys.executable, "-P", instructions_workload.__file__]
    done = subprocess.run(
        [*script, str(ROOT), str(events), "400", "200"],
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
