"""One number or session at a gateway."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime


class Device(Base):
    """What we know of a device. While it is paused nothing is sent from it.

    `memory` is the rules' own, for events that belong to no conversation. `reported_at` is when
    the gateway was last asked how it is, `webhook_at` when it last posted, `forged_at` when a
    webhook in its name was last refused; both to the minute. `problem` is the last trouble that
    belongs to no message.
    """

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    state: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(32))
    name: Mapped[str | None] = mapped_column(String(255))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    memory: Mapped[JsonObject | None] = mapped_column(Json)
    pause_reason: Mapped[str | None] = mapped_column(String(255))

    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    webhook_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(String(255))
    problem_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("gateway", "device"),)
