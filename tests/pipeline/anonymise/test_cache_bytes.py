"""What the caches of all sites hold together stays under one number of bytes, whatever is sent."""

import subprocess
import sys
import time

import pytest

from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.site import Sites
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.cache import Budget
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from tests.bench import cache_flood, cache_weights
from tests.paths import ROOT
from tests.pipeline_tools import caches_of
from tests.rows import each_row


@pytest.mark.slow
@each_row("kind", cache_weights.KINDS)
@each_row("text", cache_weights.TEXTS)
def test_no_less_is_counted_than_is_allocated(kind: str, text: str) -> None:
    """Nor much more, or the room would be wasted."""
    counted, allocated = cache_weights.weigh(kind, cache_weights.TEXTS[text], entries=700)
    assert allocated <= counted < 3 * allocated


@pytest.mark.parametrize("sites", [1, 3])
@pytest.mark.parametrize("kind", cache_flood.MARK)
def test_a_flood_stays_within_the_budget(
    sites: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget_bytes = 1 << 20
    monkeypatch.setattr(Sites.__init__, "__defaults__", (budget_bytes,))
    policy = cache_flood.policy_of(sites)
    keys = DayKeys()
    now_ms = int(time.time() * 1000)
    keys.put(now_ms // 86_400_000, bytes(32))
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    processor = AnonymiseProcessor(policy, anonymiser, 0, 1, 1)
    processor.resume(0, "")
    values = cache_flood.flood(sites, kind, now_ms)
    budgets: set[Budget] = {cache._budget for _, _, cache in caches_of(anonymiser.sites)}
    [budget] = budgets
    emptied = 0
    for offset in range(0, 3000, 100):
        records = [
            ListedRecord(offset + number, now_ms, None, next(values)) for number in range(100)
        ]
        before = budget.held
        processor.process(records, cache_flood.Nothing())
        emptied += budget.held < before
        assert 0 < budget.held <= budget_bytes
        assert budget.held == sum(cache.held for _, _, cache in caches_of(anonymiser.sites))
    assert emptied > 0, "the flood was one"


@pytest.mark.slow
def test_a_flood_makes_a_process_no_larger_than_is_said() -> None:
    """As docs/operating.md says; a third of `tests.bench.cache_flood`, and the caches are full."""
    program = "from tests.bench.cache_flood import run; print(*run(3, 'mixed', 80 << 20))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, most = map(int, done.stdout.split())
    assert 64 < most - before < 150, "MiB"
