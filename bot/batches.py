"""Group commit: many threads hand in items, one thread takes all that wait and commits them once.

A commit costs one disk sync, whatever it holds. While one batch commits, the next one gathers.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from bot.background import Background

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Background, Generic[Item, Result]):
    """Collects items and gives them to `commit` in batches, in the order in which they came.

    `commit` returns a result or an exception for each item, or raises for the whole batch. The
    thread starts with the first item.
    """

    def __init__(
        self,
        name: str,
        commit: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        limit: int = 500,
    ) -> None:
        self._commit = commit
        self._limit = limit
        super().__init__(name)

    def submit(self, item: Item) -> "Future[Result]":
        """Hand in an item; the future is done when it is committed."""
        self._be_running()
        future: Future[Result] = Future()
        with self._condition:
            self._waiting.append((item, future))
            self._condition.notify()
        return future

    def waiting(self) -> int:
        """Return how many items are not committed yet."""
        with self._condition:
            return len(self._waiting) + self._under_way

    def stuck(self, seconds: float) -> bool:
        """Return whether the batch under way has taken longer than this."""
        since = self._since
        return since is not None and time.monotonic() - since > seconds

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[tuple[Item, Future[Result]]] = []
        self._under_way = 0
        self._since: float | None = None

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting:
                    self._condition.wait()
                batch = self._waiting[: self._limit]
                del self._waiting[: self._limit]
                self._under_way = len(batch)
            self._since = time.monotonic()
            self._settle(batch)
            self._since = None
            with self._condition:
                self._under_way = 0

    def _settle(self, batch: list[tuple[Item, "Future[Result]"]]) -> None:
        # Who gave up before it began is left out; from here on nobody can.
        batch = [(item, future) for item, future in batch if future.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            results = self._commit([item for item, _ in batch])
            answers = list(zip(batch, results, strict=True))
        except Exception as error:  # noqa: BLE001 - whoever handed an item in gets the error
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in answers:
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
