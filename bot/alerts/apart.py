"""Keep alerts apart from each other: one that raises is left out, and the others go on."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.orm import Session

from bot.alerts.kinds import AlertKind
from bot.failures import describe
from models.faults import Fault, judge

logger = structlog.get_logger("balas.alerts")


@contextmanager
def apart(session: Session, kind: AlertKind) -> Iterator[None]:
    """Undo what is done here if it raises, unless the database itself is in trouble."""
    try:
        with session.begin_nested():
            yield
    except Exception as error:
        # What nobody foresaw of one must not silence the others.
        if judge(error) is not Fault.ROW:
            raise
        logger.error("an alert is left out", kind=str(kind), error=describe(error))
