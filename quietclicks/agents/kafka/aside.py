"""Long computations beside the event loop, so that the group goes on hearing from the worker.

A thread cannot be cancelled: who no longer waits leaves it to finish for nobody, and the process
ends without it. So what is computed must share nothing that others change.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(compute: Callable[[], T]) -> T:
    """`compute()` in a thread of its own; what it returns or raises.

    Not `asyncio.to_thread`: the interpreter waits for the threads of a pool before it ends.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None is a result like any other

    def run() -> None:
        result: T | None = None
        failed: BaseException | None = None
        try:
            result = compute()
        except StopIteration:  # no future takes it, and who waits would wait for ever
            failed = RuntimeError("what was computed beside the loop ran out of something")
        except BaseException as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return await done
