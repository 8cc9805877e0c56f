"""A group's coordinator may just be starting: it is asked again. Whoever may not ask is told."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError

from quietclicks.agents.kafka import drain_check
from quietclicks.errors import Failure


class Client:
    """Answers with these error codes, one after the other; 0 is an answer with one member."""

    def __init__(self, found: Sequence[int], described: Sequence[int]) -> None:
        self.found, self.described = [*found], [*described]

    async def find_coordinator(self, group: str) -> int:
        if self.found.pop(0):
            raise GroupCoordinatorNotAvailableError(group)
        return 7

    async def describe_consumer_groups(self, groups: list[str], node: int) -> list[Any]:
        assert node == 7
        code = self.described.pop(0)
        members = [] if code else ["member"]
        return [SimpleNamespace(groups=[(code, *groups, "", "", "", members, 0)])]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain_check, "ATTEMPT_SECONDS", 0.0)
    monkeypatch.setattr(drain_check, "ATTEMPTS", 5)


@pytest.mark.parametrize(
    ("found", "described"),
    [([0], [0]), ([15, 15, 0], [0]), ([0] * 4, [16, 14, 15, 0])],
    ids=["at once", "none yet", "it starts"],
)
async def test_it_is_asked_again(found: list[int], described: list[int]) -> None:
    client: Any = Client(found, described)
    assert await drain_check._members(client, "app.anonymise") == (7, ["member"])


@pytest.mark.parametrize(
    ("code", "told"),
    [(30, "no right to the group app.anonymise"), (24, "InvalidGroupIdError of the group app.")],
)
async def test_what_does_not_pass_is_told(code: int, told: str) -> None:
    client: Any = Client([0], [code])
    with pytest.raises(Failure, match=told):
        await drain_check._members(client, "app.anonymise")


async def test_not_for_ever() -> None:
    client: Any = Client([0] * 5, [16] * 5)
    with pytest.raises(Failure, match="no broker coordinates the group"):
        await drain_check._members(client, "app.anonymise")
