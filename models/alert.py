"""Something that a person should know of."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, Json, JsonObject, UtcDateTime

_OPEN = text("closed_at IS NULL")


class Alert(Base):
    """Open from `opened_at` until `closed_at`; of a kind and device only one is open at a time.

    `count` is how many things it stands for, `seen_at` when it was last found to be so, `told_at`
    when it was last told to people. `details` hold no text of a message and no secret.
    """

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    gateway: Mapped[str] = mapped_column(String(32), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    count: Mapped[int] = mapped_column(Integer, default=1)
    details: Mapped[JsonObject] = mapped_column(Json, default=dict)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_alerts_open",
            "kind",
            "gateway",
            "device",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )
