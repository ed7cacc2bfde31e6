"""Bring back a message that was given up, because a person says so."""

from datetime import datetime

from sqlalchemy import Engine, update

from bot.outbox.add import EXPIRES_AFTER, new_idempotency_key
from models import Direction, Message, MessageStatus, reading, writing

RETRYABLE = (
    MessageStatus.DEAD,
    MessageStatus.FAILED,
    MessageStatus.UNKNOWN,
    MessageStatus.CANCELLED,
)


class NotRetryable(Exception):
    """The message is on its way, or has arrived."""


def retry(engine: Engine, message_id: int, *, now: datetime) -> int:
    """Queue a message again with all its tries and return its lane. Raises NotRetryable."""
    with reading(engine) as session:
        message = session.get(Message, message_id)
    if message is None or message.direction != Direction.OUT:
        raise NotRetryable("there is no such outgoing message")
    if message.status not in RETRYABLE:
        raise NotRetryable(f"it is {message.status}")
    with writing(engine) as session:
        changed = session.scalars(
            update(Message)
            .where(Message.id == message_id, Message.status == message.status)
            .values(
                status=MessageStatus.QUEUED,
                due_at=now,
                failures=0,
                external_id=None,
                failed_at=None,
                idempotency_key=new_idempotency_key(),
                expires_at=now + EXPIRES_AFTER if message.expires_at else None,
            )
            .returning(Message.id)
        ).all()
    if not changed:
        raise NotRetryable("it has just changed: look at it again")
    return message.lane
