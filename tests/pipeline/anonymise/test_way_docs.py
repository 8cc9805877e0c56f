"""docs/way-of-an-event.md lists the steps as they are, in their order, with their reasons."""

import re

from quietclicks.pipeline.anonymise.steps import ADMIT, COMMIT, DECIDE
from quietclicks.schemas.rejection import Reason
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "way-of-an-event.md").read_text("utf-8")
LISTS = PAGE.partition("<!-- steps -->")[2].partition("<!-- end of steps -->")[0]
LINE = re.compile(r"^(\d+)\. `(\w+)`( \([^)]*\))?", re.M)


def listed(name: str) -> list[tuple[int, str]]:
    """A list's numbers and steps."""
    part = LISTS.partition(f"`{name}`:")[2]
    part = re.split(r"^`[A-Z]+`:", part, maxsplit=1, flags=re.M)[0]
    return [(int(number), step) for number, step, _ in LINE.findall(part)]


def test_the_page_lists_the_steps() -> None:
    for name, steps in (("ADMIT", ADMIT), ("DECIDE", DECIDE), ("COMMIT", COMMIT)):
        assert listed(name) == list(enumerate([step.__name__ for step in steps], 1)), name


def test_every_reason_stands_in_the_page() -> None:
    for reason in Reason:
        assert f"`{reason}`" in PAGE.partition("## Where a new thing goes")[0], reason


def test_only_drops_have_reasons() -> None:
    for _, step, reasons in LINE.findall(LISTS):
        assert not reasons or step.startswith("drop_")
        assert set(re.findall(r"`(\w+)`", reasons)) <= set(Reason)


def test_every_step_is_named_by_what_it_does() -> None:
    for step in (*ADMIT, *DECIDE):
        assert step.__name__.startswith(("put_", "drop_", "collect_", "emit_"))
        assert step.__doc__
