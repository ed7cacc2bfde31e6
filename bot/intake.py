"""Count the large bodies that a process takes in, and lend them memory as their bytes come.

A size that is only told sets nothing aside: a body borrows a step before it is read on. The oldest
body is always lent another, from a reserve that nobody else may use. So it ends, whatever the
others wait for; and when it has ended, the next one is the oldest.

Nothing can end a read that waits for the other side. But what comes too slowly can lose its place
and its memory, as soon as somebody else needs them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import takewhile

from bot.room import NoRoom

MIB = 1024 * 1024
STEP = MIB
# A body is too slow once it took longer than this, and what it brought took at this rate.
GRACE_SECONDS = 10.0
BYTES_PER_SECOND = 256 * 1024
# Who waits for room looks so often whether something became too slow.
LOOK_SECONDS = 0.25
# Of the threads that answer requests, the part that large bodies may hold.
SHARE = 4


class TooSlow(Exception):
    """A body came so slowly that others got its room."""


@dataclass(slots=True, eq=False)
class Incoming:
    """A body of which some was read. `patience` is how long it may yet wait for room."""

    patience: float
    started_at: float = field(default_factory=time.monotonic)
    content: BytesIO = field(default_factory=BytesIO)
    size: int = 0
    lent: int = 0
    is_waiting: bool = False
    is_whole: bool = False
    is_lost: bool = False

    def write(self, chunk: bytes) -> None:
        """Add what was read. Raises TooSlow."""
        self.content.write(chunk)
        self.size += len(chunk)
        # Looked at last: the room may be taken back at any moment of this.
        self.check()

    def check(self) -> None:
        """Raise TooSlow if others got the room."""
        if self.is_lost:
            raise TooSlow("the body came too slowly")

    def is_overdue(self, now: float) -> bool:
        """Return whether this is too slow; what waits for us or is whole never is."""
        if self.is_waiting or self.is_whole:
            return False
        return now - self.started_at > GRACE_SECONDS + self.size / BYTES_PER_SECOND


class Intake:
    """The large bodies under way: at most `at_once`, which share `size` bytes.

    `reserve` of them are for the oldest body, and must be enough for the largest.
    """

    def __init__(self, size: int, *, reserve: int, at_once: int) -> None:
        self._for_others = size - reserve
        self._at_once = at_once
        self._change = threading.Condition()
        # The oldest first.
        self._bodies: list[Incoming] = []

    @contextmanager
    def admit(self, body: Incoming) -> Iterator[None]:
        """Count a body until the block ends. Raises NoRoom, without waiting."""
        with self._change:
            if len(self._bodies) >= self._at_once:
                self._take_back()
            if len(self._bodies) >= self._at_once:
                raise NoRoom("too many large bodies at once")
            self._bodies.append(body)
        try:
            yield
        finally:
            with self._change:
                self._drop(body)

    def extend(self, body: Incoming) -> None:
        """Lend a body one step more. Raises NoRoom, TooSlow."""
        with self._change:
            body.check()
            body.is_waiting = True
            try:
                while not self._has_room(body):
                    self._wait(body)
                body.lent += STEP
            finally:
                body.is_waiting = False
                self._change.notify_all()

    def finish(self, body: Incoming) -> None:
        """Let a body that was read to its end keep its room. Raises TooSlow."""
        with self._change:
            body.check()
            body.is_whole = True

    def _has_room(self, body: Incoming) -> bool:
        oldest, *others = self._bodies
        if body is oldest:
            return True
        ahead = takewhile(lambda other: other is not body, others)
        if any(other.is_waiting for other in ahead):
            return False
        return sum(other.lent for other in others) + STEP <= self._for_others

    def _wait(self, body: Incoming) -> None:
        if self._take_back():
            return
        if body.patience <= 0:
            raise NoRoom("no room for another large body")
        since = time.monotonic()
        self._change.wait(min(body.patience, LOOK_SECONDS))
        body.patience -= time.monotonic() - since

    def _take_back(self) -> bool:
        """Take the places of all that are too slow; return whether there were any."""
        now = time.monotonic()
        overdue = [body for body in self._bodies if body.is_overdue(now)]
        for body in overdue:
            body.is_lost = True
            # Its thread may wait for the next byte for ever: the memory cannot.
            body.content = BytesIO()
            self._drop(body)
        return bool(overdue)

    def _drop(self, body: Incoming) -> None:
        if body in self._bodies:
            self._bodies.remove(body)
            self._change.notify_all()


def places(threads: int) -> int:
    """Return how many of so many threads large bodies may hold."""
    return max(1, threads // SHARE)
