"""One line says why the broker died."""

from pathlib import Path

import pytest

from quietclicks.embedded.diagnosis import PortTaken, why_it_died
from quietclicks.errors import Failure

TRACE = """\
09:00:00.000 [main] ERROR kafka.Kafka$ - Exiting Kafka due to fatal exception
java.lang.RuntimeException: wrapped
\tat kafka.Kafka$.main(Kafka.scala:71)
Caused by: org.apache.kafka.common.config.ConfigException: Invalid value x for y
\tat kafka.Kafka$.main(Kafka.scala:71)
"""


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("java.net.BindException: Address already in use", PortTaken, "choose another one"),
        ("java.io.IOException: No space left on device", Failure, "no disk space left"),
        ("Failed to acquire lock on file .lock in /x", Failure, "another broker is running"),
        (TRACE, Failure, "ConfigException: Invalid value x for y"),
        ("Error occurred during initialization of VM", Failure, "initialization of VM"),
        (
            'Exception in thread "main" a.b.ConfigException: bad\n\tat a.b.Main',
            Failure,
            ": ConfigException: bad (log",
        ),
        ("", Failure, "it logged nothing"),
        ("x" * 5000, Failure, "x" * 200 + " (log:"),
    ],
    ids=["port", "space", "folder in use", "cause", "last line", "thread", "silence", "long"],
)
def test_the_reason(tmp_path: Path, text: str, kind: type[Failure], says: str) -> None:
    log = tmp_path / "broker.log"
    log.write_text(text)
    reason = why_it_died(log, 0, kept=True)
    assert type(reason) is kind
    assert says in str(reason)
    assert "\n" not in str(reason)
    assert "\tat" not in str(reason)


def test_only_what_this_run_logged_counts(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("Address already in use\n")
    assert "it logged nothing" in str(why_it_died(log, log.stat().st_size, kept=True))


def test_a_log_that_is_gone(tmp_path: Path) -> None:
    assert (
        str(why_it_died(tmp_path / "none", 0, kept=False)) == "the broker ended: it logged nothing"
    )
