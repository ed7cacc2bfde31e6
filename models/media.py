"""Media that are kept outside the message rows, once each, by the SHA-256 of their bytes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identifier, UtcDateTime


class Media(Base):
    """One file in the media store. `size` is in bytes; `mimetype` is what its content shows.

    Whoever knows `token` may read it under /media/<token> until `shared_until`: that is how
    gateways get media which they take by address only.
    """

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mimetype: Mapped[str] = mapped_column(String(128))
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    shared_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Upload(Base):
    """A gateway's own id for media that were uploaded to it, to send them again without them."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))
    gateway: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("media_id", "gateway", "device"),)
