"""The floors below which the release's guarantee does not hold."""

from typing import Any

import msgspec
import pytest

from quietclicks.pipeline.policy import Policy, ReleasePolicy
from quietclicks.pipeline.release import OVERFLOW, Params, params_of
from quietclicks.schemas.trend import SEARCH_PAGES, Dimension
from tests.bench.release_days import params_for


def test_the_policys_defaults_are_allowed() -> None:
    params = params_of(Policy(revision="2026-11-22", version=1, sites={}))
    by_the_day = frozenset({Dimension.SEARCH, Dimension.CHOICE})
    assert params == params_for(
        10, policy="2026-11-22", choices=True, day_only=by_the_day, numbering=2
    )
    assert params.threshold(Dimension.SEARCH, "shoes") == 20
    assert params.threshold(Dimension.PAGE, "/") == 10
    assert params.threshold(Dimension.PAGE, SEARCH_PAGES) == 20
    assert params.threshold(Dimension.PAGE, OVERFLOW) == 20


@pytest.mark.parametrize(
    "changes",
    [
        {"k": 4, "cap_hour": 4},
        {"k": 257},
        {"k_dim": {Dimension.SEARCH: 9}},
        {"k_dim": {Dimension.SEARCH: 257}},
        {"k_dim": {Dimension.TOTAL: 20}},
        {"cap_hour": 4},
        {"cap_hour": 11},
        {"cap_day": 9},
        {"day_only": frozenset()},
        {"day_only": frozenset({Dimension.SEARCH, Dimension.TOTAL})},
    ],
    ids=[
        "k under the floor",
        "k over what a sample counts",
        "a threshold under k",
        "a threshold over what a sample counts",
        "a threshold for the total",
        "an hour's cap under the floor",
        "an hour's cap over k",
        "a day's cap under the hour's",
        "search by the hour",
        "the total by the day only",
    ],
)
def test_a_weaker_rule_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|total is not"):
        params_for(**{"k": 10, **changes})


def test_a_policy_below_the_floors_is_refused() -> None:
    policy = Policy("r", 1, {}, release=ReleasePolicy(k=3))
    with pytest.raises(ValueError, match="must be"):
        params_of(policy)


def test_they_travel_in_a_record() -> None:
    params = params_for(12)
    data = msgspec.msgpack.encode(params, order="deterministic")
    assert msgspec.msgpack.decode(data, type=Params) == params
