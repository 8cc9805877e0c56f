"""How a worker logs: one line for one thing.

Never a traceback, and never an exception's text where the line does not say it: it may hold what a
record held.
"""

import logging
import traceback
from pathlib import Path
from types import TracebackType

import aiokafka
from aiokafka.errors import KafkaError

from quietclicks.agents.kafka.unanswered import OutcomeUnknown

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Brief(logging.Formatter):
    """Of an exception it tells the kind and the place."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the library's name
        return f"  {brief(ei[1])}" if ei[1] is not None else ""


def brief(error: BaseException) -> str:
    """Kind and place of an exception, and nothing of its text."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{at}"


class _NothingLate(logging.Filter):
    """Cuts what Python says of a future whose failure nobody awaited.

    Its other lines show the exception, text and all. And of a client's own futures it says nothing
    new, behind the reason a worker ended for, which is to be its last line.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0], None
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, KafkaError | OutcomeUnknown) and not _in_client(error)


def _in_client(error: BaseException | None) -> bool:
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    return bool(frames) and Path(aiokafka.__file__).parent in Path(frames[-1].filename).parents


def set_up() -> None:
    """To standard error, from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Brief(LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("quietclicks").setLevel(logging.INFO)
    # It says 200 times a second that a broker is away; what matters the runner says itself.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_NothingLate())
    # It says with a traceback what the command says in a line.
    logging.getLogger("faust.worker").setLevel(logging.CRITICAL + 1)
