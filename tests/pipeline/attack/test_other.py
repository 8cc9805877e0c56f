"""The attacker against another one, written by somebody else: the tool beside the design pages."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import Dimension, Trend
from tests.bench.release_days import (
    cells_of,
    counted,
    params_for,
    published_values,
    random_day,
    released,
    released_naively,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def other_attacker(shared: Path) -> ModuleType:
    """It needs numpy."""
    pytest.importorskip("numpy")
    spec = importlib.util.spec_from_file_location("other_attacker", shared / "tools/attack.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("first", [0, 30])
@pytest.mark.parametrize("how", ["ours", "threshold", "threshold and (other)"])
def test_another_attacker_has_the_same_verdicts(
    other_attacker: ModuleType, how: str, first: int
) -> None:
    for seed in range(first, first + 30):
        params = params_for((5, 7, 10, 15, 20)[seed % 5])
        events = counted(random_day(seed), params)
        if how == "ours":
            records = released(cells_of(events), params)
        else:
            records = released_naively(events, params, other=how != "threshold")
        # It knows one threshold, and none for searches.
        rules = Rules(params.k, params.k, params.cap_hour, params.cap_day)
        ours = attack(records, events, rules)
        theirs = other_attacker.attack(
            other_attacker.remainders([_as_theirs(record) for record in records]),
            [
                {"hour": e.hour, "visitor": e.visitor, "dims": e.values}
                for e in published_values(events)
            ],
            params.k,
        )
        assert ours.consistent
        assert theirs["consistent"]
        assert bool(ours.violations) == bool(theirs["violations"]), seed


def _as_theirs(record: Trend) -> dict[str, Any]:
    total = record.dimension is Dimension.TOTAL
    return {
        "window": record.window,
        "window_start": record.start,
        "dimension": "(total)" if total else record.dimension,
        "value": record.value,
        "views": record.views,
        "visitors": record.visitors,
        "complete": record.complete,
    }
