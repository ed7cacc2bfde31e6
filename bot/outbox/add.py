"""Put messages into the outbox, in the transaction of whatever they answer."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.content import Content, as_json, text_of
from bot.content import Media as MediaContent
from bot.content import Text as TextContent
from bot.gateways.reading import clean, cleaned
from bot.lanes import lane_of
from models import Direction, Media, Message, MessageStatus

# An automatic answer that is older than this embarrasses more than it helps.
EXPIRES_AFTER = timedelta(hours=24)
RULE_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What to send. `event_id` is the event that it answers, None for a person's own message.

    `quoted_id` is the external id of the message that this one replies to. `automatic`: no person
    waits for it, so it may wait itself. After `useful_for` it is not worth sending any more.
    `alert_id` is the alert that it tells of.
    """

    conversation_id: int
    place: tuple[str, str, str]
    content: Content
    event_id: int | None = None
    position: int = 0
    rules: tuple[str, ...] = ()
    version: str | None = None
    quoted_id: str | None = None
    automatic: bool = False
    useful_for: timedelta | None = None
    alert_id: int | None = None


def lane(place: tuple[str, str, str]) -> int:
    """Return the outbox lane of a conversation."""
    return lane_of(*place)


def add(session: Session, messages: Sequence[NewMessage], *, now: datetime) -> set[int]:
    """Queue messages and return the lanes to wake once the transaction is committed."""
    if messages:
        stored = _stored_media(session, messages)
        rows = [_row(message, stored, now=now) for message in messages]
        session.execute(insert(Message), rows)
    return {lane(message.place) for message in messages}


def new_idempotency_key() -> str:
    """Return a key that no other message has ever had."""
    return uuid.uuid4().hex


def _stored_media(session: Session, messages: Sequence[NewMessage]) -> dict[str, int]:
    """Return the ids of the stored media that the messages carry, by SHA-256."""
    wanted = {
        message.content.stored
        for message in messages
        if isinstance(message.content, MediaContent) and message.content.stored
    }
    if not wanted:
        return {}
    rows = session.execute(select(Media.sha256, Media.id).where(Media.sha256.in_(wanted)))
    return {row.sha256: row.id for row in rows}


def _row(message: NewMessage, stored: dict[str, int], *, now: datetime) -> dict[str, object]:
    gateway, device, _ = message.place
    content = message.content
    is_plain = isinstance(content, TextContent) and not content.choices
    sha256 = content.stored if isinstance(content, MediaContent) else None
    explanation = {"rules": list(message.rules), "version": message.version}
    return {
        "event_id": message.event_id,
        "position": message.position,
        "conversation_id": message.conversation_id,
        "gateway": gateway,
        "device": device,
        "lane": lane(message.place),
        "direction": Direction.OUT,
        "kind": content.kind,
        "text": clean(text_of(content)),
        "content": None if is_plain else cleaned(as_json(content)),
        "details": {"quoted_id": message.quoted_id} if message.quoted_id else None,
        "media_id": stored.get(sha256) if sha256 else None,
        "status": MessageStatus.QUEUED,
        "rule": ",".join(message.rules)[:RULE_LIMIT] or None,
        "explanation": explanation if message.rules else None,
        "idempotency_key": new_idempotency_key(),
        "created_at": now,
        "due_at": now,
        "put_at": now,
        "expires_at": _expires_at(message, now=now),
        "automatic": message.automatic,
        "alert_id": message.alert_id,
    }


def _expires_at(message: NewMessage, *, now: datetime) -> datetime | None:
    if message.useful_for is not None:
        return now + message.useful_for
    return now + EXPIRES_AFTER if message.rules else None
