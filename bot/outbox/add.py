"""Put messages into the outbox, in the transaction of whatever they answer."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.lanes import lane_of
from models import Direction, Message, MessageStatus

# An automatic answer that is older than this embarrasses more than it helps.
EXPIRES_AFTER = timedelta(hours=24)
RULE_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A text to send. `event_id` is the event that it answers, None for a person's own message."""

    conversation_id: int
    place: tuple[str, str, str]
    text: str
    event_id: int | None = None
    position: int = 0
    rules: tuple[str, ...] = ()
    version: str | None = None


def lane(place: tuple[str, str, str]) -> int:
    """Return the outbox lane of a conversation."""
    return lane_of(*place)


def add(session: Session, messages: Sequence[NewMessage], *, now: datetime) -> set[int]:
    """Queue messages and return the lanes to wake once the transaction is committed."""
    if messages:
        session.execute(insert(Message), [_row(message, now=now) for message in messages])
    return {lane(message.place) for message in messages}


def new_idempotency_key() -> str:
    """Return a key that no other message has ever had."""
    return uuid.uuid4().hex


def _row(message: NewMessage, *, now: datetime) -> dict[str, object]:
    gateway, device, _ = message.place
    explanation = {"rules": list(message.rules), "version": message.version}
    return {
        "event_id": message.event_id,
        "position": message.position,
        "conversation_id": message.conversation_id,
        "gateway": gateway,
        "device": device,
        "lane": lane(message.place),
        "direction": Direction.OUT,
        "kind": "text",
        "text": message.text,
        "status": MessageStatus.QUEUED,
        "rule": ",".join(message.rules)[:RULE_LIMIT] or None,
        "explanation": explanation if message.rules else None,
        "idempotency_key": new_idempotency_key(),
        "created_at": now,
        "due_at": now,
        "expires_at": now + EXPIRES_AFTER if message.rules else None,
    }
