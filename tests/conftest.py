"""Fixtures that every room may use."""

from pathlib import Path

import pytest

from tests.paths import SHARED


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs the real inputs in ../shared, which are not part of the project")
    return SHARED
