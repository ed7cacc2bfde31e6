"""Events of our own that are to happen later; the database keeps them as rows."""

from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from bot.inbox.changes import Raised


class Due:
    """What waits for its time. What is due at the same time happens in the order it was raised."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Raised]] = []
        self._number = count()

    def add(self, raised: Iterable[Raised]) -> None:
        """Let these wait."""
        for one in raised:
            heappush(self._heap, (one.at, next(self._number), one))

    def take(self, until: datetime) -> Raised | None:
        """Return the earliest thing that is due by then, None if there is none."""
        if not self._heap or self._heap[0][0] > until:
            return None
        return heappop(self._heap)[2]
