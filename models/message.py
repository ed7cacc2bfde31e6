"""One message, in or out: the history and the outbox are the same table."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime


class Direction(StrEnum):
    """Whether a contact wrote to us or we to them."""

    IN = "in"
    OUT = "out"


class MessageStatus(StrEnum):
    """Where a message stands. `received` is the only one of an incoming message.

    queued → claimed → sending → sent → delivered → read → played is the straight way out.
    `unknown`: it may have been sent, and only evidence can tell. `failed`: the gateway took it and
    could not deliver it. `dead`: we gave up. `cancelled`: a person took it back.
    """

    RECEIVED = "received"
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DEAD = "dead"
    CANCELLED = "cancelled"


# What may still be sent, or may have been. A partial index is used only by a query that says the
# same words, so `status_is` writes them out instead of passing them as parameters.
UNSETTLED = (
    MessageStatus.QUEUED,
    MessageStatus.CLAIMED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
)
_QUEUED = text("status = 'queued'")
_HELD = text("held IS NOT NULL")
_DEAD = text("status = 'dead'")
_FAILED = text("status = 'failed'")
_UNDER_WAY = text("status IN ('claimed', 'sending', 'unknown')")
_TICKETED = text("ticket IS NOT NULL AND external_id IS NULL")
_UNSETTLED = text("status IN ('queued', 'claimed', 'sending', 'unknown')")


class Held(StrEnum):
    """Why a message waits for something other than time. It holds up no other message."""

    # Outside the time in which the gateway takes more than templates: for the contact to write.
    WINDOW = "window"
    # Perhaps sent, and no evidence has come: for a person.
    UNKNOWN = "unknown"


def status_is(message: "type[Message]", *statuses: MessageStatus) -> ColumnElement[bool]:
    """Return the condition that a message has one of these statuses, as the indexes say it."""
    words: list[ColumnElement[str]] = [literal_column(f"'{status}'") for status in statuses]
    return message.status == words[0] if len(words) == 1 else message.status.in_(words)


def is_unsettled(message: "type[Message]") -> ColumnElement[bool]:
    """Return the condition of the index of unsettled messages."""
    return status_is(message, *UNSETTLED)


class Message(Base):
    """`event_id` and `position` say which event it came from or answers, and as which message.

    `attempts` counts HTTP requests and fences them: a result counts only for its own attempt.
    `failures` counts those that use up its tries. `error` is the reason of the last one.
    `content` describes an outgoing message (see bot.content); without it, it is `text`.
    `put_at` is when `due_at` was set. `held` is a word of `Held`.
    `automatic`: a rule said it, and no person waits for it.
    `alert_id` is the alert that it tells an admin of.
    `ticket` is what the gateway gave us until it tells the external id.
    `media_id` is the file that came with it or goes with it, `media_problem` why there is none
    or what is odd about it.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    lane: Mapped[int] = mapped_column(SmallInteger)
    direction: Mapped[str] = mapped_column(String(3))
    author: Mapped[str | None] = mapped_column(String(16))
    external_id: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[JsonObject | None] = mapped_column(Json)
    content: Mapped[JsonObject | None] = mapped_column(Json)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    media_problem: Mapped[str | None] = mapped_column(String(255))
    ticket: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str | None] = mapped_column(String(255))
    explanation: Mapped[JsonObject | None] = mapped_column(Json)
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    automatic: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    held: Mapped[str | None] = mapped_column(String(16))
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alert_id: Mapped[int | None] = mapped_column(Identifier)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    put_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    played_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("event_id", "position", "direction"),
        UniqueConstraint("conversation_id", "direction", "external_id"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint(
            "status IN ({})".format(", ".join(f"'{status}'" for status in MessageStatus)),
            name="status",
        ),
        # What a lane still has to send.
        Index("ix_messages_queued", "lane", "id", postgresql_where=_QUEUED, sqlite_where=_QUEUED),
        # What blocks a conversation, and what a dead process left behind.
        Index(
            "ix_messages_unsettled",
            "conversation_id",
            "id",
            postgresql_where=_UNSETTLED,
            sqlite_where=_UNSETTLED,
        ),
        # What may be told its external id.
        Index(
            "ix_messages_ticketed",
            "gateway",
            "device",
            "attempted_at",
            postgresql_where=_TICKETED,
            sqlite_where=_TICKETED,
        ),
        # What is under way, or was perhaps sent; and what may become too old.
        Index(
            "ix_messages_under_way",
            "id",
            postgresql_where=_UNDER_WAY,
            sqlite_where=_UNDER_WAY,
        ),
        Index("ix_messages_expires", "expires_at", postgresql_where=_QUEUED, sqlite_where=_QUEUED),
        # What waits for a person or a contact, and what was given up.
        Index("ix_messages_held", "held", "id", postgresql_where=_HELD, sqlite_where=_HELD),
        Index("ix_messages_dead", "failed_at", postgresql_where=_DEAD, sqlite_where=_DEAD),
        Index("ix_messages_failed", "failed_at", postgresql_where=_FAILED, sqlite_where=_FAILED),
        # A conversation's history.
        Index("ix_messages_history", "conversation_id", "id"),
        # A status finds its message.
        Index("ix_messages_external", "external_id", "gateway", "device"),
    )
