"""The report of an audit in a real browser: on a screen, on a telephone, and on paper."""

from pathlib import Path

import pytest

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import broken, held, not_checked
from quietclicks.pipeline.audit.html import render
from tests.browser.conftest import Tab
from tests.browser.legible import CONTRASTS
from tests.pipeline.audit.made import report

HOSTILE = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
LONG = "trends." + "a-very-long-topic-without-a-break" * 7
PAGE = render(
    report(
        broken(Check.TOPICS, [HOSTILE, LONG], "see `quietclicks topics plan`, and `topics apply`"),
        held(Check.KEYS, "2 keys live"),
        not_checked(Check.CHOICES, "no raw event lives"),
    )
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(PAGE, "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_it_can_be_read(
    tab: Tab, file: Path, scheme: str, width: int, pictures: Path | None
) -> None:
    await tab.size(width)
    if scheme == "paper":
        await tab.call("Emulation.setEmulatedMedia", media="print")
    else:
        await tab.scheme(scheme)
    await tab.open(file.as_uri())
    if pictures:
        (pictures / f"report-{scheme}-{width}.png").write_bytes(await tab.screenshot())
    assert await tab.run(CONTRASTS) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await tab.run(wide) <= 0
    assert await tab.run("document.title") == "Audit of 2026-11-22"
    assert await tab.run("document.querySelectorAll('img, script').length") == 0
    commands = "[...document.querySelectorAll('code')].map(each => each.textContent)"
    assert await tab.run(commands) == ["quietclicks topics plan", "topics apply"]
    assert tab.requests == [file.as_uri()]
    assert tab.complaints == []


async def test_it_prints(tab: Tab, file: Path) -> None:
    """Nothing is cut off at the side: each table is as wide as the paper at most."""
    await tab.open(file.as_uri())
    await tab.call("Emulation.setEmulatedMedia", media="print")
    await tab.size(720)  # A4 less its margins
    tables = "[...document.querySelectorAll('table')].every(each => each.offsetWidth <= 720)"
    assert await tab.run(tables)
    printed = await tab.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
    assert len(printed["data"]) > 10_000
