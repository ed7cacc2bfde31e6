"""Bring back messages that were given up or are held, because a person says so."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, String, and_, case, cast, literal, or_

from bot.outbox.add import EXPIRES_AFTER, new_idempotency_key
from bot.outbox.settling import IS_UNKNOWN, Settled, change
from models import Direction, Message, MessageStatus, reading, status_is
from models.base import UtcDateTime

IS_HELD_BACK = and_(status_is(Message, MessageStatus.QUEUED), Message.held.is_not(None))
IS_RETRYABLE = or_(
    status_is(
        Message,
        MessageStatus.DEAD,
        MessageStatus.FAILED,
        MessageStatus.UNKNOWN,
        MessageStatus.CANCELLED,
    ),
    IS_HELD_BACK,
)


class NotRetryable(Exception):
    """The message is on its way, or has arrived."""


def retry(engine: Engine, message_id: int, *, now: datetime) -> int:
    """Queue a message again with all its tries and return its lane. Raises NotRetryable."""
    settled = retry_all(engine, [message_id], now=now)
    if settled.ids:
        [lane] = settled.lanes
        return lane
    with reading(engine) as session:
        message = session.get(Message, message_id)
    if message is None or message.direction != Direction.OUT:
        raise NotRetryable("there is no such outgoing message")
    raise NotRetryable(f"it is {message.status}")


def retry_all(
    engine: Engine,
    ids: Collection[int],
    *,
    where: ColumnElement[bool] | None = None,
    now: datetime,
) -> Settled:
    """Queue messages again with all their tries. Raises SQLAlchemyError.

    All are due at once, so that within a conversation the older one goes first.
    """
    return change(engine, ids, may=IS_RETRYABLE, where=where, values=_anew(now))


def confirm_not_sent(engine: Engine, ids: Collection[int], *, now: datetime) -> Settled:
    """Queue messages of unknown outcome again: they did not go out. Raises SQLAlchemyError."""
    return change(engine, ids, may=IS_UNKNOWN, values=_anew(now))


def _anew(now: datetime) -> dict[str, object]:
    # The number of its attempts stays: it tells their results apart.
    return {
        "status": MessageStatus.QUEUED,
        "due_at": now,
        "put_at": now,
        "expires_at": case(
            (Message.expires_at.is_not(None), literal(now + EXPIRES_AFTER, UtcDateTime))
        ),
        "failures": 0,
        "error": None,
        "held": None,
        "held_at": None,
        "external_id": None,
        "ticket": None,
        "sent_at": None,
        "failed_at": None,
        # A key for each row: one that no message has, and in it the row's own number.
        "idempotency_key": literal(new_idempotency_key() + "-") + cast(Message.id, String),
    }
