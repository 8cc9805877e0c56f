"""Every test here runs whole workers on a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.world import stop_own_broker

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`pytest -m "not kafka"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session", autouse=True)
def own_broker_at_the_end() -> Iterator[None]:
    """The broker that `world` starts ends with the session."""
    yield
    stop_own_broker()
