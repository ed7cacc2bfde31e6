"""Run code of the user's own, but not for ever.

A thread cannot be ended from outside. A task that takes too long goes on by itself, and nobody
waits for it any more.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import structlog

from bot.failures import describe
from bot.gateways.errors import Rejected, TransientError
from bot.performing.desk import NotYet

logger = structlog.get_logger("balas.effects")

# Each keeps its thread; with so many, no other task is begun.
MAX_HANGING = 32

T = TypeVar("T")

_hanging: set[threading.Thread] = set()
_lock = threading.Lock()


def run(
    function: Callable[[], T], *, name: str, seconds: float, hanging_at_most: int = MAX_HANGING
) -> T:
    """Return what a function returns.

    Raises TransientError when it raises, Rejected when it takes longer than `seconds`, NotYet when
    too many others hang.
    """
    with _lock:
        _hanging.difference_update([thread for thread in _hanging if not thread.is_alive()])
        if len(_hanging) >= hanging_at_most:
            raise NotYet("too many tasks hang, restart the workers")
    result: Future[T] = Future()
    # A daemon, so that a process which is to stop does not wait for it either.
    thread = threading.Thread(target=_run, args=(function, result), name="task", daemon=True)
    thread.start()
    thread.join(seconds)
    if not result.done():
        with _lock:
            _hanging.add(thread)
        logger.error("a task hangs", task=name, seconds=seconds)
        raise Rejected(f"it takes longer than {seconds:.0f} s")
    error = result.exception()
    if error is not None:
        logger.error("a task raised", task=name, error=describe(error))
        raise TransientError(describe(error))
    return result.result()


def _run(function: Callable[[], T], result: "Future[T]") -> None:
    try:
        result.set_result(function())
    except BaseException as error:  # noqa: BLE001 - it may raise anything, even what ends a process
        result.set_exception(error)
