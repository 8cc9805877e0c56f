"""`quietclicks bench` measures both, and all of both. What it finds is no matter here."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from quietclicks.commands.bench import command as bench
from quietclicks.commands.bench.command import Figures, Result
from quietclicks.demo.load import load


class Found(Result):
    two_processes: Result


def test_copy_and_pipeline_are_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "PAIRS", 1)
    monkeypatch.setattr(bench, "EVENTS", 4_000)
    file = tmp_path / "found.json"
    told = CliRunner().invoke(bench.bench, ["--records", "500", "--json", str(file)])
    assert told.exit_code == 0, told.output
    found = msgspec.json.decode(file.read_bytes(), type=Found)
    for result in (found, found.two_processes):
        for figures in (result.copy, result.pipeline):
            assert isinstance(figures, Figures)
            assert figures.events_per_s > 0
            assert figures.cpu_us_per_event > 0
            cpu = f"{figures.cpu_us_per_event:.1f} CPU seconds per million events"
            assert cpu in told.output
        # Of one pair the ratio is no median.
        ratio = result.pipeline.events_per_s / result.copy.events_per_s
        assert result.ratio == pytest.approx(ratio)
        assert f"{result.ratio:.2f} of the copy's events/s" in told.output
    assert told.output.index("one process of each") < told.output.index("two processes of each")


def test_records_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that did not do all it was told to is no measurement."""
    monkeypatch.setattr(bench, "EVENTS", 400)
    monkeypatch.setattr(bench, "load", lambda seed, events, start: load(seed, events - 1, start))
    told = CliRunner().invoke(bench.bench, [])
    assert "were processed of" in str(told.exception)
