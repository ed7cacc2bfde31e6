"""Settle messages because a person says so: take them back, or say that they have gone out.

A worker or a piece of evidence may settle the same message at the same moment. So each change is
one statement that looks at the message again; whoever comes second changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, func, literal, select, true, update

from models import Direction, Message, MessageStatus, status_is, writing
from models.base import UtcDateTime

# So many in one transaction: workers wait behind it.
AT_ONCE = 500
DISCARDED = "discarded by a person"

IS_UNKNOWN = status_is(Message, MessageStatus.UNKNOWN)
# What is claimed or being sent may leave at any moment.
IS_DISCARDABLE = status_is(
    Message,
    MessageStatus.QUEUED,
    MessageStatus.UNKNOWN,
    MessageStatus.DEAD,
    MessageStatus.FAILED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Which messages were changed, and the outbox lanes in which something may go now."""

    ids: frozenset[int]
    lanes: frozenset[int]


def discard(
    engine: Engine, ids: Collection[int], *, where: ColumnElement[bool] | None = None
) -> Settled:
    """Cancel messages, as far as they still may be. Raises SQLAlchemyError."""
    values = {
        "status": MessageStatus.CANCELLED,
        "error": DISCARDED,
        "held": None,
        "held_at": None,
    }
    return change(engine, ids, may=IS_DISCARDABLE, where=where, values=values)


def confirm_sent(engine: Engine, ids: Collection[int], *, now: datetime) -> Settled:
    """Write down that messages of unknown outcome have gone out. Raises SQLAlchemyError."""
    values = {
        "status": MessageStatus.SENT,
        "sent_at": func.coalesce(Message.attempted_at, literal(now, UtcDateTime)),
        "error": None,
        "held": None,
        "held_at": None,
    }
    return change(engine, ids, may=IS_UNKNOWN, values=values)


def change(
    engine: Engine,
    ids: Collection[int],
    *,
    may: ColumnElement[bool],
    where: ColumnElement[bool] | None = None,
    values: Mapping[str, Any],
) -> Settled:
    """Change the outgoing ones of these messages that still `may` be and still are as `where` says.

    One that somebody else writes at this moment is left alone. Raises SQLAlchemyError.
    """
    still = and_(Message.direction == Direction.OUT, may, true() if where is None else where)
    # Locked in one order, and nobody waits: neither for us, nor we for a worker that waits for us.
    free = (
        select(Message.id)
        .where(Message.id.in_(ids), still)
        .order_by(Message.id)
        .with_for_update(skip_locked=True)
    )
    with writing(engine) as session:
        rows = session.execute(
            update(Message)
            .where(Message.id.in_(free), still)
            .values(**values)
            .returning(Message.id, Message.lane)
            .execution_options(synchronize_session=False)
        ).all()
    return Settled(ids=frozenset(row.id for row in rows), lanes=frozenset(row.lane for row in rows))
