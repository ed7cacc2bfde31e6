"""One number or session at a gateway."""

from datetime import datetime

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime


class Device(Base):
    """What we know of a device. While it rests or is stopped nothing is sent from it.

    It rests until `paused_until`, since `rested_at`, for `pause_reason`; then one message goes out
    as a probe. `pauses` counts its rests in a row without a success: 0 is a device that works.
    A person has stopped it until `stopped_until`, which no success ends.
    Until `off_until` an admin has switched the bot off there: it answers nobody.
    `quota_remaining` is what was left when the gateway was asked (`quota_at`), less what was
    counted since; at or below `quota_reserve` automatic messages wait.
    `refusals` counts our answers in a row that were no 2xx, `forgeries` those of them that were for
    a wrong signature.

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
    rested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pauses: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    stopped_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    off_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    quota_limit: Mapped[int | None] = mapped_column(Integer)
    quota_remaining: Mapped[int | None] = mapped_column(Integer)
    quota_reserve: Mapped[int | None] = mapped_column(Integer)
    quota_resets_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quota_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    webhook_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusals: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    forgeries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    problem: Mapped[str | None] = mapped_column(String(255))
    problem_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("gateway", "device"),)
