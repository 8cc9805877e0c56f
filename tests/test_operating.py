"""What docs/operating.md says that a worker gives away: each claim with a test that exists."""

import re

from quietclicks.agents.settings import Settings
from quietclicks.agents.web import server
from quietclicks.agents.web.incoming import MAX_REQUEST_BYTES
from quietclicks.agents.web.operations import STALLED_SECONDS
from quietclicks.pipeline.anonymise.site import CACHE_BYTES
from quietclicks.pipeline.cache import MAX_WEIGHT
from tests.pages import missing, proofs
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
CLAIMS = PAGE.partition("| claim | shown by |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()


def test_each_claim_is_shown() -> None:
    assert len(CLAIMS) >= 15
    for line in CLAIMS:
        _, shown = line.strip("| ").split(" | ")
        named = shown.split("<br>")
        assert [list(proofs(each)) for each in named] == [[each] for each in named]
        assert missing(shown) == []


def test_ports_are_this_machines_own() -> None:
    settings = Settings()
    assert (settings.web_host, settings.dashboard_host) == ("127.0.0.1", "127.0.0.1")
    assert f"`{settings.web_host}:{settings.web_port}`" in PAGE
    assert f"`{settings.dashboard_host}:{settings.dashboard_port}`" in PAGE


def test_its_numbers_are_the_codes() -> None:
    told = re.sub(r"\s+", " ", PAGE)
    assert f"| {server.MAX_CONNECTIONS} connections at most" in told
    seconds = (
        f"{server.REQUEST_SECONDS:.0f} seconds to arrive, an answer {server.ANSWER_SECONDS:.0f}"
    )
    assert seconds in told
    assert f"a request is {MAX_REQUEST_BYTES >> 10} KiB at most" in told
    assert f"caches hold {CACHE_BYTES >> 20} MiB together" in told
    assert f"takes more than {MAX_WEIGHT >> 10} KiB" in told
    assert f"said nothing for {STALLED_SECONDS:.0f} seconds" in told
