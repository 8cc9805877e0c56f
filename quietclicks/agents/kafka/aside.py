"""Long computations beside the event loop, so that the group goes on hearing from the worker.

A thread cannot be cancelled: who no longer waits leaves it to finish for nobody, and the process
ends without it. So what is computed must share nothing that others change.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def aside(compute: Callable[[], T]) -> T:
    """`compute()` in a thread of its own; what it returns or raises.

    Not `asyncio.to_thread`: the interpreter waits for the threads of a pool before it ends.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def unless_cancelled(settle: Callable[[], None]) -> None:
        if not done.cancelled():
            settle()

    def run() -> None:
        try:
            settle = partial(done.set_result, compute())
        except StopIteration:  # no future takes it, and who waits would wait for ever
            ran_out = RuntimeError("what was computed beside the loop ran out of something")
            settle = partial(done.set_exception, ran_out)
        except BaseException as error:
            settle = partial(done.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits
            loop.call_soon_threadsafe(unless_cancelled, settle)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return await done
