"""One thing that a gateway (or Balas itself) said: the inbox."""

from datetime import datetime

from sqlalchemy import (
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, UtcDateTime

_OPEN = text("processed_at IS NULL AND error IS NULL")
_FAILED = text("processed_at IS NULL AND error IS NOT NULL")
_IN_PARTS = text("body_id IS NOT NULL")


class Event(Base):
    """A row is written before its webhook is acknowledged.

    `error` set and `processed_at` null means: failed, waiting for a person. `error` holds the
    exception's class and places in the code, never any text. A row is due from `due_at` on.
    A large payload is not in the row: it is empty there, and `body_id` names its parts.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(255))
    lane: Mapped[int] = mapped_column(SmallInteger)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    body_id: Mapped[str | None] = mapped_column(String(32))
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("gateway", "device", "key"),
        # What a lane still has to do, in its order.
        Index(
            "ix_events_open",
            "lane",
            "received_at",
            "id",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        # What waits for a person.
        Index(
            "ix_events_failed",
            "id",
            postgresql_where=_FAILED,
            sqlite_where=_FAILED,
        ),
        # Which parts belong to an event.
        Index(
            "ix_events_body",
            "body_id",
            postgresql_where=_IN_PARTS,
            sqlite_where=_IN_PARTS,
        ),
    )


class EventPart(Base):
    """A part of a large payload, committed before its event so that nobody waits for the whole.

    `body_id` begins with the time at which it was begun, in milliseconds as hexadecimal digits.
    Parts that no event names are what a process left that died, and are swept.
    """

    __tablename__ = "event_parts"

    body_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
