"""Notice that code of the user's own keeps a lane waiting. Nothing can end it from outside."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

# PostgreSQL ends a connection that is idle in a transaction three times as long (models/engine).
TURN_SECONDS = 10.0


class TooSlow(Exception):
    """Turns took so long that nobody may wait for the next one."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it took {seconds:.0f} s, longer than {TURN_SECONDS:.0f} s")


@contextmanager
def in_time(session: Session) -> Iterator[None]:
    """Play turns in here. Raises TooSlow afterwards, without the session's connection.

    That may have been ended meanwhile; to roll it back would be an error of its own, as if the
    database were away.
    """
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if seconds > TURN_SECONDS:
        session.invalidate()
        raise TooSlow(seconds)
