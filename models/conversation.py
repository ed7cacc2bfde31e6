"""Everything said between one device and one address."""

from datetime import datetime

from sqlalchemy import SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime


class Conversation(Base):
    """One gateway × device × address. Only the lane that owns it writes it.

    `state` is the rules' own memory (cooldowns, the loop guard, a running flow).
    `wrote_at` is when the contact last wrote or called, by the gateway's own time. `human_at` is
    when a person last wrote from the device; `handover_until` is how long a rule leaves it to one.
    Automatic messages from before `taken_until` are no longer wanted: a person has answered.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(255))
    lane: Mapped[int] = mapped_column(SmallInteger)
    chat: Mapped[str] = mapped_column(String(16), default="private")
    name: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[JsonObject] = mapped_column(Json, default=dict)
    opted_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wrote_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    human_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handover_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("gateway", "device", "address"),)
