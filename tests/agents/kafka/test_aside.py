"""Beside the loop: what comes back, and that something always does."""

import asyncio

import pytest

from quietclicks.agents.kafka.aside import aside


async def test_a_result_and_an_error_come_back() -> None:
    assert await aside(lambda: 7) == 7
    with pytest.raises(ValueError, match="'x'"):
        await aside(lambda: int("x"))


async def test_what_no_future_takes_comes_back_too() -> None:
    async with asyncio.timeout(60):
        with pytest.raises(RuntimeError, match="ran out of something"):
            await aside(lambda: next(iter(())))
