"""What a gateway tells later about a message that it took with a ticket."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.gateways.reading import clean
from bot.outbox.add import new_idempotency_key
from bot.outbox.announce import announce_failures
from bot.outbox.cancel import cancel_overtaken
from bot.outbox.outcome import MAX_FAILURES, backoff
from bot.outbox.record import EXTERNAL_ID_LIMIT
from models import Direction, Message, MessageStatus

LOST = "the gateway took the message and did not send it"


def tell_external_id(session: Session, message_id: int, external_id: str) -> None:
    """Give a message the id that its statuses will carry, unless something else has told it."""
    external_id = clean(external_id)[:EXTERNAL_ID_LIMIT]
    conversation = select(Message.conversation_id).where(Message.id == message_id)
    taken = session.scalar(
        select(Message.id).where(
            Message.conversation_id == conversation.scalar_subquery(),
            Message.direction == Direction.OUT,
            Message.external_id == external_id,
        )
    )
    if taken is None:
        session.execute(
            update(Message)
            .where(Message.id == message_id, Message.external_id.is_(None))
            .values(external_id=external_id)
        )


def send_lost(session: Session, message_id: int, ticket: str, *, now: datetime) -> set[int]:
    """Queue a message again that was not sent; return the inbox lanes to wake if it is given up.

    The gateway remembers the idempotency key of what it lost, so the next attempt gets a new one.
    """
    message = session.scalars(
        select(Message).where(Message.id == message_id).with_for_update()
    ).one_or_none()
    if message is None or message.status != MessageStatus.SENT or message.ticket != ticket:
        return set()
    if message.external_id is not None:
        return set()  # something else has told that it went out
    message.failures += 1
    message.error = LOST
    message.ticket = None
    if message.failures >= MAX_FAILURES:
        message.status = MessageStatus.DEAD
        message.failed_at = now
        session.flush()
        return announce_failures(session, [message_id], now=now)
    message.status = MessageStatus.QUEUED
    message.sent_at = None
    message.due_at, message.put_at = now + backoff(message.failures, 1.0), now
    message.idempotency_key = new_idempotency_key()
    session.flush()
    cancel_overtaken(session, [message_id])
    return set()
