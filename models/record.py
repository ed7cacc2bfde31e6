"""What rules have kept: orders, complaints, whatever a shop wants to find again."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, JsonObject, UtcDateTime


class Record(Base):
    """`kind` is what it is, `rule` the place in the rules that kept it, `fields` what is kept.

    `event_id` and `position` make it once: the same event keeps the same record.
    """

    __tablename__ = "records"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(Integer, default=0)
    rule: Mapped[str] = mapped_column(String(255))
    # Not JSONB: that forgets the order in which the fields were written.
    fields: Mapped[JsonObject] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        # All of a kind, in the order in which they came.
        Index("ix_records_kind", "kind", "id"),
        # What goes with a conversation.
        Index("ix_records_conversation", "conversation_id"),
    )
