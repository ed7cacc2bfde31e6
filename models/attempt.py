"""What became of each attempt to send a message that did not simply succeed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, UtcDateTime


class SendAttempt(Base):
    """`number` is the message's `attempts` at that time, `outcome` the status that it got then.

    Where it was queued again though it may have been carried out, `outcome` is `unknown`.
    An attempt that succeeded at once has no row: the message itself says all of it.
    """

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(String(255))

    __table_args__ = (Index("ix_attempts_message", "message_id", "id"),)
