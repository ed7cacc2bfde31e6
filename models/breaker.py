"""A gateway that does not answer properly: nothing is sent there for a while."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcDateTime


class Breaker(Base):
    """One host of a gateway's API. The columns mean the same as those of a device.

    A row without `paused_until` is a breaker that has closed again.
    """

    __tablename__ = "breakers"

    gateway: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_reason: Mapped[str | None] = mapped_column(String(255))
    rested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pauses: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
