"""Memory for large things: a fixed amount, lent out in the order in which it was asked for."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class NoRoom(Exception):
    """The line did not move on in time."""


class Room:
    """Memory that is lent out, in the order in which it was asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._change = threading.Condition()
        self._line: deque[object] = deque()

    @contextmanager
    def lend(self, size: int, *, patience: float) -> Iterator[None]:
        """Lend so many bytes, or all there are, until the block ends. Raises NoRoom."""
        size = min(size, self._size)
        self._take(size, patience=patience)
        try:
            yield
        finally:
            with self._change:
                self._free += size
                self._change.notify_all()

    def _take(self, size: int, *, patience: float) -> None:
        end = time.monotonic() + patience
        place = object()
        with self._change:
            self._line.append(place)
            try:
                while self._line[0] is not place or self._free < size:
                    wait = end - time.monotonic()
                    if wait <= 0:
                        raise NoRoom
                    self._change.wait(wait)
                self._free -= size
            finally:
                self._line.remove(place)
                self._change.notify_all()
