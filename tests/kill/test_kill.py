"""Workers killed, or stopped for a while, at each step of a key's life, with a rival at its side.

Afterwards each day has one key, no end of a key is half told, and the audit log has each step once
and is signed no further than it goes. Each case has topics of its own, on one broker.
"""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import DAY, EVENTS, POLICY, told_cut
from tests.kill.keys import OPERATIONS
from tests.kill.steps import WHENS
from tests.paths import ROOT

TRANSACTION = {"InitProducerId", "AddPartitionsToTxn", "Produce", "EndTxn"}
STEPS = {**dict.fromkeys(OPERATIONS, TRANSACTION), "log": TRANSACTION | {"replace"}}
SECONDS = 800  # less than a test may take


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    settings = Settings(bootstrap=own_broker.bootstrap, app="first")
    partials = [each for each in topology(POLICY) if each.name == topics.PARTIALS]
    asyncio.run(apply(settings, [*EVENTS, *partials]))
    asyncio.run(told_cut(settings, DAY))  # a new broker's first group is on its way for a while
    return own_broker


@pytest.mark.parametrize("how", WHENS)
@pytest.mark.parametrize("operation", STEPS)
def test_whoever_dies_leaves_nothing_half_done(
    broker: Broker, tmp_path: Path, operation: str, how: str
) -> None:
    command = [sys.executable, "-m", "tests.kill.cases", broker.bootstrap, operation, how]
    with subprocess.Popen(
        [*command, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as cases:
        try:
            told, errors = cases.communicate(timeout=SECONDS)
        except BaseException:
            os.killpg(cases.pid, signal.SIGKILL)  # whoever is stopped, too
            raise
    assert cases.returncode == 0, errors[-4000:]
    met = {tuple(line.removesuffix("Request").split(" ")) for line in told.splitlines()}
    wanted = {(when, step) for when in WHENS[how] for step in STEPS[operation]}
    # Beside a rival it is met early, and has no late steps any more.
    assert met == wanted if how != "together" else met & wanted
