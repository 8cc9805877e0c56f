"""Every test here runs whole workers on a real broker."""

from collections.abc import Iterator

import pytest

from tests.kafka.world import stop_own_broker


@pytest.fixture(scope="session", autouse=True)
def own_broker_at_the_end() -> Iterator[None]:
    """The broker that `world` starts ends with the session."""
    yield
    stop_own_broker()
