"""What /metrics tells: all of what harms nobody, and of visitors only what cannot be subtracted."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from quietclicks.agents.metrics import EXACT, STEP, Metrics
from quietclicks.pipeline.evidence.status import Status
from quietclicks.pipeline.processor import Step
from quietclicks.pipeline.release.figures import Figure
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.paths import ROOT
from tests.rows import each_row

ROUNDED = (
    Reason.BOT,
    Reason.COUNTED_ONLY,
    Reason.NO_CONSENT,
    Reason.LATE,
    Reason.UNCLEAR_SIGNAL,
    Reason.REPEATED_SIGNAL,
    Reason.REFERRER_SPAM,
    *Figure,
    topics.PSEUDONYMISED,
    topics.PARTNERS + "adreach",
    "unlisted_fields",
    "unreadable_addresses",
    "something new",
)


@pytest.fixture(autouse=True)
def _chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", Random(1).randrange)


def step(**outcomes: int) -> Step:
    return Step(0, 0, tally=Counter(outcomes))


def samples(metrics: Metrics) -> dict[str, float]:
    """What the exposition says: name and labels → number."""
    lines = metrics.exposition().decode().splitlines()
    return {
        name: float(number)
        for name, _, number in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


def shown(metrics: Metrics, stage: str, outcome: str) -> int:
    name = f'quietclicks_outcomes_total{{outcome="{outcome}",stage="{stage}"}}'
    return int(samples(metrics).get(name, 0))


@pytest.mark.parametrize("outcome", ROUNDED)
def test_what_could_be_subtracted_is_rounded_each_time(outcome: str) -> None:
    """One event at a time, or many at once: always tens, and right on the whole."""
    metrics = Metrics()
    told = [0]
    for _ in range(2000):
        metrics.committed("single", step(**{outcome: 1}))
        told.append(shown(metrics, "single", outcome))
    assert {after - before for before, after in pairwise(told)} == {0, STEP}
    assert 1600 < told[-1] < 2400  # 2,000, and three standard deviations
    for number in (0, STEP, 23):
        changes = set()
        for _ in range(100):
            before = shown(metrics, "batch", outcome)
            metrics.committed("batch", step(**{outcome: number}))
            changes.add(shown(metrics, "batch", outcome) - before)
        least = number // STEP * STEP
        assert changes == ({least} if number % STEP == 0 else {least, least + STEP})


@each_row("outcome", sorted(EXACT))
def test_what_harms_nobody_is_exact(outcome: str) -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.committed("exact", step(**{outcome: 7}))
    assert shown(metrics, "exact", outcome) == 21


def test_nothing_else_counts_records() -> None:
    """No metric that is another view of the same events: two roundings could be intersected."""
    metrics = Metrics()
    metrics.committed("anonymise", Step(123_457, 123_456, tally=Counter(tick=1)))
    text = metrics.exposition().decode()
    names = {line.split("{")[0] for line in text.splitlines() if not line.startswith("#")}
    assert names == {"quietclicks_outcomes_total", "quietclicks_transactions_total"}
    assert "12345" not in text
    transactions = samples(metrics)['quietclicks_transactions_total{stage="anonymise"}']
    assert transactions % STEP == 0


def test_every_outcome_has_a_counter_from_the_start() -> None:
    """Else the first one's coming would tell when it happened."""
    fresh = Metrics().exposition().decode()
    for reason in Reason:
        name = f'quietclicks_outcomes_total{{outcome="{reason}",stage="anonymise"}}'
        assert f"{name} 0.0\n" in fresh
    for figure in Figure:
        stage = "anonymise" if figure is Figure.CAPPED else "release"
        assert f'quietclicks_outcomes_total{{outcome="{figure}",stage="{stage}"}} 0.0\n' in fresh
    assert "_created" not in fresh


def test_each_worker_counts_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.committed("anonymise", step(tick=7))
    assert shown(one, "anonymise", "tick") == 7
    assert other.exposition() == Metrics().exposition()


def test_the_exact_ones_are_never_of_counted_events() -> None:
    """A reason that is added has to be thought about here."""
    counted = {Reason.BOT, Reason.COUNTED_ONLY, Reason.NO_CONSENT, Reason.LATE}
    # Counted nowhere; but who has one of these sent a signal, or may be a person after all.
    counted |= {Reason.UNCLEAR_SIGNAL, Reason.REPEATED_SIGNAL, Reason.REFERRER_SPAM}
    counted |= {Reason.RESTRICTED}  # one visitor's, most often
    assert set(Reason) - EXACT == counted
    assert not EXACT & {*Figure, topics.PSEUDONYMISED, "unlisted_fields"}


EVIDENCE = {
    "quietclicks_audit_log_entries": 12,
    "quietclicks_audit_log_signed_entries": 9,
    "quietclicks_keys_overdue": 1,
    "quietclicks_drift": 4,
}


def test_how_the_audit_log_stands_is_told_by_who_knows_it() -> None:
    metrics = Metrics()
    assert not any("audit" in name for name in samples(metrics))
    metrics.told(Status(12, 9, 1, 4))
    assert samples(metrics).items() >= EVIDENCE.items()
    assert not any("last_audit" in name for name in samples(metrics)), "there was none"
    metrics.told(None)
    assert not samples(metrics).keys() & EVIDENCE.keys(), "it leads no more, or it failed"


@pytest.mark.parametrize("outcome", ["held", "broken", "not-checked"])
def test_the_last_audit_is_told(outcome: str) -> None:
    metrics = Metrics()
    metrics.told(Status(12, 9, 1, 4, (outcome, 1_790_000_000.0)))
    found = samples(metrics)
    assert found["quietclicks_last_audit_timestamp_seconds"] == 1_790_000_000
    label = "quietclicks_last_audit{outcome="
    assert {name: number for name, number in found.items() if name.startswith(label)} == {
        f'{label}"{each}"}}': float(each == outcome) for each in ("held", "broken", "not-checked")
    }


def test_the_page_for_operators_names_each() -> None:
    metrics = Metrics()
    metrics.told(Status(1, 1, 0, 0, ("held", 1.0)))
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    table = page.partition("| metric | labels |")[2].partition("\n\n")[0]
    for name in {each.partition("{")[0] for each in samples(metrics)}:
        assert f"`{name}`" in table
