"""Whole workers whose audit log is deleted, and made anew: they say so, and events go on."""

from pathlib import Path

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.kafka.topics import apply
from quietclicks.commands.run.own_policy import for_a_run
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.kafka.test_worker import SMALL, event, now, processed, ready, send
from tests.kafka.world import until, world

GONE = f"there is no topic {topics.AUDIT}: run `quietclicks topics apply`"
ANEW = "the audit log is not the one that was signed, and nothing is written to it: "


async def test_events_go_on_while_the_log_is_gone_or_another(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SigningKey("log.example/audit", bytes(32)).private_text() + "\n")
    async with world(tmp_path, for_a_run(SMALL)) as made:
        worker = made.work(QUIETCLICKS_SIGNING_KEY_FILE=str(tmp_path / "key"))
        await ready(worker, 2)

        async def signed() -> bool:
            return bool((await read_log(made.settings)).notes)

        async def says(text: str) -> None:
            async def told() -> bool:
                made.check_workers()
                return text in worker.said

            await until(told, text)

        await until(signed, "a checkpoint")
        await made.admin.delete_topics([topics.AUDIT, topics.CHECKPOINTS])
        await says(GONE)
        await send(made, 0, event(1, now()))
        await processed(made, 1)
        await apply(made.settings, topology(made.policy))
        await says(ANEW)
        await send(made, 1, event(2, now()))
        await processed(made, 2)
        stored = await read_log(made.settings)
        assert (stored.entries, stored.notes) == ([], [])
        assert "Traceback" not in worker.said
        assert worker.stop() == 0
