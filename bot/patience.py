"""Take a step that the database may refuse for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.faults import Fault, judge

logger = structlog.get_logger("balas")

TRIES = 20
PAUSE_SECONDS = 0.5

T = TypeVar("T")


def until_done(step: Callable[[], T], *, tries: int = TRIES) -> T:
    """Return what the step returns, once it can be taken. Raises SQLAlchemyError in the end.

    The step is taken again as a whole, so it must be a transaction of its own.
    """
    for remaining in reversed(range(tries)):
        try:
            return step()
        except SQLAlchemyError as error:
            if not remaining or judge(error) is Fault.ROW:
                raise
            logger.warning("the database is away, trying again", error=type(error).__name__)
            time.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")
