"""Something to be done at a gateway that is no message: performed by a lane of its own."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime

_OPEN = text("done_at IS NULL")


class Effect(Base):
    """A row is open until `done_at`. `key` makes it happen once: a second row with it is dropped.

    `error` is the reason of the last failure; with `done_at` it means: given up. `claimed_at` is
    when a process took it, which counts for the length of a lease. `put_at`: when `due_at` was set.
    """

    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(200))
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(255))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    lane: Mapped[int] = mapped_column(SmallInteger)
    details: Mapped[JsonObject] = mapped_column(Json, default=dict)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    put_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("kind", "key"),
        # What a lane still has to do.
        Index("ix_effects_open", "lane", "id", postgresql_where=_OPEN, sqlite_where=_OPEN),
        # What goes with a message that is deleted.
        Index("ix_effects_message", "message_id"),
        Index("ix_effects_event", "event_id"),
    )
