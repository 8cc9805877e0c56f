"""What is looked at while a run goes on: who may ask, by which policy, and what is shown."""

import asyncio

from msgspec import Struct

from quietclicks.agents.kafka.released import released
from quietclicks.commands.run.principals import Principals
from quietclicks.commands.run.processes import Processes
from quietclicks.commands.run.screen import Screen
from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.pipeline.policy import Policy

LOOK_SECONDS = 0.3


class Watched(Struct, frozen=True):
    """`signed_by` verifies the run's audit log."""

    roles: Principals
    policy: Policy
    screen: Screen
    processes: Processes
    signed_by: VerifierKey

    async def look(self, *tasks: "asyncio.Task[None] | asyncio.Task[int]") -> None:
        """After a moment: raises what a task has raised, `Failure` where a process has ended."""
        await asyncio.sleep(LOOK_SECONDS)
        self.processes.check()
        for task in tasks:
            if task.done():
                task.result()

    async def released_until(self) -> int:
        """All hours (since 1970) before that one are released."""
        partitions = self.policy.topics.partials_partitions
        until, _ = await released(self.roles.settings("operator"), partitions)
        return until
